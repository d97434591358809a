"""The payloads as values. `payload` turns them into bytes and back; `cose` signs and verifies those bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from agent.quality import Quality

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
    THINNED = 4
    """Merged into rows of longer windows, which stand in their place."""


Mapped = tuple[bytes, int, int, int | None]
"""One instant on both clocks: boot id, monotonic ms, wall ms, and the bound of its error in ms, None when unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStamp:
    """The unit's clock when rows were released.

    Attributes:
        quality: how much wall time can be believed.
        error_ms: bound of the error of the rows' times, None when unknown.
        mapping: one instant of a boot on both clocks, once known; of the boot that the rows count from, or, in a
            batch of wall time, of one that earlier batches may count from.
        bounds: what a boot without a mapping lies between: it began after a wall time in ms, and was over before
            another, None when that is not known yet.
    """

    quality: ClockQuality
    error_ms: int | None = None
    mapping: Mapped | None = None
    bounds: tuple[int, int | None] | None = None


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
    values: Sequence[int | None]
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
        ended: after damage: the epoch that has ended with it, and the last seq that is known of the stream there.
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
    ended: tuple[bytes, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The receiver's statement that a stream is committed up to a seq.

    Attributes:
        receiver: 8 bytes naming the receiver.
        receiver_epoch: 8 bytes, new after any restore, and greater then.
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


class Presence(IntEnum):
    """Whether a unit has a session."""

    OFFLINE = 0
    ONLINE = 1


class Suspected(IntEnum):
    """For how long a sensor has been suspected of being stuck; no closer, because that would tell of its values."""

    HOURS = 1
    """Less than a day."""
    DAYS = 2
    """A day or longer."""
    WEEKS = 3
    """A week or longer."""


class AlarmState(IntEnum):
    """What an alarm says about its channel."""

    CLEARED = 0
    """It was beyond its threshold and is back behind the value at which the alarm ends."""
    RAISED = 1
    """It is beyond its threshold."""
    UNKNOWN = 2
    """It was beyond its threshold, and cannot be told any more."""


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
        sensors: sensor name to state (`ok`, `failing`, `absent`, `paused`).
        suspended: streams that release nothing, with the reason.
        rows_waiting: rows stored and not yet receipted.
        simulated: a simulated bus is behind any sensor.
        alarms: stream and name of the alarms that are raised or unknown, as far as the city was told.
        suspected: sensors that work (`ok`) and are suspected of being stuck on one value, with for how long.
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
    alarms: Mapping[tuple[str, str], AlarmState] = field(default_factory=dict)
    suspected: Mapping[str, Suspected] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A released value has crossed a declared threshold, in a place of its stream's own chain.

    Attributes:
        epoch, stream, seq, prev: as in a batch.
        name: the alarm's, as declared.
        state: what is so from now on.
        start_ms: start of the window that has decided it: ms since 1970, or since boot when `boot_id` is there.
        step_ms: length of that window.
        boot_id: 16 bytes, or None.
        value: what was released of that window, in the units of the declaration; None exactly where the state is
            unknown.
        quality: of that value, or why there is none.
        number: counts the changes of this alarm since the unit's store was made, those that were not told included.
        declaration: SHA-256 of the declaration that says what the alarm's name means.
        clock: the unit's clock.
        simulated: a simulated bus is behind any sensor of the unit.
    """

    epoch: bytes
    stream: str
    seq: int
    prev: bytes | None
    name: str
    state: AlarmState
    start_ms: int
    step_ms: int
    boot_id: bytes | None
    value: int | None
    quality: Quality
    number: int
    declaration: bytes
    clock: ClockStamp
    simulated: bool
