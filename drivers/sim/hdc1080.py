"""A simulated HDC1080: it measures what it is told.

In: physical values (`Hdc1080Chip.set`) and I2C messages. Out: register contents, and in `Hdc1080Chip.presented` the
integers that a right driver must make of them. Never: anything of the driver; registers and conversions are typed
again (TI, SNAS672A, page 14; times as in Linux' ``hdc100x.c``).
"""

import time
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final

from drivers.sim.chip import NotAcknowledged
from drivers.sim.physical import Physical, half_up
from drivers.sim.register_chip import RegisterChip

_TEMPERATURE_US: Final = 6_350
_HUMIDITY_US: Final = 6_500
_STARTUP_US: Final = 15_000
_TOP: Final = 0xFFFC
_BOTH: Final = 0x1000
_RESET: Final = 0x8000
_WRITABLE: Final = 0x3700


class Hdc1080Chip(RegisterChip):
    """An HDC1080 as the simulated adapter sees it: pointing to a quantity measures it, and reads wait for the end."""

    wide = True

    def __init__(self, *, device_id: int = 0x1050, mono_ns: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__(mono_ns=mono_ns)
        self.registers = {0x00: 0, 0x01: 0, 0x02: _BOTH, 0xFB: 0x02, 0xFC: 0x44, 0xFD: 0x80}
        self.registers |= {0xFE: 0x5449, 0xFF: device_id}
        self._ready_ns = 0
        self._air = {0x00: 0, 0x01: 0}
        self.set(temperature_c=20, humidity_pct=50)

    def set(self, *, temperature_c: Physical, humidity_pct: Physical) -> None:
        """Change the air around the chip from now on."""
        with self._lock:
            self._air = {
                0x00: _word((Fraction(temperature_c) + 40) / 165),
                0x01: _word(Fraction(humidity_pct) / 100),
            }

    @property
    def presented(self) -> Mapping[str, int | None]:
        """What a right driver must make of the newest measurement: 0.01 degree Celsius and 0.01 %RH."""
        temperature, humidity = self.registers[0x00], self.registers[0x01]
        return {
            "temperature": half_up(Fraction(temperature * 16_500, 2**16) - 4_000),
            "humidity": half_up(Fraction(humidity * 10_000, 2**16)),
        }

    def write(self, data: bytes) -> None:
        """Take a pointer, which may start a measurement, or a register's new content."""
        with self._lock:
            if self.mono_ns() < self._ready_ns and data[:1] != b"\x00":
                raise NotAcknowledged
            super().write(data)
            if data in (b"\x00", b"\x01"):
                self._measure(data[0])

    def read(self, length: int) -> bytes:
        """Return the register pointed to; temperature is followed by humidity."""
        with self._lock:
            if self.mono_ns() < self._ready_ns:
                raise NotAcknowledged
            if self._pointer != 0x00:
                return super().read(length)
            content = self.registers[0x00] << 16 | self.registers[0x01]
            return content.to_bytes(4, "big").ljust(length, b"\xff")[:length]

    def written(self, register: int, value: int) -> None:
        """Take the configuration; the others can only be read."""
        if register != 0x02:  # noqa: PLR2004 - the configuration
            return
        if value & _RESET:
            self.registers[0x02] = _BOTH
            self._ready_ns = self.mono_ns() + _STARTUP_US * 1000
        else:
            self.registers[0x02] = value & _WRITABLE

    def _measure(self, register: int) -> None:
        both = register == 0x00 and self.registers[0x02] & _BOTH
        self.registers |= self._air if both else {register: self._air[register]}
        took_us = _TEMPERATURE_US + _HUMIDITY_US if both else (_TEMPERATURE_US, _HUMIDITY_US)[register]
        self._ready_ns = self.mono_ns() + took_us * 1000


def _word(share: Fraction) -> int:
    """Return the nearest word of 14 bits, left-justified: the two lowest bits are 0."""
    return min(max(round(share * 2**14) << 2, 0), _TOP)
