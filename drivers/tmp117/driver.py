"""The TMP117 on I2C: identify, reset, then one measurement of eight averaged conversions for each sample.

In: an I2C device and a clock. Out: readings. Never: opening the bus, waiting while the bus is held, writing to the
chip's EEPROM: an offset that somebody has stored there to calibrate the chip stays in force.
"""

from drivers.bus.api import I2cDevice
from drivers.chip_id import identify
from drivers.decoding import reject_dead
from drivers.errors import DriverError, NotReady
from drivers.model import NoOptions
from drivers.reading import Clock, Reading
from drivers.tmp117 import decode, registers


class Tmp117:
    """One TMP117."""

    def __init__(self, device: I2cDevice, clock: Clock, _options: NoOptions) -> None:
        self._device = device
        self._clock = clock
        self._identified = False

    async def open(self) -> None:
        """Identify the chip and reset it.

        Raises:
            WrongChip: the identification register holds another value.
            InvalidData: the line is stuck.
        """
        self._identified = False
        await self._identify()
        await self._device.write_word(registers.CONFIGURATION, registers.SOFT_RESET)
        await self._clock.sleep(registers.RESET_S)
        self._identified = True

    async def sample(self) -> Reading:
        """Measure once and return the temperature.

        Cancelled at any point, it leaves a chip that goes to sleep by itself.

        Raises:
            NotReady: `open` has not succeeded, or the chip did not finish measuring.
            WrongChip: the chip was swapped for another kind.
            InvalidData: the line is stuck, or the chip restarted meanwhile.
        """
        if not self._identified:
            raise NotReady(registers.CHIP, "not opened")
        await self._identify()
        await self._device.write_word(registers.CONFIGURATION, registers.MEASURE)
        await self._wait_until_ready()
        data = await self._device.read_register(registers.TEMPERATURE, 2)
        mono_ns = self._clock.mono_ns()
        ticks = decode.ticks(data)
        return Reading(
            mono_ns=mono_ns,
            values={"temperature": decode.temperature_milli_c(ticks)},
            raw={"Temp_Result": ticks},
        )

    async def close(self) -> None:
        """Send the chip to sleep if it was identified; another chip at the address is left alone."""
        if not self._identified:
            return
        self._identified = False
        try:
            await self._device.write_word(registers.CONFIGURATION, registers.SLEEP)
        except DriverError:
            return  # it does not answer: there is nothing to put to sleep

    async def _identify(self) -> None:
        await identify(
            self._device,
            registers.CHIP,
            register=registers.DEVICE_ID,
            expected=(registers.TMP117,),
            length=2,
            mask=registers.DEVICE_ID_MASK,
            hint="an LM75 or TMP102 can have this address too; check which chip is fitted",
        )

    async def _wait_until_ready(self) -> None:
        """Return when the measurement is done. The configuration is never all zeros: that proves the line, too."""
        await self._clock.sleep(registers.MEASURE_S)
        for look in range(registers.LOOKS):
            if look:
                await self._clock.sleep(registers.MEASURE_RETRY_S)
            data = await self._device.read_register(registers.CONFIGURATION, 2)
            reject_dead(registers.CHIP, data, "the configuration")
            if int.from_bytes(data, "big") & registers.DATA_READY:
                return
        raise NotReady(registers.CHIP, "it does not finish measuring; if this lasts, switch its power off and on")
