"""What the simulated INA219 and INA226 have in common: a resistor, a converter, and the arithmetic on their words.

In: volts and amperes (`ShuntMonitorChip.set`) and I2C messages. Out: register contents, and in
`ShuntMonitorChip.presented` the integers that a right driver must make of them. Never: anything of a driver.

Typed again from Texas Instruments' data sheets SBOS448F (INA219, pages 25 to 30) and SBOS547 (INA226, pages 15 to
21).
"""

import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction

from drivers.sim.physical import Physical, half_up
from drivers.sim.register_chip import RegisterChip

Shown = Mapping[str, int | None]
"""Channel name to integer; current in 1e-6 A, power in 1e-6 W."""

_RESET_BIT = 0x8000
_WORD = 0xFFFF
_CALIBRATION = 0x05
_MOST = 0x7FFF


class ShuntMonitorChip(RegisterChip):
    """A shunt monitor as the simulated adapter sees it. Safe to use from two threads.

    Attributes:
        hung: while True, a measurement that has begun does not end.
        overflowed: while True, the chip says that its arithmetic has overflowed, whatever it computed.
    """

    wide = True
    after_reset = 0
    shunt_step_v = Fraction(0)
    bus_step_v = Fraction(0)
    current_divisor = 1
    power_divisor = 1

    def __init__(
        self, *, shunt_ohm: Physical = Decimal("0.1"), mono_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        """Power the chip up at 12 V and 0 A."""
        super().__init__(mono_ns=mono_ns)
        self.hung = self.overflowed = False
        self._ohm = Fraction(shunt_ohm)
        self._bus_v, self._amperes = Fraction(12), Fraction(0)
        self._due_ns: int | None = None
        self._ready = self._overflow = False
        self.power_up()

    def set(self, *, bus_v: Physical | None = None, current_a: Physical | None = None) -> Shown:
        """Change what is measured from now on and return `presented`; what is not given stays."""
        with self._lock:
            self.advance()
            if bus_v is not None:
                self._bus_v = Fraction(bus_v)
            if current_a is not None:
                self._amperes = Fraction(current_a)
            return self.presented

    @property
    def presented(self) -> Shown:
        """What a driver must report for a measurement that ends now."""
        shunt, bus = self._ticks()
        amperes = shunt * self.shunt_step_v / self._ohm
        saturated = shunt in self._ends()
        useless = saturated or self.overflowed
        return {
            **self._shown_voltages(shunt, bus, saturated=saturated),
            "current": None if useless else half_up(amperes * 10**6),
            "power": None if useless else half_up(amperes * bus * self.bus_step_v * 10**6),
        }

    def power_up(self) -> None:
        """Lose every setting, as after a loss of power."""
        self.registers = {0x00: self.after_reset, 0x01: 0, 0x02: 0, 0x03: 0, 0x04: 0, 0x05: 0}
        self._ready = self._overflow = False
        self._begin()
        self._show()

    def written(self, register: int, value: int) -> None:
        """Take a setting or a calibration; all else is read only."""
        if register == 0x00 and value & _RESET_BIT:
            self.power_up()
        elif register == 0x00:
            self.registers[0x00] = value
            self._ready = False
            self._begin()
            self._show()
        elif register == _CALIBRATION:
            self.registers[0x05] = value

    def advance(self) -> None:
        """End the measurement that is due; in continuous mode begin the next."""
        if self._due_ns is None or self.hung or self.mono_ns() < self._due_ns:
            return
        shunt, bus = self._ticks()
        current = shunt * self._calibration() // self.current_divisor
        power = abs(current) * bus // self.power_divisor
        self._overflow = self.overflowed or abs(current) > _MOST or power > _WORD
        self.registers |= {0x01: shunt & _WORD, 0x03: power & _WORD, 0x04: current & _WORD}
        self._ready = True
        self._due_ns = None
        if self.registers[0x00] & 0b100:
            self._begin()
        self._show(bus)

    def _begin(self) -> None:
        mode = self.registers[0x00] & 0b111
        self._due_ns = None if mode in (0b000, 0b100) else self.mono_ns() + self._measuring_ns()

    def _calibration(self) -> int:
        return self.registers[0x05]

    def _ticks(self) -> tuple[int, int]:
        """Return what the converters make of shunt and bus voltage, each at most its full scale."""
        lowest, highest = self._ends()
        shunt = half_up(self._amperes * self._ohm / self.shunt_step_v)
        bus = half_up(self._bus_v / self.bus_step_v)
        return max(lowest, min(highest, shunt)), max(0, min(self._bus_full(), bus))

    def _ends(self) -> tuple[int, int]:
        """Return the shunt voltage's full scale in steps, both ends."""
        raise NotImplementedError

    def _bus_full(self) -> int:
        raise NotImplementedError

    def _measuring_ns(self) -> int:
        raise NotImplementedError

    def _show(self, bus: int | None = None) -> None:
        """Put the flags, and the bus voltage if it is new, where this chip has them."""
        raise NotImplementedError

    def _shown_voltages(self, shunt: int, bus: int, *, saturated: bool) -> Shown:
        raise NotImplementedError
