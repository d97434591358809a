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
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from agent.buffer.answers import Answers, Demand, Question
from agent.buffer.core import Core
from agent.buffer.errors import StoreDamaged, StoreFull, StoreUnavailable
from agent.buffer.intake import Future, Intake, Taken, commit_bytes
from agent.buffer.opening import Setup, is_read_only
from agent.buffer.records import OutboxStats, ReceiptOutcome
from agent.buffer.work import Done, MakeEntry, Reception, Rows
from agent.errors import LamppostError, StoreError

_LOG: Final = logging.getLogger(__name__)
_RETRY_S: Final = 1.0
_RETRY_MOST_S: Final = 30.0
_ACTS: Final = frozenset({ReceiptOutcome.APPLIED, ReceiptOutcome.RESEND, ReceiptOutcome.CONTRADICTED})
_REOPEN_AFTER: Final = 2
_NS: Final = 1_000_000_000

OnStored = Callable[[Sequence[tuple[str, int, int]]], None]
"""Told stream, row number and start ms of each row after its COMMIT, on the outbox's thread."""


class Worker:
    """One thread with the store.

    Args:
        setup: what the store is opened with.
        mono_ns: monotonic time.
        on_stored: told of every row after its commit.

    Attributes:
        seal_due: after the last commit there was something to seal.
        held_up: after the last commit something waited to be sealed until receipts make room for it.
        seals_along: a commit of rows that complete a batch seals it too: there is a session to send it on.
        sealed_along: how many envelopes were made so.
    """

    def __init__(self, setup: Setup, *, mono_ns: Callable[[], int], on_stored: OnStored | None) -> None:
        self._setup = setup
        self._mono_ns = mono_ns
        self._on_stored = on_stored
        self._answers = Answers()
        self._window_ns = int(setup.limits.loss_window_s * _NS)
        self._bell = threading.Condition()
        self._intake = Intake(commit_bytes(setup.limits.max_bytes))
        self._questions: deque[Question] = deque()
        self._demands: deque[Demand] = deque()
        self._due_ns: int | None = None
        self._failures = 0
        self._trouble = ""
        self._over = False
        self._declarations: list[bytes] = []
        self._thread = threading.Thread(target=self._main, name="outbox", daemon=True)
        self.opened: Future = asyncio.get_running_loop().create_future()
        self.epoch = b""
        self.session = 0
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

    # -- called on the loop

    def put_rows(self, rows: Rows, future: Future) -> None:
        """Take rows to be stored; if too many wait already, the oldest are dropped."""
        with self._bell:
            self._refuse_if_over()
            dropped = self._intake.add(rows, future)
            pressing = self._intake.fills_one or bool(rows.alarms)
            self._ring(urgent=pressing and not self._failures)
        self._tell_dropped(dropped)

    def note(
        self,
        *,
        accepted: int | None = None,
        counter: tuple[str, bytes] | None = None,
        entry: MakeEntry | None = None,
        message: tuple[str, bytes] | None = None,
    ) -> None:
        """Take something that goes with the next group."""
        with self._bell:
            self._refuse_if_over()
            if accepted is not None:
                self._intake.accepted.append(accepted)
            if counter is not None:
                self._intake.counters[counter[0]] = counter[1]
            if entry is not None:
                self._intake.entries.append(entry)
            if message is not None:
                self._intake.notes.append(message)
            self._ring()

    def ask(self, question: Question) -> None:
        """Have a question answered."""
        with self._bell:
            self._refuse_if_over()
            self._questions.append(question)
            self._bell.notify()

    def demand(self, demand: Demand) -> None:
        """Have something done that takes a commit."""
        with self._bell:
            self._refuse_if_over()
            self._demands.append(demand)
            self._bell.notify()

    def describe(self, stats: OutboxStats) -> OutboxStats:
        """Return statistics with what only the worker knows."""
        with self._bell:
            return replace(stats, rows_unstored=self._intake.rows, trouble=self._trouble)

    def _refuse_if_over(self) -> None:
        if self._over:
            raise StoreError("the outbox is closed")

    def _ring(self, *, urgent: bool = False) -> None:
        """Wake the thread if it does not know yet how long to wait, or need not wait any more."""
        fresh = self._due_ns is None
        if fresh or urgent:
            self._due_ns = self._mono_ns() + (0 if urgent else self._window_ns)
            self._bell.notify()

    def _tell_dropped(self, futures: Sequence[Future]) -> None:
        for future in futures:
            self._answers.give(future, StoreError("the row was dropped: nothing could be stored for too long"))

    # -- the thread

    def _main(self) -> None:
        try:
            self._core = Core(self._setup)
        except BaseException as error:
            self._over = True
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
        questions, demands, due = self._wait()
        for question in questions:
            self._answer(question)
        demands = [demand for demand in demands if not self._is_idle(demand)]
        if demands or due:
            while self._intake.fills_one and self._commit([]):
                pass
            self._commit(demands)
        closing = [demand for demand in demands if demand.close]
        if closing:
            self._close(closing)
        return not closing

    def _wait(self) -> tuple[list[Question], list[Demand], bool]:
        """Return what has arrived, and whether the group that waits is to be committed."""
        with self._bell:
            due = False
            while not (self._questions or self._demands or due):
                wait_ns = None if self._due_ns is None else self._due_ns - self._mono_ns()
                due = wait_ns is not None and wait_ns <= 0
                if not due:
                    due = not self._bell.wait(None if wait_ns is None else wait_ns / _NS)
            questions, demands = list(self._questions), list(self._demands)
            self._questions.clear()
            self._demands.clear()
            return questions, demands, due or (self._due_ns is not None and self._due_ns <= self._mono_ns())

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
            with self._bell:
                self._intake.receipts.append(reception)
                self._ring(urgent=outcome is not ReceiptOutcome.APPLIED)
        return outcome

    # -- commits

    def _is_idle(self, demand: Demand) -> bool:
        """Answer a demand to seal when there is nothing to seal: it takes no commit."""
        if not demand.seal or demand.partial or self._intake.complete:
            return False
        with contextlib.suppress(StoreError):
            if not self._core.is_seal_due(partial=False, freed=bool(self._intake.receipts)):
                self._answers.give(demand.future, 0)
                return True
        return False

    def _commit(self, demands: Sequence[Demand]) -> bool:
        """Commit what waits with what is demanded, and return whether it is done."""
        with self._bell:
            taken = self._intake.take()
            self._due_ns = None
        asked = [demand for demand in demands if demand.seal]
        work = taken.work
        self._declarations += [demand.declaration for demand in demands if demand.declaration is not None]
        work.declarations = list(self._declarations)
        work.purges = [demand.purge for demand in demands if demand.purge is not None]
        along = self.seals_along and any(rows.completes for rows in work.rows)
        work.seal, work.partial = bool(asked) or along, any(demand.partial for demand in asked)
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
        self.seal_due = self._core.is_seal_due(partial=False)
        self.held_up = not self.seal_due and self._core.is_seal_due(partial=False, freed=True)
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

    def _failed(self, taken: Taken, demands: Sequence[Demand], error: LamppostError) -> None:
        """Put back what was taken, to be tried again: what failed may be the medium, or a batch that was sealed."""
        if isinstance(error, StoreError):
            if not self._failures:
                _LOG.warning("nothing can be stored: %s", error)
            self._trouble = self._trouble_of(error)
            self._failures += 1
        wait_s = min(_RETRY_MOST_S, _RETRY_S * 2.0 ** min(self._failures - 1, 8)) if self._failures else 0.0
        with self._bell:
            dropped = self._intake.put_back(taken)
            self._due_ns = self._mono_ns() + int(wait_s * _NS)
        self._tell_dropped(dropped)
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
        with self._bell:
            self._over = True
            waiting = [question.future for question in self._questions] + [demand.future for demand in self._demands]
            waiting += [future for _, future in self._intake.groups]
            self._questions.clear()
            self._demands.clear()
            self._intake = Intake()
        self._answers.give_all(waiting, StoreError("the outbox is closed"))
