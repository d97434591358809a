"""What the outbox keeps in memory: sums and cursors per stream, bounded by the configuration, not by the backlog."""

import struct
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from agent.buffer.records import GapNote, Lane, Overflow, StreamPolicy
from agent.wire.orders import Order

LANES: Final = (Lane.CONTROL, Lane.LIVE, Lane.BACKLOG, Lane.ALARM)
"""A lane is stored as its place in here, whatever its precedence: that is the order of `Lane` itself."""

_KIND_SHIFT: Final = 32
ROW_OVERHEAD_BYTES: Final = 24
"""What a fresh row takes beside its data, about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What rows have in common; rows whose `key` differs never share a batch."""

    id: int
    declaration: int
    boot_id: bytes | None
    step_ms: int
    clock: bytes
    clock_group: int

    @property
    def key(self) -> tuple[int, bytes | None, int, int]:
        """Everything but the clock's exact state, of which the last row's counts."""
        return (self.declaration, self.boot_id, self.step_ms, self.clock_group)


@dataclass(slots=True, kw_only=True)
class Span:
    """Consecutive rows of one stream in `fresh`: a batch that grows until it is closed."""

    context: Context
    first_id: int
    start_ms: int
    last_id: int = 0
    rows: int = 0
    size: int = 0
    closed: bool = False

    def drop_first(self, rows: int, *, size: int) -> None:
        """Take note that its first rows, of `size` bytes in all, are gone."""
        self.start_ms += rows * self.context.step_ms
        self.rows -= rows
        self.size -= size

    @property
    def next_start_ms(self) -> int:
        """Where the next row must start to belong to the same batch."""
        return self.start_ms + self.rows * self.context.step_ms


@dataclass(slots=True, kw_only=True)
class Chain:
    """One stream in one epoch.

    Attributes:
        next_seq: the seq that the next envelope takes.
        prev: hash of the last envelope.
        receipted: last receipted seq, -1 for none.
        pending: the same, counting receipts that are not committed yet.
        envelopes, rows, size: what waits for a receipt.
        sent: last seq that was handed out since the store was opened.
    """

    id: int
    stream: int
    epoch: bytes
    next_seq: int = 0
    prev: bytes | None = None
    receipted: int = -1
    receipted_hash: bytes | None = None
    envelopes: int = 0
    rows: int = 0
    size: int = 0
    pending: int = -1
    sent: int = -1


@dataclass(slots=True, kw_only=True)
class Stream:
    """One stream: its policy, what waits in `run` (runs, rows, size) and in `fresh` (spans).

    `order` is how the city wants it: run, hold or suspend. It is stored elsewhere: the control state is another file.
    `thinned` is how many rows were merged away, `sweeps` where that goes on: see `agent.buffer.thinning`.
    """

    id: int
    name: str
    policy: StreamPolicy
    runs: int = 0
    rows: int = 0
    size: int = 0
    spans: list[Span] = field(default_factory=list)
    order: Order = Order.RUN
    thinned: int = 0
    sweeps: dict[int, int] = field(default_factory=dict)

    @property
    def rows_waiting(self) -> int:
        """Rows not yet sealed."""
        return self.rows + sum(span.rows for span in self.spans)

    @property
    def bytes_waiting(self) -> int:
        """What the unsealed rows take, about."""
        return self.size + sum(span.size for span in self.spans)

    @property
    def may_leave(self) -> bool:
        """Whether anything of it may be sealed or handed out."""
        return self.order is Order.RUN

    def thinning_bytes(self) -> bytes:
        """Return how far it is thinned, as it is stored."""
        numbers = [self.thinned, *(number for sweep in sorted(self.sweeps.items()) for number in sweep)]
        return struct.pack(f"<{len(numbers)}q", *numbers)

    def read_thinning(self, data: bytes) -> None:
        """Take over what `thinning_bytes` returned."""
        self.thinned, *rest = struct.unpack(f"<{len(data) // 8}q", data)
        self.sweeps = dict(zip(rest[::2], rest[1::2], strict=True))

    @property
    def keeps_oldest(self) -> bool:
        """Whether new rows are refused rather than old ones evicted: by its policy, or because the city said so."""
        return self.policy.overflow is Overflow.DROP_NEWEST or not self.may_leave


@dataclass(slots=True, kw_only=True)
class Gap:
    """A loss to be declared; with `sealed_seq`, a declared one that waits for its receipt.

    `ended` is set after damage: the epoch that has ended, and the last seq known of the stream there.
    """

    id: int
    stream: int
    reason: int
    windows: tuple[int, int, int] | None
    sealed: tuple[int, int, bytes] | None
    count: int
    sealed_seq: int | None = None
    ended: tuple[bytes, int] | None = None

    def note(self) -> GapNote:
        """Return what is to be signed."""
        return GapNote(
            sealed=self.sealed, windows=self.windows, count=self.count, reason=self.reason, ended=self.ended
        )


@dataclass(slots=True, kw_only=True)
class Declared:
    """A declaration; `seq` is the one it took in this epoch, None while it has none."""

    id: int
    hash: bytes
    content: bytes | None
    seq: int | None


class WordKind(IntEnum):
    """What a word stands for."""

    STREAM = 1
    DECLARATION = 2
    CHAIN = 3
    DELAY = 4
    THINNING = 5
    BOOT = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a number stands for: a stream's name, a declaration's hash, a chain's stream and epoch.

    Or what is kept beside a stream: its delay, its thinning.
    """

    id: int
    value: bytes

    @classmethod
    def of(cls, kind: WordKind, number: int, value: bytes) -> "Word":
        """Return the word for a number of a kind."""
        return cls(id=kind << _KIND_SHIFT | number, value=value)

    @property
    def key(self) -> tuple[int, int]:
        """Kind and number."""
        return self.id >> _KIND_SHIFT, self.id & ((1 << _KIND_SHIFT) - 1)


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counters since the store was made, and the next numbers."""

    next_row: int = 1
    next_envelope: int = 1
    receipted: int = 0
    evicted: int = 0
    refused: int = 0
    sealed: int = 0
    gaps: int = 0
    missing: int = 0


@dataclass(slots=True, kw_only=True)
class Meta:
    """Whose store this is, and how often it was opened."""

    unit: str
    epoch: bytes
    session: int
    clean: bool
