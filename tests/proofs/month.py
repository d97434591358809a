"""Proof: a month without uplink costs disk and nothing else; then the present comes first, the past as budgeted.

Simulated, with a clock that is moved a minute at a time: four streams of a row a minute go into the real outbox,
while a connection is tried every five minutes and does not answer. Then it is back. Sealer, budget, prices of the
wire, receiver and receipts are the real ones. What is left out is MQTT, and with it the real sender's waits: each
minute is sent what the outbox hands out, in its order, until the budget says no.

It must hold: memory stays as it was; the disk grows evenly and below its cap; the newest batch of each stream is
at the city in the first minute, before anything older, and so it stays until the past is there;
no day costs more than its cap; in the end the city has every row once and no gap record.

The negative controls: an outbox that hands out the oldest first, and a budget that never says no.
"""

import argparse
import logging
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from sqlite3 import connect
from unittest.mock import patch

from agent.budget import Budget, BudgetSettings
from agent.buffer.core import Core
from agent.buffer.envelopes import Envelopes
from agent.buffer.records import Lane, Limits, Outgoing
from agent.buffer.rows import encode_row
from agent.buffer.work import Rows, Work
from agent.clock import NS_PER_MS
from agent.privacy.released import release
from agent.quality import Quality
from agent.receipts import ReceiptVerifier
from agent.uplink.cost import WireCost
from agent.wire.keyfile import generate
from tests.proofs import size_scene
from tests.proofs.size_scene import CHANNELS, CLOCK, DECLARATION, STEP_MS, STREAMS, UNIT, City, Line, topic_of
from tests.support.process import run_proof
from tests.support.uplink import FakeClock

