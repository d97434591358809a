"""What a return from a month's outage left behind (`tests.proofs.month_return`), and what must hold of it.

Judged by the outbox as the month left it, by what passed the tap, and by the receiver's store; never by what the
agent says of itself, but for the rows that it reports as stored.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from agent.buffer.rows import decode_rows
from tests.support.trace import Place, Start

PROMPT_MS = 2000
MORE_KB = 5 * 1024
OVER = 1.0
_STREAM_SHIFT = 40
"""Of the ids of runs in the outbox: above it stands the stream's number."""
_WHILE = 3

Window = tuple[str, int, int]
"""Stream, start and length of a row's window."""
Values = tuple[int | None, ...]


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A batch in the order in which the city stored it; `end_ms` is where its last window ends."""

    lane: str
    stream: str
    received_ms: int
    start_ms: int
    end_ms: int


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What was looked up at one moment; `since_s` counts from the first packet."""

    since_s: float
    wire_bytes: int
    rss_kb: int
    disk_bytes: int


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything about one return.

    Attributes:
        bytes_per_minute: the unit's budget.
        measured: minutes of the month: rows of each stream.
        left: rows that the month's outbox held.
        reported: rows that the agent has reported as stored, since.
        drained: nothing old was left in the end.
        session_ms: when the agent had subscribed.
        arrivals: batches, as the city stored them.
        rows: at the city, with how often it has each.
        gaps: rows that gap records say will never come, by stream and reason.
        offline: taken before there was a connection.
        samples: taken while there was one.
        end_bytes: what the outbox takes at last.
        rewritten: seqs that were published with different bytes.
        connections: through the tap; the bytes of the first are in the samples.
    """

    bytes_per_minute: int
    measured: int
    left: Mapping[Window, Values]
    reported: Sequence[Start]
    exit_code: int
    drained: bool
    session_ms: int
    arrivals: Sequence[Arrival]
    rows: Sequence[tuple[Window, Values]]
    gaps: Counter[tuple[str, int]]
    offline: Sample
    samples: Sequence[Sample]
    end_bytes: int
    rewritten: int
    connections: int


# -- reading


def waiting_rows(store: Path) -> dict[Window, Values]:
    """Return the rows in an outbox that nobody has open; none of them may be sealed yet."""
    found: dict[Window, Values] = {}
    with _reading(store) as db:
        names = dict(db.execute("SELECT id, name FROM stream"))
        runs = db.execute("SELECT id, start_ms, step_ms, rows, data FROM run").fetchall()
        fresh = db.execute(
            "SELECT stream, start_ms, step_ms, data FROM fresh JOIN context ON context.id = fresh.context"
        ).fetchall()
    for number, start_ms, step_ms, rows, data in runs:
        for index, (values, _) in enumerate(decode_rows(data, rows)):
            found[names[number >> _STREAM_SHIFT], start_ms + index * step_ms, step_ms] = values
    for stream, start_ms, step_ms, data in fresh:
        found[names[stream], start_ms, step_ms] = next(decode_rows(data, 1))[0]
    return found


def arrivals(store: Path, lanes: Mapping[Place, str]) -> list[Arrival]:
    """Return the batches in a receiver's store, in the order in which it stored them."""
    with _reading(store) as db:
        found = db.execute(
            "SELECT stream, epoch, row.seq, received_ms, min(start_ms), max(start_ms + step_ms)"
            " FROM row"
            " JOIN chain ON chain.id = row.chain"
            " JOIN envelope ON envelope.chain = row.chain AND envelope.seq = row.seq"
            " GROUP BY envelope.id ORDER BY envelope.id"
        ).fetchall()
    return [
        Arrival(
            lane=lanes[stream, epoch, seq],
            stream=stream,
            received_ms=received_ms,
            start_ms=start_ms,
            end_ms=end_ms,
        )
        for stream, epoch, seq, received_ms, start_ms, end_ms in found
    ]


def city_rows(store: Path) -> list[tuple[Window, Values]]:
    """Return every row in a receiver's store, as often as it has it."""
    with _reading(store) as db:
        found = db.execute(
            "SELECT stream, start_ms, step_ms, scaled FROM row JOIN chain ON chain.id = row.chain"
        ).fetchall()
    return [((stream, start, step), tuple(json.loads(scaled))) for stream, start, step, scaled in found]


def gaps(store: Path) -> Counter[tuple[str, int]]:
    """Return how many rows are declared as lost, by stream and reason."""
    counts: Counter[tuple[str, int]] = Counter()
    with _reading(store) as db:
        for stream, reason, count in db.execute(
            "SELECT stream, reason, count FROM gap JOIN chain ON chain.id = gap.chain"
        ):
            counts[stream, reason] += count
    return counts


def _reading(store: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro", uri=True))
