"""How Sensirion's sensors that measure by themselves run on I2C: begun once, something new every period, stopped.

In: the commands and times of one model (`Rhythm`). Out: the return when a new sample can be read. Never: how a run
begins, what is read, stopping a sensor that is not ours (SCD30, SCD4x, and in `sensirion_fan` SPS30 and SEN5x).
"""

from dataclasses import dataclass
from typing import Final

from drivers.errors import DriverError, NotReady
from drivers.reading import Clock
from drivers.sensirion import Command, CommandPort

_NS_PER_S: Final = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """The commands and times of one model.

    Attributes:
        period_s: from the beginning to the first sample, and between samples.
        ready: tells in one of the bits of `mask` whether something new can be read.
        mask: the bits that count.
        look_every_s: between looks.
        looks: how many before the sensor counts as not measuring.
        stop: back to idle.
    """

    period_s: float
    ready: Command
    mask: int = 1
    look_every_s: float
    looks: int
    stop: Command


class Run:
    """One sensor that measures, from `begun` to `stop`."""

    def __init__(self, chip: str, port: CommandPort, clock: Clock, *, rhythm: Rhythm) -> None:
        self._chip = chip
        self._port = port
        self._clock = clock
        self._rhythm = rhythm
        self._begun_ns: int | None = None
        self._ours = False

    def forget(self) -> None:
        """Be as before it was opened; nothing is sent."""
        self._begun_ns, self._ours = None, False

    def claim(self) -> None:
        """Count the sensor as ours, since it was identified: from here on `stop` stops it."""
        self._ours = True

    def begun(self) -> None:
        """Note that the sensor has just been told to measure."""
        self._begun_ns = self._clock.mono_ns()

    async def wait(self) -> int:
        """Return when it was begun, as CLOCK_MONOTONIC, once there is a sample that has not been read yet.

        Cancelled meanwhile, nothing is lost.

        Raises:
            NotReady: it was not begun, or there was nothing new in all those looks.
            ChecksumMismatch: a word was disturbed on the line.
            InvalidData: the line is stuck.
        """
        if self._begun_ns is None:
            raise NotReady(self._chip, "not opened")
        rhythm = self._rhythm
        wait_ns = self._begun_ns + int(rhythm.period_s * _NS_PER_S) - self._clock.mono_ns()
        if wait_ns > 0:
            await self._clock.sleep(wait_ns / _NS_PER_S)
        await self._port.wait_until_ready(
            rhythm.ready, mask=rhythm.mask, every_s=rhythm.look_every_s, looks=rhythm.looks
        )
        return self._begun_ns

    async def stop(self) -> None:
        """Stop the sensor if it is ours, and wait until it is idle; another one at the address is left alone."""
        ours = self._ours
        self.forget()
        if not ours:
            return
        try:
            await self._port.tell(self._rhythm.stop)
        except DriverError:
            return  # it does not answer: there is nothing to stop
