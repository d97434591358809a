"""The control state as values: what is kept on the medium, and what it says for each stream. Pure.

In: nothing. Out: value types. Never: a file; `agent.control.state` writes them, `agent.control.layout` is their form.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from agent.control.standing import RANK, Governed, Standing
from agent.wire.entries import StateEvent
from agent.wire.orders import Order, Refusal, Role

NO_DOCUMENT = bytes(32)
"""Stands for the document of what nobody has signed: a local act, or the loss of the control state."""
LOST = "the control state was lost"
NOTHING_SAID = Governed()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one command for one stream.

    Attributes:
        stream: which; None for what a command for every stream means for streams that are not configured yet.
        order: what was ordered.
        refusal: why it was not obeyed.
        everywhere: the command was for every stream.
    """

    stream: str | None
    order: Order
    refusal: Refusal
    everywhere: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The document that was taken last.

    Attributes:
        version: its version.
        document: SHA-256 of its envelope.
        reference: its file number, shortened.
        role: of the key that signed.
        local: it came from a file at the unit.
        results: what became of its commands, in their order.
        done: what it orders was carried out, logged and answered; if not, that is owed after a start.
    """

    version: int
    document: bytes
    reference: str
    role: Role
    local: bool
    results: tuple[Result, ...]
    done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlState:
    """Everything that is kept.

    Attributes:
        unit: the unit's id, empty until the unit has started once.
        version: the highest version that was taken; None when that was lost, and nothing can be taken.
        everywhere: what stands for streams that have no entry of their own.
        streams: what stands for the others.
        last: the document that was taken last.
        purges: what is still to be deleted: stream to the end of its last window in ms since 1970, None for all.
        event: what happened to the state as a whole and the disclosure log does not know of yet; None for nothing.
        lost: why every stream is suspended although nobody ordered it; empty when the files were whole.
    """

    unit: str = ""
    version: int | None = 0
    everywhere: Governed = NOTHING_SAID
    streams: Mapping[str, Governed] = field(default_factory=dict)
    last: Taken | None = None
    purges: Mapping[str, int | None] = field(default_factory=dict)
    event: StateEvent | None = None
    lost: str = ""

    def of(self, stream: str) -> Governed:
        """Return what stands for a stream."""
        return self.streams.get(stream, self.everywhere)

    def orders(self, streams: Iterable[str]) -> dict[str, Order]:
        """Return the state of each of these streams, and of those that have an entry."""
        return {stream: self.of(stream).state for stream in sorted({*streams, *self.streams})}

    def with_purge(self, stream: str, until_ms: int | None) -> "ControlState":
        """Return the state with one more thing to delete."""
        known = self.purges.get(stream, 0)
        until = None if until_ms is None or known is None else max(until_ms, known)
        return replace(self, purges={**self.purges, stream: until})

    def finished(self) -> "ControlState":
        """Return the state with nothing owed."""
        return replace(self, last=self.last and replace(self.last, done=True), purges={}, event=None)

    def strictest(self) -> Order:
        """Return the strictest state of any stream, those included that are not configured yet."""
        return max([self.everywhere.state, *(governed.state for governed in self.streams.values())])


def lost_state(reason: str, *, unit: str, version: int | None, roles: Iterable[Role]) -> ControlState:
    """Return what holds when the control state is missing or damaged: every stream is suspended.

    The words that were lost may have been those of the highest role that has a key here, so nobody below undoes this.

    Args:
        reason: what is wrong with the files.
        unit: the unit's id.
        version: the highest version in the disclosure log, None if nobody knows.
        roles: of the configured keys.
    """
    role = max(roles, key=RANK.__getitem__, default=Role.ROOT)
    word = Standing(role=role, order=Order.SUSPEND, version=version or 0, document=NO_DOCUMENT, reference=LOST)
    return ControlState(unit=unit, version=version, everywhere=Governed((word,)), event=StateEvent.LOST, lost=reason)
