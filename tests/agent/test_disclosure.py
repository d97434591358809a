from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from agent.buffer.records import LogHead
from agent.clock import Instant
from agent.disclosure import DailyHead
from agent.errors import StoreError
from agent.sealer import Sealer
from agent.wire import cose, payload
from agent.wire.messages import ClockQuality, Kind
from agent.wire.orders import LOGS, Log, LogContent
from tests.support.disclosures import DAY_MS, order
from tests.support.outbox import UNIT, StillClock, opened, waiting
from tests.support.wire import UNIT_KEY

HOUR_NS = 3_600_000_000_000
HEAD = LogHead(last=9, head=bytes([1]) * 32, first=4, base=bytes([2]) * 32)


class _Clock(StillClock):
    believed = True

    def instant(self) -> Instant:
        said = super().instant()
        return said if self.believed else replace(said, synchronised=False, error_ms=None)


@dataclass
class _Store:
    """A log, and what was told of it."""

    head: LogHead = HEAD
    fails: bool = False
    told: list[LogContent] = field(default_factory=list)

    async def log_head(self) -> LogHead:
        if self.fails:
            raise StoreError("no medium")
        return self.head

    async def tell(self, stream: str, content: bytes) -> None:
        assert stream == LOGS
        self.told.append(payload.decode_log_content(content))


def _daily(store: _Store, clock: StillClock) -> DailyHead:
    return DailyHead(UNIT, clock=clock, log_head=store.log_head, tell=store.tell)


async def test_head_is_told_after_the_start_and_says_where_the_log_stands() -> None:
    store, clock = _Store(), _Clock()
    assert await _daily(store, clock).look()
    (content,) = store.told
    assert (content.unit, content.last, content.head, content.first, content.base) == (
        *(UNIT, HEAD.last, HEAD.head),
        *(HEAD.first, HEAD.base),
    )
    assert (content.clock, content.utc_ms) == (ClockQuality.SYNCHRONISED, clock.instant().utc_ns // 1_000_000)


async def test_empty_log_is_told_when_it_has_an_entry() -> None:
    store, clock = _Store(head=replace(HEAD, last=0, first=1, head=HEAD.base)), _Clock()
    daily = _daily(store, clock)
    assert not await daily.look()
    store.head = HEAD
    assert await daily.look()


async def test_head_is_told_before_a_log_that_forgets_has_forgotten_the_one_told_last() -> None:
    store, clock = _Store(head=replace(HEAD, first=1, last=100)), _Clock()
    daily = _daily(store, clock)
    for last in range(100, 1000):
        store.head = replace(HEAD, first=max(1, last - 99), last=last)
        await daily.look()
        assert store.told[-1].last >= store.head.first
    assert [content.last for content in store.told] == [100, *range(151, 1000, 51)]


async def test_head_of_a_log_that_forgets_nothing_is_told_no_more_often() -> None:
    store, clock = _Store(head=replace(HEAD, first=1, last=1)), _Clock()
    daily = _daily(store, clock)
    for last in range(1, 1000):
        store.head = replace(HEAD, first=1, last=last)
        await daily.look()
    assert len(store.told) == 1


async def test_head_is_told_once_a_day_of_utc() -> None:
    store, clock = _Store(), _Clock()
    daily = _daily(store, clock)
    days = set()
    for _ in range(5 * 24):
        days.add(clock.instant().utc_ns // 1_000_000 // DAY_MS)
        await daily.look()
        clock.now_ns += HOUR_NS
    assert [content.utc_ms // DAY_MS for content in store.told if content.utc_ms] == sorted(days)


async def test_head_is_told_every_24_hours_while_the_clock_is_unset() -> None:
    store, clock = _Store(), _Clock()
    clock.believed = False
    daily = _daily(store, clock)
    hours = []
    for hour in range(72):
        if await daily.look():
            hours.append(hour)
        clock.now_ns += HOUR_NS
    assert hours == [0, 24, 48]
    assert {(content.clock, content.utc_ms) for content in store.told} == {(ClockQuality.UNSET, None)}


async def test_head_that_could_not_be_read_is_due_again() -> None:
    store, clock = _Store(fails=True), _Clock()
    daily = _daily(store, clock)
    with pytest.raises(StoreError):
        await daily.look()
    store.fails = False
    assert await daily.look()
    assert not await daily.look()


async def test_head_of_a_real_log_leaves_signed(tmp_path: Path) -> None:
    sealer = Sealer(UNIT_KEY, unit=UNIT, formats={})
    outbox = await opened(tmp_path / "outbox.db", maker=sealer)  # type: ignore[arg-type]  # a real one
    await outbox.record(order)
    head = await outbox.log_head()
    assert await DailyHead(UNIT, clock=_Clock(), log_head=outbox.log_head, tell=outbox.tell).look()
    (envelope,) = await waiting(outbox)
    log = payload.decode(Kind.LOG, cose.verify(envelope.data, key=UNIT_KEY.public, kind=Kind.LOG))
    assert isinstance(log, Log)
    assert (log.stream, log.seq, log.content.head, log.content.last) == (LOGS, 0, head.head, 1)
    assert (await outbox.log_head()).last == 2
    await outbox.close()
