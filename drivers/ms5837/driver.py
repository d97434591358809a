"""The MS5837 on I2C: reset, read the calibration, then two conversions for each sample.

In: an I2C device, a clock and `Options`. Out: readings. Never: opening the bus, waiting while the bus is held,
turning a pressure into a level: that takes the pressure of the air and the density of the water.
"""

from dataclasses import dataclass

from drivers.bus.api import I2cDevice
from drivers.errors import NotReady
from drivers.ms5837 import commands, decode
from drivers.ms5837.commands import Variant
from drivers.reading import Clock, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a technician may set.

    Attributes:
        variant: ``30ba`` (to 30 bar), ``02ba`` (to 2 bar), or ``auto``: what the sensor itself says.
    """

    variant: Variant = Variant.AUTO


class Ms5837:
    """One MS5837."""

    def __init__(self, device: I2cDevice, clock: Clock, options: Options) -> None:
        self._device = device
        self._clock = clock
        self._options = options
        self._calibration: decode.Calibration | None = None

    async def open(self) -> None:
        """Reset the sensor and read its calibration, whose checksum is all that identifies it.

        Raises:
            ChecksumMismatch: what answers is another kind of chip, or the line is disturbed.
            InvalidData: the line is stuck, or the variant is another one or cannot be told.
        """
        self._calibration = None
        await self._reset()
        words = [await self._word(command) for command in commands.PROM]
        self._calibration = decode.calibration(words, wanted=self._options.variant)

    async def sample(self) -> Reading:
        """Convert temperature and pressure, one after the other, and return both. Takes 52 ms.

        The sensor is reset before, as it has to be once after each power-up, and one that was swapped since is opened
        anew: its word C1 is another. Cancelled at any point, it leaves a sensor that becomes idle by itself.

        Raises:
            NotReady: `open` has not succeeded.
            ChecksumMismatch: the sensor was swapped for another kind of chip.
            InvalidData: the line is stuck, or the sensor did not convert.
        """
        if self._calibration is None:
            raise NotReady(commands.CHIP, "not opened")
        await self._reset()
        if await self._word(commands.PROM[1]) != self._calibration.c1:
            await self.open()
        temperature = await self._convert(commands.CONVERT_TEMPERATURE)
        pressure = await self._convert(commands.CONVERT_PRESSURE)
        mono_ns = self._clock.mono_ns()
        d2 = decode.conversion(temperature, "temperature conversion")
        d1 = decode.conversion(pressure, "pressure conversion")
        values = decode.values(self._calibration, d1=d1, d2=d2)
        return Reading(
            mono_ns=mono_ns,
            values={"pressure": values.pressure_pa, "temperature": values.temperature_centi_c},
            raw={"D1": d1, "D2": d2},
        )

    async def close(self) -> None:
        """Do nothing on the bus: the sensor is idle unless it converts."""
        self._calibration = None

    async def _reset(self) -> None:
        """Let it load its calibration into its registers."""
        await self._device.write(bytes([commands.RESET]))
        await self._clock.sleep(commands.RESET_S)

    async def _word(self, command: int) -> int:
        return int.from_bytes(await self._device.read_register(command, commands.PROM_WORD_LENGTH), "big")

    async def _convert(self, command: int) -> bytes:
        await self._device.write(bytes([command]))
        await self._clock.sleep(commands.CONVERT_S)
        return await self._device.read_register(commands.ADC_READ, commands.ADC_LENGTH)
