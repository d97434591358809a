"""The BME280 on I2C: identify, reset, then one forced measurement for each sample.

In: an I2C device and a clock. Out: readings. Never: opening the bus, normal mode (`bosch_driver` says why).
"""

from drivers.bme280 import decode, registers
from drivers.bosch_chip import wait_for
from drivers.bosch_driver import ForcedChip, taken
from drivers.bus.api import I2cDevice
from drivers.chip_id import identify
from drivers.model import NoOptions
from drivers.reading import Clock, Reading

_START = bytes([registers.CTRL_HUM, registers.HUMIDITY_SETTING, registers.CTRL_MEAS, registers.MEASURE_SETTING])
"""One write of two register and value pairs, as Bosch's `bme280_set_regs` does: both settings or neither."""
_KNOWN = dict.fromkeys(registers.BMP280_IDS, "this is a BMP280, which has no humidity sensor; fit a BME280")


class Bme280(ForcedChip[decode.Calibration]):
    """One BME280."""

    def __init__(self, device: I2cDevice, clock: Clock, _options: NoOptions) -> None:
        super().__init__(device, clock, part=registers.PART)

    async def _prepare(self) -> decode.Calibration:
        device = self._device
        await identify(device, registers.CHIP, register=registers.ID, expected=(registers.CHIP_ID,), known=_KNOWN)
        await device.write_register(registers.RESET, registers.RESET_WORD)
        await wait_for(device, self._clock, registers.CHIP, bits=registers.RESTARTED, patience=registers.STARTUP)
        low = await device.read_register(registers.CALIBRATION_LOW, registers.CALIBRATION_LOW_LENGTH)
        high = await device.read_register(registers.CALIBRATION_HIGH, registers.CALIBRATION_HIGH_LENGTH)
        return decode.calibration(low, high)

    def _start(self, _calibration: decode.Calibration) -> bytes:
        return _START

    def _reading(self, calibration: decode.Calibration, mono_ns: int, data: bytes) -> Reading:
        ticks = decode.ticks(data)
        values = decode.values(calibration, ticks)
        return Reading(
            mono_ns=mono_ns,
            values={
                "temperature": values.temperature_centi_c,
                "humidity": values.humidity_centi_pct,
                "pressure": values.pressure_deci_pa,
            },
            raw=taken({"adc_T": ticks.temperature, "adc_H": ticks.humidity, "adc_P": ticks.pressure}),
        )
