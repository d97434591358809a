"""A simulated TMP117: a register file that measures what it is told.

In: a temperature (`Tmp117Chip.set`) and I2C messages. Out: register contents, and in `Tmp117Chip.presented` the
integer that a right driver must make of them. Never: anything of the driver; the registers are typed again (TI,
SNOSD82D, register map; modes and times as in Adafruit_CircuitPython_TMP117).
"""

import time
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final

from drivers.sim.physical import Physical, half_up
from drivers.sim.register_chip import RegisterChip

_POWER_UP: Final = 0x0220
_CONVERSION_US: Final = 15_500
_AVERAGED: Final = (1, 8, 32, 64)
_CYCLE_US: Final = (15_500, 125_000, 250_000, 500_000, 1_000_000, 4_000_000, 8_000_000, 16_000_000)
_READY: Final = 0x2000
_SETTINGS: Final = 0x0FFC
_SHUTDOWN: Final = 0b01
_ONE_SHOT: Final = 0b11


class Tmp117Chip(RegisterChip):
    """A TMP117 as the simulated adapter sees it.

    Attributes:
        hung: while True, a measurement that has begun does not end.
    """

    wide = True

    def __init__(self, *, device_id: int = 0x0117, mono_ns: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__(mono_ns=mono_ns)
        self.hung = False
        self.registers = {0x02: 0x6000, 0x03: 0x8000, 0x07: 0, 0x0F: device_id}
        self._ticks = 0
        self._due_ns: int | None = None
        self.reset()
        self.set(temperature_c=20)

    def reset(self) -> None:
        """Restart the chip, as a soft reset or a power failure does."""
        self.registers |= {0x00: 0x8000, 0x01: _POWER_UP}
        self._start(_CYCLE_US[0] * _AVERAGED[1])

    def set(self, *, temperature_c: Physical) -> None:
        """Change the temperature of the chip from now on."""
        with self._lock:
            self.advance()
            self._ticks = min(max(round(Fraction(temperature_c) * 128), -0x7FFF), 0x7FFF)

    @property
    def presented(self) -> Mapping[str, int | None]:
        """What a right driver must make of the newest measurement: 0.001 degree Celsius."""
        word = self.registers[0x00]
        ticks = word - 0x10000 if word & 0x8000 else word
        return {"temperature": half_up(Fraction(ticks * 1000, 128))}

    def advance(self) -> None:
        """Take the measurement that became due; in continuous mode the next one begins."""
        if self._due_ns is None or self.hung or self.mono_ns() < self._due_ns:
            return
        self.registers[0x00] = self._ticks & 0xFFFF
        configuration = self.registers[0x01] | _READY
        if configuration >> 10 & 0b11 == _ONE_SHOT:
            self.registers[0x01] = configuration & ~(0b11 << 10) | _SHUTDOWN << 10
            self._due_ns = None
        else:
            self.registers[0x01] = configuration
            self._start(max(_CYCLE_US[configuration >> 7 & 0b111], self._measuring_us()))

    def written(self, register: int, value: int) -> None:
        """Take settings; a soft reset, or a mode, which begins a measurement or ends it."""
        if register in (0x02, 0x03, 0x07):
            self.registers[register] = value
        if register != 0x01:
            return
        if value & 0x0002:
            self.reset()
            return
        self.registers[0x01] = value & _SETTINGS
        if value >> 10 & 0b11 == _SHUTDOWN:
            self._due_ns = None
        else:
            self._start(self._measuring_us())

    def read(self, length: int) -> bytes:
        """Return the register pointed to; reading a value or the configuration clears the flag of a new value."""
        with self._lock:
            content = super().read(length)
            if self._pointer in (0x00, 0x01):
                self.registers[0x01] &= ~_READY
            return content

    def _measuring_us(self) -> int:
        return _CONVERSION_US * _AVERAGED[self.registers[0x01] >> 5 & 0b11]

    def _start(self, microseconds: int) -> None:
        self._due_ns = self.mono_ns() + microseconds * 1000
