"""Ends work that takes too long, by an injected clock.

In: work and a limit. Out: its result, or `DeadlinePassed`. Never: the event loop's own clock, a task for each call.

`asyncio.timeout` would read the loop's clock, and a task for each call would cost more than the call. So one keeper
task sleeps towards the deadline it knows of; when it wakes and a later one has taken its place, it sleeps on. It
cancels the work in the way `asyncio.timeout` does, and a cancellation from outside is never mistaken for its own.
"""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from agent.clock import Clock

_NS_PER_S = 1_000_000_000

Result = TypeVar("Result")


class DeadlinePassed(Exception):
    """The work was cancelled because its time was up."""


class Deadline:
    """Limits the work of one task, one piece after the other."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._worker: asyncio.Task[object] | None = None
        self._due_ns = 0
        self._passed = False
        self._armed = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._kept_ns = 0

    async def limit(self, work: Awaitable[Result], *, seconds: float) -> Result:
        """Return what `work` returns; it is cancelled when it takes longer than `seconds`.

        Raises:
            DeadlinePassed: it did.
        """
        task = asyncio.current_task()
        if task is None or self._worker is not None:
            raise AssertionError("a deadline limits one piece of work at a time, in a task")
        cancellations = task.cancelling()
        self._arm(task, self._clock.mono_ns() + int(seconds * _NS_PER_S))
        try:
            return await work
        except asyncio.CancelledError:
            if self._passed and task.cancelling() - 1 <= cancellations:
                raise DeadlinePassed from None
            raise
        finally:
            self._worker = None
            if self._passed:
                self._passed = False
                task.uncancel()

    def close(self) -> None:
        """End the keeper."""
        if self._keeper is not None:
            self._keeper.cancel()
            self._keeper = None

    def _arm(self, task: asyncio.Task[object], due_ns: int) -> None:
        self._worker, self._due_ns = task, due_ns
        if self._keeper is None or (self._armed.is_set() and due_ns < self._kept_ns):
            self.close()
            self._armed.set()
            self._kept_ns = due_ns
            self._keeper = asyncio.create_task(self._keep(), name="deadline")
        elif not self._armed.is_set():
            self._kept_ns = due_ns
            self._armed.set()

    async def _keep(self) -> None:
        while True:
            await self._armed.wait()
            self._kept_ns = self._due_ns
            left_ns = self._due_ns - self._clock.mono_ns()
            if self._worker is None:
                self._armed.clear()
            elif left_ns > 0:
                await self._clock.sleep(left_ns / _NS_PER_S)
            else:
                if not self._passed:
                    self._passed = True
                    self._worker.cancel()
                self._armed.clear()
