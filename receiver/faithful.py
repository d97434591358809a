"""Whether the city's tables say what the envelopes say that they were made from.

In: a store opened for reading, an envelope and its place. Out: yes or no. Never: a key: whether an envelope is the
one that the unit has sealed is told by its hash in the unit's log.

A records request is answered from the tables. They are copies; the envelopes are the evidence.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Final

from agent.wire import cose, payload
from agent.wire.declared import Declaration
from agent.wire.errors import WireError
from agent.wire.messages import Alarm, Batch, Gap, Kind
from agent.wire.orders import Ack, Log
from receiver.database import Database, Row
from receiver.orders import Claimed

_ROWS: Final = (
    "SELECT start_ms, step_ms, boot, clock, scaled, quality FROM row WHERE chain = ? AND seq = ? ORDER BY start_ms"
)
_GAP: Final = (
    "SELECT reason, count, sealed_first, sealed_last, start_ms, step_ms, windows FROM gap WHERE chain = ? AND seq = ?"
)
_ACK: Final = "SELECT content FROM ack WHERE chain = ? AND seq = ?"
_ALARM: Final = (
    "SELECT name, state, start_ms, step_ms, boot, clock, scaled, quality, number, declaration FROM alarm"
    " WHERE chain = ? AND seq = ?"
)
_HEAD: Final = "SELECT content FROM log_head WHERE chain = ? AND seq = ?"


Content = Batch | Gap | Declaration | Ack | Log | Alarm


def opened(envelope: Row) -> Content | None:
    """Return what an envelope holds, without knowing who signed it; None when it is not what its record says.

    Args:
        envelope: its record, with the stream and epoch of its chain.
    """
    kind, data = envelope["kind"], envelope["data"]
    try:
        claim = cose.peek(data)
        found = payload.decode(Kind(kind), cose.verify(data, key=Claimed(claim.kid, claim.alg), kind=Kind(kind)))
    except (WireError, ValueError):
        return None
    if not isinstance(found, Content) or hashlib.sha256(data).digest() != envelope["hash"]:
        return None
    place = (envelope["stream"], envelope["epoch"], envelope["seq"])
    return found if (found.stream, found.epoch, found.seq) == place else None


def is_faithful(db: Database, envelope: Row, content: Content) -> bool:
    """Return whether the tables still say what was read out of an envelope.

    Args:
        db: the store.
        envelope: its record, with the unit of its chain; `aside`: its rows are not there yet.
        content: what `opened` has found in it.
    """
    place = (envelope["chain"], envelope["seq"])
    match content:
        case Batch():
            if envelope["declaration"] != content.declaration:
                return False
            expected = [] if envelope["aside"] else list(_rows(content))
            return [_parsed(row) for row in db.all(_ROWS, place)] == expected
        case Gap():
            return _record(db, _GAP, place) == _gap(content)
        case Ack():
            return _record(db, _ACK, place) == (payload.encode_ack_content(content.content),)
        case Log():
            return _record(db, _HEAD, place) == (payload.encode_log_content(content.content),)
        case Alarm():
            return _record(db, _ALARM, place) == _alarm(content)
        case Declaration():
            encoded = payload.content_bytes(content.content)
            digest = payload.declaration_hash(encoded)
            known = db.one("SELECT content FROM declaration WHERE unit = ? AND hash = ?", (envelope["unit"], digest))
            return known is not None and known["content"] == encoded


def _record(db: Database, query: str, place: tuple[int, int]) -> tuple[object, ...] | None:
    row = db.one(query, place)
    return None if row is None else tuple(row)


def _alarm(alarm: Alarm) -> tuple[object, ...]:
    window = (alarm.start_ms, alarm.step_ms, alarm.boot_id, int(alarm.clock.quality))
    return (alarm.name, int(alarm.state), *window, alarm.value, int(alarm.quality), alarm.number, alarm.declaration)


def _gap(gap: Gap) -> tuple[object, ...]:
    sealed = (None, None) if gap.sealed is None else gap.sealed[:2]
    return (int(gap.reason), gap.count, *sealed, *(gap.windows or (None, None, None)))


def _parsed(row: Row) -> tuple[object, ...] | None:
    try:
        return (*tuple(row)[:-2], json.loads(row["scaled"]), json.loads(row["quality"]))
    except ValueError:
        return None


def _rows(batch: Batch) -> Iterator[tuple[object, ...]]:
    scaled = zip(*(column.values for column in batch.columns), strict=True)
    quality = zip(*(column.quality for column in batch.columns), strict=True)
    for index, (values, codes) in enumerate(zip(scaled, quality, strict=True)):
        start_ms = batch.start_ms + index * batch.step_ms
        clock = int(batch.clock.quality)
        yield start_ms, batch.step_ms, batch.boot_id, clock, list(values), [int(code) for code in codes]
