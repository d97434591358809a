"""The layouts of the disclosure log's entries: for each kind its fields in their order, and how each is written.

In: decoded items, or values. Out: checked values, or items. Never: a default: what is not there is null.
"""

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any, Final, NamedTuple, TypeVar

from agent.quality import Quality
from agent.wire import chain, cose, fields
from agent.wire.control import MAX_REFERENCE_BYTES
from agent.wire.declaration import MAX_STREAMS
from agent.wire.declared import DECLARATIONS
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
from agent.wire.errors import MalformedPayload
from agent.wire.messages import EPOCH_BYTES, HASH_BYTES, MAX_COLUMNS, MAX_ROWS, ClockQuality, GapReason, Kind
from agent.wire.orders import ACKNOWLEDGEMENTS, LOGS, Order, Refusal, Role
from agent.wire.receipt import RECEIVER_BYTES
from agent.wire.stamp import BOOT_ID_BYTES, read_quality

MAX_DESTINATION_BYTES: Final = 300
CHAINED: Final = (Kind.BATCH, Kind.GAP, Kind.DECLARATION, Kind.ACK, Kind.LOG, Kind.ALARM)
"""Kinds of envelopes that have a place in a chain; an entry tells them by their place here."""

_STREAM_OF: Final = {Kind.DECLARATION: DECLARATIONS, Kind.ACK: ACKNOWLEDGEMENTS, Kind.LOG: LOGS}
_ROLES: Final = tuple(Role)
_Number = TypeVar("_Number", bound=IntEnum)
_T = TypeVar("_T")


class Part(NamedTuple):
    """One field of an entry: its name, how it is read from a decoded item, and how it is written as one."""

    name: str
    read: Callable[[object], object]
    write: Callable[[Any], object] = lambda value: value


def _number(name: str, kind: type[_Number], *, least: int = 0) -> Part:
    members = tuple(kind)

    def read(item: object) -> _Number:
        return members[fields.uint(item, f"entry {name}", least=least, most=len(members) - 1)]

    return Part(name, read, int)


def _word(name: str, words: Sequence[_T]) -> Part:
    def read(item: object) -> _T:
        return words[fields.uint(item, f"entry {name}", most=len(words) - 1)]

    def write(value: _T) -> int:
        if value not in words:
            raise MalformedPayload(f"entry {name}: {value} has no place in the log")
        return words.index(value)

    return Part(name, read, write)


def _uint(name: str, *, least: int = 0, most: int = fields.INT_MAX) -> Part:
    return Part(name, lambda item: fields.uint(item, f"entry {name}", least=least, most=most))


def _octets(name: str, size: int) -> Part:
    return Part(name, lambda item: fields.octets(item, f"entry {name}", size))


def _text(name: str, most: int) -> Part:
    return Part(name, lambda item: fields.text(item, f"entry {name}", least=1, most=most))


def _flag(name: str) -> Part:
    return Part(name, lambda item: fields.boolean(item, f"entry {name}"))


def _or_null(part: Part) -> Part:
    return Part(
        part.name,
        lambda item: None if item is None else part.read(item),
        lambda value: None if value is None else part.write(value),
    )


def _read_at(item: object) -> Moment:
    items = fields.array(item, "entry time", least=2, most=3)
    quality = read_quality(items[0], "entry clock")
    if quality is not ClockQuality.UNSET:
        _, utc_ms = fields.array(item, "entry time", least=2, most=2)
        return Moment(quality=quality, utc_ms=fields.uint(utc_ms, "entry utc"))
    _, boot, mono_ms = fields.array(item, "entry time", least=3, most=3)
    return Moment(
        quality=quality,
        utc_ms=None,
        boot_id=fields.octets(boot, "entry boot", BOOT_ID_BYTES),
        mono_ms=fields.uint(mono_ms, "entry monotonic"),
    )


def _write_at(at: Moment) -> list[object]:
    told = (at.boot_id, at.mono_ms) if at.quality is ClockQuality.UNSET else (at.utc_ms,)
    return [int(at.quality), *told]


