"""What the drivers of declared devices share: bytes to send, time to settle.

In: nothing. Out: small values and their readings. Never: a kind of bus.
"""

from dataclasses import dataclass

from drivers.declared.samples import Sample
from drivers.reading import Clock, Reading

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Bytes for a serial line, and how long the device is busy with them."""

    data: bytes
    wait_s: float = 0.0


class Settling:
    """Withholds the values of a device that has just been opened, for as long as its maker asks."""

    def __init__(self, clock: Clock, settle_s: float) -> None:
        self._clock = clock
        self._settle_ns = int(settle_s * _NS_PER_S)
        self._settled_at_ns = 0

    def begin(self) -> None:
        """Take note that the device was opened now."""
        self._settled_at_ns = self._clock.mono_ns() + self._settle_ns

    def reading(self, mono_ns: int, sample: Sample) -> Reading:
        """Return the reading of a sample that came at `mono_ns`; without values while the device settles."""
        settled = mono_ns >= self._settled_at_ns
        values = sample.values if settled else dict.fromkeys(sample.values)
        return Reading(mono_ns=mono_ns, values=values, raw=sample.raw if settled else {})
