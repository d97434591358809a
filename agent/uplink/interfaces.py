"""What the publisher is given: the outbox, the service's callbacks, and one connection at a time."""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from agent.buffer.records import Outgoing

MQTT_311 = 4
MQTT_5 = 5

TopicOf = Callable[[Outgoing], str]
"""Returns where an envelope goes."""

MessageHandler = Callable[[str, bytes], Awaitable[None]]
"""Takes one incoming message: topic, unverified payload. It deals with payloads that are not what they should be."""


class EnvelopeQueue(Protocol):
    """The outbox, as the publisher sees it: bytes and row ids."""

    async def seal(self) -> int:
        """Seal complete batches into envelopes; returns how many were made."""
        ...

    @property
    def held_up(self) -> bool:
        """Whether more can be sealed as soon as receipts come."""
        ...

    def seal_along(self, *, wanted: bool) -> None:
        """Have complete batches sealed when their rows are stored, from now on or no longer."""
        ...

    @property
    def backlog_wants(self) -> int:
        """What the next batch of the backlog costs, about; 0 when there is none to seal."""
        ...

    @property
    def backlog_sealed(self) -> int:
        """What was sealed of the backlog costs, about, since the outbox was opened."""
        ...

    def let_backlog(self, until: int | None) -> None:
        """Let the backlog be sealed until `backlog_sealed` is this; None without a limit."""
        ...

    async def outgoing(self, *, after: int, limit: int, max_bytes: int) -> list[Outgoing]:
        """Return the envelopes with a row id above `after` that it still has: by lane, then by row id."""
        ...

    async def accepted(self, row_id: int) -> None:
        """Delete an envelope that the broker took (broker mode)."""
        ...

    async def save_counters(self, name: str, data: bytes) -> None:
        """Keep counters across restarts, with the next commit."""
        ...


class StatusMaker(Protocol):
    """Makes the unit's signed status."""

    def __call__(self, *, online: bool, session: int) -> bytes:
        """Return the status to publish, or (not online) to leave as last will; `session` counts connections."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRequest:
    """What a new connection needs to know.

    Attributes:
        version: MQTT_5 or MQTT_311.
        will: the signed status that the broker publishes when the unit is gone.
        wake: called whenever something happened on the connection.
        on_reached: called when the TCP connection stands, on the connecting thread.
        on_closed: told the IP bytes of the connection when it is closed, if there was one and the kernel tells.
    """

    version: int
    will: bytes
    wake: Callable[[], None]
    on_closed: Callable[[int], None] = lambda _wire_bytes: None
    on_reached: Callable[[], None] = lambda: None


class Link(Protocol):
    """One connection to the broker, open. What happens on it is collected here; `wake` tells that something did."""

    acks: deque[tuple[int, int]]
    """PUBACKs: packet id, reason code (0 with MQTT 3.1.1)."""
    grants: deque[tuple[int, ...]]
    """SUBACKs: reason codes."""
    inbox: deque[tuple[str, bytes]]
    """Incoming messages; the oldest are dropped when nobody takes them."""
    receive_maximum: int
    """How many publishes may be without a PUBACK."""
    largest_packet: int
    """How large a packet the broker takes."""

    @property
    def last_inbound_ns(self) -> int:
        """When the last byte came in."""
        ...

    def publish(self, topic: str, data: bytes, *, retain: bool = False) -> int:
        """Send a message with QoS 1; returns its packet id. Does not wait for anything.

        Raises:
            Unusable: the connection is gone.
        """
        ...

    def subscribe(self, filters: Sequence[str]) -> None:
        """Subscribe with QoS 1; the answer comes as one of `grants`.

        Raises:
            Unusable: the connection is gone.
        """
        ...

    def wire_bytes(self) -> int | None:
        """Return the IP bytes of the connection so far, both directions, None where the kernel does not tell."""
        ...

    def lost(self) -> Exception | None:
        """Return why the connection ended, None while it has not."""
        ...

    async def goodbye(self, timeout_s: float) -> None:
        """Send what is queued and a DISCONNECT, and close."""
        ...

    def drop(self) -> None:
        """Close at once. May be called twice."""
        ...


OpenLink = Callable[[LinkRequest], Awaitable[Link]]
"""Connects. Raises what went wrong: `agent.uplink.problems.diagnose` understands it."""
