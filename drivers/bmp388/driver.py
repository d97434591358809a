"""The BMP388 and BMP390 on I2C: identify, reset, then one forced measurement for each sample.

In: an I2C device and a clock. Out: readings. Never: opening the bus, waiting while the bus is held.

A chip that lost power for a moment, or was swapped for another one, is told by its settings; it is opened anew and
measures right at the next sample.
"""

from drivers.bmp388 import decode, registers
from drivers.bosch_chip import Bits, is_known, wait_for
from drivers.bus.api import I2cDevice
from drivers.chip_id import identify
from drivers.errors import DriverError, InvalidData, NotReady
from drivers.model import NoOptions
from drivers.reading import Clock, Reading

_START = bytes([registers.OVERSAMPLING, registers.OVERSAMPLING_SETTING, registers.POWER, registers.MEASURE_SETTING])
"""One write of two register and value pairs, as Bosch's `bmp3_set_regs` does: both settings or neither."""
_HINT = "check the address and which chip is fitted: BME280, BMP280 and BME680 have the same addresses"
_COMMAND_READY = Bits(
    register=registers.STATUS, mask=registers.STATUS_COMMAND_READY, wanted=registers.STATUS_COMMAND_READY
)
_DATA_READY = Bits(register=registers.STATUS, mask=registers.STATUS_DATA_READY, wanted=registers.STATUS_DATA_READY)


class Bmp388:
    """One BMP388 or BMP390."""

    def __init__(self, device: I2cDevice, clock: Clock, _options: NoOptions) -> None:
        self._device = device
        self._clock = clock
        self._calibration: decode.Calibration | None = None

    async def open(self) -> None:
        """Identify the chip, reset it and read its calibration.

        Raises:
            WrongChip: the id register holds another value.
            InvalidData: the line is stuck, the chip reports a fatal error, or the calibration cannot be one.
            NotReady: the chip did not finish its reset.
        """
        self._calibration = None
        await identify(self._device, registers.CHIP, register=registers.ID, expected=registers.CHIP_IDS, hint=_HINT)
        await self._device.write_register(registers.COMMAND, registers.RESET_WORD)
        await wait_for(self._device, self._clock, registers.CHIP, bits=_COMMAND_READY, patience=registers.STARTUP)
        await self._check_errors()
        block = await self._device.read_register(registers.CALIBRATION, registers.CALIBRATION_LENGTH)
        calibration = decode.calibration(block)
        await self._device.write_register(registers.OVERSAMPLING, registers.MARK.wanted)
        self._calibration = calibration

    async def sample(self) -> Reading:
        """Measure once and return temperature and pressure of that one measurement.

        A chip that lost its power or was swapped since is opened anew first. Cancelled at any point, it leaves a chip
        that goes to sleep by itself.

        Raises:
            NotReady: `open` has not succeeded, or the chip did not finish measuring.
            WrongChip: the chip was swapped for another kind.
            InvalidData: the line is stuck.
        """
        if self._calibration is None:
            raise NotReady(registers.CHIP, "not opened")
        if not await is_known(self._device, mark=registers.MARK):
            await self.open()
        await self._device.write(_START)
        await wait_for(self._device, self._clock, registers.CHIP, bits=_DATA_READY, patience=registers.MEASURE)
        data = await self._device.read_register(registers.DATA, registers.DATA_LENGTH)
        mono_ns = self._clock.mono_ns()
        return _reading(mono_ns, self._calibration, data)

    async def close(self) -> None:
        """Send the chip to sleep if it was identified; another chip at the address is left alone."""
        if self._calibration is None:
            return
        self._calibration = None
        try:
            await self._device.write_register(registers.POWER, registers.SLEEP_SETTING)
        except DriverError:
            return  # it does not answer: there is nothing to put to sleep

    async def _check_errors(self) -> None:
        errors = (await self._device.read_register(registers.ERROR))[0]
        if errors & registers.ERROR_FATAL:
            raise InvalidData(registers.CHIP, "it reports a fatal error: switch its power off and on, or replace it")


def _reading(mono_ns: int, calibration: decode.Calibration, data: bytes) -> Reading:
    ticks = decode.ticks(data)
    values = decode.values(calibration, ticks)
    raw = {"temperature": ticks.temperature, "pressure": ticks.pressure}
    return Reading(
        mono_ns=mono_ns,
        values={"temperature": values.temperature_centi_c, "pressure": values.pressure_deci_pa},
        raw={name: tick for name, tick in raw.items() if tick is not None},
    )
