"""What becomes of a document that is believed: command by command, stream by stream. Pure.

In: the control state, a document, the time. Out: the state after it, and a result for each command and stream. Never:
whether the document's turn has come; `agent.control.rules` knows versions and pace.

An order is permissive when a stream would be in a less strict state after it. Those need a synchronised clock, a
document that has not expired, and one that was not issued in the future. All others apply whatever the clock says:
who must cease a disclosure must not wait for a satellite. A document has no field for anything but these states and
purges, so nothing in it can loosen what the privacy filter does; a test says so for every order.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

from agent.control.documents import Document
from agent.control.record import ControlState, Result
from agent.control.standing import Governed, Standing
from agent.wire.messages import ClockQuality
from agent.wire.orders import Command, Order, Refusal

FUTURE_MS: Final = 3_600_000
"""A document may have been issued by a clock that is ahead of ours by this much."""
_REFERENCE_KEPT: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """The unit's clocks when a document is looked at.

    Attributes:
        quality: how much wall time can be believed.
        utc_ms: ms since 1970, None while unset.
        mono_ms: monotonic time.
    """

    quality: ClockQuality
    utc_ms: int | None
    mono_ms: int

    @property
    def synchronised(self) -> bool:
        """Whether wall time is good enough to loosen something."""
        return self.quality is ClockQuality.SYNCHRONISED and self.utc_ms is not None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a document comes to.

    Attributes:
        state: the control state after it; its version and last document are still those from before.
        results: what became of each command, in order.
    """

    state: ControlState
    results: tuple[Result, ...]


def judge(state: ControlState, document: Document, *, now: Now, streams: Collection[str]) -> Judgement:
    """Return what a document comes to that has not been looked at before.

    Args:
        state: the control state before it.
        document: it.
        now: the clocks.
        streams: those that are configured or have something buffered.
    """
    results: list[Result] = []
    known = sorted({*streams, *state.streams})
    for command in document.control.commands:
        everywhere = command.stream is None
        for stream in [None, *known] if everywhere else [command.stream]:
            refusal = _refusal(state, stream, command.order, document=document, now=now, known=known)
            results.append(Result(stream=stream, order=command.order, refusal=refusal, everywhere=everywhere))
        # After the loop: a command for every stream is judged against what stood before it.
        state = _obey(state, results[-(len(known) + 1) :] if everywhere else results[-1:], command, document)
    return Judgement(state, tuple(results))


def judge_again(state: ControlState, document: Document, *, now: Now) -> Judgement:
    """Return what the document that was taken last comes to now: what only lacked a clock or a medium is tried again.

    A purge is not done twice: rows that have come since are none of its business.
    """
    results: list[Result] = []
    for result in state.last.results if state.last is not None else ():
        if result.refusal not in {Refusal.CLOCK, Refusal.STORAGE}:
            results.append(result)
            continue
        command = Command(stream=result.stream, order=result.order)
        refusal = Refusal.NONE
        if result.order is not Order.PURGE:
            known = sorted({*state.streams} | ({result.stream} if result.stream else set()))
            refusal = _refusal(state, result.stream, result.order, document=document, now=now, known=known)
            state = _obey(state, [replace(result, refusal=refusal)], command, document)
        results.append(replace(result, refusal=refusal))
    return Judgement(state, tuple(results))


def permissive_refusal(document: Document, now: Now) -> Refusal:
    """Return why a document may loosen nothing now, NONE if it may."""
    if not now.synchronised or now.utc_ms is None:
        return Refusal.CLOCK
    expires_ms = document.control.expires_ms
    if expires_ms is not None and now.utc_ms >= expires_ms:
        return Refusal.EXPIRED
    return Refusal.CLOCK if document.control.issued_ms > now.utc_ms + FUTURE_MS else Refusal.NONE


def tightens(before: ControlState, after: ControlState) -> bool:
    """Return whether any stream is in a stricter state than before."""
    streams = {*before.streams, *after.streams}
    return after.everywhere.state > before.everywhere.state or any(
        after.of(stream).state > before.of(stream).state for stream in streams
    )


def _refusal(
    state: ControlState, stream: str | None, order: Order, *, document: Document, now: Now, known: Collection[str]
) -> Refusal:
    if stream is not None and stream not in known:
        return Refusal.UNKNOWN_STREAM
    return _standing(state, stream).refusal(order, document.role, permissive=permissive_refusal(document, now))


def _obey(state: ControlState, results: list[Result], command: Command, document: Document) -> ControlState:
    """Return the state after the results of one command."""
    obeyed = [result for result in results if result.refusal is Refusal.NONE]
    if command.order is Order.PURGE:
        for result in obeyed:
            state = state if result.stream is None else state.with_purge(result.stream, command.until_ms)
        return state
    said = {result.stream: _said(_standing(state, result.stream), result.order, document) for result in obeyed}
    everywhere = said.pop(None, state.everywhere)
    streams = {**state.streams, **{stream: governed for stream, governed in said.items() if stream is not None}}
    if everywhere != state.everywhere:  # what stands for a stream that refused must not change with it
        refused = [result.stream for result in results if result.refusal is not Refusal.NONE]
        streams |= {stream: state.of(stream) for stream in refused if stream is not None}
    return replace(state, everywhere=everywhere, streams=streams)


def _standing(state: ControlState, stream: str | None) -> Governed:
    return state.everywhere if stream is None else state.of(stream)


def _said(governed: Governed, order: Order, document: Document) -> Governed:
    control = document.control
    return governed.said(
        Standing(
            role=document.role,
            order=order,
            version=control.version,
            document=document.digest,
            reference=control.reference[:_REFERENCE_KEPT],
        )
    )
