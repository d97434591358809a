"""A simulated LM75: a register file that measures what it is told.

In: a temperature (`Lm75Chip.set`) and I2C messages. Out: register contents, and in `Lm75Chip.presented` the integer
that a right driver must make of them. Never: anything of the driver; the registers are typed again (TI, SNIS153B,
page 11; NXP, LM75B, revision 6.1, page 9).
"""

import time
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final

from drivers.sim.physical import Physical, half_up
from drivers.sim.register_chip import RegisterChip

_CONVERSION_NS: Final = 100_000_000
_SHUTDOWN: Final = 0x01


class Lm75Chip(RegisterChip):
    """An LM75 as the simulated adapter sees it.

    Attributes:
        litter: what the undefined bits below the resolution read.
    """

    wide = True
    narrow = frozenset({0x01})

    def __init__(self, *, bits: int = 9, litter: int = 0, mono_ns: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__(mono_ns=mono_ns)
        self.litter = litter
        self._below = 16 - bits
        self._steps = 0
        self.restart()
        self.set(temperature_c=20)

    def restart(self) -> None:
        """Restart the chip, as a power failure does."""
        self.registers = {0x00: 0x0000, 0x01: 0x00, 0x02: 0x4B00, 0x03: 0x5000}
        self._shown = 0
        self._next_ns = self.mono_ns() + _CONVERSION_NS

    def set(self, *, temperature_c: Physical) -> None:
        """Change the temperature of the chip from now on; its converter ends at -128 and 128 degrees."""
        with self._lock:
            self.advance()
            per_degree = 256 >> self._below
            ends = -128 * per_degree, 128 * per_degree - 1
            self._steps = min(max(round(Fraction(temperature_c) * per_degree), ends[0]), ends[1])

    @property
    def presented(self) -> Mapping[str, int | None]:
        """What a right driver must make of the newest measurement: 0.01 degree Celsius."""
        return {
            "temperature": half_up(Fraction(self._shown * 100, 256 >> self._below)),
        }

    def advance(self) -> None:
        """Take the measurement that became due."""
        now = self.mono_ns()
        if self.registers[0x01] & _SHUTDOWN or now < self._next_ns:
            return
        self._shown = self._steps
        undefined = self.litter & (1 << self._below) - 1
        self.registers[0x00] = self._shown << self._below & 0xFFFF | undefined
        self._next_ns = now + _CONVERSION_NS

    def written(self, register: int, value: int) -> None:
        """Take configuration and thresholds; the temperature can only be read."""
        if register == 0x01:
            self.registers[register] = value & 0x1F
            self._next_ns = self.mono_ns() + _CONVERSION_NS
        elif register in (0x02, 0x03):
            self.registers[register] = value & 0xFF80
