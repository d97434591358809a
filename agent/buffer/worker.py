"""The outbox's thread: gathers what arrives, commits it in groups, and answers questions in between.

In: rows, notes, questions and demands from the event loop. Out: answers, given back to the loop. Never: a wait for
the medium on the loop, or a row reported before its commit.

Rows wait at most the loss window. Notes (receipts, deletions, counters) go with the next group. A demand (seal,
declare, flush, close) commits at once and takes what waits with it. What cannot be committed stays and is tried
again, at growing intervals.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from agent.buffer.allowance import Allowance
from agent.buffer.answers import Answers, Demand, Question
from agent.buffer.core import Core
from agent.buffer.errors import StoreDamaged, StoreFull, StoreUnavailable
from agent.buffer.inbox import Inbox
from agent.buffer.intake import Future, Taken
from agent.buffer.opening import Setup, is_read_only
from agent.buffer.records import OutboxStats, ReceiptOutcome
from agent.buffer.work import Done, Reception, Rows
from agent.errors import LamppostError, StoreError

_LOG: Final = logging.getLogger(__name__)
_RETRY_S: Final = 1.0
_RETRY_MOST_S: Final = 30.0
_ACTS: Final = frozenset({ReceiptOutcome.APPLIED, ReceiptOutcome.RESEND, ReceiptOutcome.CONTRADICTED})
_REOPEN_AFTER: Final = 2

OnStored = Callable[[Sequence[tuple[str, int, int]]], None]
"""Told stream, row number and start ms of each row after its COMMIT, on the outbox's thread."""


