"""A simulated BME680 or BME688: a register file that measures what it is told, heater included.

In: physical values (`Bme680Chip.set`) and I2C messages. Out: register contents, and in `Bme680Chip.presented` the
integers that a right driver must make of them once the gas sensor has burnt in. Never: anything of a driver; Bosch's
data sheet (BST-BME680-DS001-00: heating page 19, data page 32) is typed again here, with its registers as Pimoroni's
``constants.py`` has them, and a measuring time of Bosch's API. The trimming words and the formulas are in
``drivers.sim.bme680_trim``.
"""

import time
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final

from drivers.sim.bme680_trim import TYPICAL, Trim
from drivers.sim.bosch import NS_PER_US, BoschChip, nearest
from drivers.sim.physical import Physical, half_up

Shown = Mapping[str, int | None]
"""Channel name to integer: 0.01 Cel, 0.01 %RH, 0.1 Pa, ohm; None was not measured, or not well."""

_OVERSAMPLING: Final = (0, 1, 2, 4, 8, 16, 16, 16)
_TOP_20_BIT: Final = 0xFFFFF
_TOP_16_BIT: Final = 0xFFFF
_SKIPPED: Final = 0x80000
_SKIPPED_16_BIT: Final = 0x8000
_ID: Final = 0xD0
_VARIANT: Final = 0xF0
_RESET: Final = 0xE0
_RESET_WORD: Final = 0xB6
_FIELD: Final = 0x1D
_FIELD_END: Final = 0x2C
_GAS_LOW: Final = 0x2A
_GAS_HIGH: Final = 0x2C
_HEATER: Final = 0x5A
_WAIT: Final = 0x64
_CTRL_GAS_0: Final = 0x70
_CTRL_GAS_1: Final = 0x71
_CTRL_HUM: Final = 0x72
_CTRL_MEAS: Final = 0x74
_CONFIG: Final = 0x75
_HEATER_OFF: Final = 0x08
_MODE: Final = 0x03
_GAS_VALID: Final = 0x20
_HEATER_STABLE: Final = 0x10
_LONG_ENOUGH_MS: Final = 20
"""Page 19: the heater needs 20 to 30 ms to become hot."""


