"""The BH1750 on I2C: one measurement for each sample, or two when it is dark.

In: an I2C device, a clock and `Options`. Out: readings. Never: opening the bus, waiting while the bus is held.

The chip has no register that could be read back: nothing tells it from another chip that takes one-byte commands, nor
darkness from a data line that is stuck at zero.
"""

from dataclasses import dataclass

from drivers.bh1750 import commands, decode
from drivers.bh1750.commands import Setting
from drivers.bus.api import I2cDevice
from drivers.errors import DriverError, NotReady
from drivers.reading import Clock, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a technician may set.

    Attributes:
        measurement_time: the chip's measurement time register, 31 to 254; 69 is the maker's default. Longer is more
            sensitive and ends at less light. Left out, it is chosen by how bright it is.
    """

    measurement_time: int | None = None

    def __post_init__(self) -> None:
        """Check the range.

        Raises:
            ValueError: the chip does not take it.
        """
        shortest, longest = commands.TIMES
        if self.measurement_time is not None and not shortest <= self.measurement_time <= longest:
            raise ValueError(f"measurement_time must be {shortest} to {longest}, found {self.measurement_time}")


class Bh1750:
    """One BH1750."""

    def __init__(self, device: I2cDevice, clock: Clock, options: Options) -> None:
        self._device = device
        self._clock = clock
        time = options.measurement_time
        self._fixed = None if time is None else Setting(time=time)
        self._opened = False

    async def open(self) -> None:
        """Switch the chip on and clear its last result.

        Raises:
            NoAcknowledge: nobody is there.
        """
        self._opened = False
        await self._send(commands.POWER_ON)
        await self._send(commands.RESET)
        self._opened = True

    async def sample(self) -> Reading:
        """Measure and return the illuminance; None when there is more light than the chip can measure.

        Each sample sends the settings again, so a chip that lost power for a moment measures correctly at the next
        one. Cancelled at any point, it leaves a chip that powers down by itself.

        Raises:
            NotReady: `open` has not succeeded.
        """
        if not self._opened:
            raise NotReady(commands.CHIP, "not opened")
        setting = self._fixed or commands.BRIGHT
        counted = await self._measure(setting)
        if self._fixed is None and decode.is_dark(counted):
            closer = await self._measure(commands.DARK)
            if not decode.is_saturated(closer):  # else the light came on meanwhile
                setting, counted = commands.DARK, closer
        mono_ns = self._clock.mono_ns()
        return Reading(
            mono_ns=mono_ns,
            values={"illuminance": decode.illuminance_centi_lux(counted, setting)},
            raw={"count": counted, "MTreg": setting.time},
        )

    async def close(self) -> None:
        """Power the chip down if it was opened."""
        if not self._opened:
            return
        self._opened = False
        try:
            await self._send(commands.POWER_DOWN)
        except DriverError:
            return  # it does not answer: there is nothing to power down

    async def _measure(self, setting: Setting) -> int:
        for code in setting.codes:
            await self._send(code)
        await self._clock.sleep(setting.duration_s)
        return decode.count(await self._device.read(commands.RESULT_LENGTH))

    async def _send(self, code: int) -> None:
        await self._device.write(bytes([code]))
