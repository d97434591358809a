"""Ends a piece of work from outside, without ending the task that does it.

In: work, and somebody who may want it to stop. Out: whether it was done. Never: a cancellation that came from
elsewhere taken for its own.

It cancels the work in the way that `asyncio.timeout` does (and `agent.deadline`), so the work's own `finally` clauses
have run when `guard` returns. What must not be cut short is done inside `held`: an interruption that comes meanwhile
is dropped, so the work has to look for itself, after that, whether it is still wanted.
"""

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager


class Interruption:
    """Interrupts the work of one task, one piece after the other."""

    def __init__(self) -> None:
        self._worker: asyncio.Task[object] | None = None
        self._sent = False
        self._held = False

    @property
    def pending(self) -> bool:
        """Whether the work was told to end and has not yet: it may have taken that for something else."""
        return self._sent

    async def guard(self, work: Awaitable[None]) -> bool:
        """Do the work; return False if it was interrupted, once it has put things in order.

        Cancellation ends the work in the same way and is passed on.
        """
        task = asyncio.current_task()
        if task is None or self._worker is not None:
            raise AssertionError("an interruption is for one piece of work at a time, in a task")
        cancellations = task.cancelling()
        self._worker = task
        try:
            await work
        except asyncio.CancelledError:
            if self._sent and task.cancelling() - 1 <= cancellations:
                return False
            raise
        finally:
            self._worker = None
            if self._sent:
                self._sent = False
                task.uncancel()
        return True

    @contextmanager
    def held(self) -> Iterator[None]:
        """Do what is inside to its end: interruptions are dropped meanwhile."""
        self._held = True
        try:
            yield
        finally:
            self._held = False

    def interrupt(self) -> None:
        """End the work, if there is any; called by another task than its own."""
        if self._worker is not None and not self._held and not self._sent:
            self._sent = True
            self._worker.cancel()