class Bme680Chip(BoschChip):
    """A BME680 as the simulated adapter sees it. Safe to use from two threads.

    Attributes:
        weak_heater: while True, the heater does not reach its temperature.
        invalid_gas: while True, the gas conversion says that it is none.
    """

    def __init__(
        self,
        trim: Trim = TYPICAL,
        *,
        gas_high: bool = False,
        mono_ns: Callable[[], int] = time.monotonic_ns,
        on_readout: Callable[[Shown], None] | None = None,
    ) -> None:
        """Power the chip up at 20 degrees Celsius, 50 %RH, 101325 Pa and 50 kilo-ohm.

        Args:
            trim: its calibration.
            gas_high: it is a BME688.
            mono_ns: the time by which it measures.
            on_readout: called with what was shown, each time the host reads all data registers in one burst.
        """
        super().__init__(mono_ns=mono_ns)
        self.weak_heater = False
        self.invalid_gas = False
        self._trim = trim
        self._gas_high = gas_high
        self._on_readout = on_readout
        self._air: dict[str, Physical] = {
            "temperature_c": 20, "humidity_pct": 50, "pressure_pa": 101325, "gas_ohm": 50_000
        }  # fmt: skip
        self._power_up()

    def set(self, **air: Physical) -> Shown:
        """Change the air from now on (temperature_c, humidity_pct, pressure_pa, gas_ohm) and return `presented`."""
        with self._lock:
            self.advance()
            self._air |= air
            return self.presented

    @property
    def presented(self) -> Shown:
        """What a driver must report for a measurement of everything that ends now."""
        return self._meaning(self._ticks(), gas_good=not (self.weak_heater or self.invalid_gas))

    @property
    def heater_c(self) -> float:
        """How hot the heater becomes with what is in its register, in this air."""
        return float(self._trim.heater_c(self.registers[_HEATER], Fraction(self._air["temperature_c"])))

    @property
    def heater_ms(self) -> int:
        """How long the heater is on: six bits of milliseconds, times 4 to the power of the two above."""
        wait = self.registers[_WAIT]
        return (wait & 0x3F) << 2 * (wait >> 6) if self._heats() else 0

    def written(self, register: int, value: int) -> None:
        """Take what may be written: reset and settings."""
        if register == _RESET and value == _RESET_WORD:
            self._power_up()
        elif register in {_HEATER, _WAIT, _CTRL_GAS_0, _CTRL_GAS_1, _CTRL_HUM, _CONFIG}:
            self.registers[register] = value
        elif register == _CTRL_MEAS:
            self.registers[register] = value
            if value & _MODE:
                self._new_data = False
                self._heats_from_ns = self.mono_ns() + self._air_us() * NS_PER_US
                self.start(self._air_us() + self.heater_ms * 1000)
            else:
                self.start(None)

    def reading(self, register: int, length: int) -> None:
        """Tell what was shown when all data registers are read at once."""
        if register <= _FIELD and register + length >= _FIELD_END and self._on_readout is not None:
            self._on_readout(self._shown)

    def show_status(self, *, measuring: bool, resetting: bool) -> None:
        """Set bit 7 (new data), bit 6 (measuring gas) and bit 5 (measuring the air)."""
        del resetting
        heating = measuring and self.mono_ns() >= self._heats_from_ns
        self.registers[_FIELD] = self._new_data << 7 | heating << 6 | (measuring and not heating) << 5

    def finish(self) -> None:
        """Show the new ticks and go to sleep."""
        temperature, pressure, humidity, gas = self._ticks()
        self.registers[_CTRL_MEAS] &= ~_MODE
        control = self.registers[_CTRL_MEAS]
        self._new_data = True
        ticks = (
            temperature if control >> 5 else _SKIPPED,
            pressure if control >> 2 & 0x07 else _SKIPPED,
            humidity if self.registers[_CTRL_HUM] & 0x07 else _SKIPPED_16_BIT,
            gas,
        )
        self._show(ticks, gas_valid=self._heats() and not self.invalid_gas)

    def _power_up(self) -> None:
        self.registers.clear()
        self.registers |= {_ID: 0x61, _VARIANT: int(self._gas_high), _HEATER: 0, _WAIT: 0, _CTRL_GAS_0: 0}
        self.registers |= {_CTRL_GAS_1: 0, _CTRL_HUM: 0, _CTRL_MEAS: 0}
        for first, block in self._trim.blocks().items():
            self.fill(first, block)
        self._new_data = False
        self._heats_from_ns = 0
        self._show((_SKIPPED, _SKIPPED, _SKIPPED_16_BIT, (0, 0)), gas_valid=False)
        self.restart(2000)

    def _heats(self) -> bool:
        run = 0x20 if self._gas_high else 0x10
        return bool(self.registers[_CTRL_GAS_1] & run) and not self.registers[_CTRL_GAS_0] & _HEATER_OFF

    def _air_us(self) -> int:
        control = self.registers[_CTRL_MEAS]
        samples = _OVERSAMPLING[control >> 5] + _OVERSAMPLING[control >> 2 & 0x07]
        samples += _OVERSAMPLING[self.registers[_CTRL_HUM] & 0x07]
        return samples * 1963 + 9 * 477 + 1000

    def _ticks(self) -> tuple[int, int, int, tuple[int, int]]:
        trim, air = self._trim, {name: Fraction(value) for name, value in self._air.items()}
        temperature = nearest(trim.t_fine, air["temperature_c"] * 5120, top=_TOP_20_BIT, forbidden=_SKIPPED)
        t_fine = trim.t_fine(temperature)
        pressure = nearest(
            lambda adc: trim.pressure(adc, t_fine), air["pressure_pa"], top=_TOP_20_BIT, forbidden=_SKIPPED
        )
        humidity = nearest(
            lambda adc: trim.humidity(adc, t_fine), air["humidity_pct"], top=_TOP_16_BIT, forbidden=_SKIPPED_16_BIT
        )
        return temperature, pressure, humidity, trim.gas_ticks(air["gas_ohm"], high=self._gas_high)

    def _meaning(self, ticks: tuple[int, int, int, tuple[int, int]], *, gas_good: bool) -> Shown:
        temperature, pressure, humidity, gas = ticks
        ohm = half_up(self._trim.gas(*gas, high=self._gas_high)) if gas_good else None
        if temperature == _SKIPPED:
            return {"temperature": None, "humidity": None, "pressure": None, "gas_resistance": ohm}
        t_fine = self._trim.t_fine(temperature)
        pct = half_up(min(max(self._trim.humidity(humidity, t_fine), Fraction(0)), Fraction(100)) * 100)
        return {
            "temperature": half_up(Fraction(t_fine * 100, 5120)),
            "humidity": None if humidity == _SKIPPED_16_BIT else pct,
            "pressure": None if pressure == _SKIPPED else half_up(self._trim.pressure(pressure, t_fine) * 10),
            "gas_resistance": ohm,
        }

    def _show(self, ticks: tuple[int, int, int, tuple[int, int]], *, gas_valid: bool) -> None:
        temperature, pressure, humidity, (gas, gas_range) = ticks
        stable = self._heats() and self.heater_ms >= _LONG_ENOUGH_MS and not self.weak_heater
        self._shown = self._meaning(ticks, gas_good=gas_valid and stable)
        self.fill(_FIELD + 2, (pressure << 4).to_bytes(3, "big") + (temperature << 4).to_bytes(3, "big"))
        self.fill(_FIELD + 8, humidity.to_bytes(2, "big"))
        flags = gas_valid * _GAS_VALID | stable * _HEATER_STABLE
        word = gas << 6 | flags | gas_range
        self.fill(_GAS_HIGH if self._gas_high else _GAS_LOW, word.to_bytes(2, "big"))
