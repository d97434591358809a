"""What was said up to some event: rows reported stored, envelopes published, receipts and orders that had arrived.

In: what a journal has of sayings, in order. Out: what a store must keep after a cut behind them. Never: what is said
later.

The agent itself says which rows it holds stored. What passed between it and its broker is said by the tap in between,
before it passes it on: `>` before what the unit published, `<` before what it is about to be given.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from agent.wire.keyfile import VerifyKey
from agent.wire.messages import Batch, Receipt
from agent.wire.orders import Ack, Control, Log, LogContent, Order, Refusal
from tests.crash.journal import Event, What
from tests.support.evidence import opened
from tests.support.trace import Chained, Place, Start, place_of

WINDOW_MS = 1000
"""The window of every stream in a scene; a row with a longer one was merged."""
STORED, NOTED = ".stored", ".noted"
UP, DOWN, MARK = b">", b"<", b"#"


def note(direction: bytes, data: bytes) -> bytes:
    """Return how a message is said."""
    return direction + b64encode(data) + b"\n"


@dataclass(frozen=True, slots=True)
class Published:
    """An envelope of the unit that left it."""

    data: bytes
    content: Chained

    @property
    def hash(self) -> bytes:
        """What the next one refers to."""
        return sha256(self.data).digest()

    @property
    def rows(self) -> list[Start]:
        """Rows in it, as they were stored: a merged one stands for every window that it was made of."""
        batch = self.content
        if not isinstance(batch, Batch):
            return []
        end_ms = batch.start_ms + batch.rows * batch.step_ms
        return [(batch.stream, start_ms) for start_ms in range(batch.start_ms, end_ms, WINDOW_MS)]


@dataclass
class Story:
    """One unit, as far as it was told.

    Attributes:
        unit, receiver, authorities: whose signatures are on it.
        stored: rows reported stored, with their numbers.
        published: envelopes that had left, by their place.
        receipts: the highest seq receipted to the unit, by stream and epoch.
        orders: what documents that had reached the unit say, by version.
        answered: the highest version that the unit has answered.
        heads: signed heads of the disclosure log.
        excused: rows that a purge may have deleted.
        purged: rows that a purge has deleted, and the unit has said so.
        marks: what the test itself said.
    """

    unit: VerifyKey
    receiver: VerifyKey
    authority: VerifyKey
    stored: dict[Start, int] = field(default_factory=dict)
    published: dict[Place, Published] = field(default_factory=dict)
    receipts: dict[tuple[str, bytes], int] = field(default_factory=dict)
    orders: dict[int, Control] = field(default_factory=dict)
    answered: int = 0
    heads: list[LogContent] = field(default_factory=list)
    excused: set[Start] = field(default_factory=set)
    purged: set[Start] = field(default_factory=set)
    marks: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _pending: dict[int, set[Start]] = field(default_factory=dict)
    _rest: dict[str, bytes] = field(default_factory=dict)

    def hear(self, event: Event) -> None:
        """Take the next event; only what was said counts."""
        if event.what is not What.SAID:
            return
        *lines, self._rest[event.who] = (self._rest.get(event.who, b"") + event.data).split(b"\n")
        for line in filter(None, lines):
            if event.who == STORED:
                self._store(line.decode())
            else:
                self._note(line[:1], b64decode(line[1:]))

    def _store(self, line: str) -> None:
        stream, number, start_ms = line.split()
        if (stream, int(start_ms)) in self.stored:
            self.problems.append(f"{stream} {start_ms} was reported stored twice")
        self.stored[stream, int(start_ms)] = int(number)
        if stream in self.purges_owed:
            self.excused.add((stream, int(start_ms)))

    def _note(self, direction: bytes, data: bytes) -> None:
        if direction == UP:
            self._publish(data)
        elif direction == DOWN:
            self._arrive(data)
        else:
            self.marks.append(data.decode())

    def _publish(self, data: bytes) -> None:
        content = opened(data, self.unit)
        if not isinstance(content, Chained):
            return
        new = Published(data, content)
        if content.stream in self.purges_owed:
            self.excused |= set(new.rows)
        if self.published.setdefault(place_of(content), new).data != data:
            self.problems.append(f"{content.stream}: seq {content.seq} was published with different bytes")
        if isinstance(content, Ack):
            kept = [outcome.refusal is not Refusal.STORAGE for outcome in content.content.outcomes]
            version = content.content.version
            self.answered = max(self.answered, version if all(kept) else 0)
            self.purged |= self._pending.pop(version, set())
        if isinstance(content, Log):
            self.heads.append(content.content)

    def _arrive(self, data: bytes) -> None:
        for key in (self.receiver, self.authority):
            if key.kid in data:
                content = opened(data, key)
        if isinstance(content, Receipt):
            place = content.stream, content.epoch
            self.receipts[place] = max(content.seq, self.receipts.get(place, -1))
        elif isinstance(content, Control):
            new = content.version not in self.orders
            self.orders[content.version] = content
            if new:
                self._purge(content.version)

    def _purge(self, version: int) -> None:
        """Take note of the rows that a purge concerns: those reported before it came go, later ones may."""
        streams = self.purging(version)
        rows = {row for row in self.stored.keys() | self.rows_out.keys() if row[0] in streams}
        if streams:
            self.excused |= rows
            self._pending[version] = rows

    # -- what follows from it

    @property
    def rows_out(self) -> dict[Start, Place]:
        """Rows that had left the unit, each in its envelope."""
        return {row: place for place, one in self.published.items() for row in one.rows}

    def receipted(self, place: Place) -> bool:
        """Tell whether a receipt for an envelope had reached the unit."""
        return place[2] <= self.receipts.get(place[:2], -1)

    def purging(self, version: int) -> set[str]:
        """Return the streams that a document says to purge."""
        commands = self.orders[version].commands
        return {command.stream for command in commands if command.stream and command.order is Order.PURGE}

    @property
    def purges_owed(self) -> set[str]:
        """Streams that are to be purged, and the unit has not said that it was done."""
        return {stream for version in self._pending for stream in self.purging(version)}

    def was_purged(self, stream: str) -> bool:
        """Tell whether any purge of a stream was ordered."""
        return any(stream in self.purging(version) for version in self.orders)

    def ordered(self, version: int) -> dict[str, Order]:
        """Return what each stream was last told, by documents up to a version."""
        known: dict[str, Order] = {}
        for number in sorted(number for number in self.orders if number <= version):
            for command in self.orders[number].commands:
                if command.stream is not None and command.order is not Order.PURGE:
                    known[command.stream] = command.order
        return known

    def epochs(self) -> Iterator[bytes]:
        """Yield the epochs of what was published."""
        yield from {place[1] for place in self.published}
