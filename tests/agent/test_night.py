"""A night with quiet hours and an order: quieter, poller and windows together, by one clock."""

import asyncio

from agent.config.plans import ClockSettings, ClockSource
from agent.given import Given
from agent.pausing import ON_ORDER, Quieter
from agent.poller import Poller, SensorState
from agent.privacy.released import Released
from agent.privacy.spec import Rule
from agent.quality import Quality
from agent.windows import Windows
from drivers.model import Delivery
from drivers.reading import Reading
from tests.support.buses import FakeI2c, ManualClock
from tests.support.pausing import plan
from tests.support.privacy import MAC, mac, make_filter, released, stream

CROWD = stream(released(MAC, Rule.COUNT_DISTINCT, sensor="scanner", name="devices"), name="crowd", k=10)
HOUR_S = 3600.0
PEOPLE = 20


class Scanner:
    """A scanner that hears the same crowd every few seconds, and remembers when it was asked."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.is_open = False
        self.asked_s: list[float] = []

    def __call__(self) -> "Scanner":
        return self

    async def open(self) -> None:
        self.is_open = True

    async def close(self) -> None:
        self.is_open = False

    async def sample(self) -> Reading:
        assert self.is_open
        await self.clock.sleep(0.9)
        self.asked_s.append(self.clock.mono_ns() / 1e9)
        return Reading(mono_ns=self.clock.mono_ns(), values={"mac": mac(len(self.asked_s) % PEOPLE)})


class Street:
    """A unit from 21:50 on, in UTC; windows are a minute long."""

    def __init__(self) -> None:
        self.clock = ManualClock(21 * HOUR_S + 50 * 60)
        self.scanner = Scanner(self.clock)
        self.windows = Windows(
            (CROWD,), filters={"crowd": make_filter(CROWD)}, clock=self.clock, given=Given(bytes(16))
        )
        self.poller = Poller(
            "scanner",
            bus=FakeI2c(),
            driver=self.scanner,
            delivery=Delivery.PUSHED,
            quiet=True,
            interval_s=1,
            timeout_s=5,
            clock=self.clock,
            sink=self.windows,
        )
        self.quieter = Quieter(
            [self.poller],
            sensors=[plan("scanner", ((22 * 60, 22 * 60 + 5),))],
            streams=(CROWD,),
            clock=ClockSettings(source=ClockSource.KERNEL, gnss=None, timezone="UTC"),
        )
        self.suspended: set[str] = set()
        self.rows: dict[int, Released] = {}

    async def pause(self) -> None:
        while True:
            self.quieter.update(self.clock.instant(), suspended=self.suspended)
            await self.clock.sleep(self.quieter.next_change_s)

    async def release(self) -> None:
        while True:
            await self.clock.sleep(self.windows.next_tick_s())
            self.keep(self.windows.tick().rows)

    def keep(self, rows: list[Released]) -> None:
        self.rows |= {row.start_ms // 60_000 - 21 * 60: row for row in rows}

    def order(self, *suspended: str) -> None:
        self.suspended = set(suspended)
        self.keep(self.windows.set_suspended(self.suspended).rows)

    def told(self, minute: int) -> tuple[int | None, Quality]:
        """Return what the row of a minute after 21:00 says."""
        row = self.rows[minute]
        return row.values[0], row.quality[0]


async def test_night_with_quiet_hours_and_an_order() -> None:
    """21:50 start; 22:00 to 22:05 quiet; 22:04 to 22:10 suspended. The crowd is there all the time."""
    street = Street()
    tasks = [asyncio.create_task(work()) for work in (street.pause, street.release, street.poller.run)]
    await street.clock.advance(14 * 60)
    assert (street.poller.condition.state, street.poller.condition.problem) == (
        SensorState.PAUSED,
        "quiet hours until 22:05",
    )
    street.order("crowd")
    await street.clock.advance(4 * 60)
    assert (street.poller.condition.state, street.poller.condition.problem) == (SensorState.PAUSED, ON_ORDER), (
        "quiet hours are over"
    )
    await street.clock.advance(2 * 60)
    street.order()
    await street.clock.advance(5 * 60)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)

    asked = [second / 60 - 21 * 60 for second in street.scanner.asked_s]
    assert not [minute for minute in asked if 60 <= minute < 70], "not sampled, whatever the reason"
    assert [street.told(minute) for minute in range(51, 60)] == [(PEOPLE, Quality.OK)] * 9, (
        "the minute before is whole"
    )
    assert [street.told(minute) for minute in range(60, 64)] == [(None, Quality.PARTIAL)] * 4, "never: nobody there"
    assert not {minute for minute in street.rows if 64 <= minute < 70}, "nothing at all while it is suspended"
    assert street.told(70) == (None, Quality.PARTIAL), "it was opened a little after the minute began"
    assert [street.told(minute) for minute in range(71, 74)] == [(PEOPLE, Quality.OK)] * 3
