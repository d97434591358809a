import hashlib
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.quality import Quality
from agent.wire import disclosure
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
from agent.wire.errors import MalformedPayload, WireError
from agent.wire.messages import ClockQuality, GapReason, Kind
from agent.wire.orders import Order, Refusal, Role
from tests.support import wire_strategies

_AT = Moment(quality=ClockQuality.SYNCHRONISED, utc_ms=1_790_000_040_000)
_BOOT = Moment(quality=ClockQuality.UNSET, utc_ms=None, boot_id=bytes(range(16)), mono_ms=61_000)
_EPOCH = bytes.fromhex("a1a2a3a4a5a6a7a8")
_HASH = bytes([0x22]) * 32


def _envelope(**changes: Any) -> EnvelopeEntry:  # noqa: ANN401 - any field, to anything
    plain: dict[str, Any] = {
        "at": _AT,
        "stream": "corner-air",
        "epoch": _EPOCH,
        "seq": 1440,
        "hash": _HASH,
        "kind": Kind.BATCH,
        "rows": 60,
        "channels": 4,
        "declaration": _HASH,
        "size": 612,
        "destination": "broker.city.example:8883",
    }
    return EnvelopeEntry(**(plain | changes))


_ENTRIES: tuple[Entry, ...] = (
    _envelope(),
    ReceiptEntry(at=_AT, stream="corner-air", epoch=_EPOCH, seq=1440, receiver=b"receiver"),
    LostEntry(at=_BOOT, stream="corner-air", epoch=_EPOCH, reason=GapReason.PURGED, count=60, sealed=(1430, 1431)),
    WithheldEntry(at=_AT, stream="visitors", code=Quality.SUPPRESSED, windows=17, start_ms=1_789_999_980_000),
    OrderEntry(
        at=_AT,
        version=12,
        document=_HASH,
        reference="2026-0417",
        role=Role.PRIVACY,
        stream=None,
        order=Order.SUSPEND,
        refusal=Refusal.NONE,
        local=False,
    ),
    ConfigurationEntry(
        at=_AT, before=None, after=_HASH, local=True, streams=(("corner-air", ("temperature", "pressure")),)
    ),
    DamageEntry(at=_AT, epoch=_EPOCH, entries=None),
    StateEntry(at=_BOOT, event=StateEvent.LOST, version=12),
)


def _kind(entry: Entry) -> str:
    return type(entry).__name__


@given(wire_strategies.ENTRIES)
def test_encode_then_decode_of_any_entry_returns_it(entry: Entry) -> None:
    assert disclosure.decode_entry(disclosure.encode_entry(entry)) == entry


def _decode_or_none(data: bytes) -> Entry | None:
    try:
        return disclosure.decode_entry(data)
    except WireError:
        return None


@given(st.binary(max_size=200) | st.binary(max_size=60).map(b"\x88\x05\x82\x00\x00".__add__))
def test_decode_of_any_bytes_refuses_them_or_gives_what_encodes_to_them(data: bytes) -> None:
    entry = _decode_or_none(data)
    assert entry is None or disclosure.encode_entry(entry) == data


@given(st.sampled_from(_ENTRIES), st.data())
def test_decode_of_a_damaged_entry_refuses_it_or_gives_what_encodes_to_it(sample: Entry, data: st.DataObject) -> None:
    damaged = bytearray(disclosure.encode_entry(sample))
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    entry = _decode_or_none(bytes(damaged))
    assert entry is None or disclosure.encode_entry(entry) == bytes(damaged)


_ITEMS = st.none() | st.booleans() | st.integers(-2, 2**64 - 1) | st.binary(max_size=40) | st.text(max_size=5)


@given(st.sampled_from(_ENTRIES), st.data())
def test_decode_of_a_replaced_item_refuses_it_or_gives_what_encodes_to_it(sample: Entry, data: st.DataObject) -> None:
    items = cbor2.loads(disclosure.encode_entry(sample))
    items[data.draw(st.integers(0, len(items) - 1))] = data.draw(_ITEMS | st.lists(_ITEMS, max_size=4))
    changed = cbor2.dumps(items)
    entry = _decode_or_none(changed)
    assert entry is None or disclosure.encode_entry(entry) == changed


@pytest.mark.parametrize(("number", "entry"), list(enumerate(_ENTRIES, 1)), ids=map(_kind, _ENTRIES))
def test_entry_begins_with_the_number_of_its_kind_and_its_time(number: int, entry: Entry) -> None:
    items = cbor2.loads(disclosure.encode_entry(entry))
    assert items[0] == number
    assert items[1] == [0, 1_790_000_040_000] if entry.at is _AT else [2, bytes(range(16)), 61_000]


@pytest.mark.parametrize("entry", _ENTRIES, ids=_kind)
def test_decode_of_every_truncation_of_an_entry_refuses_it(entry: Entry) -> None:
    data = disclosure.encode_entry(entry)
    for length in range(len(data)):
        with pytest.raises(MalformedPayload):
            disclosure.decode_entry(data[:length])


