"""What the unit says about a decision: the acknowledgement to the city, the entries of its own disclosure log. Pure.

In: a document that was taken, the states, what was published last. Out: values of the wire format. Never: a claim
that something was obeyed before it was.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agent.control.judgement import Now
from agent.control.record import NO_DOCUMENT, ControlState, Result, Taken
from agent.wire.ack import MAX_OUTCOMES
from agent.wire.entries import Moment, OrderEntry, StateEntry, StateEvent
from agent.wire.messages import ClockQuality
from agent.wire.orders import AckContent, Order, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What of each stream has left so far.

    Attributes:
        epoch: of the unit's store now.
        last: stream to the epoch of its newest envelope and the highest seq of it that was published, None for none.
    """

    epoch: bytes
    last: Mapping[str, tuple[bytes, int | None]]

    def of(self, stream: str) -> tuple[bytes, int | None]:
        """Return epoch and last seq of a stream."""
        return self.last.get(stream, (self.epoch, None))


def acknowledgement(
    taken: Taken, *, state: ControlState, published: Published, now: Now, simulated: bool
) -> AckContent:
    """Return the answer to a document.

    Args:
        taken: the document, and what became of its commands.
        state: the control state as it is now.
        published: read after the state took effect, so that nothing leaves behind what it says.
        now: the clocks.
        simulated: a simulated bus is behind any sensor.
    """
    outcomes = [
        Outcome(
            stream=result.stream,
            order=result.order,
            refusal=result.refusal,
            state=state.of(result.stream).state,
            epoch=published.of(result.stream)[0],
            last_seq=published.of(result.stream)[1],
        )
        for result in taken.results
        if result.stream is not None
    ]
    return AckContent(
        unit=state.unit,
        version=taken.version,
        document=taken.document,
        outcomes=tuple(outcomes[:MAX_OUTCOMES]),
        clock=now.quality,
        utc_ms=None if now.quality is ClockQuality.UNSET else now.utc_ms,
        simulated=simulated,
    )


def log_entries(taken: Taken, *, results: Iterable[Result], at: Moment) -> list[OrderEntry]:
    """Return what the disclosure log says about a document: an entry per command.

    A command for every stream has one entry for all, and one for each stream that it had another result for.

    Args:
        taken: the document.
        results: those of its results that the log does not know yet.
        at: when.
    """
    entries: list[OrderEntry] = []
    whole: Result | None = None
    for result in results:
        whole = result if result.everywhere and result.stream is None else whole if result.everywhere else None
        if result is whole or whole is None or result.refusal is not whole.refusal:
            entries.append(_entry(taken, result, at))
    return entries


def event_entry(event: StateEvent, *, state: ControlState, at: Moment) -> StateEntry:
    """Return what the disclosure log says when the control state was made anew at the unit, or was lost."""
    return StateEntry(at=at, event=event, version=state.version or None)


def reasons(state: ControlState, streams: Iterable[str]) -> dict[str, str]:
    """Return for each stream that does not run, in words, on whose order; for `lamppost status` and the city."""
    found = {}
    for stream, order in state.orders(streams).items():
        word = state.of(stream).decisive
        if order is Order.RUN or word is None:
            continue
        what = "held" if order is Order.HOLD else "suspended"
        if word.document == NO_DOCUMENT:
            found[stream] = f"{what}: the control state was lost; see lamppost control status"
        else:
            found[stream] = f"{what} by order {word.reference} ({word.role.value}, version {word.version})"
    return found


def _entry(taken: Taken, result: Result, at: Moment) -> OrderEntry:
    return OrderEntry(
        at=at,
        version=taken.version,
        document=taken.document,
        reference=taken.reference,
        role=taken.role,
        stream=result.stream,
        order=result.order,
        refusal=result.refusal,
        local=taken.local,
    )
