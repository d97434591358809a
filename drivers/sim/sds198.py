"""A simulated Nova SDS198: given the air, it gives reports, and it answers commands. It knows nothing of the driver.

In: a concentration, or recorded frames; commands. Out: reports and replies, and the number they carry. Never: input,
output: a line sends what `frame` and `command` return.

Retyped from avaldebe.github.io/PyPMS/sensors/NovaFitness: header AA CF, one reserved value, one value, the id;
commands as for the SDS011.
"""

from drivers.sim.sds011 import SimulatedSds011

_RESERVED = 14
_HIGHEST = 0xFFFE


class SimulatedSds198(SimulatedSds011):
    """One sensor; `frame` once a second is what it sends in active mode."""

    kind = 0xCF

    def dust(self, *, pm100_ug_m3: float) -> None:
        """Set the air; shown in whole micrograms."""
        self._words = (_RESERVED, min(max(round(pm100_ug_m3), 0), _HIGHEST))

    @property
    def presented(self) -> dict[str, int | None]:
        """What a reading of the last report must say; None when both words are zero."""
        return {"pm100": self._words[1] if any(self._words) else None}
