"""What the city holds of one unit, as it is compared with the unit's disclosure log.

In: a store opened for reading. Out: values. Never: a change, a verdict.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from agent.quality import Quality
from agent.wire.messages import Gap, GapReason, Kind
from agent.wire.orders import Ack, AckContent, Log, LogContent
from receiver.database import Database, Row
from receiver.faithful import is_faithful, opened

Place = tuple[str, bytes, int]
"""Stream, epoch and seq of an envelope."""
_ENVELOPES: Final = (
    "SELECT envelope.*, unit, stream, epoch,"
    " EXISTS (SELECT 1 FROM set_aside WHERE set_aside.chain = envelope.chain AND set_aside.seq = envelope.seq)"
    " AS aside FROM envelope JOIN chain ON chain.id = chain WHERE unit = ? ORDER BY chain, seq"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One envelope.

    Attributes:
        hash: SHA-256 of its bytes as they are now.
        kind: its type.
        size: its bytes.
        rows: rows that were stored of it; None for a batch whose declaration is not here, so that nobody knows.
        declaration: what a batch cites, else None.
        withheld: windows in which a value is null, by quality code.
        received_ms: when it arrived.
        faithful: the tables say of it what it says itself.
    """

    hash: bytes
    kind: Kind
    size: int
    rows: int | None
    declaration: bytes | None
    withheld: Mapping[Quality, int]
    received_ms: int
    faithful: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """Everything of one unit.

    Attributes:
        envelopes: by place.
        receipted: the contiguous prefix that was receipted, by stream and epoch: the last seq, -1 for none.
        losses: rows that gap records say will never come, by stream, epoch and reason.
        acks: the last acknowledgement of each version.
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
    db = Database(path, read_only=True)
    try:
        told = _Told(db, unit)
        return Holdings(
            envelopes=told.envelopes,
            receipted={
                (row["stream"], row["epoch"]): row["next_seq"] - 1
                for row in db.all("SELECT * FROM chain WHERE unit = ?", (unit,))
            },
            losses=told.losses,
            acks=tuple(told.acks.values()),
            heads=tuple(told.heads),
            declarations=frozenset(
                row["hash"] for row in db.all("SELECT hash FROM declaration WHERE unit = ?", (unit,))
            ),
        )
    finally:
        db.close()


class _Told:
    """What the envelopes of a unit say: they are the evidence; the tables are held against them.

    Attributes:
        envelopes: by place.
        acks: the last acknowledgement of each version.
        heads: the signed heads, in order.
        losses: rows that gap records declare, by stream, epoch and reason.
    """

    def __init__(self, db: Database, unit: str) -> None:
        self._db = db
        self._rows = _rows(db, unit)
        self.envelopes: dict[Place, Held] = {}
        self.acks: dict[int, AckContent] = {}
        self.heads: list[LogContent] = []
        self.losses: Counter[tuple[str, bytes, GapReason]] = Counter()
        for row in db.each(_ENVELOPES, (unit,)):
            self._take(row)

    def _take(self, row: Row) -> None:
        content = opened(row)
        rows, withheld = self._rows.get((row["chain"], row["seq"]), (0, {}))
        self.envelopes[row["stream"], row["epoch"], row["seq"]] = Held(
            hash=sha256(row["data"]).digest(),
            kind=Kind(row["kind"]),
            size=len(row["data"]),
            rows=None if row["aside"] else rows,
            declaration=row["declaration"],
            withheld=withheld,
            received_ms=row["received_ms"],
            faithful=content is not None and is_faithful(self._db, row, content),
        )
        match content:
            case Ack():
                self.acks[content.content.version] = content.content
            case Log():
                self.heads.append(content.content)
            case Gap():
                self.losses[content.stream, content.epoch, content.reason] += content.count
            case _:
                pass


def _rows(db: Database, unit: str) -> dict[tuple[int, int], tuple[int, dict[Quality, int]]]:
    """Return how many rows each batch has, and in how many of them a value is null, by code."""
    found: dict[tuple[int, int], tuple[int, dict[Quality, int]]] = {}
    for row in db.each("SELECT row.* FROM row JOIN chain ON chain.id = chain WHERE unit = ?", (unit,)):
        place = row["chain"], row["seq"]
        count, withheld = found.get(place, (0, {}))
        for code in _absent(row):
            withheld[code] = withheld.get(code, 0) + 1
        found[place] = count + 1, withheld
    return found


def _absent(row: Row) -> set[Quality]:
    """Return the codes of the values that a row has not; none for one that was damaged, which shows elsewhere."""
    try:
        pairs = zip(json.loads(row["scaled"]), json.loads(row["quality"]), strict=True)
        return {Quality(code) for value, code in pairs if value is None}
    except ValueError:
        return set()
