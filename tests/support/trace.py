"""One unit on the wire: what it published, what was acknowledged and receipted, as seen through a `Tap`."""

from dataclasses import dataclass, field
from hashlib import sha256

from agent.wire import cose, payload
from agent.wire.declared import Declaration
from agent.wire.keyfile import VerifyKey
from agent.wire.messages import Batch, Gap, Receipt
from agent.wire.orders import Ack, Log
from agent.wire.payload import Payload
from tests.support.tap import PUBACK, PUBLISH, Connection, Seen

Place = tuple[str, bytes, int]
"""Stream, epoch and seq of an envelope."""
Start = tuple[str, int]
"""Stream and window start of a row."""
Chained = Batch | Gap | Declaration | Ack | Log


def opened(data: bytes, key: VerifyKey) -> Payload:
    """Return what an envelope holds, after its signature was verified."""
    kind = cose.peek(data).kind
    return payload.decode(kind, cose.verify(data, key=key, kind=kind))


def starts_of(batch: Batch) -> list[Start]:
    """Return the rows of a batch."""
    return [(batch.stream, batch.start_ms + index * batch.step_ms) for index in range(batch.rows)]


@dataclass
class Trace:
    """One unit on the wire.

    Attributes:
        published: hash of each envelope that the unit ever published, by its place.
        publishes: how many times it published one.
        rewritten: places that were published with different bytes.
        waiting: publishes whose PUBACK has not been passed on, by connection and packet id.
        acknowledged: places whose PUBACK was passed on.
        receipted: seq of the newest receipt that was passed on, by stream and epoch.
        taking: receipts passed on that the unit has not acknowledged yet, by packet id.
    """

    unit: VerifyKey
    receiver: VerifyKey
    published: dict[Place, bytes] = field(default_factory=dict)
    publishes: int = 0
    rewritten: list[Place] = field(default_factory=list)
    waiting: dict[tuple[Connection, int], Place] = field(default_factory=dict)
    acknowledged: set[Place] = field(default_factory=set)
    receipted: dict[tuple[str, bytes], int] = field(default_factory=dict)
    taking: dict[tuple[Connection, int], Receipt] = field(default_factory=dict)

    def read(self, seen: Seen) -> Chained | Receipt | None:
        """Return what a PUBLISH carries, None for everything else, and note an envelope of the unit."""
        if seen.kind != PUBLISH or seen.topic.endswith("/status"):
            return None
        content = opened(seen.payload, self.unit if seen.to_broker else self.receiver)
        if isinstance(content, Chained):
            place = place_of(content)
            digest = sha256(seen.payload).digest()
            if self.published.setdefault(place, digest) != digest:
                self.rewritten.append(place)
            self.publishes += 1
            self.waiting[seen.connection, seen.mid] = place
            return content
        return content if isinstance(content, Receipt) else None

    def passed(self, seen: Seen, content: Chained | Receipt | None) -> None:
        """Note what was passed on."""
        if isinstance(content, Receipt):
            key = (content.stream, content.epoch)
            self.receipted[key] = max(content.seq, self.receipted.get(key, -1))
            self.taking[seen.connection, seen.mid] = content
        elif seen.kind == PUBACK and not seen.to_broker:
            place = self.waiting.pop((seen.connection, seen.mid), None)
            if place is not None and seen.code == 0:
                self.acknowledged.add(place)

    def taken(self, seen: Seen) -> Receipt | None:
        """Return the receipt that the unit acknowledges with this packet: it has read it."""
        if seen.kind != PUBACK or not seen.to_broker:
            return None
        return self.taking.pop((seen.connection, seen.mid), None)

    def unreceipted(self) -> list[Place]:
        """Return what was published and is covered by no receipt that was passed on."""
        return [place for place in self.published if place[2] > self.receipted.get(place[:2], -1)]

    def forget_session(self) -> None:
        """Forget what waits: its connection is gone."""
        self.waiting.clear()
        self.taking.clear()


def place_of(content: Chained) -> Place:
    """Return where an envelope is in its chain."""
    return (content.stream, content.epoch, content.seq)
