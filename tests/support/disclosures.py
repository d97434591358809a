"""The disclosure log of an outbox that is open in this process, entries to put into one, and tampering."""

import sqlite3
from pathlib import Path

from agent.buffer.core import Core
from agent.buffer.outbox import Outbox
from agent.buffer.snapshot import Snapshot
from agent.quality import Quality
from agent.wire.disclosure import encode_entry, genesis, link
from agent.wire.entries import (
    ConfigurationEntry,
    DamageEntry,
    Entry,
    EnvelopeEntry,
    LostEntry,
    Moment,
    OrderEntry,
    ReceiptEntry,
    StateEntry,
    StateEvent,
    WithheldEntry,
)
from agent.wire.excerpt import Export, Header, Numbered, verify
from agent.wire.messages import ClockQuality, GapReason, Kind
from agent.wire.orders import Order, Refusal, Role

EPOCH = bytes(range(8))
DECLARED = bytes([7]) * 32
NOON_MS = 1_790_078_400_000
"""2026-09-22 12:00 UTC."""
DAY_MS = 86_400_000
UNSET = Moment(quality=ClockQuality.UNSET, utc_ms=None, boot_id=bytes(16), mono_ms=5000)


def at(utc_ms: int = NOON_MS) -> Moment:
    """Return a moment of a synchronised clock."""
    return Moment(quality=ClockQuality.SYNCHRONISED, utc_ms=utc_ms)


def order(moment: Moment, *, stream: str | None = "air", reference: str = "AZ 7/26") -> OrderEntry:
    """Return an order that was obeyed."""
    return OrderEntry(
        at=moment,
        version=3,
        document=bytes(32),
        reference=reference,
        role=Role.PRIVACY,
        stream=stream,
        order=Order.SUSPEND,
        refusal=Refusal.NONE,
        local=False,
    )


def envelope(moment: Moment, seq: int = 0, *, stream: str = "air") -> EnvelopeEntry:
    """Return a batch that can leave."""
    return EnvelopeEntry(
        at=moment,
        stream=stream,
        epoch=EPOCH,
        seq=seq,
        hash=bytes(32),
        kind=Kind.BATCH,
        rows=10,
        channels=2,
        declaration=DECLARED,
        size=223,
        destination="broker.example:8883",
    )


def one_of_each() -> list[Entry]:
    """Return an entry of every kind, the first and the last with an unset clock."""
    streams = (("air", ("pm25", "pm10")), ("people", ("count",)))
    return [
        DamageEntry(at=UNSET, epoch=EPOCH, entries=None),
        ConfigurationEntry(at=at(), before=None, after=DECLARED, local=True, streams=streams),
        envelope(at(NOON_MS + 1000)),
        WithheldEntry(at=at(NOON_MS + 1000), stream="people", code=Quality.SUPPRESSED, windows=3, start_ms=NOON_MS),
        ReceiptEntry(at=at(NOON_MS + 2000), stream="air", epoch=EPOCH, seq=0, receiver=bytes(8)),
        LostEntry(
            at=at(NOON_MS + DAY_MS), stream="air", epoch=EPOCH, reason=GapReason.EVICTED, count=4, sealed=(1, 2)
        ),
        order(at(NOON_MS + DAY_MS)),
        StateEntry(at=UNSET, event=StateEvent.RESET, version=4),
    ]


def chained(entries: list[Entry], *, unit: str = "corner-1", base: bytes | None = None, first: int = 1) -> Export:
    """Return a log of these entries."""
    base = genesis(unit) if base is None else base
    head, found = base, []
    for number, entry in enumerate(entries, start=first):
        data = encode_entry(entry)
        head = link(head, data)
        found.append(Numbered(number=number, data=data, hash=head))
    header = Header(unit=unit, first=first, base=base, last=first + len(entries) - 1)
    return Export(header=header, entries=tuple(found))


def log_in(core: Core) -> Export:
    """Return the whole log of an open store."""
    log = Snapshot.of(core._parts.db)
    return Export(header=log.header, entries=tuple(log.entries()))


async def log_of(outbox: Outbox) -> Export:
    """Return the whole log of an outbox."""
    found: Export = await outbox._ask(log_in)
    return found


async def entries_of(outbox: Outbox) -> list[Entry]:
    """Return what the log of an outbox says, after following its chain."""
    log = await log_of(outbox)
    assert verify(log.header, log.entries).complete
    return [numbered.entry for numbered in log.entries]


def tamper(path: Path, sql: str, *cells: object) -> None:
    """Change a store that nobody has open."""
    db = sqlite3.connect(path)
    with db:
        db.execute(sql, cells)
    db.close()
