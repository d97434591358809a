"""Payloads: values in, deterministic CBOR out, and back; the home of cbor2 together with `cose`.

What comes back from `decode` encodes to the very bytes it came from: unknown and duplicate keys, floats, tags, other
lengths than the shortest, another order, trailing bytes are all refused. Call it on bytes whose signature holds.
"""

import hashlib
from collections.abc import Callable
from typing import Any, NoReturn

import cbor2

from agent.wire.batch import MAX_PADDING_BYTES, PADDING, batch_map, read_batch
from agent.wire.declaration import content_map, declaration_map, read_content, read_declaration
from agent.wire.errors import MalformedPayload
from agent.wire.gap import gap_map, read_gap
from agent.wire.messages import (
    Batch,
    ClockStamp,
    Declaration,
    DeclarationContent,
    Gap,
    Kind,
    Payload,
    Receipt,
    Status,
)
from agent.wire.receipt import read_receipt, receipt_map
from agent.wire.stamp import read_stamp, stamp_map
from agent.wire.status import read_status, status_map

MAX_PAYLOAD_BYTES = 1 << 20
_MAX_DEPTH = 8
_PADDING_HEADERS = ((2, 0, 23), (3, 24, 255), (4, 256, MAX_PADDING_BYTES))
"""Bytes that key 10 and a byte string's length take, and the shortest and longest string that has them."""

KINDS: dict[type[Payload], Kind] = {
    Batch: Kind.BATCH,
    Gap: Kind.GAP,
    Declaration: Kind.DECLARATION,
    Status: Kind.STATUS,
    Receipt: Kind.RECEIPT,
}
"""The kind of envelope that each message travels in."""

_READERS: dict[Kind, Callable[[object], Payload]] = {
    Kind.GAP: read_gap,
    Kind.DECLARATION: read_declaration,
    Kind.STATUS: read_status,
    Kind.RECEIPT: read_receipt,
}


def encode(message: Payload) -> bytes:
    """Return the payload of a message.

    Raises:
        MalformedPayload: the wire format has no form for it.
    """
    match message:
        case Batch():
            return _capped(_padded(batch_map(message), message.padded_to))
        case Gap():
            return dumps(gap_map(message))
        case Declaration():
            return _capped(dumps(declaration_map(message)))
        case Status():
            return _capped(dumps(status_map(message)))
        case Receipt():
            return dumps(receipt_map(message))


def decode(kind: Kind, data: bytes) -> Payload:
    """Return the message in a payload of the given kind.

    Raises:
        MalformedPayload: it breaks the wire format.
    """
    value = _loads(data)
    if kind is Kind.BATCH:
        return read_batch(value, len(data))
    if kind not in _READERS:
        raise MalformedPayload(f"payloads of kind {kind} have no form in version 1")
    return _READERS[kind](value)


def content_bytes(content: DeclarationContent) -> bytes:
    """Return a declaration's content in the form that is hashed."""
    return _capped(dumps(content_map(content)))


def decode_content(data: bytes) -> DeclarationContent:
    """Return the content of a declaration from the form that is hashed."""
    return read_content(_loads(data))


def declaration_hash(content: bytes) -> bytes:
    """Return what batches cite: SHA-256 of a declaration's content in the form of `content_bytes`."""
    return hashlib.sha256(content).digest()


def encode_clock(stamp: ClockStamp) -> bytes:
    """Return a clock stamp as bytes, for the outbox to keep."""
    return dumps(stamp_map(stamp))


def decode_clock(data: bytes) -> ClockStamp:
    """Return the clock stamp in bytes from `encode_clock`."""
    return read_stamp(_loads(data))


def _padded(layout: dict[int, object], multiple: int) -> bytes:
    """Return the bytes of `layout`, with padding up to the next multiple that padding can reach exactly."""
    data = dumps(layout)
    if multiple <= 1 or len(data) % multiple == 0:
        return data
    room = -len(data) % multiple
    while (size := _padding_for(room)) is None:
        room += multiple
    return dumps(layout | {PADDING: bytes(size)})


def _padding_for(room: int) -> int | None:
    """Return how many bytes of padding fill `room` together with their key and length; None if none do."""
    for header, least, most in _PADDING_HEADERS:
        if least <= room - header <= most:
            return room - header
    if room > MAX_PADDING_BYTES:
        raise MalformedPayload(f"padding longer than {MAX_PADDING_BYTES} bytes")
    return None


class _RefuseTags(dict[int, Any]):
    """Stands where the decoder looks for what a tag means."""

    def __missing__(self, key: int) -> NoReturn:
        raise MalformedPayload("tags are not allowed")


_NO_TAGS = _RefuseTags()


def _refuse_tag(_tag: object, _immutable: bool) -> NoReturn:  # noqa: FBT001 - cbor2 calls it so
    raise MalformedPayload("tags are not allowed")


def dumps(value: object) -> bytes:
    """Return CBOR with the shortest lengths; deterministic where the keys of maps are already in order."""
    try:
        return cbor2.dumps(value)
    except (cbor2.CBOREncodeError, ValueError) as error:
        raise MalformedPayload("has a value that has no form on the wire") from error


def _capped(data: bytes) -> bytes:
    if len(data) > MAX_PAYLOAD_BYTES:
        raise MalformedPayload(f"longer than {MAX_PAYLOAD_BYTES} bytes")
    return data


def _loads(data: bytes) -> object:
    """Return the one object in `data`, which must be in deterministic CBOR without tags."""
    try:
        value = cbor2.loads(
            _capped(data),
            tag_hook=_refuse_tag,
            semantic_decoders=_NO_TAGS,
            max_depth=_MAX_DEPTH,
            allow_indefinite=False,
            allow_duplicate_keys=False,
        )
        again = cbor2.dumps(value, canonical=True)
    except (cbor2.CBORError, ValueError) as error:
        raise MalformedPayload("not CBOR as it is used here") from error
    if again != data:
        raise MalformedPayload("not in deterministic encoding, or followed by more bytes")
    return value
