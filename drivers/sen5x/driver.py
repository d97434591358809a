"""The SEN5x on I2C: identify, start afresh, read once a second, with the sensor's own word on what has failed.

In: an I2C device, a clock and `Options`. Out: readings. Never: a cleaning that was asked for by us, tuning of the
sensor's algorithms.
"""

from dataclasses import dataclass

from drivers.bus.api import I2cDevice
from drivers.errors import WrongChip
from drivers.reading import Clock, Reading
from drivers.sen5x import commands, decode
from drivers.sensirion import CommandPort, text
from drivers.sensirion_fan import FanRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a technician may set.

    Attributes:
        settle_s: seconds after the start in which particles and gas indices are not available. The maker says up
            to 30 s for particles, and less than 60 s until events in the gases are told reliably.
    """

    settle_s: int = 60

    def __post_init__(self) -> None:
        """Refuse a time before the start.

        Raises:
            ValueError: it is negative.
        """
        if self.settle_s < 0:
            raise ValueError(f"settle_s must be 0 or more seconds, found {self.settle_s}")


class Sen5x:
    """One SEN50, SEN54 or SEN55."""

    def __init__(self, device: I2cDevice, clock: Clock, options: Options) -> None:
        self._port = CommandPort(commands.CHIP, device, clock)
        self._run = FanRun(commands.CHIP, self._port, clock, cycle=commands.CYCLE, settle_s=options.settle_s)

    async def open(self) -> None:
        """Identify the sensor and start everything in it.

        Raises:
            WrongChip: another product of the maker answers.
            ChecksumMismatch: what answers is no Sensirion sensor, or the line is disturbed.
            InvalidData: the line is stuck.
        """
        self._run.forget()
        found = decode.product(text(await self._port.call(commands.READ_PRODUCT_NAME)))
        if found not in commands.PRODUCTS:
            raise WrongChip(commands.CHIP, expected=commands.PRODUCTS, found=found, hint="the digits of its name")
        await self._run.start()

    async def sample(self) -> Reading:
        """Return the newest sample, at most a second old; waits for one that has not been read yet.

        Raises:
            NotReady: `open` has not succeeded, or there was nothing new for 15 s.
            ChecksumMismatch: a word was disturbed on the line.
            InvalidData: the line is stuck.
        """
        newest = await self._run.newest(commands.READ_STATUS)
        return Reading(
            mono_ns=newest.mono_ns,
            values=decode.values(newest.words, status=newest.status, settled=newest.settled),
            raw=decode.ticks(newest.words) | {"status": newest.status},
        )

    async def close(self) -> None:
        """Stop fan, laser and heater if it was us who started them."""
        await self._run.stop()
