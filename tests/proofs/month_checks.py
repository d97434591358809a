"""What must hold of a simulated month (`tests.proofs.month_scene`), and what is broken to see that it is noticed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from sqlite3 import connect
from unittest.mock import patch

from agent.budget import Budget
from agent.buffer.envelopes import Envelopes
from agent.buffer.records import Lane, Outgoing
from tests.proofs.month_scene import LIMITS, MINUTES, Day, Month, simulate
from tests.proofs.size_scene import CHANNELS, STREAMS

MORE_KIB = 5 * 1024


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
