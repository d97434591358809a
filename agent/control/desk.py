"""Where control is carried out: the rules, the medium and the inbox joined. The unit uses nothing else of control.

In: documents from the broker and from the inbox, the clocks. Out: duties: what the unit has to do now. Never: a duty
whose order is not on the medium, but for what is restrictive and the medium refuses.

How a unit uses it, as `agent.obedience` does. All of it may wait for the medium: call it in one thread, one call at a
time.

1. Before a store is open or a sensor: ``desk = Desk.open(folder, unit=..., keys=...)``. A lost control state is no
   error; `lost` says why, and every stream is suspended.
2. When the store is open: ``desk.believe(version)`` with the highest version that the disclosure log knows, None if
   it knows none; then ``desk.owed(streams=...)`` is the first duty: the states that hold now, and what a kill left
   undone. ``desk.poll`` until it returns None, and only then the first sensor.
3. Every second: ``desk.poll(now=clocks(clock.instant()), streams=...)`` until it returns None. For each message on
   the control topic: ``desk.take(data, now=..., streams=...)``; `WireError` means that it had no effect: count it,
   tell each reason once. `streams` are the configured ones and those that have something buffered.
4. A duty, in this order: ``outbox.govern`` with `states` and `others`; close the sensors all of whose streams are
   suspended, open the others; write ``entries(moment)`` into the disclosure log; ``outbox.purge(stream, until_ms)``
   for each of `purges`; when `answered`, seal ``acknowledgement(published=..., now=..., simulated=...)`` by
   ``outbox.tell("_ack", ...)``, with what was published as it stands after `govern`; last ``desk.finish()``. A kill
   in between is made good by `owed` after the next start: nothing that was ordered is left out, and at worst an entry
   and an answer come twice.
5. At the end: ``desk.close()``, after the store is closed.

``desk.states(streams)`` says at any time how streams are, ``desk.reasons(streams)`` why, for the status.
"""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from agent.clock import NS_PER_MS, Instant
from agent.control import answer
from agent.control.answer import Published
from agent.control.documents import ControlKey
from agent.control.errors import ControlError, Crowded, StateLost
from agent.control.judgement import Now
from agent.control.record import ControlState, Result, Taken, lost_state
from agent.control.rules import Controller, Decision
from agent.control.spool import Arrived, Spool
from agent.control.state import ControlFiles
from agent.wire.entries import Moment, OrderEntry, StateEntry
from agent.wire.errors import WireError
from agent.wire.messages import ClockQuality
from agent.wire.orders import AckContent, Order

