"""The Si7021 on I2C: identify, then humidity and temperature for each sample, without holding the bus meanwhile.

In: an I2C device and a clock. Out: readings. Never: opening the bus, waiting while the bus is held.
"""

from drivers.bus.api import I2cDevice
from drivers.decoding import reject_dead
from drivers.errors import NoAcknowledge, NotReady, WrongChip
from drivers.model import NoOptions
from drivers.reading import Clock, Reading
from lamppost_driver_si7021 import commands, decode


class Si7021:
    """One Si7021."""

    def __init__(self, device: I2cDevice, clock: Clock, _options: NoOptions) -> None:
        self._device = device
        self._clock = clock
        self._is_open = False

    async def open(self) -> None:
        """Reset the chip and see whether it is one.

        Raises:
            WrongChip: it calls itself something else.
            InvalidData: the line is stuck.
        """
        self._is_open = False
        await self._device.write(commands.RESET)
        await self._clock.sleep(commands.STARTUP_S)
        found = await self._device.write_read(commands.READ_ID, commands.ID_LENGTH)
        if found[0] != commands.CHIP_ID:
            reject_dead(commands.CHIP, found, "its id")
            hint = f"this is {commands.OTHER_IDS.get(found[0], 'no Si7021: check which chip is fitted')}"
            raise WrongChip(commands.CHIP, expected=(commands.CHIP_ID,), found=found[0], hint=hint)
        self._is_open = True

    async def sample(self) -> Reading:
        """Measure humidity, then temperature. Cancelled at any point it leaves a chip that rests when it is done.

        Raises:
            NotReady: `open` has not succeeded.
            NoAcknowledge: the chip does not finish its measurement, or is gone.
            ChecksumMismatch: noise on the wire.
        """
        if not self._is_open:
            raise NotReady(commands.CHIP, "not opened")
        humidity = await self._measure(commands.MEASURE_HUMIDITY)
        temperature = await self._measure(commands.MEASURE_TEMPERATURE)
        mono_ns = self._clock.mono_ns()
        codes = {
            "humidity": decode.word(humidity, "humidity"),
            "temperature": decode.word(temperature, "temperature"),
        }
        return Reading(
            mono_ns=mono_ns,
            values={
                "humidity": decode.humidity_centi_pct(codes["humidity"]),
                "temperature": decode.temperature_centi_c(codes["temperature"]),
            },
            raw=codes,
        )

    async def close(self) -> None:
        """Do nothing on the wire: the chip rests between measurements."""
        self._is_open = False

    async def _measure(self, command: bytes) -> bytes:
        """Return what a measurement gives; until it is done the chip acknowledges no read."""
        await self._device.write(command)
        await self._clock.sleep(commands.MEASURE_S)
        for _ in range(commands.RETRIES):
            try:
                return await self._device.read(commands.WORD_LENGTH)
            except NoAcknowledge:
                await self._clock.sleep(commands.RETRY_S)
        return await self._device.read(commands.WORD_LENGTH)
