"""A simulated ADS1115: volts at four pins, one converter.

In: volts (`Ads1115Chip.set`) and I2C messages. Out: register contents; in `Ads1115Chip.presented` the integers that a
right driver must make of volts, and in `Ads1115Chip.steps` the converter's number. Never: anything of the driver; the
data sheet is typed again here (SBAS444E, table 7-1 and the config register's table; SBAS563, page 18).
"""

import time
from collections.abc import Callable, Mapping
from fractions import Fraction

from drivers.sim.physical import Physical, half_up
from drivers.sim.register_chip import RegisterChip

Shown = Mapping[str, int | None]
"""Channel name to integer: a0 to a3 in 1e-4 V, None beyond full scale."""

_AFTER_POWER_UP = 0x8583
_FULL_SCALE_V = tuple(Fraction(text) for text in ("6.144", "4.096", "2.048", "1.024", "0.512", "0.256"))
_RATES_HZ = (8, 16, 32, 64, 128, 250, 475, 860)
_PAIRS = ((0, 1), (0, 3), (1, 3), (2, 3))
_STEPS = 32_768
_USUAL_FULL_SCALE = 1
_BUSY = 0x8000


class Ads1115Chip(RegisterChip):
    """An ADS1115 as the simulated adapter sees it. Safe to use from two threads.

    Attributes:
        hung: while True, a conversion that has begun does not end.
    """

    wide = True

    def __init__(self, *, mono_ns: Callable[[], int] = time.monotonic_ns) -> None:
        """Power the chip up with four grounded inputs."""
        super().__init__(mono_ns=mono_ns)
        self.hung = False
        self._volts = [Fraction(0)] * 4
        self._due_ns: int | None = None
        self.power_up()

    def set(
        self,
        a0: Physical | None = None,
        a1: Physical | None = None,
        a2: Physical | None = None,
        a3: Physical | None = None,
    ) -> Shown:
        """Change the voltages at the pins from now on and return `presented`; what is not given stays."""
        with self._lock:
            self.advance()
            for number, volts in enumerate((a0, a1, a2, a3)):
                if volts is not None:
                    self._volts[number] = Fraction(volts)
            return self.presented

    @property
    def presented(self) -> Shown:
        """What a driver must report of the four inputs in volts, at ±4.096 V."""
        steps = [self.steps(number) for number in range(4)]
        full = _FULL_SCALE_V[_USUAL_FULL_SCALE]
        return {
            f"a{number}": None if step == _STEPS - 1 else half_up(step * full * 10_000 / _STEPS)
            for number, step in enumerate(steps)
        }

    def steps(self, number: int, gain: int = _USUAL_FULL_SCALE) -> int:
        """Return the converter's number for one input against ground."""
        return _convert(self._volts[number], gain)

    def power_up(self) -> None:
        """Lose every setting, as after a loss of power."""
        self.registers = {0x00: 0, 0x01: _AFTER_POWER_UP, 0x02: 0x8000, 0x03: 0x7FFF}
        self._due_ns = None

    def written(self, register: int, value: int) -> None:
        """Take a setting or a threshold; a setting with its highest bit starts a conversion if none is running."""
        if register in {0x02, 0x03}:
            self.registers[register] = value
        if register != 0x01:
            return
        idle = self._due_ns is None
        self.registers[0x01] = value & ~_BUSY | (_BUSY if idle else 0)
        continuous = not value & 0x0100
        if continuous or (value & _BUSY and idle):
            self._due_ns = self.mono_ns() + 10**9 // _RATES_HZ[value >> 5 & 0b111]
            self.registers[0x01] &= ~_BUSY

    def advance(self) -> None:
        """End the conversion that is due."""
        if self._due_ns is None or self.hung or self.mono_ns() < self._due_ns:
            return
        config = self.registers[0x01]
        source = config >> 12 & 0b111
        if source & 0b100:
            volts = self._volts[source & 0b11]
        else:
            plus, minus = _PAIRS[source]
            volts = self._volts[plus] - self._volts[minus]
        self.registers[0x00] = _convert(volts, config >> 9 & 0b111) & 0xFFFF
        if config & 0x0100:
            self._due_ns = None
            self.registers[0x01] |= _BUSY
        else:
            self._due_ns += 10**9 // _RATES_HZ[config >> 5 & 0b111]


def _convert(volts: Fraction, gain: int) -> int:
    full = _FULL_SCALE_V[min(gain, len(_FULL_SCALE_V) - 1)]
    return max(-_STEPS, min(_STEPS - 1, half_up(volts * _STEPS / full)))
