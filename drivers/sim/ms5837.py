"""A simulated MS5837: commands, a PROM, and conversions that take their time.

In: physical values (`Ms5837Chip.set`) and I2C messages. Out: answers, and in `Ms5837Chip.presented` the integers that
a right driver must make of them. Never: anything of a driver; the data sheets (MS5837-30BA rev. C2, page 11;
MS5837-02BA 09/2017, pages 7, 9 and 10) and, for the second order, Blue Robotics' ``ms5837.py`` are typed again here.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from drivers.sim.bosch import nearest
from drivers.sim.physical import Physical

Shown = Mapping[str, int]
"""Channel name to integer: pressure in Pa, temperature in 0.01 Cel."""

_RESET: Final = 0x1E
_ADC_READ: Final = 0x00
_PROM: Final = range(0xA0, 0xB0, 2)
_D1: Final = range(0x40, 0x4C, 2)
_D2: Final = range(0x50, 0x5C, 2)
_TOP: Final = 0xFFFFFE
_COLD: Final = 2000
_VERY_COLD: Final = -1500
_NS_PER_SAMPLE: Final = 2200
"""Blue Robotics: a conversion takes at most 2.2 µs times the oversampling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trim:
    """One sensor's words.

    Attributes:
        bar: 30 or 2.
        code: the product code in its first word.
        c: C1 to C6.
    """

    bar: int
    code: int
    c: tuple[int, int, int, int, int, int]

    def prom(self) -> tuple[int, ...]:
        """Return the seven words, the checksum in the first, and what is read after them."""
        words = [self.code << 5, *self.c, 0]
        remainder = 0
        for index in range(16):
            remainder ^= words[index // 2] & 0xFF if index % 2 else words[index // 2] >> 8
            for _ in range(8):
                remainder = (remainder * 2) ^ 0x3000 if remainder & 0x8000 else remainder * 2
        words[0] |= (remainder >> 12 & 0xF) << 12
        return tuple(words)

    def first_order(self, d2: int) -> tuple[int, int]:
        """Return dT, and TEMP in 0.01 degree Celsius."""
        dt = d2 - self.c[4] * 2**8
        return dt, 2000 + dt * self.c[5] // 2**23

    def temperature(self, d2: int) -> int:
        """Return the temperature in 0.01 degree Celsius, the second order included."""
        dt, temp = self.first_order(d2)
        if self.bar == 30:  # noqa: PLR2004  (the variant's name)
            return temp - (3 * dt**2 // 2**33 if temp < _COLD else 2 * dt**2 // 2**37)
        return temp - (11 * dt**2 // 2**35 if temp < _COLD else 0)

    def pressure(self, d1: int, d2: int) -> int:
        """Return the pressure in Pa, the second order included."""
        c1, c2, c3, c4, _, _ = self.c
        dt, temp = self.first_order(d2)
        if self.bar == 30:  # noqa: PLR2004  (the variant's name)
            off, sens = c2 * 2**16 + c4 * dt // 2**7, c1 * 2**15 + c3 * dt // 2**8
            if temp >= _COLD:
                off -= (temp - 2000) ** 2 // 16
            else:
                off -= 3 * (temp - 2000) ** 2 // 2
                sens -= 5 * (temp - 2000) ** 2 // 8
            if temp < _VERY_COLD:
                off -= 7 * (temp + 1500) ** 2
                sens -= 4 * (temp + 1500) ** 2
            return (d1 * sens // 2**21 - off) // 2**13 * 10
        off, sens = c2 * 2**17 + c4 * dt // 2**6, c1 * 2**16 + c3 * dt // 2**7
        if temp < _COLD:
            off -= 31 * (temp - 2000) ** 2 // 8
            sens -= 63 * (temp - 2000) ** 2 // 32
        return (d1 * sens // 2**21 - off) // 2**15


EXAMPLE_30BA: Final = Trim(bar=30, code=0x1A, c=(34982, 36352, 20328, 22354, 26646, 26146))
"""The data sheet's example, page 11; the product code is Blue Robotics'."""
EXAMPLE_02BA: Final = Trim(bar=2, code=0x15, c=(46372, 43981, 29059, 27842, 31553, 28165))
"""The data sheet's example, page 7; the product code is Blue Robotics'."""
TRIMS: Final = (EXAMPLE_30BA, EXAMPLE_02BA)


class Ms5837Chip:
    """An MS5837 as the simulated adapter sees it. Safe to use from two threads.

    Attributes:
        lame: while True, it takes commands and converts nothing.
    """

    def __init__(self, trim: Trim = EXAMPLE_30BA, *, mono_ns: Callable[[], int] = time.monotonic_ns) -> None:
        """Power the sensor up at 15 degrees Celsius and 110000 Pa: a little below the surface."""
        self.lame = False
        self._prom = trim.prom()
        self._trim = trim
        self._mono_ns = mono_ns
        self._lock = threading.RLock()
        self._water: dict[str, Physical] = {"pressure_pa": 110_000, "temperature_c": 15}
        self._converts = 0
        self._due_ns: int | None = None
        self._answer = b""
        self._loaded = False

    def set(self, **water: Physical) -> Shown:
        """Change pressure_pa and temperature_c from now on and return `presented`; what is not given stays."""
        with self._lock:
            self._water |= water
            return self.presented

    @property
    def presented(self) -> Shown:
        """What a driver must report for conversions that end now."""
        d1, d2 = self.ticks
        return {"pressure": self._trim.pressure(d1, d2), "temperature": self._trim.temperature(d2)}

    @property
    def ticks(self) -> tuple[int, int]:
        """D1 and D2 as conversions that end now would give them; never all zeros or all ones."""
        d2 = nearest(self._trim.temperature, Fraction(self._water["temperature_c"]) * 100, top=_TOP, forbidden=0)
        target = Fraction(self._water["pressure_pa"])
        return nearest(lambda d1: self._trim.pressure(d1, d2), target, top=_TOP, forbidden=0), d2

    def write(self, data: bytes) -> None:
        """Take a command of one byte."""
        with self._lock:
            if not data:
                return
            command = data[0]
            if command == _RESET:
                self._due_ns, self._answer, self._loaded = None, b"", True
            elif command in _PROM:
                self._answer = self._prom[(command - _PROM.start) // 2].to_bytes(2, "big")
            elif command in _D1 or command in _D2:
                self._converts = command
                self._due_ns = self._mono_ns() + (256 << (command & 0x0E) // 2) * _NS_PER_SAMPLE
            elif command == _ADC_READ:
                self._answer = self._result().to_bytes(3, "big")

    def read(self, length: int) -> bytes:
        """Return what the last command asked for, zeros behind it."""
        with self._lock:
            return self._answer.ljust(length, b"\0")[:length]

    def stop(self) -> None:
        """Do nothing."""

    def _result(self) -> int:
        """Return the conversion, once; 0 when there is none, before a reset, or too early, which spoils it."""
        due, self._due_ns = self._due_ns, None
        if due is None or self._mono_ns() < due or self.lame or not self._loaded:
            return 0
        d1, d2 = self.ticks
        return d1 if self._converts in _D1 else d2
