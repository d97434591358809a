"""How Sensirion's particle sensors with a fan run on I2C (SPS30, SEN5x): started, read once a second, cleaned weekly.

In: the commands of one model. Out: the newest sample, the sensor's status, whether it had settled. Never: what
the words mean, a cleaning that was asked for by us (the sensors clean their fan by themselves).
"""

from dataclasses import dataclass
from typing import Final

from drivers.reading import Clock
from drivers.sensirion import Command, CommandPort, doubles
from drivers.sensirion_run import Rhythm, Run

PERIOD_S: Final = 1
"""SPS30 data sheet 2.0, table 1; SEN5x data sheet 2, table 2."""
_LOOK_EVERY_S: Final = 0.25
_LOOKS: Final = 61
"""15 s: a cleaning takes 10 s, in which nothing new comes (SPS30 data sheet 2.0, section 4.2; SEN5x 2, page 15)."""
SAMPLE_TIMEOUT_S: Final = 20.0
_NS_PER_S: Final = 1_000_000_000

FAN_FAILED: Final = 1 << 4
LASER_FAILED: Final = 1 << 5
"""Bits of the device status register (SPS30 data sheet 2.0, section 4.4; SEN5x 2, page 16)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """The commands of one model.

    Attributes:
        start: begins to measure.
        arguments: of `start`.
        stop: back to idle; has no effect on a sensor that is idle.
        ready: tells in its lowest bit whether something new can be read.
        read: reads it.
    """

    start: Command
    arguments: tuple[int, ...] = ()
    stop: Command
    ready: Command
    read: Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """What was read last.

    Attributes:
        mono_ns: CLOCK_MONOTONIC after the read of `words`, before anything was interpreted.
        words: of the sample.
        status: the device status register just before, 0 where there is none.
        settled: whether the sensor had measured for long enough by then.
    """

    mono_ns: int
    words: tuple[int, ...]
    status: int
    settled: bool


class FanRun:
    """One sensor that measures, from `start` to `stop`."""

    def __init__(self, chip: str, port: CommandPort, clock: Clock, *, cycle: Cycle, settle_s: int) -> None:
        self._port = port
        self._cycle = cycle
        self._settle_ns = settle_s * _NS_PER_S
        rhythm = Rhythm(
            period_s=PERIOD_S, ready=cycle.ready, look_every_s=_LOOK_EVERY_S, looks=_LOOKS, stop=cycle.stop
        )
        self._run = Run(chip, port, clock, rhythm=rhythm)

    def forget(self) -> None:
        """Be as before the first start; nothing is sent."""
        self._run.forget()

    async def start(self) -> None:
        """Start afresh, whatever the sensor was doing."""
        self._run.claim()
        await self._port.tell(self._cycle.stop)
        await self._port.tell(self._cycle.start, *self._cycle.arguments)
        self._run.begun()

    async def newest(self, status: Command | None = None) -> Newest:
        """Return the newest sample that has not been read yet; `status` reads the status register, if there is one.

        Waits for it: a second, or some ten while the sensor cleans its fan. Cancelled meanwhile, nothing is lost.

        Raises:
            NotReady: it was not started, or there was nothing new for 15 s.
        """
        begun_ns = await self._run.wait()
        (state,) = (0,) if status is None else doubles(await self._port.call(status))
        mono_ns, words = await self._port.burst(self._cycle.read)
        settled = mono_ns >= begun_ns + self._settle_ns
        return Newest(mono_ns=mono_ns, words=words, status=state, settled=settled)

    async def stop(self) -> None:
        """Stop fan and laser if it was us who started them; a sensor that does not answer is left."""
        await self._run.stop()
