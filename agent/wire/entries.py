"""The entries of the disclosure log as values: what left a unit, what was kept back, and on whose order.

In: nothing. Out: value types. Never: a measured value.
"""

from dataclasses import dataclass
from enum import IntEnum

from agent.quality import Quality
from agent.wire.messages import ClockQuality, GapReason, Kind
from agent.wire.orders import Order, Refusal, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When an entry was made: on wall time, or on the time of a boot while wall time is unset.

    A boot's time that is given beside wall time is not kept: entries stand in the order in which they were made, and
    each of them costs flash.

    Attributes:
        quality: how much wall time could be believed.
        utc_ms: ms since 1970, None while unset.
        boot_id: 16 bytes of the boot, None beside wall time.
        mono_ms: ms since that boot, None beside wall time.
    """

    quality: ClockQuality
    utc_ms: int | None
    boot_id: bytes | None = None
    mono_ms: int | None = None

    def __post_init__(self) -> None:
        """Drop the boot's time where there is wall time."""
        if self.utc_ms is not None:
            object.__setattr__(self, "boot_id", None)
            object.__setattr__(self, "mono_ms", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeEntry:
    """An envelope that can leave from now on: written in the transaction that seals it.

    Attributes:
        at: when.
        stream, epoch, seq: its place.
        hash: SHA-256 of the envelope; stays when the payload is purged.
        kind: its type: one of those that have a place in a chain.
        rows: rows inside, 0 for what is no batch.
        channels: columns inside.
        declaration: cited by a batch, else None.
        size: bytes of the envelope.
        destination: the broker, as ``host:port``.
    """

    at: Moment
    stream: str
    epoch: bytes
    seq: int
    hash: bytes
    kind: Kind
    rows: int
    channels: int
    declaration: bytes | None
    size: int
    destination: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptEntry:
    """The city has signed that it holds a stream up to a seq.

    Attributes:
        at: when.
        stream, epoch, seq: up to where.
        receiver: 8 bytes that name the receiver, as in its receipts; None: a broker's PUBACK.
    """

    at: Moment
    stream: str
    epoch: bytes
    seq: int
    receiver: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LostEntry:
    """Rows that will never come.

    Attributes:
        at: when.
        stream, epoch: whose.
        reason: why.
        count: rows.
        sealed: first and last seq of envelopes that were sealed and may have left; or None.
    """

    at: Moment
    stream: str
    epoch: bytes
    reason: GapReason
    count: int
    sealed: tuple[int, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithheldEntry:
    """Windows of one batch in which values were kept back for one reason.

    Attributes:
        at: when the batch was sealed.
        stream: which stream.
        code: why.
        windows: how many windows.
        start_ms: start of the first of them, on the grid of their batch.
    """

    at: Moment
    stream: str
    code: Quality
    windows: int
    start_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEntry:
    """A command of a control document, obeyed or refused.

    Attributes:
        at: when.
        version: of the document.
        document: SHA-256 of its envelope.
        reference: the order's file number.
        role: of the key that signed.
        stream: None for every stream.
        order: what was ordered.
        refusal: why it was not obeyed, NONE when it was.
        local: it was applied from a file at the unit, not received.
    """

    at: Moment
    version: int
    document: bytes
    reference: str
    role: Role
    stream: str | None
    order: Order
    refusal: Refusal
    local: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationEntry:
    """The unit declares something else from now on.

    Attributes:
        at: when.
        before: hash of the declaration until now, None for the first.
        after: hash of the new one.
        local: the local file was changed; nothing remote can change it.
        streams: names of the streams, each with the names of its channels.
    """

    at: Moment
    before: bytes | None
    after: bytes
    local: bool
    streams: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DamageEntry:
    """The store was damaged: what follows is a new epoch, and up to `entries` entries before this one are lost.

    `entries` is None when nobody knows how many.
    """

    at: Moment
    epoch: bytes
    entries: int | None


class StateEvent(IntEnum):
    """What happened to the control state as a whole, without a control document."""

    LOST = 0
    """It was missing or damaged at the start: every stream is suspended from now on."""
    RESET = 1
    """It was reset by hand at the unit: every stream runs again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateEntry:
    """The control state was lost, or was reset at the unit.

    Attributes:
        at: when.
        event: which of the two.
        version: highest version of a control document that the unit knows of, None for none.
    """

    at: Moment
    event: StateEvent
    version: int | None


Entry = (
    EnvelopeEntry
    | ReceiptEntry
    | LostEntry
    | WithheldEntry
    | OrderEntry
    | ConfigurationEntry
    | DamageEntry
    | StateEntry
)
