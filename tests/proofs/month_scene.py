"""What `tests.proofs.month` simulates: a unit's outbox through a month without uplink, and then with one.

The clock is moved a minute at a time: four streams of a row a minute go into the real outbox, while a connection is
tried every five minutes and does not answer. Then it is back. What is left out is MQTT, and with it the real sender's
waits: each minute is sent what the outbox hands out, in its order, until the budget says no.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from agent.budget import Budget, BudgetSettings
from agent.buffer.core import Core
from agent.buffer.records import Lane, Limits, Outgoing, Overflow
from agent.buffer.rows import encode_row
from agent.buffer.work import Rows, Work
from agent.clock import NS_PER_MS
from agent.privacy.released import Released, release
from agent.quality import Quality
from agent.receipts import ReceiptVerifier
from agent.uplink.cost import WireCost
from agent.wire.keyfile import SigningKey, generate
from tests.proofs import size_scene
from tests.proofs.size_scene import CHANNELS, CLOCK, DECLARATION, STEP_MS, STREAMS, UNIT, City, Line, topic_of
from tests.support.uplink import FakeClock

MINUTES = 1440
DAY_MS = MINUTES * STEP_MS
BATCH_ROWS = 60
DAY_BYTES = 1_500_000
"""The present takes less than a tenth of it: so much the budget keeps from the backlog."""
TRY_MINUTES = 5
LIMITS = Limits(max_bytes=64_000_000, free_floor_bytes=0, loss_window_s=5)
COST = WireCost(tls=True)
LEAST_DAYS = 60
_MOST = 4096
"""Envelopes that are looked at: more than there can be."""
_GOOD = (Quality.OK,) * CHANNELS


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """An envelope of rows that the city took: when, and how old its newest row was then."""

    minute: int
    lane: Lane
    stream: str
    age_min: int


@dataclass(kw_only=True)
class Day:
    """A line of the table."""

    day: int
    online: bool
    waiting: int
    disk: int
    rss_kib: int
    spent: int
    live: int = 0
    backlog: int = 0


@dataclass
class Month:
    """One unit, its city, and their time.

    Attributes:
        folder: of its files; the outbox is `store`, if that is given.
        overflow: policies of single streams, where they are not `drop_oldest`.
        unit: its key, made where none is given.
        began_ms: when it begins.
        commit_minutes: the rows of so many minutes are stored at once.
        source: yields what a stream measures.
        minute: how many have passed.
        days: what was noted at the end of each.
        arrived: every envelope of rows, in order.
    """

    folder: Path
    number: int
    batch_rows: int = BATCH_ROWS
    day_bytes: int = DAY_BYTES
    limits: Limits = LIMITS
    overflow: Mapping[str, Overflow] = field(default_factory=dict)
    unit: SigningKey | None = None
    store: Path | None = None
    began_ms: int = size_scene.START_MS // DAY_MS * DAY_MS
    commit_minutes: int = 1
    source: Callable[[random.Random], Iterator[tuple[int, ...]]] = size_scene.values_of
    minute: int = 0
    days: list[Day] = field(default_factory=list)
    arrived: list[Arrived] = field(default_factory=list)

    def __post_init__(self) -> None:
        unit, receiver = self.unit or generate(self.folder / "unit.key"), generate(self.folder / "receiver.key")
        self.clock = FakeClock(utc=self.began_ms * NS_PER_MS)
        self.budget = Budget(BudgetSettings(day_bytes=self.day_bytes), clock=self.clock)
        policy = replace(size_scene.POLICY, batch_rows=self.batch_rows)
        path = self.store or self.folder / "outbox.db"
        made = size_scene.setup(path, unit, clock=self.clock, limits=self.limits, policy=policy)
        streams = {name: replace(policy, overflow=self.overflow.get(name, policy.overflow)) for name in STREAMS}
        known = {receiver.public.kid: receiver.public}
        self.line = Line(Core(replace(made, streams=streams)), ReceiptVerifier(known, unit=UNIT))
        self.city = City.make(self.folder, key=receiver, unit=unit)
        self._sources = [self.source(random.Random(f"{self.number} {name}")) for name in STREAMS]
        self._sent: set[int] = set()
        self.line.core.transact(Work(declarations=[DECLARATION]))

    @property
    def stored(self) -> int:
        """Rows that were stored."""
        return self.minute * len(STREAMS)

    async def pass_minutes(self, minutes: int, *, online: bool) -> None:
        """Let time pass."""
        for _ in range(minutes // self.commit_minutes):
            self._store()
            if online:
                await self._exchange()
            elif self.minute % TRY_MINUTES == 0:
                self.budget.charge(COST.attempt(), messages=0)
            if self.minute % MINUTES >= MINUTES - self.commit_minutes:
                self._note(online=online)
            self.minute += self.commit_minutes
            self.clock.advance(60 * self.commit_minutes)

    def _store(self) -> None:
        released = [row for ahead in range(self.commit_minutes) for row in self._released(self.minute + ahead)]
        data = [encode_row(row.values, row.quality) for row in released]
        digest = sha256(DECLARATION).digest()
        group = Rows(rows=released, data=data, declaration=digest, clock=CLOCK, completes=False)
        self.line.core.transact(Work(rows=[group]))

    def _released(self, minute: int) -> list[Released]:
        start_ms = self.began_ms + minute * STEP_MS
        return [
            release(name, start_ms=start_ms, step_ms=STEP_MS, boot_id=None, values=next(values), quality=_GOOD)
            for name, values in zip(STREAMS, self._sources, strict=True)
        ]

    async def _exchange(self) -> None:
        """Send what the budget lets out, until nothing is left or it says no."""
        while sent := self._affordable():
            for envelope in sent:
                self._note_arrival(envelope)
            receipts = await self.city.take(sent)
            for receipt in receipts:
                self.budget.charge(COST.publish(len(f"lamppost/1/{UNIT}/receipt/weather"), len(receipt)))
            self.line.settle(receipts)

    def _affordable(self) -> list[Outgoing]:
        found: list[Outgoing] = []
        for envelope in self.line.send(partial=False, limit=_MOST):
            cost = COST.publish(len(topic_of(envelope)), len(envelope.data))
            if envelope.row_id in self._sent:
                continue
            if self.budget.wait_s(envelope.lane, cost) > 0:
                break
            self.budget.charge(cost)
            self._sent.add(envelope.row_id)
            found.append(envelope)
        return found

    def _note_arrival(self, envelope: Outgoing) -> None:
        if envelope.lane in {Lane.LIVE, Lane.BACKLOG}:
            start_ms = self.line.start_ms(envelope)
            rows = self.batch_rows if envelope.lane is Lane.LIVE else size_scene.BACKLOG_ROWS
            age_min = self.minute - (start_ms - self.began_ms) // STEP_MS - rows + 1
            self.arrived.append(
                Arrived(minute=self.minute, lane=envelope.lane, stream=envelope.stream, age_min=age_min)
            )

    def _note(self, *, online: bool) -> None:
        status = Path("/proc/self/status").read_text().splitlines()
        stats = self.line.core.stats()
        today = [one for one in self.arrived if one.minute // MINUTES == self.minute // MINUTES]
        lanes = Counter(one.lane for one in today)
        self.days.append(
            Day(
                day=self.minute // MINUTES + 1,
                online=online,
                waiting=stats.rows_waiting + stats.sealed_rows_waiting,
                disk=stats.bytes_used,
                rss_kib=int(next(line for line in status if line.startswith("VmRSS")).split()[1]),
                spent=self.budget.spending().day_bytes,
                live=lanes[Lane.LIVE],
                backlog=lanes[Lane.BACKLOG],
            )
        )

    def close(self) -> None:
        """Close both stores."""
        self.line.core.close()
        self.city.receiver.close()


async def simulate(month: Month, *, days: int) -> Month:
    """Let an outage pass, and then as many days as the past takes to arrive."""
    await month.pass_minutes(days * MINUTES, online=False)
    for _ in range(LEAST_DAYS):
        await month.pass_minutes(MINUTES, online=True)
        if not month.days[-1].backlog:
            break
    return month
