"""The payloads as values. `payload` turns them into bytes and back; `cose` signs and verifies those bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from agent.quality import Quality

DECLARATIONS = "_declaration"
"""The reserved stream of declarations. Names of data streams begin with a letter."""

HASH_BYTES = 32
EPOCH_BYTES = 8
MAX_ROWS = 4096
MAX_COLUMNS = 64


class Kind(StrEnum):
    """The `typ` of an envelope: one per kind of payload, so that one can never pass for another."""

    BATCH = "lp-batch"
    GAP = "lp-gap"
    DECLARATION = "lp-decl"
    STATUS = "lp-status"
    ALARM = "lp-alarm"
    LOG = "lp-log"
    ACK = "lp-ack"
    RECEIPT = "lp-receipt"
    CONTROL = "lp-control"


class ClockQuality(IntEnum):
    """How much a unit's wall time can be believed."""

    SYNCHRONISED = 0
    HOLDOVER = 1
    UNSET = 2


class GapReason(IntEnum):
    """Why rows will never come."""

    EVICTED = 0
    """Older rows made place for newer ones."""
    REFUSED = 1
    """The buffer was full and the stream keeps its oldest rows."""
    PURGED = 2
    """Deleted on order."""
    DAMAGED = 3
    """Lost with a damaged store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStamp:
    """The unit's clock when rows were released.

    Attributes:
        quality: how much wall time can be believed.
        error_ms: bound of the error, None when unknown.
        mapping: boot id, monotonic ms and wall ms of one instant, once known.
    """

    quality: ClockQuality
    error_ms: int | None = None
    mapping: tuple[bytes, int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One channel of a batch.

    Attributes:
        channel: index of the channel in the declaration.
        exponent: values are in units of ``10 ** exponent``.
        values: one per row; None where the quality says why.
        quality: one per row.
    """

    channel: int
    exponent: int
    values: tuple[int | None, ...]
    quality: tuple[Quality, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Consecutive released rows of one stream.

    Attributes:
        epoch: 8 bytes, made when the unit's store was created or reset.
        stream: the stream's identifier.
        seq: counter inside the epoch.
        prev: SHA-256 of the stream's preceding envelope, None for seq 0.
        start_ms: start of the first window: ms since 1970, or since boot when `boot_id` is there.
        step_ms: length of a window.
        boot_id: 16 bytes, or None.
        columns: one per channel, all of the same length.
        declaration: SHA-256 of the declaration these rows were made under.
        clock: the unit's clock.
        simulated: a simulated bus is behind any sensor of the unit.
        padded_to: pad the payload to a multiple of this many bytes (count streams), 0 for none. Not on the wire.
    """

    epoch: bytes
    stream: str
    seq: int
    prev: bytes | None
    start_ms: int
    step_ms: int
    boot_id: bytes | None
    columns: tuple[Column, ...]
    declaration: bytes
    clock: ClockStamp
    simulated: bool
    padded_to: int = field(default=0, compare=False)

    @property
    def rows(self) -> int:
        """Number of windows."""
        return len(self.columns[0].values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A statement that takes a seq and says which rows will never come.

    Attributes:
        sealed: first seq, last seq and hash of the last, for rows already sealed; or None.
        windows: first start ms, step ms, number of windows, for rows that never were; or None.
        count: rows that will never come.
        reason: why.
    """

    epoch: bytes
    stream: str
    seq: int
    prev: bytes | None
    sealed: tuple[int, int, bytes] | None
    windows: tuple[int, int, int] | None
    count: int
    reason: GapReason
    simulated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The receiver's statement that a stream is committed up to a seq.

    Attributes:
        receiver: 8 bytes naming the receiver.
        receiver_epoch: 8 bytes, new after any restore.
        counter: only grows inside a receiver epoch.
        unit: the unit's id.
        stream: the stream's identifier.
        epoch: the unit's epoch.
        seq: the last of the contiguous prefix.
        hash: SHA-256 of that envelope.
        resend_from: the receiver lost what follows from this seq on and asks for it, or None.
    """

    receiver: bytes
    receiver_epoch: bytes
    counter: int
    unit: str
    stream: str
    epoch: bytes
    seq: int
    hash: bytes
    resend_from: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredChannel:
    """One released channel, as declared.

    Attributes:
        name: what the city calls it.
        unit: SenML unit.
        ucum: the same unit in UCUM, empty where UCUM has none.
        property: URI of the observed property, empty where none is known.
        exponent: values are integers in units of ``10 ** exponent``.
        resolution: rounding step, in those units.
        minimum, maximum: range that may leave, in those units.
        rule: how a window becomes one number.
        sensitivity: class of what leaves.
        source: sensor and its channel.
        model: the sensor's model.
        accuracy: the maker's statement with its source, or ``unverified``.
        calibrated: day of the sensor's last calibration, ``YYYY-MM-DD``, None when unknown.
        grid_m: edge of the location grid in metres.
        bins: edges of a histogram's bin, lower included and upper not, in units of the source; None for no bin.
    """

    name: str
    unit: str
    ucum: str = ""
    property: str = ""
    exponent: int
    resolution: int
    minimum: int
    maximum: int
    rule: str
    sensitivity: str
    source: str
    model: str
    accuracy: str = "unverified"
    calibrated: str | None = None
    grid_m: int | None = None
    bins: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredNoise:
    """Differential privacy of a stream's counts: exact discrete Laplace noise, event-level.

    Attributes:
        epsilon: numerator and denominator of what one window spends.
        daily: numerator and denominator of what one UTC day may spend.
        sensitivity: by how much one event can change the counts of a window, in sum.
    """

    epsilon: tuple[int, int]
    daily: tuple[int, int]
    sensitivity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredStream:
    """One stream, as declared.

    Attributes:
        name: its identifier.
        title, description, purpose, keywords: what it is, in words.
        licence: URL of the licence.
        contact: mailbox for questions.
        access: ``public``, ``restricted public`` or ``non-public``.
        rights: why access is restricted, in words; empty when it is not.
        window_ms: temporal resolution.
        batch_rows: rows that are sent together: the accrual period is that many windows.
        retention_ms: how long the unit keeps rows after the city has them.
        delay_ms: rows are released no earlier than this after their window.
        suppress_below: k, None when nothing tells about people or vehicles.
        noise: differential privacy, None for none.
        dtpr: codes of Digital Trust for Places and Routines: purposes and processing.
        channels: in the order of the columns.
    """

    name: str
    title: str
    description: str
    licence: str
    contact: str
    access: str
    rights: str = ""
    purpose: str
    window_ms: int
    batch_rows: int
    retention_ms: int = 0
    delay_ms: int = 0
    suppress_below: int | None
    noise: DeclaredNoise | None = None
    channels: tuple[DeclaredChannel, ...]
    keywords: tuple[str, ...] = ()
    dtpr: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclarationContent:
    """What the unit measures, how it filters, under which licence and authority. Its SHA-256 is what batches cite.

    Attributes:
        unit: its id.
        publisher: the public body that publishes its data.
        office: the accountable office.
        contact: that office's mailbox.
        site: where it stands, in words.
        location: latitude and longitude of the middle of its grid cell in 1e-5 degrees, and the grid's edge in
            metres; None when it is not told.
        installed: day of installation, ``YYYY-MM-DD``, None when it is not told.
        hardware: what it is, empty when it is not told.
        firmware: operating system or image, empty when it is not told.
        software: agent version.
        thumbprint: of its key.
        legal_basis: statute or resolution that permits it, empty when it is not told.
        dtpr: codes of Digital Trust for Places and Routines that hold for the whole unit.
        simulated: a simulated bus is behind any sensor.
        streams: what leaves.
    """

    unit: str
    publisher: str
    office: str
    contact: str
    site: str
    location: tuple[int, int, int] | None = None
    installed: str | None = None
    hardware: str = ""
    firmware: str = ""
    software: str
    thumbprint: bytes
    legal_basis: str = ""
    dtpr: tuple[str, ...] = ()
    simulated: bool
    streams: tuple[DeclaredStream, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A declaration in its outbox envelope."""

    epoch: bytes
    stream: str
    seq: int
    prev: bytes | None
    content: DeclarationContent


class Presence(IntEnum):
    """Whether a unit has a session."""

    OFFLINE = 0
    ONLINE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The unit's state, retained; the last will is the same with `Presence.OFFLINE`, signed before connecting.

    Attributes:
        unit: the unit's id.
        presence: online or, in the last will, offline.
        session: grows from session to session since the unit's store was made, so that a late will is told from a
            fresh one.
        software: agent version.
        boot_id: 16 bytes.
        uptime_ms: monotonic time.
        utc_ms: wall time, None while unset.
        clock: quality of that.
        sensors: sensor name to state (`ok`, `failing`, `absent`).
        suspended: streams that release nothing, with the reason.
        rows_waiting: rows stored and not yet receipted.
        simulated: a simulated bus is behind any sensor.
    """

    unit: str
    presence: Presence
    session: int
    software: str
    boot_id: bytes
    uptime_ms: int
    utc_ms: int | None
    clock: ClockQuality
    sensors: Mapping[str, str]
    suspended: Mapping[str, str]
    rows_waiting: int
    simulated: bool


Payload = Batch | Gap | Receipt | Declaration | Status
