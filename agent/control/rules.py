"""The controller: unverified bytes in, a decision out. No input or output, no clock: time is passed in.

In: bytes from the broker or from a file. Out: decisions, or `WireError` with the rule that was broken. Never: an
effect. Whoever carries a decision out writes its state to the medium first, says so with `settle`, only then acts.

A document's turn: its version is above the highest one that was taken, and not by more than `LEAP`, so that one
document cannot use up the numbers. The document that was taken last may come again (it is retained at the broker):
it is answered with the states as they are, at most once a minute, and what it could not do for want of a clock or a
medium is tried again. A document of which nothing could be done for want of a clock takes no version and waits in
RAM; so does one that comes in a flood. Two places, no more: a newer one takes the place of an older one.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

from agent.control.documents import ControlKey, Document, verify
from agent.control.errors import Crowded, Leap, NoBaseline, Overtaken
from agent.control.judgement import Judgement, Now, judge, judge_again, tightens
from agent.control.pace import Pace
from agent.control.record import ControlState, Result, Taken
from agent.control.standing import Governed
from agent.wire.orders import Refusal

LEAP: Final = 1_000_000
"""A version may be this much above the highest one that was taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to be done about a document.

    Attributes:
        document: it.
        before: the control state that was decided on.
        state: the control state from now on.
        results: what became of its commands.
        taken: it has its effect now, and `state` must be on the medium first. Else it changes nothing.
        answered: the city is to be answered.
    """

    document: Document
    before: ControlState
    state: ControlState
    results: tuple[Result, ...]
    taken: bool
    answered: bool


class Controller:
    """Decides about control documents.

    Args:
        keys: the city's keys, by key id.
        unit: this unit's id.
        state: the control state on the medium, or `agent.control.record.lost_state`.
    """

    def __init__(self, keys: Mapping[bytes, ControlKey], *, unit: str, state: ControlState) -> None:
        self._keys = dict(keys)
        self._unit = unit
        self._pace = Pace()
        self._partial: Document | None = None
        self._waiting: Document | None = None
        self.state = state

    def take(self, unverified_data: bytes, *, now: Now, streams: Collection[str], local: bool = False) -> Decision:
        """Return what is to be done about a document; nothing has changed until `settle`.

        Args:
            unverified_data: its envelope.
            now: the unit's clocks.
            streams: those that are configured or have something buffered.
            local: it came from a file at the unit.

        Raises:
            WireError: it is not believed, or its turn is over or has not come; it has no effect.
        """
        document = verify(unverified_data, self._keys, unit=self._unit, local=local)
        return self._decide(document, now=now, streams=streams)

    def retry(self, *, now: Now, streams: Collection[str]) -> Decision | None:
        """Return what is to be done about a document that waits, None if there is nothing. Call it now and then."""
        if self._partial is not None and self._may_try_again(now):
            judged = judge_again(self.state, self._partial, now=now)
            if self.state.last is not None and judged.results != self.state.last.results:
                return self._taken_again(self._partial, judged, self.state.last)
        waiting, version = self._waiting, self.state.version
        if waiting is None or version is None:
            return None
        if waiting.control.version <= version:
            self._waiting = None
            return None
        judged = judge(self.state, waiting, now=now, streams=streams)
        if self._lacks_clock(judged) or not self._has_room(waiting, judged, now):
            return None
        return self._taken(waiting, judged)

    def settle(self, decision: Decision, *, written: bool) -> Decision:
        """Take a decision's state over, and return the decision as it is to be carried out.

        Args:
            decision: what `take` or `retry` returned.
            written: its state is on the medium. If not, only what is restrictive is obeyed, until the next start.
        """
        if not decision.taken:
            return decision
        if not written:
            decision = unwritten(decision)
        self.state = decision.state
        again = any(result.refusal in {Refusal.CLOCK, Refusal.STORAGE} for result in decision.results)
        self._partial = decision.document if again else None
        if self._waiting is not None and self._waiting.control.version <= decision.document.control.version:
            self._waiting = None
        return decision

    def finish(self) -> ControlState:
        """Return the state with nothing owed any more, and take it over; it should be on the medium some time."""
        self.state = self.state.finished()
        return self.state

    def _decide(self, document: Document, *, now: Now, streams: Collection[str]) -> Decision:
        if self.state.last is not None and document.digest == self.state.last.document:
            return self._decide_again(document, now=now)
        self._check_turn(document)
        judged = judge(self.state, document, now=now, streams=streams)
        if self._lacks_clock(judged):
            self._keep(document)
            return self._unchanged(document, judged.results, now)
        if not self._has_room(document, judged, now):
            self._keep(document)
            raise Crowded("too many control documents under keys of this role; the newest is tried again")
        return self._taken(document, judged)

    def _check_turn(self, document: Document) -> None:
        version, highest = document.control.version, self.state.version
        if highest is None:
            raise NoBaseline(
                "the control state is lost, and the disclosure log knows no version; run `lamppost control reset`"
            )
        if version <= highest:
            raise Overtaken("a control document whose version, or a higher one, was taken before")
        if version > highest + LEAP:
            raise Leap(f"a control document whose version is more than {LEAP} above the highest one")

    def _decide_again(self, document: Document, *, now: Now) -> Decision:
        last = self.state.last
        if last is not None and self._may_try_again(now):
            judged = judge_again(self.state, document, now=now)
            if judged.results != last.results:
                return self._taken_again(document, judged, last)
        return self._unchanged(document, last.results if last is not None else (), now)

    def _taken_again(self, document: Document, judged: Judgement, last: Taken) -> Decision:
        state = replace(judged.state, last=replace(last, results=judged.results, done=False))
        return self._decision(document, state, judged.results, taken=True, answered=True)

    def _taken(self, document: Document, judged: Judgement) -> Decision:
        control = document.control
        taken = Taken(
            version=control.version,
            document=document.digest,
            reference=control.reference,
            role=document.role,
            local=document.local,
            results=judged.results,
            done=False,
        )
        state = replace(judged.state, version=control.version, last=taken, lost="")
        return self._decision(document, state, judged.results, taken=True, answered=True)

    def _unchanged(self, document: Document, results: tuple[Result, ...], now: Now) -> Decision:
        answered = self._pace.may_answer(now.mono_ms)
        return self._decision(document, self.state, results, taken=False, answered=answered)

    def _decision(
        self, document: Document, state: ControlState, results: tuple[Result, ...], *, taken: bool, answered: bool
    ) -> Decision:
        return Decision(
            document=document, before=self.state, state=state, results=results, taken=taken, answered=answered
        )

    def _has_room(self, document: Document, judged: Judgement, now: Now) -> bool:
        """Return whether a document may be taken now: what makes anything stricter always may."""
        return tightens(self.state, judged.state) or self._pace.take(document.role, now.mono_ms)

    def _keep(self, document: Document) -> None:
        if self._waiting is None or self._waiting.control.version < document.control.version:
            self._waiting = document

    def _lacks_clock(self, judged: Judgement) -> bool:
        """Return whether nothing could be done for want of a clock, and for no other reason."""
        named = [result.refusal for result in judged.results if result.stream is not None]
        refusals = named or [result.refusal for result in judged.results]
        return set(refusals) == {Refusal.CLOCK} and not tightens(self.state, judged.state)

    def _may_try_again(self, now: Now) -> bool:
        refusals = {result.refusal for result in self.state.last.results} if self.state.last is not None else set()
        if Refusal.CLOCK in refusals and now.synchronised:
            return True
        return Refusal.STORAGE in refusals and self._pace.may_write(now.mono_ms)


def unwritten(decision: Decision) -> Decision:
    """Return a decision whose state the medium does not take: nothing gets looser than it was before."""
    before, after = decision.before, decision.state
    streams = {*before.streams, *after.streams}
    results = tuple(
        replace(result, refusal=Refusal.STORAGE) if result.refusal is Refusal.NONE else result
        for result in decision.results
    )
    state = replace(
        after,
        everywhere=_stricter(before.everywhere, after.everywhere),
        streams={stream: _stricter(before.of(stream), after.of(stream)) for stream in streams},
        last=after.last and replace(after.last, results=results),
    )
    told = before.last is not None and after.last is not None and before.last.document == after.last.document
    return replace(decision, state=state, results=results, answered=decision.answered and not told)


def _stricter(before: Governed, after: Governed) -> Governed:
    return after if after.state >= before.state else before
