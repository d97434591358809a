"""A simulated VEML7700: a register file that measures the light that it is told.

In: illuminance (`Veml7700Chip.set`) and I2C messages. Out: register contents, and in `Veml7700Chip.presented` the
integer that a right driver must make of the count that was read last. Never: anything of the driver; registers,
resolution and correction are typed again (Vishay, document 84366, page 7; Linux' ``veml6030.c``;
Adafruit_CircuitPython_VEML7700).
"""

import time
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final

from drivers.sim.physical import Physical, half_up
from drivers.sim.register_chip import RegisterChip

_GAIN: Final = (Fraction(1), Fraction(2), Fraction(1, 8), Fraction(1, 4))
_INTEGRATION_MS: Final = {0b1100: 25, 0b1000: 50, 0b0000: 100, 0b0001: 200, 0b0010: 400, 0b0011: 800}
_START_NS: Final = 2_500_000
_TOP: Final = 0xFFFF
_KNEE: Final = 1000
_END: Final = 140_000
_CORRECTION: Final = tuple(Fraction(word) for word in ("6.0135e-13", "-9.3924e-9", "8.1488e-5", "1.0023", "0"))


def corrected(lux: Fraction) -> Fraction:
    """Return the illuminance that the maker's correction makes of an uncorrected one."""
    if lux <= _KNEE:
        return lux
    value = Fraction(0)
    for coefficient in _CORRECTION:
        value = value * lux + coefficient
    return value


def uncorrected(lux: Fraction) -> Fraction:
    """Return the illuminance that the chip shows where the true one is `lux`; what cannot come out is the knee."""
    low, high = Fraction(0), Fraction(30_000)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if corrected(middle) < lux else (low, middle)
    return high.limit_denominator(10**9)


class Veml7700Chip(RegisterChip):
    """A VEML7700 as the simulated adapter sees it."""

    wide = True
    order = "little"

    def __init__(self, *, mono_ns: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__(mono_ns=mono_ns)
        self._lux = Fraction(0)
        self._read = (0, 0x0001)
        self.restart()
        self.set(illuminance_lux=250)

    def restart(self) -> None:
        """Restart the chip, as a power failure does: it is shut down."""
        self.registers = {0x00: 0x0001, 0x01: 0, 0x02: 0, 0x03: 0, 0x04: 0, 0x05: 0, 0x06: 0}
        self._counted_with = 0x0001
        self._due_ns = 0

    def set(self, *, illuminance_lux: Physical) -> None:
        """Change the light from now on."""
        with self._lock:
            self.advance()
            self._lux = uncorrected(Fraction(illuminance_lux))

    @property
    def presented(self) -> Mapping[str, int | None]:
        """What a right driver must make of the count read last: 0.01 lx, None where there was too much light."""
        count, configuration = self._read
        lux = corrected(count * _resolution(configuration))
        if count == _TOP or lux > _END:
            return {"illuminance": None}
        return {"illuminance": half_up(lux * 100)}

    def advance(self) -> None:
        """Take the count that became due, and begin the next one."""
        configuration = self.registers[0x00]
        if configuration & 0x0001 or self.mono_ns() < self._due_ns:
            return
        count = round(self._lux / _resolution(configuration))
        self.registers[0x04] = min(max(count, 0), _TOP)
        self._counted_with = configuration
        self._due_ns = self.mono_ns() + _integration_ns(configuration)

    def written(self, register: int, value: int) -> None:
        """Take settings; a change of the configuration begins a new integration. Counts can only be read."""
        if register > 0x03:  # noqa: PLR2004 - the last register that can be written
            return
        self.registers[register] = value & 0x1BF3 if register == 0x00 else value
        if register == 0x00:
            self._due_ns = self.mono_ns() + _START_NS + _integration_ns(self.registers[0x00])

    def reading(self, register: int, length: int) -> None:
        """Remember the count that is read, and with which configuration it was made."""
        del length
        if register == 0x04:  # noqa: PLR2004 - the ambient light
            self._read = (self.registers[0x04], self._counted_with)


def _integration_ns(configuration: int) -> int:
    return _INTEGRATION_MS.get(configuration >> 6 & 0xF, 100) * 1_000_000


def _resolution(configuration: int) -> Fraction:
    """Return what a count is worth in lux: 0.0042 at gain 2 and 800 ms."""
    gain = _GAIN[configuration >> 11 & 0b11]
    return Fraction("0.0042") * (2 / gain) * Fraction(800_000_000, _integration_ns(configuration))
