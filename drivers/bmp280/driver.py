"""The BMP280 on I2C: identify, reset, then one forced measurement for each sample.

In: an I2C device and a clock. Out: readings. Never: opening the bus, normal mode (`bosch_driver` says why).
"""

from drivers.bmp280 import decode, registers
from drivers.bosch_chip import wait_for
from drivers.bosch_driver import ForcedChip, taken
from drivers.bosch_pressure import PressureTrim
from drivers.bus.api import I2cDevice
from drivers.chip_id import identify
from drivers.model import NoOptions
from drivers.reading import Clock, Reading

_KNOWN = {
    registers.BME280_ID: "this is a BME280: its model name is bme280",
    registers.BME68X_ID: "this is a BME680 or BME688: its model name is bme680",
}


class Bmp280(ForcedChip[PressureTrim]):
    """One BMP280."""

    def __init__(self, device: I2cDevice, clock: Clock, _options: NoOptions) -> None:
        super().__init__(device, clock, part=registers.PART)

    async def _prepare(self) -> PressureTrim:
        device = self._device
        await identify(device, registers.CHIP, register=registers.ID, expected=registers.CHIP_IDS, known=_KNOWN)
        await device.write_register(registers.RESET, registers.RESET_WORD)
        await wait_for(device, self._clock, registers.CHIP, bits=registers.RESTARTED, patience=registers.STARTUP)
        block = await device.read_register(registers.CALIBRATION, registers.CALIBRATION_LENGTH)
        return decode.calibration(block)

    def _start(self, _trim: PressureTrim) -> bytes:
        return bytes([registers.CTRL_MEAS, registers.MEASURE_SETTING])

    def _reading(self, trim: PressureTrim, mono_ns: int, data: bytes) -> Reading:
        ticks = decode.ticks(data)
        values = decode.values(trim, ticks)
        return Reading(
            mono_ns=mono_ns,
            values={"temperature": values.temperature_centi_c, "pressure": values.pressure_deci_pa},
            raw=taken({"adc_T": ticks.temperature, "adc_P": ticks.pressure}),
        )