_LOG = logging.getLogger(__name__)
_PATIENCE_S: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What the unit has to do now.

    Attributes:
        states: how each stream is from now on.
        others: the same for streams that are not named there.
        purges: what is to be deleted: stream to the end of its last window, ms since 1970, None for all.
        answered: the city is to be answered.
    """

    states: Mapping[str, Order]
    others: Order
    purges: Mapping[str, int | None]
    answered: bool
    _state: ControlState
    _taken: Taken | None
    _news: tuple[Result, ...]

    def entries(self, at: Moment) -> list[OrderEntry | StateEntry]:
        """Return what the disclosure log has to say about it."""
        event = self._state.event
        found: list[OrderEntry | StateEntry] = []
        if event is not None:
            found.append(answer.event_entry(event, state=self._state, at=at))
        if self._taken is not None:
            found += answer.log_entries(self._taken, results=self._news, at=at)
        return found

    def acknowledgement(self, *, published: Published, now: Now, simulated: bool) -> AckContent:
        """Return the answer to the city; only when `answered`."""
        if self._taken is None:
            raise ValueError("there is no document to answer")
        return answer.acknowledgement(
            self._taken, state=self._state, published=published, now=now, simulated=simulated
        )


class Desk:
    """Takes documents and says what is to be done. Make one with `open`."""

    def __init__(self, files: ControlFiles, spool: Spool, controller: Controller) -> None:
        self._files = files
        self._spool = spool
        self._controller = controller
        self._left: set[bytes] = set()

    @classmethod
    def open(cls, folder: Path, *, unit: str, keys: Mapping[bytes, ControlKey]) -> Self:
        """Read the control state, and hold it until `close`.

        Args:
            folder: the folder of the outbox.
            unit: this unit's id.
            keys: the city's keys by id.

        Raises:
            ControlError: the folder cannot be used, or another agent has it.
        """
        files = ControlFiles.open(folder, patience_s=_PATIENCE_S)
        try:
            state = files.read(unit=unit)
        except StateLost as error:
            _LOG.error("%s", error)
            state = lost_state(str(error), unit=unit, version=None, roles=[known.role for known in keys.values()])
        except BaseException:
            files.close()
            raise
        return cls(files, Spool(folder), Controller(keys, unit=unit, state=state))

    @property
    def lost(self) -> str:
        """Why every stream is suspended although nobody ordered it; empty when the control state is whole."""
        return self._controller.state.lost

    def believe(self, version: int | None) -> None:
        """Take the highest version in the disclosure log for granted: nothing up to it is taken again."""
        state = self._controller.state
        if version is not None and version > (state.version or 0):
            self._controller.state = replace(state, version=version)

    def states(self, streams: Collection[str]) -> dict[str, Order]:
        """Return how these streams are now, and all others that anything was ordered for."""
        return self._controller.state.orders(streams)

    def reasons(self, streams: Collection[str]) -> dict[str, str]:
        """Return for each stream that does not run, in words, on whose order."""
        return answer.reasons(self._controller.state, streams)

    def owed(self, *, streams: Collection[str]) -> Duty:
        """Return the states that hold, together with what a kill left undone."""
        state = self._controller.state
        last = None if state.last is None or state.last.done else state.last
        return self._duty(
            state, streams=streams, last=last, news=last.results if last else (), answered=last is not None
        )

    @property
    def version(self) -> int | None:
        """The highest version that was taken; None when nobody knows."""
        return self._controller.state.version

    def take(self, unverified_data: bytes, *, now: Now, streams: Collection[str]) -> Duty | None:
        """Take a document from the broker; return what is to be done, None for nothing.

        Raises:
            WireError: it is not believed, or its turn is over or has not come; it had no effect.
        """
        decision = self._controller.take(unverified_data, now=now, streams=streams)
        return self._carry(decision, streams)[0]

    def poll(self, *, now: Now, streams: Collection[str]) -> Duty | None:
        """Look for documents that came by hand or that waited; return what is to be done, None for nothing."""
        for arrived in self._spool.take():
            duty = self._take_file(arrived, now=now, streams=streams)
            if duty is not None:
                return duty
        decision = self._controller.retry(now=now, streams=streams)
        return None if decision is None else self._carry(decision, streams)[0]

    def finish(self) -> None:
        """Remember that the last duty was done."""
        before = self._controller.state
        state = self._controller.finish()
        if state != before and not state.lost:
            self._write(state)

    def close(self) -> None:
        """Let the control state go."""
        self._files.close()

    def _take_file(self, arrived: Arrived, *, now: Now, streams: Collection[str]) -> Duty | None:
        if arrived.unverified_data in self._left:
            return None
        try:
            decision = self._controller.take(arrived.unverified_data, now=now, streams=streams, local=True)
        except Crowded:
            self._left.add(arrived.unverified_data)
            return None
        except WireError as error:
            _LOG.warning("a control document from a file had no effect: %s", error)
            arrived.done()
            return None
        duty, kept = self._carry(decision, streams)
        if kept:
            arrived.done()
        else:
            self._left.add(arrived.unverified_data)
        return duty

    def _carry(self, decision: Decision, streams: Collection[str]) -> tuple[Duty | None, bool]:
        """Put a decision on the medium; return its duty, and whether the document is needed no more."""
        written = self._write(decision.state) if decision.taken else True
        decision = self._controller.settle(decision, written=written)
        state, last = self._controller.state, self._controller.state.last
        if decision.taken:
            self._left.clear()
            known = decision.before.last.results if decision.before.last and last else ()
            again = decision.before.last is not None and decision.before.last.document == decision.document.digest
            news = tuple(result for result in decision.results if not again or result not in known)
            if not (written or news or decision.answered):
                return None, False  # the medium has refused it once more: nothing has changed
            _LOG.info("control document %d was taken", decision.document.control.version)
            return self._duty(state, streams=streams, last=last, news=news, answered=decision.answered), written
        again = last is not None and last.document == decision.document.digest
        if not decision.answered:
            return None, again
        taken = last if again else _as_taken(decision)
        return self._duty(state, streams=streams, last=taken, news=(), answered=True), again

    def _duty(
        self,
        state: ControlState,
        *,
        streams: Collection[str],
        last: Taken | None,
        news: tuple[Result, ...],
        answered: bool,
    ) -> Duty:
        return Duty(
            states=state.orders(streams),
            others=state.everywhere.state,
            purges=dict(state.purges),
            answered=answered,
            _state=state,
            _taken=last,
            _news=news,
        )

    def _write(self, state: ControlState) -> bool:
        try:
            self._files.write(state)
        except ControlError:  # it is logged there
            return False
        return True


def clocks(instant: Instant) -> Now:
    """Return what an instant of the unit's clock is worth to an order."""
    holdover = ClockQuality.HOLDOVER if instant.dated else ClockQuality.UNSET
    return Now(
        quality=ClockQuality.SYNCHRONISED if instant.synchronised else holdover,
        utc_ms=instant.utc_ns // NS_PER_MS if instant.dated else None,
        mono_ms=instant.mono_ns // NS_PER_MS,
    )


def _as_taken(decision: Decision) -> Taken:
    """Return a document that was not taken in the form that is answered."""
    document = decision.document
    return Taken(
        version=document.control.version,
        document=document.digest,
        reference=document.control.reference,
        role=document.role,
        local=document.local,
        results=decision.results,
        done=True,
    )
