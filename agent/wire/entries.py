"""The entries of the disclosure log as values: what left a unit, what was kept back, and on whose order.

In: nothing. Out: value types. Never: a measured value.
"""

from dataclasses import dataclass

from agent.quality import Quality
from agent.wire.messages import ClockQuality, GapReason, Kind
from agent.wire.orders import Order, Refusal, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When an entry was made.

    Attributes:
        quality: how much wall time could be believed.
        utc_ms: ms since 1970, None while unset.
        boot_id: 16 bytes of the boot.
        mono_ms: ms since that boot.
    """

    quality: ClockQuality
    utc_ms: int | None
    boot_id: bytes
    mono_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeEntry:
    """An envelope that can leave from now on: written in the transaction that seals it.

    Attributes:
        at: when.
        stream, epoch, seq: its place.
        hash: SHA-256 of the envelope; stays when the payload is purged.
        kind: its type.
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
    """The city has signed that it holds a stream up to a seq; `receiver` names its key. None: a broker's PUBACK."""

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


Entry = EnvelopeEntry | ReceiptEntry | LostEntry | WithheldEntry | OrderEntry | ConfigurationEntry | DamageEntry
