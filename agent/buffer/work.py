"""What goes from the event loop to the outbox's thread, and what one transaction is made of."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from agent.privacy.released import Released


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows that arrived together.

    Attributes:
        rows: as they were released.
        data: each row, encoded.
        completes: one of them is the last of its batch.
    """

    rows: Sequence[Released]
    data: Sequence[bytes]
    declaration: bytes
    clock: bytes
    completes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """A verified receipt, as far as the outbox goes."""

    stream: str
    epoch: bytes
    seq: int
    hash: bytes
    resend_from: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Rows of one stream that did not outlast a time in which nothing could be stored."""

    stream: str
    count: int
    windows: tuple[int, int, int] | None


@dataclass(slots=True, kw_only=True)
class Work:
    """What one transaction is to do."""

    rows: list[Rows] = field(default_factory=list)
    lost: list[Loss] = field(default_factory=list)
    declarations: list[bytes] = field(default_factory=list)
    receipts: list[Reception] = field(default_factory=list)
    accepted: list[int] = field(default_factory=list)
    counters: dict[str, bytes] = field(default_factory=dict)
    seal: bool = False
    partial: bool = False


@dataclass(slots=True, kw_only=True)
class Done:
    """What a transaction did: stream, row number and start of each row stored, and the envelopes sealed."""

    stored: list[tuple[str, int, int]] = field(default_factory=list)
    sealed: int = 0


def ends_batch(row: Released, batch_rows: int) -> bool:
    """Tell whether a row is the last of its batch: batches end on multiples of their length."""
    return (row.start_ms + row.step_ms) % (batch_rows * row.step_ms) == 0


def windows_of(row: Released) -> tuple[int, int, int] | None:
    """Return a row's extent for a gap record; windows counted from boot have none that is worth telling."""
    return None if row.boot_id is not None else (row.start_ms, row.step_ms, 1)


def joined(left: tuple[int, int, int] | None, right: tuple[int, int, int] | None) -> tuple[int, int, int] | None:
    """Return the smallest extent that holds both; they have the same step."""
    if left is None or right is None:
        return None
    start, step = min(left[0], right[0]), left[1]
    end = max(left[0] + left[2] * step, right[0] + right[2] * step)
    return start, step, -((start - end) // step)
