"""A simulated INA226.

In: volts and amperes, I2C messages. Out: register contents. Never: anything of the driver; the data sheet is typed
again here (SBOS547, pages 3 and 15 to 21; SBOS547B, table 7-1).
"""

from fractions import Fraction

from drivers.sim.shunt_monitor import Shown, ShuntMonitorChip

_AVERAGES = (1, 4, 16, 64, 128, 256, 512, 1024)
_CONVERSION_US = (140, 204, 332, 588, 1100, 2116, 4156, 8244)
_MASK = 0x06


class Ina226Chip(ShuntMonitorChip):
    """An INA226: 2.5 microvolts and 1.25 mV a step, its flags in the mask/enable register."""

    after_reset = 0x4127
    shunt_step_v = Fraction(25, 10_000_000)
    bus_step_v = Fraction(125, 100_000)
    current_divisor = 2048
    power_divisor = 20_000

    def power_up(self) -> None:
        """Lose every setting, as after a loss of power."""
        super().power_up()
        self.registers |= {0x07: 0, 0xFE: 0x5449, 0xFF: 0x2260}

    def _ends(self) -> tuple[int, int]:
        return -0x8000, 0x7FFF

    def _bus_full(self) -> int:
        return 0x7FFF

    def _measuring_ns(self) -> int:
        word = self.registers[0x00]
        mode = word & 0b11
        shunt = _CONVERSION_US[word >> 3 & 0b111] if mode & 0b01 else 0
        bus = _CONVERSION_US[word >> 6 & 0b111] if mode & 0b10 else 0
        return (shunt + bus) * _AVERAGES[word >> 9 & 0b111] * 1000

    def _show(self, bus: int | None = None) -> None:
        if bus is not None:
            self.registers[0x02] = bus
        self.registers[_MASK] = self._ready << 3 | self._overflow << 2

    def read(self, length: int) -> bytes:
        """Return the register; reading mask/enable clears the ready flag."""
        with self._lock:
            content = super().read(length)
            if self._pointer == _MASK and length:
                self._ready = False
                self._show()
            return content

    def _shown_voltages(self, shunt: int, bus: int, *, saturated: bool) -> Shown:
        return {"bus_voltage": bus * 125, "shunt_voltage": None if saturated else shunt * 25}
