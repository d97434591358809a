"""A disclosure log, and entries that must be refused."""

from collections.abc import Iterator
from typing import Any

import cbor2

from agent.quality import Quality
from agent.wire import cose, disclosure, payload
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
from agent.wire.messages import ClockQuality, GapReason, Kind
from agent.wire.orders import Order, Refusal, Role
from tests.support import wire
from tests.vectors.samples import ACKNOWLEDGED, BOOT, CONTENT, DECLARED, EPOCH, FIRST


def log_entries() -> tuple[Entry, ...]:
    at = Moment(quality=ClockQuality.SYNCHRONISED, utc_ms=1_790_000_041_000)
    unset = Moment(quality=ClockQuality.UNSET, utc_ms=None, boot_id=BOOT, mono_ms=61_000)
    sealed = cose.sign(payload.encode(FIRST), kind=Kind.BATCH, signer=wire.UNIT_KEY)
    answer = cose.sign(payload.encode(wire.ack()), kind=Kind.ACK, signer=wire.UNIT_KEY)
    alarm = cose.sign(payload.encode(wire.alarm()), kind=Kind.ALARM, signer=wire.UNIT_KEY)
    broker = "broker.city.example:8883"
    ordered: dict[str, Any] = {
        "version": 12,
        "document": ACKNOWLEDGED.document,
        "reference": "2026-0417",
        "local": False,
    }
    return (
        ConfigurationEntry(
            at=unset,
            before=None,
            after=DECLARED,
            local=True,
            streams=tuple(
                (stream.name, tuple(channel.name for channel in stream.channels)) for stream in CONTENT.streams
            ),
        ),
        EnvelopeEntry(
            at=at,
            stream="corner-air",
            epoch=EPOCH,
            seq=0,
            hash=cose.envelope_hash(sealed),
            kind=Kind.BATCH,
            rows=3,
            channels=2,
            declaration=DECLARED,
            size=len(sealed),
            destination=broker,
        ),
        WithheldEntry(at=at, stream="visitors", code=Quality.SUPPRESSED, windows=2, start_ms=1_790_000_100_000),
        ReceiptEntry(at=at, stream="corner-air", epoch=EPOCH, seq=0, receiver=b"receiver"),
        ReceiptEntry(at=at, stream="_declaration", epoch=EPOCH, seq=0, receiver=None),
        OrderEntry(at=at, role=Role.PRIVACY, stream="visitors", order=Order.SUSPEND, refusal=Refusal.NONE, **ordered),
        OrderEntry(at=at, role=Role.PRIVACY, stream=None, order=Order.PURGE, refusal=Refusal.HELD, **ordered),
        EnvelopeEntry(
            at=at,
            stream="_ack",
            epoch=EPOCH,
            seq=3,
            hash=cose.envelope_hash(answer),
            kind=Kind.ACK,
            rows=0,
            channels=0,
            declaration=None,
            size=len(answer),
            destination=broker,
        ),
        LostEntry(at=at, stream="visitors", epoch=EPOCH, reason=GapReason.PURGED, count=8, sealed=(4, 5)),
        LostEntry(at=at, stream="visitors", epoch=EPOCH, reason=GapReason.EVICTED, count=60, sealed=None),
        DamageEntry(at=unset, epoch=bytes.fromhex("c1c2c3c4c5c6c7c8"), entries=None),
        StateEntry(at=unset, event=StateEvent.LOST, version=12),
        StateEntry(at=at, event=StateEvent.RESET, version=None),
        EnvelopeEntry(
            at=at,
            stream="corner-air",
            epoch=EPOCH,
            seq=9,
            hash=cose.envelope_hash(alarm),
            kind=Kind.ALARM,
            rows=0,
            channels=0,
            declaration=None,
            size=len(alarm),
            destination=broker,
        ),
    )


def bad_entries() -> Iterator[tuple[str, str, bytes]]:
    entries = log_entries()

    def case(name: str, why: str, entry: int, **changes: object) -> tuple[str, str, bytes]:
        items = cbor2.loads(disclosure.encode_entry(entries[entry]))
        for key, value in changes.items():
            items[int(key[1:])] = value
        return name, why, cbor2.dumps([item for item in items if item is not ...])

    yield case("kind 0", "kinds are 1 to 8", 1, _0=0)
    yield case("kind 9", "kinds are 1 to 8", 1, _0=9)
    yield case("an item missing", "every item is there", 1, _11=...)
    yield "an item too many", "no other item is there", cbor2.dumps([7, [0, 5], bytes(8), None, None])
    yield "a map", "an entry is an array", cbor2.dumps({0: 7})
    yield "a trailing byte", "a byte follows", disclosure.encode_entry(entries[1]) + b"\x00"
    yield "an integer longer than needed", "shortest integers", b"\x84\x18\x07\x82\x00\x05\x48" + bytes(8) + b"\xf6"
    yield case("clock synchronised, boot time", "then wall time alone", 1, _1=[0, BOOT, 61_000])
    yield case("clock unset, wall time", "then boot and boot time", 1, _1=[2, 1_790_000_041_000])
    yield case("a batch without rows", "a batch has rows", 1, _7=0)
    yield case("a batch without a declaration", "a batch cites one", 1, _9=None)
    yield case("a batch in _ack", "batches are in data streams", 1, _2="_ack")
    yield case("an acknowledgement in a data stream", "its stream is _ack", 7, _2="visitors")
    yield case("a kind of envelope that has no place", "kinds are 0 to 5", 1, _6=6)
    yield case("an alarm with rows", "only a batch has rows", 1, _6=5)
    yield case("no destination", "1 to 300 bytes", 1, _11="")
    yield case("withheld as ok", "codes are 1 to 9", 2, _3=0)
    yield case("a loss backwards", "first is not after last", 8, _6=[5, 4])
    yield case("role 3", "roles are 0 to 2", 5, _5=3)
    yield case("a stream twice", "each once", 0, _5=[["a", ["b"]], ["a", ["b"]]])
