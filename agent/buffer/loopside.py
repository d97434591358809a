"""The event loop's side of the outbox: what it asks of the thread, and the wait for the answer.

In: questions, which are answered at once, and demands, which take a commit. Out: what the thread makes of them.
Never: more of them at a time than there is room for, or a wait for the medium on the loop, but for the thread's end.
"""

import asyncio
import atexit
import contextlib
from collections.abc import Callable
from typing import Any, Final

from agent.buffer.answers import Demand, Question
from agent.buffer.core import Core
from agent.buffer.work import Purge
from agent.buffer.worker import Worker
from agent.errors import StoreError

_EXIT_S: Final = 10.0
_MOST_QUESTIONS: Final = 64


class LoopSide:
    """What reaches the outbox's thread from the loop that it is made on, from the thread's start to its end."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._loop = asyncio.get_running_loop()
        self._room = asyncio.Semaphore(_MOST_QUESTIONS)
        self._closed = False

    async def _start(self) -> None:
        """Start the thread, and return when the store is open.

        Raises:
            StoreError: the directory cannot be used, or another process has the store.
        """
        self._worker.start()
        try:
            await self._worker.opened
        except asyncio.CancelledError:
            self._leave()
            raise
        atexit.register(self._leave)

    async def close(self) -> None:
        """Commit what waits, fold the WAL in, and end the thread. May be called twice."""
        if self._closed:
            return
        self._closed = True
        atexit.unregister(self._leave)
        with contextlib.suppress(StoreError):
            await self._demand(close=True)
        self._worker.join(_EXIT_S)

    def _leave(self) -> None:
        """Close without a loop: at the interpreter's exit SQLite would otherwise fold the WAL in unseen."""
        self._closed = True
        with contextlib.suppress(StoreError):
            self._worker.inbox.demand(Demand(future=self._loop.create_future(), close=True))
        self._worker.join(_EXIT_S)

    async def _demand(
        self,
        *,
        seal: bool = False,
        partial: bool = False,
        declaration: bytes | None = None,
        purge: Purge | None = None,
        **ends: bool,
    ) -> Any:  # noqa: ANN401 - what a demand's future gets
        future = self._loop.create_future()
        async with self._room:
            self._worker.inbox.demand(
                Demand(future=future, seal=seal, partial=partial, declaration=declaration, purge=purge, **ends)
            )
            return await future

    async def _ask(self, ask: Callable[[Core], object], fallback: object = None) -> Any:  # noqa: ANN401 - the answer
        future = self._loop.create_future()
        async with self._room:
            self._worker.inbox.ask(Question(ask=ask, future=future, fallback=fallback))
            return await future
