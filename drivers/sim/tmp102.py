"""A simulated TMP102: a register file that measures what it is told.

In: a temperature (`Tmp102Chip.set`) and I2C messages. Out: register contents, and in `Tmp102Chip.presented` the
integer that a right driver must make of them. Never: anything of the driver; the registers are typed again (TI,
SBOS397B, page 7, and SBOS397C, pages 6 and 9; conversion time as in the TMP112's SLOS887G).
"""

import time
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final

from drivers.sim.physical import Physical, half_up
from drivers.sim.register_chip import RegisterChip

_POWER_UP: Final = 0x60A0
_FIXED: Final = 0x6020
_SETTINGS: Final = 0x1FD0
_SHUTDOWN: Final = 0x0100
_EXTENDED: Final = 0x0010
_ONE_SHOT: Final = 0x8000
_CONVERSION_NS: Final = 26_000_000
_PERIOD_NS: Final = (4_000_000_000, 1_000_000_000, 250_000_000, 125_000_000)


class Tmp102Chip(RegisterChip):
    """A TMP102 as the simulated adapter sees it.

    Attributes:
        hung: while True, a measurement that has begun does not end.
    """

    wide = True

    def __init__(self, *, mono_ns: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__(mono_ns=mono_ns)
        self.hung = False
        self._sixteenths = 0
        self._due_ns: int | None = None
        self.restart()
        self.set(temperature_c=20)

    def restart(self) -> None:
        """Restart the chip, as a power failure does."""
        self.registers = {0x00: 0x0000, 0x01: _POWER_UP, 0x02: 0x4B00, 0x03: 0x5000}
        self._shown = 0
        self._due_ns = self.mono_ns() + _CONVERSION_NS

    def set(self, *, temperature_c: Physical) -> None:
        """Change the temperature of the chip from now on."""
        with self._lock:
            self.advance()
            self._sixteenths = min(max(round(Fraction(temperature_c) * 16), -0x1000), 0xFFF)

    @property
    def presented(self) -> Mapping[str, int | None]:
        """What a right driver must make of the newest measurement: 0.01 degree Celsius."""
        return {"temperature": half_up(Fraction(self._shown * 100, 16))}

    def advance(self) -> None:
        """Take the measurement that became due; in continuous mode the next one begins."""
        if self._due_ns is None or self.hung or self.mono_ns() < self._due_ns:
            return
        configuration = self.registers[0x01]
        self._show()
        if configuration & _SHUTDOWN:
            self.registers[0x01] = configuration | _ONE_SHOT
            self._due_ns = None
        else:
            self._due_ns = self.mono_ns() + _PERIOD_NS[configuration >> 6 & 0b11]

    def written(self, register: int, value: int) -> None:
        """Take settings and thresholds; the temperature can only be read."""
        if register in (0x02, 0x03):
            self.registers[register] = value
        if register != 0x01:
            return
        self.registers[0x01] = value & _SETTINGS | _FIXED
        if not value & _SHUTDOWN or value & _ONE_SHOT:
            self._due_ns = self.mono_ns() + _CONVERSION_NS
        else:
            self._due_ns = None

    def _show(self) -> None:
        """Put the temperature into its register, in the form of the mode; normal mode ends at 128 degrees."""
        if self.registers[0x01] & _EXTENDED:
            self._shown = self._sixteenths
            self.registers[0x00] = (self._shown & 0x1FFF) << 3 | 1
        else:
            self._shown = min(max(self._sixteenths, -0x800), 0x7FF)
            self.registers[0x00] = (self._shown & 0xFFF) << 4
