"""A simulated Plantower PMSx003: given the air, it gives frames. It knows nothing of the driver.

In: concentrations and particle counts, or recorded frames; commands. Out: frames, and the numbers they carry. Never:
input, output: a line sends what `frame` and `command` return.

Retyped from the PMS5003 series data manual V2.3, appendix I, and from drivers/iio/chemical/pms7003.c of Linux.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Self

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
    "n5_0",
    "n10",
)
_RESERVED = 0x9700
_WORD_MAX = 0xFFFF
_PER_CM3 = 100
_SLEEP_COMMAND, _MODE_COMMAND, _READ_COMMAND = 0xE4, 0xE1, 0xE2
_COMMAND_BYTES = 7


class SimulatedPms:
    """One sensor in active mode; `frame` once a second is what it sends.

    Attributes:
        asleep: it has been sent to sleep and sends nothing.
        passive: it sends only when it is asked.
        warming_up: its frames are all zero.
    """

    def __init__(self) -> None:
        self.asleep = False
        self.passive = False
        self.warming_up = False
        self._words = [0] * 12
        self._recorded: Iterator[list[int]] | None = None
        self._heard = b""
        self.set(pm2_5_ug_m3=8.0)

    @classmethod
    def replaying(cls, frames: Iterable[bytes], *, repeat: bool = True) -> Self:
        """Return a sensor that sends the values of recorded frames, over and over if `repeat`."""
        words = [[int.from_bytes(frame[at : at + 2], "big") for at in range(4, 28, 2)] for frame in frames]
        sensor = cls()
        sensor._recorded = itertools.cycle(words) if repeat else iter(words)
        return sensor

    def set(
        self,
        *,
        pm2_5_ug_m3: float,
        pm1_0_ug_m3: float | None = None,
        pm10_ug_m3: float | None = None,
        particles_per_cm3: Mapping[str, float] | None = None,
    ) -> None:
        """Set the air.

        Args:
            pm2_5_ug_m3: PM2.5, shown in whole micrograms like the others; the CF=1 words show the same.
            pm1_0_ug_m3: PM1.0, two thirds of PM2.5 if not given.
            pm10_ug_m3: PM10, five quarters of PM2.5 if not given.
            particles_per_cm3: by channel (``n0_3`` to ``n10``), shown per 0.1 litre; derived from PM2.5 if not given.
        """
        masses = (
            pm2_5_ug_m3 * 2 / 3 if pm1_0_ug_m3 is None else pm1_0_ug_m3,
            pm2_5_ug_m3,
            pm2_5_ug_m3 * 5 / 4 if pm10_ug_m3 is None else pm10_ug_m3,
        )
        if particles_per_cm3 is None:
            particles_per_cm3 = {
                name: pm2_5_ug_m3 / divisor
                for name, divisor in zip(_NAMES[6:], (4, 12, 18, 27, 80, 200), strict=True)
            }
        counts = [particles_per_cm3.get(name, 0.0) * _PER_CM3 for name in _NAMES[6:]]
        self._words = [min(max(round(value), 0), _WORD_MAX) for value in (*masses, *masses, *counts)]

    @property
    def presented(self) -> dict[str, int | None]:
        """What a reading of the last frame must say: micrograms per cubic metre, particles in 0.1 litre."""
        return {name: None if self.warming_up else word for name, word in zip(_NAMES, self._words, strict=True)}

    def frame(self) -> bytes:
        """Return the next frame; nothing while asleep or passive, or when a recording has ended."""
        if self.asleep or self.passive:
            return b""
        return self._frame()

    def command(self, data: bytes) -> bytes:
        """Return the answer to bytes written to the sensor, in any portions."""
        self._heard += data
        answer = b""
        while (start := self._heard.find(b"BM")) >= 0 and len(self._heard) >= start + _COMMAND_BYTES:
            request = self._heard[start : start + _COMMAND_BYTES]
            self._heard = self._heard[start + _COMMAND_BYTES :]
            if int.from_bytes(request[5:], "big") == sum(request[:5]):
                answer += self._obey(request[2], request[4])
        return answer

    def _obey(self, order: int, argument: int) -> bytes:
        if order == _SLEEP_COMMAND:
            self.asleep = argument == 0
        elif order == _MODE_COMMAND:
            self.passive = argument == 0
        elif order == _READ_COMMAND and not self.asleep:
            return self._frame()
        return b""

    def _frame(self) -> bytes:
        if self._recorded is not None:
            words = next(self._recorded, None)
            if words is None:
                return b""
            self._words = words
        shown = [0] * 13 if self.warming_up else [*self._words, _RESERVED]
        content = b"BM\x00\x1c" + b"".join(word.to_bytes(2, "big") for word in shown)
        return content + (sum(content) % 0x10000).to_bytes(2, "big")
