"""A sensor for tests of what samples it."""

from collections.abc import Awaitable, Callable
from typing import Final

from drivers.reading import Reading
from tests.support.buses import ManualClock

START_S: Final = 1000.0
"""What the clock of these tests begins with."""
SECRET: Final = 4711
"""What the sensor measures."""


class Sensor:
    """A sensor whose troubles a test writes down: what opening and sampling do, and how long a sample takes."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.made = self.opened = self.closed = 0
        self.running = 0
        self.closed_s: list[float] = []
        self.open_error: BaseException | None = None
        self.sample_error: BaseException | None = None
        self.on_sample: Callable[[], Awaitable[None]] | None = None
        self.on_close: Callable[[], Awaitable[None]] | None = None

    def __call__(self) -> "Sensor":
        self.made += 1
        return self

    async def open(self) -> None:
        if self.open_error is not None:
            raise self.open_error
        self.opened += 1

    async def sample(self) -> Reading:
        assert self.running == 0, "two polls at the same time"
        self.running += 1
        try:
            if self.on_sample is not None:
                await self.on_sample()
            if self.sample_error is not None:
                raise self.sample_error
            return Reading(mono_ns=self.clock.mono_ns(), values={"value": SECRET})
        finally:
            self.running -= 1

    async def close(self) -> None:
        self.closed += 1
        self.closed_s.append(round(self.clock.mono_ns() / 1e9 - START_S, 3))
        if self.on_close is not None:
            await self.on_close()
