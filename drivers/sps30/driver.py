"""The SPS30 on I2C: identify, start afresh, read once a second.

In: an I2C device, a clock and `Options`. Out: readings. Never: sleep mode, a cleaning that was asked for by us, a
write to the sensor's memory.
"""

import contextlib

from drivers.bus.api import I2cDevice
from drivers.errors import NoAcknowledge
from drivers.reading import Clock, Reading
from drivers.sensirion import CommandPort, text
from drivers.sensirion_fan import FanRun
from drivers.sps30 import commands, decode
from drivers.sps30_output import Options, check_product, unavailable


class Sps30:
    """One SPS30."""

    def __init__(self, device: I2cDevice, clock: Clock, options: Options) -> None:
        self._port = CommandPort(commands.CHIP, device, clock)
        self._run = FanRun(commands.CHIP, self._port, clock, cycle=commands.CYCLE, settle_s=options.settle_s)
        self._may_sleep = False
        self._has_status = False

    async def open(self) -> None:
        """Identify the sensor and start fan and laser.

        A sensor that somebody has sent to sleep acknowledges nothing: after that, the next open wakes it first.

        Raises:
            WrongChip: something else with such commands answers, as an SEN5x does not.
            ChecksumMismatch: what answers is no Sensirion sensor, or the line is disturbed.
            InvalidData: the line is stuck.
        """
        self._run.forget()
        if self._may_sleep:
            await self._wake()
        self._may_sleep = True
        product = await self._port.call(commands.READ_PRODUCT_TYPE)
        self._may_sleep = False
        check_product(commands.CHIP, text(product))
        (version,) = await self._port.call(commands.READ_VERSION)
        self._has_status = version >= commands.STATUS_SINCE
        await self._run.start()

    async def sample(self) -> Reading:
        """Return the newest sample, at most a second old; waits for one that has not been read yet.

        Raises:
            NotReady: `open` has not succeeded, or there was nothing new for 15 s.
            ChecksumMismatch: a word was disturbed on the line.
            InvalidData: the line is stuck.
        """
        newest = await self._run.newest(commands.READ_STATUS if self._has_status else None)
        return Reading(
            mono_ns=newest.mono_ns,
            values=decode.values(newest.words, status=newest.status) if newest.settled else unavailable(),
            raw=decode.ticks(newest.words) | {"status": newest.status},
        )

    async def close(self) -> None:
        """Stop fan and laser if it was us who started them."""
        await self._run.stop()

    async def _wake(self) -> None:
        for _ in range(2):
            with contextlib.suppress(NoAcknowledge):
                await self._port.tell(commands.WAKE_UP)