def _read_span(item: object) -> tuple[int, int]:
    first, last = fields.array(item, "entry sealed", least=2, most=2)
    span = fields.uint(first, "entry first seq"), fields.uint(last, "entry last seq")
    if span[0] > span[1]:
        raise MalformedPayload("entry sealed: expected first <= last")
    return span


def _read_streams(item: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    streams = []
    for each in fields.array(item, "entry streams", most=MAX_STREAMS):
        name, channels = fields.array(each, "entry stream", least=2, most=2)
        names = fields.array(channels, "entry channels", least=1, most=MAX_COLUMNS)
        told = tuple(fields.name(channel, "entry channel") for channel in names)
        fields.distinct(told, "entry channels")
        streams.append((fields.stream(name, "entry stream"), told))
    fields.distinct((name for name, _ in streams), "entry streams")
    return tuple(streams)


_AT: Final = Part("at", _read_at, _write_at)
_DATA_STREAM: Final = Part("stream", lambda item: fields.stream(item, "entry stream"))
_ANY_STREAM: Final = Part("stream", lambda item: fields.name(item, "entry stream"))
_EPOCH: Final = _octets("epoch", EPOCH_BYTES)
_SEQ: Final = _uint("seq")
_REFERENCE: Final = _text("reference", MAX_REFERENCE_BYTES)

LAYOUTS: Final[dict[type[Entry], tuple[Part, ...]]] = {
    EnvelopeEntry: (
        _AT,
        _ANY_STREAM,
        _EPOCH,
        _SEQ,
        _octets("hash", HASH_BYTES),
        _word("kind", CHAINED),
        _uint("rows", most=MAX_ROWS),
        _uint("channels", most=MAX_COLUMNS),
        _or_null(_octets("declaration", HASH_BYTES)),
        _uint("size", least=1, most=cose.MAX_ENVELOPE_BYTES),
        _text("destination", MAX_DESTINATION_BYTES),
    ),
    ReceiptEntry: (_AT, _ANY_STREAM, _EPOCH, _SEQ, _or_null(_octets("receiver", RECEIVER_BYTES))),
    LostEntry: (
        _AT,
        _DATA_STREAM,
        _EPOCH,
        _number("reason", GapReason),
        _uint("count"),
        _or_null(Part("sealed", _read_span, list)),
    ),
    WithheldEntry: (
        _AT,
        _DATA_STREAM,
        _number("code", Quality, least=1),
        _uint("windows", least=1),
        _uint("start_ms"),
    ),
    OrderEntry: (
        _AT,
        _uint("version"),
        _octets("document", HASH_BYTES),
        _REFERENCE,
        _word("role", _ROLES),
        _or_null(_DATA_STREAM),
        _number("order", Order),
        _number("refusal", Refusal),
        _flag("local"),
    ),
    ConfigurationEntry: (
        _AT,
        _or_null(_octets("before", HASH_BYTES)),
        _octets("after", HASH_BYTES),
        _flag("local"),
        Part("streams", _read_streams, lambda streams: [[name, list(channels)] for name, channels in streams]),
    ),
    DamageEntry: (_AT, _EPOCH, _or_null(_uint("entries"))),
    StateEntry: (_AT, _number("event", StateEvent), _or_null(_uint("version"))),
}
"""The fields of each kind, in their order; the number of a kind is its place here, counted from 1."""


def check(entry: Entry) -> None:
    """Refuse an entry whose fields do not belong together."""
    match entry:
        case EnvelopeEntry():
            _check_envelope(entry)
        case ReceiptEntry() if entry.stream.startswith("_") and entry.stream not in chain.RESERVED:
            raise MalformedPayload("entry stream: a name that begins with '_' is reserved")
        case _:
            pass


def _check_envelope(entry: EnvelopeEntry) -> None:
    expected = _STREAM_OF.get(entry.kind)
    if expected is None:
        fields.stream(entry.stream, "entry stream")
    elif entry.stream != expected:
        raise MalformedPayload(f"entry stream: envelopes of kind {entry.kind} go to {expected}")
    batch = entry.kind is Kind.BATCH
    if {entry.rows > 0, entry.channels > 0, entry.declaration is not None} != {batch}:
        raise MalformedPayload("entry: a batch, and nothing else, has rows, channels and a declaration")
