"""What the event loop hands over to the outbox's thread, and when the thread is to act on it.

In: rows, notes, questions and demands, on the loop. Out: the same, on the thread, as soon as something is due. Never:
the store; a wait on the loop.

Rows wait at most the loss window, and notes (receipts, deletions, counters) go with the next group; questions and
demands wake the thread at once.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from agent.buffer.answers import Demand, Question
from agent.buffer.intake import Future, Intake, Taken, commit_bytes
from agent.buffer.records import Limits
from agent.buffer.work import MakeEntry, Reception, Rows
from agent.errors import StoreError

_NS: Final = 1_000_000_000


class Inbox:
    """The two threads' meeting place. Its lock is held for moments only.

    Args:
        limits: bounds of the store.
        mono_ns: monotonic time.

    Attributes:
        intake: what waits for a commit.
    """

    def __init__(self, limits: Limits, *, mono_ns: Callable[[], int]) -> None:
        self._mono_ns = mono_ns
        self._window_ns = int(limits.loss_window_s * _NS)
        self._bell = threading.Condition()
        self._questions: deque[Question] = deque()
        self._demands: deque[Demand] = deque()
        self._due_ns: int | None = None
        self._over = False
        self.intake = Intake(commit_bytes(limits.max_bytes))

    # -- called on the loop

    def put_rows(self, rows: Rows, future: Future, *, failing: bool) -> list[Future]:
        """Take rows to be stored; return the futures of the oldest, dropped if too many wait already.

        Args:
            rows: to be stored together.
            future: of their commit.
            failing: nothing can be stored now, so nothing is pressing.

        Raises:
            StoreError: the outbox is closed.
        """
        with self._bell:
            self._refuse_if_over()
            dropped = self.intake.add(rows, future, failing=failing)
            pressing = self.intake.fills_one or bool(rows.alarms)
            self._ring(urgent=pressing and not failing)
        return dropped

    def note(
        self,
        *,
        accepted: int | None = None,
        counter: tuple[str, bytes] | None = None,
        entry: MakeEntry | None = None,
        message: tuple[str, bytes] | None = None,
    ) -> None:
        """Take something that goes with the next group.

        Raises:
            StoreError: the outbox is closed.
        """
        with self._bell:
            self._refuse_if_over()
            if accepted is not None:
                self.intake.accepted.append(accepted)
            if counter is not None:
                self.intake.counters[counter[0]] = counter[1]
            if entry is not None:
                self.intake.entries.append(entry)
            if message is not None:
                self.intake.notes.append(message)
            self._ring()

    def ask(self, question: Question) -> None:
        """Have a question answered.

        Raises:
            StoreError: the outbox is closed.
        """
        with self._bell:
            self._refuse_if_over()
            self._questions.append(question)
            self._bell.notify()

    def demand(self, demand: Demand) -> None:
        """Have something done that takes a commit.

        Raises:
            StoreError: the outbox is closed.
        """
        with self._bell:
            self._refuse_if_over()
            self._demands.append(demand)
            self._bell.notify()

    # -- called on the thread

    def wait(self) -> tuple[list[Question], list[Demand], bool]:
        """Return what has arrived, and whether the group that waits is to be committed; waits until there is some."""
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

    def receive(self, reception: Reception, *, urgent: bool) -> None:
        """Take a receipt that was judged: it goes with the next group, or (`urgent`) at once."""
        with self._bell:
            self.intake.receipts.append(reception)
            self._ring(urgent=urgent)

    def take(self) -> Taken:
        """Return the work of the next transaction; what comes from now on waits for a later one."""
        with self._bell:
            self._due_ns = None
            return self.intake.take()

    def put_back(self, taken: Taken, *, wait_s: float) -> list[Future]:
        """Take back what could not be committed, for a while; return the futures of rows that no longer fit."""
        with self._bell:
            self._due_ns = self._mono_ns() + int(wait_s * _NS)
            return self.intake.put_back(taken)

    def shut(self) -> list[Future]:
        """Take nothing any more, and return the futures of all that waits."""
        with self._bell:
            self._over = True
            waiting = [question.future for question in self._questions] + [demand.future for demand in self._demands]
            waiting += [future for _, future in self.intake.groups]
            self._questions.clear()
            self._demands.clear()
            self.intake = Intake()
        return waiting

    def _refuse_if_over(self) -> None:
        if self._over:
            raise StoreError("the outbox is closed")

    def _ring(self, *, urgent: bool = False) -> None:
        """Wake the thread if it does not know yet how long to wait, or need not wait any more."""
        fresh = self._due_ns is None
        if fresh or urgent:
            self._due_ns = self._mono_ns() + (0 if urgent else self._window_ns)
            self._bell.notify()
