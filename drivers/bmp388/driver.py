"""The BMP388 and BMP390 on I2C: identify, reset, then one forced measurement for each sample.

In: an I2C device and a clock. Out: readings. Never: opening the bus, normal mode (`bosch_driver` says why).
"""

from drivers.bmp388 import decode, registers
from drivers.bosch_chip import wait_for
from drivers.bosch_driver import ForcedChip, taken
from drivers.bus.api import I2cDevice
from drivers.chip_id import identify
from drivers.errors import InvalidData
from drivers.model import NoOptions
from drivers.reading import Clock, Reading

_START = bytes([registers.OVERSAMPLING, registers.OVERSAMPLING_SETTING, registers.POWER, registers.MEASURE_SETTING])
"""One write of two register and value pairs, as Bosch's `bmp3_set_regs` does: both settings or neither."""
_HINT = "check the address and which chip is fitted: BME280, BMP280 and BME680 have the same addresses"


class Bmp388(ForcedChip[decode.Calibration]):
    """One BMP388 or BMP390."""

    def __init__(self, device: I2cDevice, clock: Clock, _options: NoOptions) -> None:
        super().__init__(device, clock, part=registers.PART)

    async def _prepare(self) -> decode.Calibration:
        device = self._device
        await identify(device, registers.CHIP, register=registers.ID, expected=registers.CHIP_IDS, hint=_HINT)
        await device.write_register(registers.COMMAND, registers.RESET_WORD)
        await wait_for(device, self._clock, registers.CHIP, bits=registers.RESTARTED, patience=registers.STARTUP)
        await self._check_errors()
        block = await device.read_register(registers.CALIBRATION, registers.CALIBRATION_LENGTH)
        return decode.calibration(block)

    def _start(self, _calibration: decode.Calibration) -> bytes:
        return _START

    def _reading(self, calibration: decode.Calibration, mono_ns: int, data: bytes) -> Reading:
        ticks = decode.ticks(data)
        values = decode.values(calibration, ticks)
        return Reading(
            mono_ns=mono_ns,
            values={"temperature": values.temperature_centi_c, "pressure": values.pressure_deci_pa},
            raw=taken({"temperature": ticks.temperature, "pressure": ticks.pressure}),
        )

    async def _check_errors(self) -> None:
        errors = (await self._device.read_register(registers.ERROR))[0]
        if errors & registers.ERROR_FATAL:
            raise InvalidData(registers.CHIP, "it reports a fatal error: switch its power off and on, or replace it")
