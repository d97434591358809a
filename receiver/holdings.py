"""What the city holds of one unit, as it is compared with the unit's disclosure log.

In: a store opened for reading. Out: values. Never: a change, a verdict.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agent.quality import Quality
from agent.wire.messages import GapReason, Kind
from agent.wire.orders import AckContent, LogContent
from receiver.answers import Answers
from receiver.database import Database

Place = tuple[str, bytes, int]
"""Stream, epoch and seq of an envelope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One envelope.

    Attributes:
        hash: SHA-256 of it.
        kind: its type.
        size: its bytes.
        rows: rows that were stored of it; None for a batch whose declaration is not here, so that nobody knows.
        declaration: what a batch cites, else None.
        withheld: windows in which a value is null, by quality code.
        received_ms: when it arrived.
    """

    hash: bytes
    kind: Kind
    size: int
    rows: int | None
    declaration: bytes | None
    withheld: Mapping[Quality, int]
    received_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """Everything of one unit.

    Attributes:
        envelopes: by place.
        receipted: the contiguous prefix that was receipted, by stream and epoch: the last seq, -1 for none.
        losses: rows that gap records say will never come, by stream, epoch and reason.
        acks: every acknowledgement.
        heads: every signed head of the log.
        declarations: hashes of those that are here.
    """

    envelopes: Mapping[Place, Held]
    receipted: Mapping[tuple[str, bytes], int]
    losses: Mapping[tuple[str, bytes, GapReason], int]
    acks: tuple[AckContent, ...]
    heads: tuple[LogContent, ...]
    declarations: frozenset[bytes]


def holdings(path: Path, unit: str) -> Holdings:
    """Return what a store holds of a unit.

    Raises:
        StorageError: the store is not there or cannot be read.
    """
    answers = Answers(path)
    try:
        acks = tuple(answer.content for answer in answers.answers(unit))
        heads = tuple(head.content for head in answers.heads(unit))
    finally:
        answers.close()
    db = Database(path, read_only=True)
    try:
        return Holdings(
            envelopes=_envelopes(db, unit),
            receipted={
                (row["stream"], row["epoch"]): row["next_seq"] - 1
                for row in db.all("SELECT * FROM chain WHERE unit = ?", (unit,))
            },
            losses=_losses(db, unit),
            acks=acks,
            heads=heads,
            declarations=frozenset(
                row["hash"] for row in db.all("SELECT hash FROM declaration WHERE unit = ?", (unit,))
            ),
        )
    finally:
        db.close()


def _envelopes(db: Database, unit: str) -> dict[Place, Held]:
    told = _told(db, unit)
    found: dict[Place, Held] = {}
    for row in db.each(
        "SELECT envelope.*, length(data) AS size, stream, epoch,"
        " EXISTS (SELECT 1 FROM set_aside WHERE set_aside.chain = envelope.chain AND set_aside.seq = envelope.seq)"
        " AS aside FROM envelope JOIN chain ON chain.id = chain WHERE unit = ?",
        (unit,),
    ):
        rows, withheld = told.get((row["chain"], row["seq"]), (0, {}))
        found[row["stream"], row["epoch"], row["seq"]] = Held(
            hash=row["hash"],
            kind=Kind(row["kind"]),
            size=row["size"],
            rows=None if row["aside"] else rows,
            declaration=row["declaration"],
            withheld=withheld,
            received_ms=row["received_ms"],
        )
    return found


def _told(db: Database, unit: str) -> dict[tuple[int, int], tuple[int, dict[Quality, int]]]:
    """Return how many rows each batch has, and in how many of them a value is null, by code."""
    found: dict[tuple[int, int], tuple[int, dict[Quality, int]]] = {}
    for row in db.each("SELECT row.* FROM row JOIN chain ON chain.id = chain WHERE unit = ?", (unit,)):
        place = row["chain"], row["seq"]
        count, withheld = found.get(place, (0, {}))
        pairs = zip(json.loads(row["scaled"]), json.loads(row["quality"]), strict=True)
        for code in {Quality(code) for value, code in pairs if value is None}:
            withheld[code] = withheld.get(code, 0) + 1
        found[place] = count + 1, withheld
    return found


def _losses(db: Database, unit: str) -> dict[tuple[str, bytes, GapReason], int]:
    return {
        (row["stream"], row["epoch"], GapReason(row["reason"])): row["rows"]
        for row in db.all(
            "SELECT stream, epoch, reason, sum(count) AS rows FROM gap JOIN chain ON chain.id = chain"
            " WHERE unit = ? GROUP BY stream, epoch, reason",
            (unit,),
        )
    }
