"""A simulated INA219.

In: volts and amperes, I2C messages. Out: register contents. Never: anything of the driver; the data sheet is typed
again here (SBOS448F, pages 25 to 30).
"""

from fractions import Fraction

from drivers.sim.shunt_monitor import Shown, ShuntMonitorChip

_FULL_MV = (40, 80, 160, 320)
_POWER = 0x03
_SINGLE_US = (84, 148, 276, 532)


class Ina219Chip(ShuntMonitorChip):
    """An INA219: 10 microvolts and 4 mV a step, its flags in the bus voltage's lowest bits."""

    after_reset = 0x399F
    shunt_step_v = Fraction(1, 100_000)
    bus_step_v = Fraction(4, 1000)
    current_divisor = 4096
    power_divisor = 5000

    def _ends(self) -> tuple[int, int]:
        full = _FULL_MV[self.registers[0x00] >> 11 & 0b11] * 100
        return -full, full

    def _bus_full(self) -> int:
        return 8000 if self.registers[0x00] & 0x2000 else 4000

    def _calibration(self) -> int:
        return self.registers[0x05] & 0xFFFE  # the lowest bit is not used and reads 0

    def _measuring_ns(self) -> int:
        word = self.registers[0x00]
        mode = word & 0b11
        shunt = _microseconds(word >> 3 & 0b1111) if mode & 0b01 else 0
        bus = _microseconds(word >> 7 & 0b1111) if mode & 0b10 else 0
        return (shunt + bus) * 1000

    def _show(self, bus: int | None = None) -> None:
        ticks = self.registers[0x02] >> 3 if bus is None else bus
        self.registers[0x02] = ticks << 3 | self._ready << 1 | self._overflow

    def reading(self, register: int, length: int) -> None:
        """Reading the power register clears the ready flag."""
        if register == _POWER and length:
            self._ready = False
            self._show()

    def _shown_voltages(self, shunt: int, bus: int, *, saturated: bool) -> Shown:
        return {"bus_voltage": bus * 4, "shunt_voltage": None if saturated else shunt}


def _microseconds(adc: int) -> int:
    """Return the time of one voltage: 9 to 12 bits once, or 12 bits 1 to 128 times."""
    if adc & 0b1000:
        return 532 << (adc & 0b111)
    return _SINGLE_US[adc & 0b11]