MINUTES = 1440
BATCH_ROWS = 60
DAY_BYTES = 1_500_000
"""The present takes less than a tenth of it: so much the budget keeps from the backlog."""
TRY_MINUTES = 5
MORE_KIB = 5 * 1024
LIMITS = Limits(max_bytes=64_000_000, free_floor_bytes=0, loss_window_s=5)
COST = WireCost(tls=True)
LEAST_DAYS = 60
_MOST = 4096
"""Envelopes that are looked at: more than there can be."""


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
        minute: how many have passed.
        days: what was noted at the end of each.
        arrived: every envelope of rows, in order.
    """

    folder: Path
    number: int
    batch_rows: int = BATCH_ROWS
    day_bytes: int = DAY_BYTES
    minute: int = 0
    days: list[Day] = field(default_factory=list)
    arrived: list[Arrived] = field(default_factory=list)

    def __post_init__(self) -> None:
        unit, receiver = generate(self.folder / "unit.key"), generate(self.folder / "receiver.key")
        self.clock = FakeClock(utc=size_scene.START_MS // (MINUTES * STEP_MS) * MINUTES * STEP_MS * NS_PER_MS)
        self._began_ms = self.clock.utc // NS_PER_MS
        self.budget = Budget(BudgetSettings(day_bytes=self.day_bytes), clock=self.clock)
        policy = replace(size_scene.POLICY, batch_rows=self.batch_rows)
        made = size_scene.setup(self.folder / "outbox.db", unit, clock=self.clock, limits=LIMITS, policy=policy)
        known = {receiver.public.kid: receiver.public}
        self.line = Line(Core(made), ReceiptVerifier(known, unit=UNIT))
        self.city = City.make(self.folder, key=receiver, unit=unit)
        self._sources = [size_scene.values_of(random.Random(f"{self.number} {name}")) for name in STREAMS]
        self._sent: set[int] = set()
        self.line.core.transact(Work(declarations=[DECLARATION]))

    @property
    def stored(self) -> int:
        """Rows that were stored."""
        return self.minute * len(STREAMS)

    async def pass_minutes(self, minutes: int, *, online: bool) -> None:
        """Let time pass."""
        for _ in range(minutes):
            self._store()
            if online:
                await self._exchange()
            elif self.minute % TRY_MINUTES == 0:
                self.budget.charge(COST.attempt(), messages=0)
            if self.minute % MINUTES == MINUTES - 1:
                self._note(online=online)
            self.minute += 1
            self.clock.advance(60)

    def _store(self) -> None:
        start_ms = self._began_ms + self.minute * STEP_MS
        good = (Quality.OK,) * CHANNELS
        released = [
            release(name, start_ms=start_ms, step_ms=STEP_MS, boot_id=None, values=next(values), quality=good)
            for name, values in zip(STREAMS, self._sources, strict=True)
        ]
        data = [encode_row(row.values, row.quality) for row in released]
        digest = sha256(DECLARATION).digest()
        group = Rows(rows=released, data=data, declaration=digest, clock=CLOCK, completes=False)
        self.line.core.transact(Work(rows=[group]))

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
            age_min = self.minute - (start_ms - self._began_ms) // STEP_MS - rows + 1
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


# -- what must hold


def check(month: Month, *, outage_days: int) -> list[str]:
    """Return what is wrong."""
    return [
        *_check_outage(month.days[:outage_days]),
        *_check_order(month),
        *_check_spending(month),
        *_check_rows(month),
    ]


def _check_outage(days: Sequence[Day]) -> Iterator[str]:
    """Memory stays, and the disk grows evenly."""
    more = days[-1].rss_kib - days[0].rss_kib
    if more > MORE_KIB:
        yield f"memory grows by {more} KiB in the outage, expected at most {MORE_KIB}"
    rows = MINUTES * len(STREAMS)
    if [day.waiting for day in days] != [rows * (number + 1) for number in range(len(days))]:
        yield "rows are missing that nobody has taken"
    if max(day.disk for day in days) > LIMITS.max_bytes:
        yield "the store grows past its cap"
    grown = (days[-1].disk - days[0].disk) / max(1, len(days) - 1) / rows
    if grown > 2 * (2 + 2 * CHANNELS) + 10:
        yield f"the disk grows by {grown:.1f} bytes a row"


def _check_order(month: Month) -> Iterator[str]:
    """The present first, in the first minute and in each after it."""
    first = month.arrived[0].minute if month.arrived else 0
    opening = [one for one in month.arrived if one.minute == first]
    live = [one for one in opening if one.lane is Lane.LIVE]
    if {one.stream for one in live} != set(STREAMS) or max(
        (one.age_min for one in live), default=MINUTES
    ) > month.batch_rows:
        yield "the present is not at the city in the first minute"
    order = [one.lane is Lane.BACKLOG for one in opening]
    if order != sorted(order):
        yield "something old arrived before the present"
    late = sum(one.lane is Lane.LIVE and one.age_min > month.batch_rows for one in month.arrived)
    if late:
        yield f"{late} live batches arrived late, while the past was sent"


def _check_spending(month: Month) -> Iterator[str]:
    for day in month.days:
        if day.spent > month.day_bytes:
            yield f"day {day.day} costs {day.spent:,} bytes, the cap is {month.day_bytes:,}"


def _check_rows(month: Month) -> Iterator[str]:
    with closing(connect(month.folder / "receiver.db")) as db:
        rows, windows = db.execute(
            "SELECT count(*), count(DISTINCT stream || start_ms) FROM row JOIN chain ON chain.id = row.chain"
        ).fetchone()
        gaps = db.execute("SELECT count(*) FROM gap").fetchone()[0]
    left = month.line.core.stats()
    waiting = left.rows_waiting + left.sealed_rows_waiting
    if rows != windows or rows + waiting != month.stored or waiting >= len(STREAMS) * month.batch_rows:
        yield f"{month.stored} rows were stored; the city has {rows}, {windows} different ones; {waiting} wait"
    if gaps:
        yield f"{gaps} gap records, and nothing was lost"


def tell(days: Sequence[Day]) -> None:
    """Print the table."""
    print(f"  {'day':>4} {'uplink':<7} {'rows waiting':>12} {'disk':>10} {'RSS':>9} {'wire bytes':>11} live backlog")
    for day in days:
        print(
            f"  {day.day:4} {'yes' if day.online else 'no':<7} {day.waiting:12,} {day.disk / 1e6:7.2f} MB"
            f" {day.rss_kib / 1024:5.1f} MiB {day.spent:11,} {day.live:4} {day.backlog:7}"
        )


async def simulate(month: Month, *, days: int) -> Month:
    """Let an outage pass, and then as many days as the past takes to arrive."""
    await month.pass_minutes(days * MINUTES, online=False)
    for _ in range(LEAST_DAYS):
        await month.pass_minutes(MINUTES, online=True)
        if not month.days[-1].backlog:
            break
    return month


def _oldest_first(
    outgoing: Callable[..., list[Outgoing]],
) -> Callable[..., list[Outgoing]]:
    def by_age(self: Envelopes, **options: object) -> list[Outgoing]:
        lanes = {Lane.CONTROL: 0, Lane.BACKLOG: 1}
        return sorted(outgoing(self, **options), key=lambda envelope: lanes.get(envelope.lane, 2))

    return by_age


async def control(folder: Path, name: str, *, days: int, number: int) -> list[str]:
    """Break something, and return what is found."""
    broken: dict[str, AbstractContextManager[object]] = {
        "the oldest first": patch.object(Envelopes, "outgoing", _oldest_first(Envelopes.outgoing)),
        "a budget that never says no": patch.object(Budget, "wait_s", lambda *_: 0.0),
    }
    with broken[name]:
        month = await simulate(Month(folder, number, day_bytes=CONTROL_BYTES), days=days)
        try:
            return check(month, outage_days=days)
        finally:
            month.close()


CONTROL_BYTES = 150_000
"""What the control's past does not fit into; what the present and the tries take does."""
CONTROLS = {
    "the oldest first": "the present is not at the city in the first minute",
    "a budget that never says no": "the cap is",
}


