"""Glances at sealed envelopes: where they belong and when their first window was, without a key.

In: an envelope's bytes. Out: its place. Never: a value of a row, a claim that the signature holds.
"""

from dataclasses import dataclass

from agent.buffer.contents import Glance
from agent.wire import cose, payload
from agent.wire.errors import WireError
from agent.wire.messages import Batch, Receipt, Status
from agent.wire.orders import Control


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What an envelope says of itself; see `agent.buffer.contents.Glance`."""

    place: tuple[str, bytes, int]
    prev: bytes | None
    start_ms: int | None


def look(data: bytes) -> Glance | None:
    """Return what an envelope says of itself; None for bytes that are none of a chain."""
    try:
        content = payload.decode(cose.peek(data).kind, cose.payload_of(data))
    except WireError:
        return None
    if isinstance(content, Status | Receipt | Control):  # these have no place in a chain
        return None
    start_ms = content.start_ms if isinstance(content, Batch) and content.boot_id is None else None
    return Seen(place=(content.stream, content.epoch, content.seq), prev=content.prev, start_ms=start_ms)
