"""Payloads: values in, deterministic CBOR out, and back.

What comes back from `decode` encodes to the very bytes it came from: unknown and duplicate keys, floats, tags, other
lengths than the shortest, another order, trailing bytes are all refused. Call it on bytes whose signature holds.
"""

import hashlib
from collections.abc import Callable

from agent.wire.ack import ack_content_map, ack_map, read_ack, read_ack_content
from agent.wire.alarm import alarm_map, read_alarm
from agent.wire.batch import MAX_PADDING_BYTES, PADDING, batch_map, read_batch
from agent.wire.cbor import capped, dumps, loads
from agent.wire.control import control_map, read_control
from agent.wire.declaration import content_map, declaration_map, read_content, read_declaration
from agent.wire.declared import Declaration, DeclarationContent
from agent.wire.errors import MalformedPayload
from agent.wire.gap import gap_map, read_gap
from agent.wire.log import log_content_map, log_map, read_log, read_log_content
from agent.wire.messages import Alarm, Batch, ClockStamp, Gap, Kind, Receipt, Status
from agent.wire.orders import Ack, AckContent, Control, Log, LogContent
from agent.wire.receipt import read_receipt, receipt_map
from agent.wire.stamp import read_stamp, stamp_map
from agent.wire.status import read_status, status_map

Payload = Batch | Gap | Receipt | Declaration | Status | Control | Ack | Log | Alarm
"""Everything that can be in an envelope."""

_PADDING_HEADERS = ((2, 0, 23), (3, 24, 255), (4, 256, MAX_PADDING_BYTES))
"""Bytes that key 10 and a byte string's length take, and the shortest and longest string that has them."""

KINDS: dict[type[Payload], Kind] = {
    Batch: Kind.BATCH,
    Gap: Kind.GAP,
    Declaration: Kind.DECLARATION,
    Status: Kind.STATUS,
    Receipt: Kind.RECEIPT,
    Control: Kind.CONTROL,
    Ack: Kind.ACK,
    Log: Kind.LOG,
    Alarm: Kind.ALARM,
}
"""The kind of envelope that each message travels in."""

_READERS: dict[Kind, Callable[[object], Payload]] = {
    Kind.GAP: read_gap,
    Kind.DECLARATION: read_declaration,
    Kind.STATUS: read_status,
    Kind.RECEIPT: read_receipt,
    Kind.CONTROL: read_control,
    Kind.ACK: read_ack,
    Kind.LOG: read_log,
    Kind.ALARM: read_alarm,
}


def encode(message: Payload) -> bytes:
    """Return the payload of a message.

    Raises:
        MalformedPayload: the wire format has no form for it.
    """
    match message:
        case Batch():
            return capped(_padded(batch_map(message), message.padded_to))
        case Gap():
            return dumps(gap_map(message))
        case Declaration():
            return capped(dumps(declaration_map(message)))
        case Status():
            return capped(dumps(status_map(message)))
        case Receipt():
            return dumps(receipt_map(message))
        case Control():
            return capped(dumps(control_map(message)))
        case Ack():
            return capped(dumps(ack_map(message)))
        case Log():
            return dumps(log_map(message))
        case Alarm():
            return dumps(alarm_map(message))


def decode(kind: Kind, data: bytes) -> Payload:
    """Return the message in a payload of the given kind.

    Raises:
        MalformedPayload: it breaks the wire format.
    """
    value = loads(data)
    if kind is Kind.BATCH:
        return read_batch(value, len(data))
    return _READERS[kind](value)


def content_bytes(content: DeclarationContent) -> bytes:
    """Return a declaration's content in the form that is hashed."""
    return capped(dumps(content_map(content)))


def decode_content(data: bytes) -> DeclarationContent:
    """Return the content of a declaration from the form that is hashed."""
    return read_content(loads(data))


def declaration_hash(content: bytes) -> bytes:
    """Return what batches cite: SHA-256 of a declaration's content in the form of `content_bytes`."""
    return hashlib.sha256(content).digest()


def encode_ack_content(content: AckContent) -> bytes:
    """Return an acknowledgement's content as bytes, for the outbox to seal."""
    return capped(dumps(ack_content_map(content)))


def decode_ack_content(data: bytes) -> AckContent:
    """Return the content in bytes from `encode_ack_content`."""
    return read_ack_content(loads(data))


def encode_log_content(content: LogContent) -> bytes:
    """Return a log head's content as bytes, for the outbox to seal."""
    return dumps(log_content_map(content))


def decode_log_content(data: bytes) -> LogContent:
    """Return the content in bytes from `encode_log_content`."""
    return read_log_content(loads(data))


def encode_clock(stamp: ClockStamp) -> bytes:
    """Return a clock stamp as bytes, for the outbox to keep."""
    return dumps(stamp_map(stamp))


def decode_clock(data: bytes) -> ClockStamp:
    """Return the clock stamp in bytes from `encode_clock`."""
    return read_stamp(loads(data))


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