async def main(folder: Path, options: argparse.Namespace) -> int:
    """Run the proof and its controls; return 0 when it holds."""
    began = time.monotonic()
    print(f"seed: {options.seed}")
    (folder / "proof").mkdir()
    month = Month(folder / "proof", options.seed, batch_rows=options.batch_rows, day_bytes=options.day_bytes)
    await simulate(month, days=options.days)
    tell(month.days)
    wrong = check(month, outage_days=options.days)
    drained = len(month.days) - options.days
    print(f"{month.stored:,} rows stored, {options.days} days without uplink, {drained} days until all had arrived")
    month.close()
    for problem in wrong:
        print(f"  {problem}")
    missed = 0
    for number, (name, sentence) in enumerate(CONTROLS.items()):
        (folder / f"control-{number}").mkdir()
        found = await control(folder / f"control-{number}", name, days=options.control_days, number=options.seed)
        caught = [problem for problem in found if sentence in problem]
        missed += not caught
        print(f"control, {name}: " + (f"fails, as it must: {caught[0]}" if caught else "DOES NOT FAIL"))
    failed = bool(wrong or missed)
    print(f"prove-month: {'FAILED' if failed else 'holds'} ({time.monotonic() - began:.0f} s)")
    return 1 if failed else 0


if __name__ == "__main__":
    logging.disable(logging.INFO)
    parser = argparse.ArgumentParser(description="Take the uplink away for a month, and give it back.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--batch-rows", type=int, default=BATCH_ROWS)
    parser.add_argument("--day-bytes", type=int, default=DAY_BYTES, help="the budget's cap")
    parser.add_argument("--control-days", type=int, default=4, help="of the controls")
    parser.add_argument("--keep", action="store_true", help="keep the files")
    chosen = parser.parse_args()
    sys.exit(run_proof(lambda folder: main(folder, chosen), keep=chosen.keep))
