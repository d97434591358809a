"""A simulated Plantower PMS5003T: given the air, it gives frames. It knows nothing of the driver.

In: concentrations, temperature, humidity, or recorded frames; commands. Out: frames, and the numbers they carry.
Never: input, output: a line sends what `frame` and `command` return.

Retyped from avaldebe/PyPMS, docs/sensors/Plantower.md: 26 bytes, 13 values, the 11th and 12th temperature and
humidity in tenths; commands as for the other sensors of the family.
"""

import itertools
from collections.abc import Iterable, Iterator
from typing import Self

from drivers.sim.pmsx003 import SimulatedPms

_MASSES_AND_COUNTS = 10
_NAMES = (
    "pm1_0_cf1",
    "pm2_5_cf1",
    "pm10_cf1",
    "pm1_0",
    "pm2_5",
    "pm10",
    "n0_3",
    "n0_5",
    "n1_0",
    "n2_5",
    "temperature",
    "humidity",
)
_VERSION = 0x9A00


class SimulatedPms5003t(SimulatedPms):
    """One sensor in active mode; the air besides temperature and humidity is set as for a PMSx003."""

    def __init__(self) -> None:
        self._temperature, self._humidity = 200, 500
        self._played: Iterator[bytes] | None = None
        super().__init__()

    @classmethod
    def replaying(cls, frames: Iterable[bytes], *, repeat: bool = True) -> Self:
        """Return a sensor that sends the values of recorded frames, over and over if `repeat`."""
        recorded = list(frames)
        sensor = cls()
        sensor._played = itertools.cycle(recorded) if repeat else iter(recorded)
        return sensor

    def weather(self, *, temperature_c: float, humidity_pct: float) -> None:
        """Set temperature and humidity; shown in tenths."""
        self._temperature, self._humidity = round(temperature_c * 10), round(humidity_pct * 10)

    @property
    def presented(self) -> dict[str, int | None]:
        """What a reading of the last frame must say; temperature and humidity in tenths."""
        if self.warming_up:
            return dict.fromkeys(_NAMES)
        shown = (*self._words[:_MASSES_AND_COUNTS], self._temperature, self._humidity)
        return dict(zip(_NAMES, shown, strict=True))

    def _frame(self) -> bytes:
        if self._played is not None:
            recorded = next(self._played, None)
            if recorded is None:
                return b""
            words = [int.from_bytes(recorded[at : at + 2], "big") for at in range(4, 30, 2)]
            self._words = words[:_MASSES_AND_COUNTS]
            self._temperature, self._humidity = words[10:12]
        shown = [*self._words[:_MASSES_AND_COUNTS], self._temperature % 0x10000, self._humidity, _VERSION]
        return framed([0] * len(shown) if self.warming_up else shown)


def framed(words: list[int]) -> bytes:
    """Return a frame of the family with these data words."""
    content = b"BM" + (2 * len(words) + 2).to_bytes(2, "big") + b"".join(word.to_bytes(2, "big") for word in words)
    return content + (sum(content) % 0x10000).to_bytes(2, "big")
