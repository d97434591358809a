"""The five fields that every envelope of the outbox begins with: version, epoch, stream, seq, prev."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from agent.wire import fields
from agent.wire.declared import DECLARATIONS
from agent.wire.errors import MalformedPayload
from agent.wire.messages import EPOCH_BYTES, HASH_BYTES
from agent.wire.orders import ACKNOWLEDGEMENTS, LOGS

KEYS = (0, 1, 2, 3, 4)
CONTENT = 5
"""Key of the content of what is sent in a reserved stream."""
RESERVED = frozenset({DECLARATIONS, ACKNOWLEDGEMENTS, LOGS})
"""Streams that carry one kind of message each, and no rows."""


class Place(NamedTuple):
    """Where in its stream's chain an envelope goes."""

    epoch: bytes
    stream: str
    seq: int
    prev: bytes | None


class Placed(Protocol):
    """A message that has a place."""

    @property
    def epoch(self) -> bytes:
        """8 bytes."""
        ...

    @property
    def stream(self) -> str:
        """Name of the stream."""
        ...

    @property
    def seq(self) -> int:
        """Counter inside the epoch."""
        ...

    @property
    def prev(self) -> bytes | None:
        """Hash of the envelope before, None for the first."""
        ...


def place_map(message: Placed, what: str) -> dict[int, object]:
    """Return the fields of the place of `message`, checked."""
    check(Place(message.epoch, message.stream, message.seq, message.prev), what)
    return {0: fields.VERSION, 1: message.epoch, 2: message.stream, 3: message.seq, 4: message.prev}


def read_place(payload: Mapping[int, object], what: str) -> Place:
    """Return the place that a payload claims."""
    fields.version(payload, what)
    prev = None if payload[4] is None else fields.octets(payload[4], f"{what} prev", HASH_BYTES)
    place = Place(
        fields.octets(payload[1], f"{what} epoch", EPOCH_BYTES),
        fields.name(payload[2], f"{what} stream"),
        fields.uint(payload[3], f"{what} seq"),
        prev,
    )
    check(place, what)
    return place


def check(place: Place, what: str) -> None:
    """Refuse a place that no chain has: only seq 0 has nothing before it."""
    fields.sized(place.epoch, f"{what} epoch", EPOCH_BYTES)
    fields.name(place.stream, f"{what} stream")
    fields.bounded(place.seq, f"{what} seq")
    if place.prev is not None:
        fields.sized(place.prev, f"{what} prev", HASH_BYTES)
    if (place.prev is None) is not (place.seq == 0):
        raise MalformedPayload(f"{what} prev: expected null for seq 0 and a hash for every other")
    if place.stream.startswith("_") and place.stream not in RESERVED:
        raise MalformedPayload(f"{what} stream: a name that begins with '_' is reserved")


def check_data(stream: str, what: str) -> None:
    """Refuse a reserved stream for what is about rows."""
    if stream in RESERVED:
        raise MalformedPayload(f"{what} stream: {stream} is reserved and carries no {what}")


def reserved_map(message: Placed, stream: str, what: str) -> dict[int, object]:
    """Return the fields of the place of `message`, whose stream must be the reserved one."""
    _check_reserved(message.stream, stream, what)
    return place_map(message, what)


def read_reserved(value: object, stream: str, what: str) -> tuple[Place, object]:
    """Return the place and the undecoded content that a payload of a reserved stream claims."""
    layout = fields.keyed(value, what, required=(*KEYS, CONTENT))
    place = read_place(layout, what)
    _check_reserved(place.stream, stream, what)
    return place, layout[CONTENT]


def _check_reserved(found: str, expected: str, what: str) -> None:
    if found != expected:
        raise MalformedPayload(f"{what} stream: expected {expected}")
