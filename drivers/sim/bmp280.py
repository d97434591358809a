"""A simulated BMP280: a BME280's temperature and pressure without its humidity, in another register file.

In: physical values (`Bmp280Chip.set`) and I2C messages. Out: register contents, and in `Bmp280Chip.presented` the
integers that a right driver must make of them. Never: anything of a driver; the data sheet is typed again here
(BST-BMP280-DS001-23: skipped values and status page 25; measuring time as in Bosch's BME280_SensorAPI). The
arithmetic is that of the simulated BME280, which has the same formulas.
"""

import time
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final

from drivers.sim.bme280 import WORKED_EXAMPLE, Trim
from drivers.sim.bosch import BoschChip, nearest
from drivers.sim.physical import Physical, half_up

Shown = Mapping[str, int | None]
"""Channel name to integer: temperature in 0.01 Cel, pressure in 0.1 Pa; None was skipped."""

_OVERSAMPLING: Final = (0, 1, 2, 4, 8, 16, 16, 16)
_ID: Final = 0xD0
_RESET: Final = 0xE0
_RESET_WORD: Final = 0xB6
_STATUS: Final = 0xF3
_CTRL_MEAS: Final = 0xF4
_CONFIG: Final = 0xF5
_DATA: Final = 0xF7
_DATA_END: Final = 0xFD
_MODE: Final = 0x03
_NORMAL: Final = 0x03
_CALIBRATION_BYTES: Final = 24
_TOP: Final = 0xFFFFF
_SKIPPED: Final = 0x80000


class Bmp280Chip(BoschChip):
    """A BMP280 as the simulated adapter sees it. Safe to use from two threads."""

    def __init__(
        self,
        trim: Trim = WORKED_EXAMPLE,
        *,
        chip_id: int = 0x58,
        mono_ns: Callable[[], int] = time.monotonic_ns,
        on_readout: Callable[[Shown], None] | None = None,
    ) -> None:
        """Power the chip up at 20 degrees Celsius and 101325 Pa.

        Args:
            trim: its calibration; the words for humidity are left out.
            chip_id: what the id register says; samples said 0x56 and 0x57.
            mono_ns: the time by which it measures.
            on_readout: called with what was shown, each time the host reads all data registers in one burst.
        """
        super().__init__(mono_ns=mono_ns)
        self._trim = trim
        self._chip_id = chip_id
        self._on_readout = on_readout
        self._air: dict[str, Physical] = {"temperature_c": 20, "pressure_pa": 101325}
        self._power_up()

    def set(self, *, temperature_c: Physical | None = None, pressure_pa: Physical | None = None) -> Shown:
        """Change the air around the chip from now on and return `presented`; what is not given stays."""
        given = {"temperature_c": temperature_c, "pressure_pa": pressure_pa}
        with self._lock:
            self.advance()
            self._air |= {name: value for name, value in given.items() if value is not None}
            return self.presented

    @property
    def presented(self) -> Shown:
        """What a driver must report for a measurement of both that ends now."""
        temperature, pressure = self._ticks()
        return self._meaning(temperature, pressure)

    def written(self, register: int, value: int) -> None:
        """Take what may be written: reset, ctrl_meas and config."""
        if register == _RESET and value == _RESET_WORD:
            self._power_up()
        elif register == _CONFIG:
            self.registers[register] = value
        elif register == _CTRL_MEAS:
            self.registers[register] = value
            self.start(self._takes_us() if value & _MODE else None)

    def reading(self, register: int, length: int) -> None:
        """Tell what was shown when all six data registers are read at once."""
        if register <= _DATA and register + length >= _DATA_END and self._on_readout is not None:
            self._on_readout(self._shown)

    def show_status(self, *, measuring: bool, resetting: bool) -> None:
        """Set bit 3 (measuring) and bit 0 (calibration being copied)."""
        self.registers[_STATUS] = measuring << 3 | resetting

    def finish(self) -> None:
        """Show the new ticks; go to sleep, or in normal mode measure again."""
        control = self.registers[_CTRL_MEAS]
        temperature, pressure = self._ticks()
        self._show(temperature if control >> 5 else _SKIPPED, pressure if control >> 2 & 0x07 else _SKIPPED)
        if control & _MODE == _NORMAL:
            self.start(self._takes_us())
        else:
            self.registers[_CTRL_MEAS] = control & ~_MODE

    def _power_up(self) -> None:
        self.registers.clear()
        self.registers[_ID] = self._chip_id
        self.registers[_CTRL_MEAS] = 0
        self.fill(0x88, self._trim.blocks()[0x88][:_CALIBRATION_BYTES])
        self._show(_SKIPPED, _SKIPPED)
        self.restart(1000)

    def _takes_us(self) -> int:
        """Return the typical measuring time: 1 ms, 2 ms a sample, and 0.5 ms for pressure."""
        control = self.registers[_CTRL_MEAS]
        temperature, pressure = _OVERSAMPLING[control >> 5], _OVERSAMPLING[control >> 2 & 0x07]
        return 1000 + 2000 * (temperature + pressure) + 500 * (pressure > 0)

    def _ticks(self) -> tuple[int, int]:
        target = Fraction(self._air["temperature_c"]) * 5120
        temperature = nearest(self._trim.t_fine, target, top=_TOP, forbidden=_SKIPPED)
        t_fine = self._trim.t_fine(temperature)
        target = Fraction(self._air["pressure_pa"]) * 256
        return temperature, nearest(
            lambda adc: self._trim.pressure(adc, t_fine), target, top=_TOP, forbidden=_SKIPPED
        )

    def _meaning(self, temperature: int, pressure: int) -> Shown:
        if temperature == _SKIPPED:
            return {"temperature": None, "pressure": None}
        t_fine = self._trim.t_fine(temperature)
        deci_pa = half_up(Fraction(self._trim.pressure(pressure, t_fine) * 10, 256))
        return {
            "temperature": half_up(Fraction(t_fine * 100, 5120)),
            "pressure": None if pressure == _SKIPPED else deci_pa,
        }

    def _show(self, temperature: int, pressure: int) -> None:
        self._shown = self._meaning(temperature, pressure)
        self.fill(_DATA, (pressure << 4).to_bytes(3, "big") + (temperature << 4).to_bytes(3, "big"))
