"""A simulated Plantower PMS5003ST: given the air, it gives frames. It knows nothing of the driver.

In: concentrations, formaldehyde, temperature, humidity; commands. Out: frames, and the numbers they carry. Never:
input, output: a line sends what `frame` and `command` return.

Retyped from avaldebe/PyPMS, docs/sensors/Plantower.md: 34 bytes, 15 values and two that are reserved; the 13th
formaldehyde in micrograms, the 14th and 15th temperature and humidity in tenths; commands as for the family.
"""

from drivers.sim.pms5003t import framed
from drivers.sim.pmsx003 import SimulatedPms

_RESERVED = (0, 0x9A00)


class SimulatedPms5003st(SimulatedPms):
    """One sensor in active mode; particles are set as for a PMSx003."""

    def __init__(self) -> None:
        self._gas_and_weather = (12, 200, 500)
        super().__init__()

    def gas_and_weather(self, *, formaldehyde_ug_m3: float, temperature_c: float, humidity_pct: float) -> None:
        """Set formaldehyde, shown in whole micrograms, and temperature and humidity, shown in tenths."""
        self._gas_and_weather = round(formaldehyde_ug_m3), round(temperature_c * 10), round(humidity_pct * 10)

    @property
    def presented(self) -> dict[str, int | None]:
        """What a reading of the last frame must say; temperature and humidity in tenths."""
        rest = dict(zip(("formaldehyde", "temperature", "humidity"), self._gas_and_weather, strict=True))
        return {**super().presented, **(dict.fromkeys(rest) if self.warming_up else rest)}

    def _frame(self) -> bytes:
        gas, temperature, humidity = self._gas_and_weather
        shown = [*self._words, gas, temperature % 0x10000, humidity, *_RESERVED]
        return framed([0] * len(shown) if self.warming_up else shown)
