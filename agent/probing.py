"""Looks at one sensor as the service would poll it, and counts.

In: a sensor's plan, its bus. Out: values that may be shown, their ages, counts and rates, and what went wrong. Never:
the value of a channel that tells of people or places, not even in memory; a file; anything published.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from agent.clock import Clock
from agent.config.plans import SensorPlan
from agent.errors import LamppostError
from agent.poller import Poller, SensorState
from drivers.bus.api import Bus
from drivers.modbus.line import Counts, ModbusLine
from drivers.model import Driver
from drivers.reading import Channel, Reading, Sensitivity

_NS_PER_S: Final = 1_000_000_000
_LOOK_S: Final = 0.02
_STUCK_S: Final = 20.0


def hidden(channel: Channel) -> str:
    """Return why a channel's values may not be shown, empty when they may."""
    if channel.sensitivity is not Sensitivity.MEASUREMENT:
        return channel.sensitivity.value
    return "" if channel.group is None else "derived from people or vehicles"


@dataclass(slots=True)
class Seen:
    """What came of one channel.

    Attributes:
        channel: which.
        count: how many readings had a value for it.
        outside: how many of these were beyond the channel's range: the filter withholds such.
        first_ns, last_ns: CLOCK_MONOTONIC of the first and the last of them.
        value: the last one, in the channel's units; always None for one that may not be shown.
    """

    channel: Channel
    count: int = 0
    outside: int = 0
    first_ns: int = 0
    last_ns: int = 0
    value: int | None = field(default=None, repr=False)

    def take(self, reading: Reading) -> None:
        """Count a reading."""
        value = reading.values.get(self.channel.name)
        if value is None:
            self.value = None
            return
        self.first_ns = self.first_ns if self.count else reading.mono_ns
        self.last_ns = reading.mono_ns
        self.count += 1
        if not hidden(self.channel) and isinstance(value, int):
            self.value = value
            self.outside += not self.channel.minimum <= value <= self.channel.maximum

    @property
    def shown(self) -> str:
        """The last value in words, or why there is none."""
        why = hidden(self.channel)
        if why:
            return f"not shown: {why}"
        if self.value is None:
            return "not available"
        return self._words(self.value)

    @property
    def range(self) -> str:
        """The channel's smallest and largest plausible value, in words."""
        channel = self.channel
        return f"{self._words(channel.minimum)} to {self._words(channel.maximum)} {channel.unit}"

    @property
    def rate(self) -> float | None:
        """Values a minute, None before there are two at different times."""
        span_ns = self.last_ns - self.first_ns
        return None if span_ns <= 0 else (self.count - 1) * 60 * _NS_PER_S / span_ns

    def _words(self, value: int) -> str:
        return f"{Decimal(value).scaleb(self.channel.exponent):f}"

    def age_s(self, now_ns: int) -> float | None:
        """Return how old the last value is, None when there never was one."""
        return (now_ns - self.last_ns) / _NS_PER_S if self.count else None


class Probe:
    """One sensor under the eyes of somebody.

    Attributes:
        plan: what is configured.
        seen: by channel.
    """

    def __init__(self, plan: SensorPlan, *, bus: Bus, driver: Callable[[], Driver], clock: Clock) -> None:
        self.plan = plan
        self.seen = [Seen(channel) for channel in plan.model.channels]
        self._bus = bus
        self._clock = clock
        self._news = asyncio.Event()
        self._began_ns = clock.mono_ns()
        self._poller = Poller(
            plan.name,
            bus=bus,
            driver=driver,
            delivery=plan.model.delivery,
            interval_s=plan.interval_s,
            timeout_s=plan.timeout_s,
            quiet=plan.model.quiet,
            clock=clock,
            sink=self,
        )

    @property
    def readings(self) -> int:
        """How many readings there were."""
        return self._poller.readings

    @property
    def errors(self) -> int:
        """How many attempts failed."""
        return self._poller.condition.failures

    @property
    def skipped(self) -> int:
        """How many samples were left out because the one before was late."""
        return self._poller.skipped

    @property
    def line(self) -> Counts | None:
        """What was on the sensor's Modbus line, where a damaged answer that was repeated is no error; else None."""
        return self._bus.counts if isinstance(self._bus, ModbusLine) else None

    @property
    def problem(self) -> str | None:
        """What is wrong now, None when nothing is."""
        return self._poller.condition.problem

    @property
    def state(self) -> SensorState | None:
        """What the service would call the sensor's state; None before the first attempt has ended."""
        return self._poller.condition.state

    def waited_s(self, now_ns: int) -> float:
        """Return seconds since the last reading, since the start where there was none."""
        last_ns = max((seen.last_ns for seen in self.seen), default=0)
        return (now_ns - max(last_ns, self._began_ns)) / _NS_PER_S

    def on_reading(self, sensor: str, reading: Reading) -> None:
        """Take a reading."""
        del sensor
        for seen in self.seen:
            seen.take(reading)
        self._news.set()

    def on_state(self, sensor: str, state: SensorState) -> None:
        """Take a state."""
        del sensor, state
        self._news.set()

    async def run(
        self,
        done: Callable[[], bool],
        *,
        on_news: Callable[[], None],
        every_s: float,
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        """Poll the sensor until `done`, then close it. Cancellation closes it at once.

        Args:
            done: asked after each reading, and each `every_s` seconds.
            on_news: called as often.
            every_s: seconds.
            busy: what goes on while it says yes is waited for at the end.

        Raises:
            LamppostError: the driver has a fault; its own text might hold what was measured.
        """
        polling = asyncio.create_task(self._poller.run(), name=f"probe {self.plan.name}")
        try:
            while not done() and not polling.done():
                await self._wait_for_news(every_s)
                on_news()
            await self._settle(busy)
        finally:
            polling.cancel()
            await asyncio.wait([polling], timeout=_STUCK_S)
            await self._bus.close()
        error = None if not polling.done() or polling.cancelled() else polling.exception()
        if error is not None:
            raise LamppostError(
                f"sensor {self.plan.name}: its driver has a fault ({type(error).__name__}): report it"
            )

    async def _wait_for_news(self, every_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(every_s):
                await self._news.wait()
        self._news.clear()

    async def _settle(self, busy: Callable[[], bool]) -> None:
        """Return once nothing goes on any more, or it is late."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.plan.timeout_s):
                while busy():  # noqa: ASYNC110 - drivers tell nobody when they are done
                    await asyncio.sleep(_LOOK_S)
