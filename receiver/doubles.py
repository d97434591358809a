"""Rows that arrive a second time in another envelope: found by their windows, and told apart.

In: a batch whose rows were just stored, inside the caller's transaction. Out: how many of them were here before.
Never: a row deleted: what an envelope says stays as evidence.

A unit gives each window of a stream out once. But when its card fails between the sending of a message and the note
that it was made, it finds the same rows unsealed again and sends them in a new epoch; so does a copy of the card. The
city is the only one who can know. Whoever counts rows leaves out what is noted here.
"""

from dataclasses import dataclass
from itertools import pairwise

from agent.wire.messages import Batch
from receiver.database import Database

_NEAR = (
    "SELECT span.chain, span.seq,"
    " (SELECT step_ms FROM row WHERE row.chain = span.chain AND row.seq = span.seq) AS step_ms"
    " FROM span WHERE unit = ?1 AND stream = ?2 AND boot = ?3 AND start_ms < ?5 AND end_ms > ?4"
    " AND start_ms >= ifnull((SELECT max(start_ms) FROM span"
    " WHERE unit = ?1 AND stream = ?2 AND boot = ?3 AND start_ms <= ?4), ?4)"
)
_BOTH = (
    "SELECT mine.start_ms, mine.start_ms = theirs.start_ms AND mine.step_ms = theirs.step_ms"
    " AND mine.scaled = theirs.scaled AND mine.quality = theirs.quality AS same"
    " FROM row AS mine CROSS JOIN row AS theirs ON theirs.chain = ?3 AND theirs.seq = ?4"
    " AND theirs.start_ms > mine.start_ms - ?5 AND theirs.start_ms < mine.start_ms + mine.step_ms"
    " WHERE mine.chain = ?1 AND mine.seq = ?2"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a batch is, and whose it is."""

    chain: int
    seq: int
    unit: str
    stream: str


def note(db: Database, place: Place, batch: Batch) -> int:
    """Note which rows of a batch were here before, wholly or in part; return how many.

    Spans do not overlap, so the last one that begins no later than the batch, and those that begin inside it, are all
    that can matter: one search, whatever the number of epochs.
    """
    source = (place.unit, place.stream, batch.boot_id or b"")
    end_ms = batch.start_ms + batch.rows * batch.step_ms
    known: set[int] = set()
    for chain, seq, step_ms in db.execute(_NEAR, (*source, batch.start_ms, end_ms)).fetchall():
        for start_ms, same in db.execute(_BOTH, (place.chain, place.seq, chain, seq, step_ms)).fetchall():
            if start_ms not in known:
                known.add(start_ms)
                doubled = (place.chain, place.seq, start_ms, chain, seq, same)
                db.execute("INSERT INTO doubled VALUES (?, ?, ?, ?, ?, ?)", doubled)
    for extent in _stretches(batch, known):
        db.execute("INSERT INTO span VALUES (?, ?, ?, ?, ?, ?, ?)", (*source, *extent, place.chain, place.seq))
    return len(known)


def _stretches(batch: Batch, known: set[int]) -> list[tuple[int, int]]:
    """Return begin and end of each stretch of consecutive windows that are new."""
    starts = [batch.start_ms + index * batch.step_ms for index in range(batch.rows)]
    new = [start for start in starts if start not in known]
    breaks = [index for index, (one, two) in enumerate(pairwise(new), 1) if one + batch.step_ms != two]
    bounds = [0, *breaks, len(new)] if new else []
    return [(new[begin], new[end - 1] + batch.step_ms) for begin, end in pairwise(bounds)]
