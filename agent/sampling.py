"""One sensor's bus and driver at work: opened, sampled at the sensor's pace, closed, each step within its time.

In: the bus, and a driver for each opening. Out: readings, until there is a `DriverError`; a step that takes too long
is one. Never: two samples at the same time, another try: that is for `agent.poller`.

Polled sensors are sampled on a grid that begins with the first sample after opening. A sample that is not back by the
next tick makes that tick, and any other it covers, be skipped and counted. "No new sample yet" is no failure until it
has lasted three intervals. Pushed sensors are sampled without a pause; the timeout is how long they may be silent.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeVar

from agent.clock import Clock
from agent.deadline import Deadline, DeadlinePassed
from drivers.bus.api import Bus
from drivers.errors import BusTimeout, DriverError, NotReady
from drivers.model import Delivery, Driver
from drivers.reading import Reading

_NS_PER_S: Final = 1_000_000_000
_OPEN_S: Final = 15.0
"""Opening may take longer than a sample: resets, self-tests."""
_CLOSE_S: Final = 5.0
_MARGIN_S: Final = 5.0
_NOT_READY_INTERVALS: Final = 3
_NOT_READY_PAUSE_S: Final = 0.1
_TURNS_BEFORE_YIELD: Final = 64

Result = TypeVar("Result")


class Sampling:
    """The steps of one sensor, one at a time, in one task.

    Attributes:
        progress_mono_ns: when the sensor last got on with anything.
        skipped: how many ticks of the grid were.
    """

    def __init__(
        self,
        bus: Bus,
        *,
        delivery: Delivery,
        interval_s: float,
        timeout_s: float,
        clock: Clock,
        take: Callable[[Reading], None],
    ) -> None:
        """Describe the pace; nothing is opened yet.

        Args:
            bus: opened with each driver; closed by `release_bus` only.
            delivery: polled or pushed.
            interval_s: seconds between two samples of a polled sensor.
            timeout_s: a sample that takes longer has failed.
            clock: for the grid, timeouts and pauses.
            take: gets the readings; what it raises ends the sampling.
        """
        self.progress_mono_ns = clock.mono_ns()
        self.skipped = 0
        self._bus = bus
        self._delivery = delivery
        self._interval_ns = int(interval_s * _NS_PER_S)
        self._timeout_s = timeout_s
        self._clock = clock
        self._take = take
        self._deadline = Deadline(clock)

    def progressed(self) -> None:
        """Take note that the sensor gets on."""
        self.progress_mono_ns = self._clock.mono_ns()

    def deadline_s(self, *, pause_s: float) -> float:
        """Return after how many seconds without progress it must be stuck, if it is left for `pause_s` at most."""
        longest_wait_s = max(self._interval_ns / _NS_PER_S, pause_s)
        return longest_wait_s + max(self._timeout_s, _OPEN_S) + _CLOSE_S + _MARGIN_S

    async def open(self, driver: Driver) -> None:
        """Open the bus, and the driver on it.

        Raises:
            DriverError: one of them did not open, or not in time.
        """
        await self._limited(self._open(driver), seconds=_OPEN_S, what="opening it")

    async def run(self, driver: Driver) -> None:
        """Sample an open driver until it fails.

        Cancellation may come at any time; a sample that is being taken is lost.

        Raises:
            DriverError: a sample failed, or took too long.
        """
        await (self._poll(driver) if self._delivery is Delivery.POLLED else self._listen(driver))

    async def close(self, driver: Driver) -> None:
        """Close the driver; one that cannot be closed in time is left behind."""
        await self._limited_close(driver.close())

    async def release_bus(self) -> None:
        """Close the bus, for as long as nobody needs it."""
        await self._limited_close(self._bus.close())

    def end(self) -> None:
        """Let go of what watches the time."""
        self._deadline.close()

    async def _open(self, driver: Driver) -> None:
        await self._bus.open()
        await driver.open()

    async def _limited_close(self, closing: Awaitable[None]) -> None:
        with suppress(DriverError, DeadlinePassed):  # nothing can be done about it; opening starts from scratch
            await self._deadline.limit(closing, seconds=_CLOSE_S)

    async def _poll(self, driver: Driver) -> None:
        tick_ns = ready_ns = self._clock.mono_ns()
        while True:
            try:
                await self._sample(driver)
                ready_ns = self._clock.mono_ns()
            except NotReady:
                if self._clock.mono_ns() - ready_ns > _NOT_READY_INTERVALS * self._interval_ns:
                    raise
            now_ns = self._clock.mono_ns()
            ticks = max(1, -((tick_ns - now_ns) // self._interval_ns))
            self.skipped += ticks - 1
            tick_ns += ticks * self._interval_ns
            await self._clock.sleep((tick_ns - now_ns) / _NS_PER_S)

    async def _listen(self, driver: Driver) -> None:
        turns = 0
        while True:
            try:
                await self._sample(driver)
            except NotReady:
                await self._clock.sleep(_NOT_READY_PAUSE_S)
            turns += 1
            if turns % _TURNS_BEFORE_YIELD == 0:  # a driver with a full buffer must not keep the loop from the others
                await asyncio.sleep(0)

    async def _sample(self, driver: Driver) -> None:
        self.progressed()
        self._take(await self._limited(driver.sample(), seconds=self._timeout_s, what="a sample"))

    async def _limited(self, work: Awaitable[Result], *, seconds: float, what: str) -> Result:
        try:
            return await self._deadline.limit(work, seconds=seconds)
        except DeadlinePassed:
            problem = f"{what} took longer than {seconds:g} s: check power, wiring and model"
            raise BusTimeout(problem, bus=self._bus.path) from None
