"""What goes from the event loop to the outbox's thread, and what one transaction is made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from agent.buffer.records import Purged
from agent.errors import StoreError
from agent.privacy.released import Released
from agent.wire.entries import Entry, Moment

MakeEntry = Callable[[Moment], Entry]
"""Makes an entry of the disclosure log for the moment of its transaction; called again if that is repeated."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which window of which stream a row is: what is to be known of one that is encoded."""

    stream: str
    start_ms: int
    step_ms: int
    boot_id: bytes | None

    @classmethod
    def of(cls, row: Released) -> "Place":
        """Return that of a released row."""
        return cls(row.stream, row.start_ms, row.step_ms, row.boot_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows that arrived together.

    Attributes:
        rows: which ones they are.
        data: each row, encoded.
        completes: one of them is the last of its batch.
        counters: what is stored by the very transaction that stores these rows.
        alarms: what they have crossed, by stream: sealed by that transaction too.
    """

    rows: Sequence[Place | Released]
    data: Sequence[bytes]
    declaration: bytes
    clock: bytes
    completes: bool
    counters: Mapping[str, bytes] = field(default_factory=dict)
    alarms: Sequence[tuple[str, bytes]] = ()

    @property
    def count(self) -> int:
        """How many rows."""
        return len(self.rows)

    @property
    def size(self) -> int:
        """How many bytes they have, encoded."""
        return sum(map(len, self.data))

    def unpacked(self) -> "Rows":
        """Return the group."""
        return self


class Group(Protocol):
    """Rows that arrived together, as they came or packed (`agent.buffer.packed`): one object as long as they wait."""

    @property
    def count(self) -> int:
        """How many rows."""

    @property
    def size(self) -> int:
        """How many bytes they have, encoded."""

    @property
    def completes(self) -> bool:
        """One of them is the last of its batch."""

    def unpacked(self) -> Rows:
        """Return the rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """A verified receipt, as far as the outbox goes; `receiver` names who signed it."""

    stream: str
    epoch: bytes
    seq: int
    hash: bytes
    receiver: bytes
    resend_from: int | None = None

    def covers(self, earlier: "Reception") -> bool:
        """Tell whether one that came earlier says nothing beside this one: receipts are cumulative."""
        same = (earlier.stream, earlier.epoch, earlier.receiver) == (self.stream, self.epoch, self.receiver)
        return same and earlier.seq <= self.seq


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Rows of one stream that did not outlast a time in which nothing could be stored."""

    stream: str
    count: int
    windows: tuple[int, int, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge:
    """An order to delete the payloads of a stream: of windows that ended by `until_ms`, or (None) of all of them."""

    stream: str
    until_ms: int | None


@dataclass(slots=True, kw_only=True)
class Work:
    """What one transaction is to do.

    `alarms` are those of rows that are lost, with their declaration's hash. `backlog_bytes` is what the backlog that
    is sealed may cost on the wire, None for no limit.
    """

    rows: list[Group] = field(default_factory=list)
    lost: list[Loss] = field(default_factory=list)
    declarations: list[bytes] = field(default_factory=list)
    receipts: list[Reception] = field(default_factory=list)
    accepted: list[int] = field(default_factory=list)
    counters: dict[str, bytes] = field(default_factory=dict)
    purges: list[Purge] = field(default_factory=list)
    entries: list[MakeEntry] = field(default_factory=list)
    notes: list[tuple[str, bytes]] = field(default_factory=list)
    alarms: list[tuple[str, bytes, bytes]] = field(default_factory=list)
    seal: bool = False
    partial: bool = False
    backlog_bytes: int | None = None

    def all_alarms(self) -> list[tuple[str, bytes, bytes]]:
        """Return stream, declaration and content of every alarm, in order."""
        groups = (group.unpacked() for group in self.rows)
        own = [(stream, rows.declaration, content) for rows in groups for stream, content in rows.alarms]
        return self.alarms + own

    def all_counters(self) -> dict[str, bytes]:
        """Return the last of each name: those of the rows, then those that go with any transaction."""
        last: dict[str, bytes] = {}
        for group in self.rows:
            last |= group.unpacked().counters
        return last | self.counters


@dataclass(slots=True, kw_only=True)
class Done:
    """What a transaction did: stream, row number and start of each row stored, and the envelopes sealed.

    `backlog_bytes` is about what those of the backlog cost on the wire, `backlog_over` what the next one would have
    cost that was over the limit, 0 if none was. `unscrubbed` tells why bytes of what it purged may still be in the
    files.
    """

    stored: list[tuple[str, int, int]] = field(default_factory=list)
    sealed: int = 0
    backlog_bytes: int = 0
    backlog_over: int = 0
    purged: list[Purged] = field(default_factory=list)
    unscrubbed: StoreError | None = None


def ends_batch(row: Released, batch_rows: int) -> bool:
    """Tell whether a row is the last of its batch: batches end on multiples of their length."""
    return (row.start_ms + row.step_ms) % (batch_rows * row.step_ms) == 0


def windows_of(row: Place | Released) -> tuple[int, int, int] | None:
    """Return a row's extent for a gap record; windows counted from boot have none that is worth telling."""
    return None if row.boot_id is not None else (row.start_ms, row.step_ms, 1)


def joined(left: tuple[int, int, int] | None, right: tuple[int, int, int] | None) -> tuple[int, int, int] | None:
    """Return the smallest extent that holds both; they have the same step."""
    if left is None or right is None:
        return None
    start, step = min(left[0], right[0]), left[1]
    end = max(left[0] + left[2] * step, right[0] + right[2] * step)
    return start, step, -((start - end) // step)
