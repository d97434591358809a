"""Control documents and their acknowledgements as values: what the city may order, and what a unit answers.

In: nothing. Out: value types. Never: whether an order is to be obeyed; `agent.control` decides that.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from agent.wire.messages import ClockQuality

ACKNOWLEDGEMENTS: Final = "_ack"
"""The reserved stream of acknowledgements."""
LOGS: Final = "_log"
"""The reserved stream of signed heads of the disclosure log."""


class Role(StrEnum):
    """What a city key is for. A unit's configuration fixes the role of a key, never the message."""

    OPS = "ops"
    """Runs and holds streams."""
    PRIVACY = "privacy"
    """Also suspends and purges, and undoes what `ops` and `privacy` have ordered."""
    ROOT = "root"
    """Everything, and undoes what anybody has ordered."""


class Order(IntEnum):
    """What is ordered for a stream; the first three are also its states, each stricter than the one before."""

    RUN = 0
    """Sample, keep, publish."""
    HOLD = 1
    """Sample and keep, publish nothing; nothing that is kept may be evicted or purged."""
    SUSPEND = 2
    """Neither sample nor publish; what is buffered stays."""
    PURGE = 3
    """Delete payloads up to a time, keep their hashes, leave a gap record. An act, not a state."""


class Refusal(IntEnum):
    """Why one command of a document that was believed was not obeyed."""

    NONE = 0
    ROLE = 1
    """The key's role may not give this order."""
    OUTRANKED = 2
    """A higher role has ordered something stricter."""
    CLOCK = 3
    """A permissive order needs a synchronised clock; it is tried again when the clock is."""
    EXPIRED = 4
    """A permissive order needs a document that has not expired."""
    HELD = 5
    """What is held may not be purged."""
    UNKNOWN_STREAM = 6
    """The unit has no such stream."""
    STORAGE = 7
    """The order could not be written to the medium; a restrictive one is obeyed all the same until the next start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One order.

    Attributes:
        stream: for which stream, None for every stream of the unit.
        order: what.
        until_ms: with `Order.PURGE`: windows that ended by then, ms since 1970; None for everything. Else None.
    """

    stream: str | None
    order: Order
    until_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A control document.

    Attributes:
        unit: the unit it is for.
        version: strictly increasing for the unit, whoever signs.
        issued_ms: ms since 1970.
        expires_ms: its permissive commands end their validity then, None for never.
        reference: the order's file number.
        authority: who ordered it and by what right, in words.
        commands: in order; at least one.
    """

    unit: str
    version: int
    issued_ms: int
    expires_ms: int | None
    reference: str
    authority: str
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one command for one stream.

    Attributes:
        stream: which stream.
        order: what was ordered.
        refusal: why it was not obeyed, NONE when it was.
        state: RUN, HOLD or SUSPEND: how the stream is now.
        epoch: of the unit's store.
        last_seq: nothing of this stream and epoch with a higher seq was published so far; None for nothing at all.
    """

    stream: str
    order: Order
    refusal: Refusal
    state: Order
    epoch: bytes
    last_seq: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AckContent:
    """What a unit answers to a control document.

    Attributes:
        unit: the unit's id.
        version: of the document.
        document: SHA-256 of the document's envelope.
        outcomes: one for each stream that a command names, in order.
        clock: quality of the unit's clock.
        utc_ms: when it was obeyed, None while the clock is unset.
        simulated: a simulated bus is behind any sensor.
    """

    unit: str
    version: int
    document: bytes
    outcomes: tuple[Outcome, ...]
    clock: ClockQuality
    utc_ms: int | None
    simulated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """An acknowledgement in its outbox envelope."""

    epoch: bytes
    stream: str
    seq: int
    prev: bytes | None
    content: AckContent


@dataclass(frozen=True, slots=True, kw_only=True)
class LogContent:
    """The head of a unit's disclosure log, signed so that a later rewrite shows.

    Attributes:
        unit: the unit's id.
        last: number of the newest entry; entries count from 1. 0 for an empty log.
        head: hash of that entry's place in the chain.
        first: number of the oldest entry that is still kept.
        base: chain hash of what was cut before it; the genesis hash when nothing was.
        clock: quality of the unit's clock.
        utc_ms: now, None while the clock is unset.
    """

    unit: str
    last: int
    head: bytes
    first: int
    base: bytes
    clock: ClockQuality
    utc_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A signed log head in its outbox envelope."""

    epoch: bytes
    stream: str
    seq: int
    prev: bytes | None
    content: LogContent
