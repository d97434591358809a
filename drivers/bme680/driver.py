"""The BME680 and BME688 on I2C: identify, reset, then one forced measurement, heater included, for each sample.

In: an I2C device, a clock and `Options`. Out: readings. Never: opening the bus, a measurement that nobody asked for
(`bosch_driver` says why).

The gas resistance is reported only when the chip says that it is valid and that the heater was hot enough, and not
before the sensor has burnt in.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.bme680 import decode, heater, registers
from drivers.bme680.calibration import Calibration, calibration
from drivers.bosch_driver import ForcedChip, taken
from drivers.bus.api import I2cDevice
from drivers.chip_id import identify
from drivers.reading import Clock, Reading, Value

_NS_PER_S = 1_000_000_000
_KNOWN = dict.fromkeys(registers.BMP280_IDS, "this is a BMP280: its model name is bmp280") | {
    registers.BME280_ID: "this is a BME280: its model name is bme280"
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a technician may set.

    Attributes:
        gas: heat the gas sensor and measure its resistance; without, the chip warms itself less.
        heater_c: how hot, in degrees Celsius.
        heater_ms: how long, in milliseconds, before the resistance is measured.
    """

    gas: bool = True
    heater_c: int = registers.DEFAULT_HEATER_C
    heater_ms: int = registers.DEFAULT_HEATER_MS

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            ValueError: a value that the chip does not take.
        """
        _in_range("heater_c", self.heater_c, registers.HEATER_C, "degrees Celsius")
        _in_range("heater_ms", self.heater_ms, registers.HEATER_MS, "milliseconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chip:
    """What is known of the chip since it was opened.

    Attributes:
        cal: its calibration.
        gas_high: it is a BME688.
        gas_from_ns: when its gas sensor has burnt in.
    """

    cal: Calibration
    gas_high: bool
    gas_from_ns: int


class Bme680(ForcedChip[_Chip]):
    """One BME680 or BME688."""

    def __init__(self, device: I2cDevice, clock: Clock, options: Options) -> None:
        super().__init__(device, clock, part=registers.part(options.heater_ms if options.gas else 0))
        self._options = options
        self._ambient_c = registers.FIRST_AMBIENT_C

    async def _prepare(self) -> _Chip:
        device, self._ambient_c = self._device, registers.FIRST_AMBIENT_C
        await identify(device, registers.CHIP, register=registers.ID, expected=(registers.CHIP_ID,), known=_KNOWN)
        await device.write_register(registers.RESET, registers.RESET_WORD)
        await self._clock.sleep(registers.RESET_S)
        variant = (await device.read_register(registers.VARIANT))[0]
        low = await device.read_register(registers.CALIBRATION_LOW, registers.CALIBRATION_LOW_LENGTH)
        high = await device.read_register(registers.CALIBRATION_HIGH, registers.CALIBRATION_HIGH_LENGTH)
        words = await device.read_register(registers.HEATER_WORDS, registers.HEATER_WORDS_LENGTH)
        return _Chip(
            cal=calibration(low, high, words),
            gas_high=variant == registers.VARIANT_GAS_HIGH,
            gas_from_ns=self._clock.mono_ns() + int(registers.BURN_IN_S * _NS_PER_S),
        )

    def _start(self, chip: _Chip) -> bytes:
        """Return the pairs of register and value that set everything up and begin, as one write."""
        pairs = self._heating(chip) | {
            registers.CTRL_HUM: registers.HUMIDITY_SETTING,
            registers.CONFIG: registers.NO_FILTER,
            registers.CTRL_MEAS: registers.MEASURE_SETTING,
        }
        return bytes(byte for pair in pairs.items() for byte in pair)

    def _heating(self, chip: _Chip) -> dict[int, int]:
        if not self._options.gas:
            return {registers.CTRL_GAS_0: registers.HEATER_OFF, registers.CTRL_GAS_1: registers.RUN_GAS_NOT}
        target_c, ambient_c = self._options.heater_c, self._ambient_c
        return {
            registers.HEATER_RESISTANCE: heater.resistance(chip.cal, target_c=target_c, ambient_c=ambient_c),
            registers.GAS_WAIT: heater.wait(self._options.heater_ms),
            registers.CTRL_GAS_0: registers.HEATER_ON,
            registers.CTRL_GAS_1: registers.RUN_GAS_HIGH if chip.gas_high else registers.RUN_GAS_LOW,
        }

    def _reading(self, chip: _Chip, mono_ns: int, data: bytes) -> Reading:
        ticks = decode.ticks(data, gas_high=chip.gas_high)
        values = decode.values(chip.cal, ticks, gas_high=chip.gas_high)
        if values.temperature_centi_c is not None:
            self._ambient_c = values.temperature_centi_c // 100
        shown: dict[str, Value] = {
            "temperature": values.temperature_centi_c,
            "humidity": values.humidity_centi_pct,
            "pressure": values.pressure_deci_pa,
        }
        if self._options.gas:
            shown["gas_resistance"] = values.gas_ohm if mono_ns >= chip.gas_from_ns else None
        return Reading(mono_ns=mono_ns, values=shown, raw=_raw(ticks))


def _raw(ticks: decode.Ticks) -> Mapping[str, int]:
    raw = {"temp_adc": ticks.temperature, "hum_adc": ticks.humidity, "pres_adc": ticks.pressure}
    if ticks.gas is not None:
        raw |= {"gas_adc": ticks.gas, "gas_range": ticks.gas_range}
    return taken(raw)


def _in_range(name: str, value: int, limits: tuple[int, int], unit: str) -> None:
    low, high = limits
    if not low <= value <= high:
        raise ValueError(f"{name} must be {low} to {high} {unit}, found {value}")
