"""A simulated MCP9808: a register file that measures what it is told.

In: a temperature (`Mcp9808Chip.set`) and I2C messages. Out: register contents, and in `Mcp9808Chip.presented` the
integer that a right driver must make of them. Never: anything of the driver; the registers are typed again
(Microchip, DS25095A, pages 24, 27, 28; times as in Adafruit_CircuitPython_MCP9808, shutdown as in Linux' ``jc42.c``).
"""

import time
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final

from drivers.sim.physical import Physical, half_up
from drivers.sim.register_chip import RegisterChip

_CONVERSION_MS: Final = (30, 65, 130, 250)
_WRITABLE: Final = {0x01: 0x07FF, 0x02: 0x1FFC, 0x03: 0x1FFC, 0x04: 0x1FFC, 0x08: 0x03}
_SHUTDOWN: Final = 0x0100


class Mcp9808Chip(RegisterChip):
    """An MCP9808 as the simulated adapter sees it."""

    wide = True
    narrow = frozenset({0x08})

    def __init__(self, *, device_id: int = 0x0400, mono_ns: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__(mono_ns=mono_ns)
        self._device_id = device_id
        self._sixteenths = 0
        self.restart()
        self.set(temperature_c=20)

    def restart(self) -> None:
        """Restart the chip, as a power failure does."""
        self.registers = dict.fromkeys(range(0x01, 0x06), 0)
        self.registers |= {0x06: 0x0054, 0x07: self._device_id, 0x08: 0x03}
        self._next_ns = self.mono_ns() + _CONVERSION_MS[3] * 1_000_000

    def set(self, *, temperature_c: Physical) -> None:
        """Change the temperature of the chip from now on; its converter ends at -256 and 256 degrees."""
        with self._lock:
            self.advance()
            self._sixteenths = min(max(round(Fraction(temperature_c) * 16), -0x1000), 0xFFF)

    @property
    def presented(self) -> Mapping[str, int | None]:
        """What a right driver must make of the newest measurement: 0.01 degree Celsius."""
        word = self.registers[0x05] & 0x1FFF
        sixteenths = word - 0x2000 if word & 0x1000 else word
        return {"temperature": half_up(Fraction(sixteenths * 100, 16))}

    def advance(self) -> None:
        """Take the measurement that became due."""
        now = self.mono_ns()
        if self.registers[0x01] & _SHUTDOWN or now < self._next_ns:
            return
        step = 8 >> self.registers[0x08]
        measured = self._sixteenths // step * step
        self.registers[0x05] = self._flags(measured) << 13 | measured & 0x1FFF
        self._next_ns = now + self._conversion_ns()

    def written(self, register: int, value: int) -> None:
        """Take settings and limits; the others can only be read."""
        if register not in _WRITABLE:
            return
        self.registers[register] = value & _WRITABLE[register]
        if register in (0x01, 0x08):
            self._next_ns = self.mono_ns() + self._conversion_ns()

    def _conversion_ns(self) -> int:
        return _CONVERSION_MS[self.registers[0x08]] * 1_000_000

    def _flags(self, measured: int) -> int:
        """Return the three bits that compare the temperature with the critical, upper and lower limit."""
        upper, lower, critical = (self._limit(register) for register in (0x02, 0x03, 0x04))
        return (measured >= critical) << 2 | (measured > upper) << 1 | (measured < lower)

    def _limit(self, register: int) -> int:
        word = self.registers[register]
        return word - 0x2000 if word & 0x1000 else word
