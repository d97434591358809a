"""Hands the rows of closed windows to the outbox, with all that is to be committed along with them.

In: what closes windows, and the stages that know what a row was made under and what it has cost. Out: rows with their
declaration, alarms and counters; the publisher is woken when there is something to send. Never: a wait between a
window's closing and handing over its rows.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from agent import declaration
from agent.boots import NAME as BOOTS
from agent.given import NAME as GIVEN
from agent.privacy.payment import NAME as LEDGERS
from agent.service import Stages
from agent.windows import Closed
from agent.wire import payload

_GIVEN_NS: Final = 60 * 1_000_000_000
"""What was given out since is not known after a crash: only a clock that is then set back by less finds it again."""


class Storing:
    """The way of rows from the windows into the store.

    Args:
        stages: of the unit.
    """

    def __init__(self, stages: Stages) -> None:
        self._s = stages
        self._declared: tuple[bool, bytes] | None = None
        self._given_due_ns = 0
        self._sealed_along = 0

    async def store(self, close: Callable[[], Closed]) -> None:
        """Hand the rows of the windows that `close` closes to the outbox, which commits them within its loss window.

        Cancellation is safe: nothing is waited for between closing the windows and handing over their rows.
        """
        declared = await self.declare()
        closed = close()
        if closed.rows:
            self._append(closed, declared)
        if self._s.boots.is_due:
            await self._s.outbox.save_counters(BOOTS, self._s.boots.export())

    async def declare(self) -> bytes:
        """Return the hash of the declaration that rows of now are made under, after putting it into the outbox."""
        simulated = self._s.reporter.simulation.look()
        if self._declared is None or self._declared[0] != simulated:
            self._s.reporter.sealer.simulated = simulated
            content = declaration.content(self._s.settings, thumbprint=self._s.key.thumbprint, simulated=simulated)
            encoded = payload.content_bytes(content)
            await self._s.outbox.declare(encoded)
            self._declared = simulated, payload.declaration_hash(encoded)
        return self._declared[1]

    def _append(self, closed: Closed, declared: bytes) -> None:
        """Hand over rows with what is to be committed with them: which windows they are, what they have cost."""
        now_ns = self._s.clock.mono_ns()
        counters = {} if self._s.ledgers is None else {LEDGERS: self._s.ledgers.export()}
        if closed.early or now_ns >= self._given_due_ns:
            self._given_due_ns = now_ns + _GIVEN_NS
            counters[GIVEN] = self._s.given.export()
        if self._s.reporter.flash is not None:
            counters |= self._s.reporter.flash.counters(early=closed.early)
        alarms = self._alarms(closed, declared)
        if self._s.alarming is not None:
            counters |= self._s.alarming.counters(early=closed.early)
        clock = payload.encode_clock(closed.clock)
        stored = self._s.outbox.append(
            closed.rows, declaration=declared, clock=clock, counters=counters, alarms=alarms
        )
        stored.add_done_callback(self._told if alarms else self._stored)

    def _alarms(self, closed: Closed, declared: bytes) -> list[tuple[str, bytes]]:
        """Return what these rows have crossed, and have streams keep the cadence that follows from it."""
        if self._s.alarming is None:
            return []
        alarms = self._s.alarming.look(closed, declaration=declared)
        self._s.windows.pace(self._s.alarming.fast())
        return alarms

    def _stored(self, outcome: asyncio.Future[None]) -> None:
        """Wake the publisher if there is something to seal now that rows were committed."""
        if not outcome.cancelled():
            outcome.exception()  # the outbox itself reports what it could not store
            if self._s.outbox.seal_due:
                self._s.publisher.notify()
            if self._s.outbox.sealed_along != self._sealed_along:
                self._sealed_along = self._s.outbox.sealed_along
                self._s.publisher.look()

    def _told(self, outcome: asyncio.Future[None]) -> None:
        """Wake the publisher, and have the status told, now that alarms were sealed."""
        self._stored(outcome)
        self._s.publisher.look()
        self._s.publisher.announce()