@pytest.mark.parametrize("entry", _ENTRIES, ids=_kind)
def test_decode_of_an_item_too_many_or_too_few_refuses_it(entry: Entry) -> None:
    items = cbor2.loads(disclosure.encode_entry(entry))
    for wrong in ([*items, None], items[:-1], items[:1], []):
        with pytest.raises(MalformedPayload):
            disclosure.decode_entry(cbor2.dumps(wrong))


@pytest.mark.parametrize("kind", [0, 9, -1, True, None, "1"])
def test_decode_of_an_unknown_kind_refuses_it(kind: object) -> None:
    items = cbor2.loads(disclosure.encode_entry(_envelope()))
    with pytest.raises(MalformedPayload, match="entry kind"):
        disclosure.decode_entry(cbor2.dumps([kind, *items[1:]]))


@pytest.mark.parametrize(
    "at",
    [
        pytest.param([0, None], id="synchronised without wall time"),
        pytest.param([2, 1_790_000_040_000], id="unset with wall time"),
        pytest.param([2, bytes(15), 0], id="boot of 15 bytes"),
        pytest.param([0, bytes(16), 0], id="synchronised on boot time"),
        pytest.param([3, 0], id="an unknown quality"),
        pytest.param([0, -1], id="before 1970"),
        pytest.param([0], id="no time"),
        pytest.param(0, id="no array"),
    ],
)
def test_decode_of_a_time_that_is_none_refuses_it(at: object) -> None:
    items = cbor2.loads(disclosure.encode_entry(_envelope()))
    with pytest.raises(MalformedPayload):
        disclosure.decode_entry(cbor2.dumps([items[0], at, *items[2:]]))


_BAD = {
    "a batch without rows": _envelope(rows=0),
    "a batch without a declaration": _envelope(declaration=None),
    "a gap with rows": _envelope(kind=Kind.GAP, channels=0, declaration=None),
    "a gap with a declaration": _envelope(kind=Kind.GAP, rows=0, channels=0),
    "a batch in a reserved stream": _envelope(stream="_ack"),
    "an acknowledgement in a data stream": _envelope(kind=Kind.ACK, rows=0, channels=0, declaration=None),
    "a status, which has no place": _envelope(kind=Kind.STATUS, rows=0, channels=0, declaration=None),
    "an envelope of nothing": _envelope(size=0),
    "no destination": _envelope(destination=""),
    "more rows than a batch has": _envelope(rows=4097),
    "a receipt in a stream that is none": ReceiptEntry(at=_AT, stream="_other", epoch=_EPOCH, seq=0, receiver=None),
    "a receiver of 7 bytes": ReceiptEntry(at=_AT, stream="air", epoch=_EPOCH, seq=0, receiver=b"receive"),
    "a loss backwards": LostEntry(
        at=_AT, stream="air", epoch=_EPOCH, reason=GapReason.EVICTED, count=1, sealed=(5, 4)
    ),
    "a window withheld as ok": WithheldEntry(at=_AT, stream="air", code=Quality.OK, windows=1, start_ms=0),
    "no window withheld": WithheldEntry(at=_AT, stream="air", code=Quality.WITHHELD, windows=0, start_ms=0),
    "a stream twice": ConfigurationEntry(
        at=_AT, before=None, after=_HASH, local=True, streams=(("a", ("b",)), ("a", ("b",)))
    ),
    "a channel twice": ConfigurationEntry(at=_AT, before=None, after=_HASH, local=True, streams=(("a", ("b", "b")),)),
    "a flag that is a number": DamageEntry(at=_AT, epoch=_EPOCH, entries=True),
    "a clock unset with wall time": _envelope(at=Moment(quality=ClockQuality.UNSET, utc_ms=5)),
    "a clock set without wall time": _envelope(at=Moment(quality=ClockQuality.HOLDOVER, utc_ms=None)),
}


@pytest.mark.parametrize("entry", _BAD.values(), ids=_BAD.keys())
def test_encode_of_what_no_log_has_refuses_it(entry: Entry) -> None:
    with pytest.raises(MalformedPayload):
        disclosure.encode_entry(entry)


def test_a_boots_time_beside_wall_time_is_not_kept() -> None:
    at = Moment(quality=ClockQuality.HOLDOVER, utc_ms=5, boot_id=bytes(16), mono_ms=3)
    assert at == Moment(quality=ClockQuality.HOLDOVER, utc_ms=5)


def test_envelope_entry_takes_less_than_140_bytes() -> None:
    assert len(disclosure.encode_entry(_envelope())) < 140


def test_the_chain_begins_with_the_unit_and_each_link_covers_all_before() -> None:
    first, second = disclosure.encode_entry(_ENTRIES[0]), disclosure.encode_entry(_ENTRIES[1])
    genesis = hashlib.sha256(b"lamppost disclosures" + b"corner-7").digest()
    assert disclosure.genesis("corner-7") == genesis
    after = disclosure.link(disclosure.link(genesis, first), second)
    assert after == hashlib.sha256(hashlib.sha256(genesis + first).digest() + second).digest()


def test_a_chain_hash_of_another_size_is_refused() -> None:
    with pytest.raises(MalformedPayload, match="expected 32 bytes"):
        disclosure.link(b"", b"entry")


def test_the_genesis_of_what_is_no_unit_is_refused() -> None:
    with pytest.raises(MalformedPayload, match="log unit"):
        disclosure.genesis("corner 7")
