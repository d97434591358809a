"""The BMP280 on I2C: identify, reset, then one forced measurement for each sample.

In: an I2C device and a clock. Out: readings. Never: opening the bus, waiting while the bus is held.

Forced mode, for the reasons given at the BME280: each sample is new, and a chip that lost power or was swapped
measures right again.
"""

from drivers.bmp280 import decode, registers
from drivers.bosch_chip import Bits, Patience, is_known, wait_for
from drivers.bosch_pressure import PressureTrim
from drivers.bus.api import I2cDevice
from drivers.chip_id import identify
from drivers.errors import DriverError, NotReady
from drivers.model import NoOptions
from drivers.reading import Clock, Reading

_KNOWN = {
    registers.BME280_ID: "this is a BME280: its model name is bme280",
    registers.BME68X_ID: "this is a BME680 or BME688: its model name is bme680",
}


class Bmp280:
    """One BMP280."""

    def __init__(self, device: I2cDevice, clock: Clock, _options: NoOptions) -> None:
        self._device = device
        self._clock = clock
        self._trim: PressureTrim | None = None

    async def open(self) -> None:
        """Identify the chip, reset it and read its calibration.

        Raises:
            WrongChip: the id register holds another value.
            InvalidData: the line is stuck, or the calibration cannot be one.
            NotReady: the chip did not finish its reset.
        """
        self._trim = None
        await identify(self._device, registers.CHIP, register=registers.ID, expected=registers.CHIP_IDS, known=_KNOWN)
        await self._device.write_register(registers.RESET, registers.RESET_WORD)
        await self._wait_for(registers.STATUS_IM_UPDATE, registers.STARTUP)
        block = await self._device.read_register(registers.CALIBRATION, registers.CALIBRATION_LENGTH)
        trim = decode.calibration(block)
        await self._device.write_register(registers.CTRL_MEAS, registers.MARK.wanted)
        self._trim = trim

    async def sample(self) -> Reading:
        """Measure once and return temperature and pressure of that one measurement.

        A chip that lost its power or was swapped since is opened anew first. Cancelled at any point, it leaves a chip
        that goes to sleep by itself.

        Raises:
            NotReady: `open` has not succeeded, or the chip did not finish measuring.
            WrongChip: the chip was swapped for another kind.
            InvalidData: the line is stuck.
        """
        if self._trim is None:
            raise NotReady(registers.CHIP, "not opened")
        if not await is_known(self._device, mark=registers.MARK):
            await self.open()
        await self._device.write_register(registers.CTRL_MEAS, registers.MEASURE_SETTING)
        await self._wait_for(registers.STATUS_MEASURING, registers.MEASURE)
        data = await self._device.read_register(registers.DATA, registers.DATA_LENGTH)
        mono_ns = self._clock.mono_ns()
        return _reading(mono_ns, self._trim, data)

    async def close(self) -> None:
        """Send the chip to sleep if it was identified; another chip at the address is left alone."""
        if self._trim is None:
            return
        self._trim = None
        try:
            await self._device.write_register(registers.CTRL_MEAS, registers.SLEEP_SETTING)
        except DriverError:
            return  # it does not answer: there is nothing to put to sleep

    async def _wait_for(self, busy_bit: int, patience: Patience) -> None:
        bits = Bits(register=registers.STATUS, mask=busy_bit)
        await wait_for(self._device, self._clock, registers.CHIP, bits=bits, patience=patience)


def _reading(mono_ns: int, trim: PressureTrim, data: bytes) -> Reading:
    ticks = decode.ticks(data)
    values = decode.values(trim, ticks)
    raw = {"adc_T": ticks.temperature, "adc_P": ticks.pressure}
    return Reading(
        mono_ns=mono_ns,
        values={"temperature": values.temperature_centi_c, "pressure": values.pressure_deci_pa},
        raw={name: tick for name, tick in raw.items() if tick is not None},
    )
