"""The values that go into and come out of the outbox."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from agent.quality import Quality

if TYPE_CHECKING:
    from agent.privacy.merge import Merging


class Overflow(StrEnum):
    """What a stream loses when the store is full. There is no default."""

    DROP_OLDEST = "drop_oldest"
    DROP_NEWEST = "drop_newest"
    THIN = "thin"
    """Its oldest rows merge into windows twice as long, again and again; what cannot merge any more is dropped."""


class Lane(StrEnum):
    """What waits for what: control first, then alarms, then live, then backlog."""

    CONTROL = "control"
    ALARM = "alarm"
    LIVE = "live"
    BACKLOG = "backlog"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPolicy:
    """How the outbox treats one stream.

    Attributes:
        overflow: what is lost when the store is full.
        batch_rows: rows of a complete batch.
        backlog_rows: most rows of a batch sealed after an outage.
        columns: number of values in a row.
        delay_ms: rows leave no earlier than this after the end of their window.
    """

    overflow: Overflow
    batch_rows: int
    backlog_rows: int
    columns: int
    delay_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of the store.

    Attributes:
        max_bytes: the files never grow past this.
        free_floor_bytes: the file system keeps at least this much free.
        loss_window_s: rows are grouped for at most this long before they are committed.
        retain_s: receipted envelopes are kept this long; 0 deletes them on receipt.
        log_bytes: the disclosure log never takes more than this, nor more than an eighth of the store.
        log_days: entries of the disclosure log are kept this long.
        flash_bytes_per_day: more than this written in a day is reported; None for no bound.
    """

    max_bytes: int
    free_floor_bytes: int
    loss_window_s: float
    retain_s: float = 0.0
    log_bytes: int = 16_000_000
    log_days: int = 400
    flash_bytes_per_day: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogHead:
    """Where the disclosure log stands.

    Attributes:
        last: number of the newest entry, 0 for none so far.
        head: hash of the chain there.
        first: number of the oldest entry that is kept.
        base: hash of the chain before that one.
    """

    last: int
    head: bytes
    first: int
    base: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """What a purge deleted: rows, envelopes that were sealed; or nothing, because the stream was held."""

    rows: int = 0
    envelopes: int = 0
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRow:
    """A released row as read back for sealing."""

    start_ms: int
    step_ms: int
    boot_id: bytes | None
    values: tuple[int | None, ...]
    quality: tuple[Quality, ...]


class StoredRows(Protocol):
    """Consecutive rows of a stream, one at least. Each is made when its turn comes, so that few are there at once."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[StoredRow]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where in its stream's chain an envelope goes."""

    epoch: bytes
    stream: str
    seq: int
    prev: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GapNote:
    """A gap to be sealed: see `agent.wire.messages.Gap`; `reason` is the wire's number."""

    sealed: tuple[int, int, bytes] | None
    windows: tuple[int, int, int] | None
    count: int
    reason: int
    ended: tuple[bytes, int] | None = None


class EnvelopeMaker(Protocol):
    """Makes envelopes inside the store's transaction, so that seq, hash and bytes are committed together.

    Called on the store's thread. Each returns the envelope's bytes; they do no I/O and do not call the outbox.
    """

    def learn(self, content: bytes) -> None:
        """Take note of a declaration in the store: told of each before rows made under it are sealed."""
        ...

    def clock_group(self, clock: bytes) -> int:
        """Return the same number for clocks of which the later may stand for both in one batch."""
        ...

    def batch(self, link: Link, rows: StoredRows, declaration: bytes, clock: bytes) -> bytes:
        """Seal consecutive rows made under one declaration; `clock` is what came with the last one."""
        ...

    def gap(self, link: Link, note: GapNote) -> bytes:
        """Seal a gap record."""
        ...

    def declaration(self, link: Link, content: bytes) -> bytes:
        """Seal a declaration; `content` is what was given to `declare`."""
        ...

    def outline(self, content: bytes) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return the names of the streams in a declaration, each with the names of its channels."""
        ...

    def merging(self, content: bytes, stream: str) -> "tuple[Merging, ...] | None":
        """Return how the columns of a stream merge by a declaration; None for a stream that is not in it."""
        ...

    def note(self, link: Link, content: bytes) -> bytes:
        """Seal what was given to `tell`, as the stream it is for demands; in a stream of rows it is an alarm."""
        ...

    def start_ms(self, data: bytes) -> int | None:
        """Return the start of the first window in a batch or alarm of ours; None where it is not wall time."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A sealed envelope that waits for its receipt: all that the publisher knows of it.

    Attributes:
        row_id: names it inside the outbox; grows with sealing order.
        stream: stream or `_declaration`.
        epoch, seq: its place in the stream's chain.
        lane: where it queues.
        data: the envelope.
    """

    row_id: int
    stream: str
    epoch: bytes
    seq: int
    lane: Lane
    data: bytes


class ReceiptOutcome(StrEnum):
    """What a verified receipt did."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    RESEND = "resend"
    UNKNOWN = "unknown"
    """It is about another stream or epoch, or about a place that is not known any more."""
    CONTRADICTED = "contradicted"
    """It is about a seq of this epoch that was not given here, or another envelope than ours: a new epoch begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxStats:
    """Counters and gauges for `lamppost status`; nothing measured.

    Attributes:
        rows_waiting: rows not yet sealed.
        envelopes_waiting: envelopes not yet receipted.
        envelopes_leaving: those of them that are neither held nor suspended.
        sealed_rows_waiting: rows inside those that wait.
        rows_stored, rows_receipted, rows_evicted, rows_refused: since the store was made.
        rows_thinned: rows that were merged into others and are no more, since the store was made.
        envelopes_sealed, gaps_sealed: since the store was made.
        commits: since this process started.
        bytes_used: size of the files.
        damaged_files: stores set aside.
        rows_unstored: rows in memory only: not committed yet, or not committable.
        resend_missing: envelopes that a receiver asked for again and that are gone, since the store was made.
        trouble: why nothing can be stored now, empty while it can.
        lanes: envelopes not yet receipted, by lane.
    """

    rows_waiting: int
    envelopes_waiting: int
    envelopes_leaving: int
    sealed_rows_waiting: int
    rows_stored: int
    rows_receipted: int
    rows_evicted: int
    rows_refused: int
    envelopes_sealed: int
    gaps_sealed: int
    commits: int
    bytes_used: int
    damaged_files: int
    rows_unstored: int = 0
    rows_thinned: int = 0
    resend_missing: int = 0
    trouble: str = ""
    lanes: tuple[tuple[str, int], ...] = ()