class Worker:
    """One thread with the store.

    Args:
        setup: what the store is opened with.
        mono_ns: monotonic time.
        on_stored: told of every row after its commit.

    Attributes:
        inbox: what the loop has handed over.
        allowance: how much of the backlog may be sealed.
        backlog_wants: after the last commit there was backlog to seal, whose next batch costs so much; 0 for none.
        seal_due: after the last commit there was something that may be sealed.
        held_up: after the last commit something waited to be sealed until receipts make room for it.
        seals_along: a commit of rows that complete a batch seals it too: there is a session to send it on.
        sealed_along: how many envelopes were made so.
    """

    def __init__(self, setup: Setup, *, mono_ns: Callable[[], int], on_stored: OnStored | None) -> None:
        self._setup = setup
        self._on_stored = on_stored
        self._answers = Answers()
        self.inbox = Inbox(setup.limits, mono_ns=mono_ns)
        self._failures = 0
        self._trouble = ""
        self._declarations: list[bytes] = []
        self._thread = threading.Thread(target=self._main, name="outbox", daemon=True)
        self.opened: Future = asyncio.get_running_loop().create_future()
        self.epoch = b""
        self.session = 0
        self.allowance = Allowance()
        self.backlog_wants = 0
        self.seal_due = False
        self.held_up = False
        self.seals_along = False
        self.sealed_along = 0

    def start(self) -> None:
        """Open the store on a thread of its own; `opened` tells the result."""
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        """Wait for the thread to end."""
        self._thread.join(timeout_s)

    def put_rows(self, rows: Rows, future: Future) -> None:
        """Take rows to be stored; if too many wait already, the oldest are dropped."""
        self._tell_dropped(self.inbox.put_rows(rows, future, failing=self._failures > 0))

    def describe(self, stats: OutboxStats) -> OutboxStats:
        """Return statistics with what only the worker knows."""
        return replace(stats, rows_unstored=self.inbox.intake.rows, trouble=self._trouble)

    def _tell_dropped(self, futures: Sequence[Future]) -> None:
        for future in futures:
            self._answers.give(future, StoreError("the row was dropped: nothing could be stored for too long"))

    # -- the thread

    def _main(self) -> None:
        try:
            self._core = Core(self._setup)
        except BaseException as error:
            self.inbox.shut()
            self._answers.give(self.opened, error)
            if not isinstance(error, LamppostError):
                raise
            return
        self._tell_identity()
        self._answers.give(self.opened, None)
        try:
            while self._turn():
                pass
        finally:
            self._end()

    def _tell_identity(self) -> None:
        self.epoch, self.session = self._core.epoch, self._core.session

    def _turn(self) -> bool:
        """Wait for something, deal with it, and return whether to go on."""
        questions, demands, due = self.inbox.wait()
        for question in questions:
            self._answer(question)
        demands = [demand for demand in demands if not self._is_idle(demand)]
        if demands or due:
            while self.inbox.intake.fills_one and self._commit([]):
                pass
            self._commit(demands)
        closing = [demand for demand in demands if demand.close]
        if closing:
            self._close(closing)
        return not closing

    # -- questions

    def _answer(self, question: Question) -> None:
        try:
            self._answers.give(question.future, question.ask(self._core))
        except StoreDamaged:
            self._answer_again(question)
        except StoreUnavailable as error:
            self._answers.give(question.future, error if question.fallback is None else question.fallback)
        except BaseException as error:
            self._answers.give(question.future, error)
            raise

    def _answer_again(self, question: Question) -> None:
        """Answer a question from what could be salvaged."""
        try:
            self._recover()
            self._answers.give(question.future, question.ask(self._core))
        except StoreError as error:
            self._answers.give(question.future, error if question.fallback is None else question.fallback)

    def judge(self, core: Core, reception: Reception) -> ReceiptOutcome:
        """Judge a receipt and note what it does, on the outbox's thread; all but that is done at once."""
        outcome = core.judge(reception)
        if outcome in _ACTS:
            self.inbox.receive(reception, urgent=outcome is not ReceiptOutcome.APPLIED)
        return outcome

    # -- commits

    def _is_idle(self, demand: Demand) -> bool:
        """Answer a demand to seal when there is nothing to seal: it takes no commit."""
        if not demand.seal or demand.partial or self.inbox.intake.complete:
            return False
        with contextlib.suppress(StoreError):
            if not self._is_seal_due(freed=bool(self.inbox.intake.receipts)):
                self._answers.give(demand.future, 0)
                return True
        return False

    def _commit(self, demands: Sequence[Demand]) -> bool:
        """Commit what waits with what is demanded, and return whether it is done."""
        taken = self.inbox.take()
        asked = [demand for demand in demands if demand.seal]
        work = taken.work
        self._declarations += [demand.declaration for demand in demands if demand.declaration is not None]
        work.declarations = list(self._declarations)
        work.purges = [demand.purge for demand in demands if demand.purge is not None]
        along = self.seals_along and any(group.completes for group in work.rows)
        work.seal, work.partial = bool(asked) or along, any(demand.partial for demand in asked)
        work.backlog_bytes = self.allowance.left
        try:
            done = self._transact(taken)
        except LamppostError as error:
            self._failed(taken, demands, error)
            return False
        except BaseException as error:
            self._answers.give_all([demand.future for demand in demands], error)
            self._answers.give_all([future for _, future in taken.groups], StoreError("the outbox failed"))
            raise
        self._succeeded(taken, demands, done)
        return True

    def _transact(self, taken: Taken) -> Done:
        """Run one transaction, over a salvaged store if need be."""
        try:
            if self._failures >= _REOPEN_AFTER:
                self._core.reopen()
            return self._core.transact(taken.work)
        except StoreDamaged:
            self._recover()
        try:
            return self._core.transact(taken.work)
        except StoreDamaged as error:
            raise StoreUnavailable("the outbox is damaged again") from error

    def _recover(self) -> None:
        self._core.recover()
        self._tell_identity()

    def _succeeded(self, taken: Taken, demands: Sequence[Demand], done: Done) -> None:
        if self._failures:
            _LOG.warning("the outbox stores again")
        self._failures, self._trouble = 0, ""
        self._tell_identity()
        self._declarations = []
        if taken.work.seal:
            self.allowance.spend(done.backlog_bytes, over=done.backlog_over)
        self.backlog_wants = self.allowance.needs if self._core.is_backlog_due() else 0
        self.seal_due = self._is_seal_due(freed=False)
        self.held_up = not self.seal_due and self._is_seal_due(freed=True)
        if not any(demand.seal for demand in demands):
            self.sealed_along += done.sealed
        if done.stored and self._on_stored is not None:
            self._on_stored(done.stored)
        purged = iter(done.purged)
        for demand in demands:
            if not demand.close:
                deleted = None if demand.purge is None else done.unscrubbed or next(purged)
                result = done.sealed if demand.seal else deleted
                self._answers.give(demand.future, result)
        self._answers.give_all([future for _, future in taken.groups], None)

    def _is_seal_due(self, *, freed: bool) -> bool:
        return self._core.is_seal_due(partial=False, backlog=self.allowance.suffices, freed=freed)

    def _failed(self, taken: Taken, demands: Sequence[Demand], error: LamppostError) -> None:
        """Put back what was taken, to be tried again: what failed may be the medium, or a batch that was sealed."""
        if isinstance(error, StoreError):
            if not self._failures:
                _LOG.warning("nothing can be stored: %s", error)
            self._trouble = self._trouble_of(error)
            self._failures += 1
        wait_s = min(_RETRY_MOST_S, _RETRY_S * 2.0 ** min(self._failures - 1, 8)) if self._failures else 0.0
        self._tell_dropped(self.inbox.put_back(taken, wait_s=wait_s))
        for demand in demands:
            if not demand.close:
                harmless = isinstance(error, StoreError) and not demand.must
                self._answers.give(demand.future, (0 if demand.seal else None) if harmless else error)

    def _trouble_of(self, error: StoreError) -> str:
        """Return in a word why nothing can be stored; `agent.cli.status` has the remedies."""
        if isinstance(error, StoreFull):
            return "full"
        return "read-only" if is_read_only(self._setup.path) else "unavailable"

    # -- the end

    def _close(self, demands: Sequence[Demand]) -> None:
        try:
            self._core.close()
        except StoreError as error:
            _LOG.warning("the outbox could not be closed in order: %s", error)
        self._end()
        for demand in demands:
            self._answers.give(demand.future, None)

    def _end(self) -> None:
        """Answer everything that is still waiting: there will be no other answer."""
        self._answers.give_all(self.inbox.shut(), StoreError("the outbox is closed"))
