"""One thread for one bus: calls are made in it one after the other, in the order they were asked for.

In: blocking functions. Out: what they return or raise, on the event loop. Never: two calls at the same time, a wait
without an end.

A call that does not come back within its deadline is given up: its thread is left behind (a thread that hangs in the
kernel cannot be ended), everything queued behind it fails, and the owner starts a new worker. Should the thread come
back after all, it runs `dispose`, so that no descriptor stays open, and ends.

A call whose awaiter is cancelled is still finished; its result is dropped, and its deadline still counts. A call that
has not begun by then is skipped.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, TypeVar, TypeVarTuple

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")


class WorkerHung(Exception):
    """A call did not come back, or was queued behind one that did not, or came after it.

    Attributes:
        label: what was being done.
    """

    def __init__(self, label: str) -> None:
        super().__init__(label)
        self.label = label


class _Job:
    """One call and its way back. Only the loop's thread touches the future and the timer."""

    __slots__ = ("arguments", "function", "future", "label", "timer")

    def __init__(
        self, function: Callable[..., Any], arguments: tuple[Any, ...], label: str, future: asyncio.Future[Any]
    ) -> None:
        self.function = function
        self.arguments = arguments
        self.label = label
        self.future = future
        self.timer: asyncio.TimerHandle | None = None

    def finish(self, result: Any, error: BaseException | None) -> None:  # noqa: ANN401 - whatever the call returns
        """Hand the outcome to whoever waits, if somebody does."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        if self.future.done():
            return
        if error is None:
            self.future.set_result(result)
        else:
            self.future.set_exception(error)


class BusWorker:
    """A daemon thread that makes the calls of one bus; belongs to the loop it is first called from.

    Attributes:
        hung: whether a call was given up. The worker is of no use then.
    """

    def __init__(
        self, name: str, *, dispose: Callable[[], None], given_up: "Callable[[BusWorker], None] | None" = None
    ) -> None:
        """Start the thread.

        Args:
            name: of the thread.
            dispose: run in the thread as its last act.
            given_up: told of this worker when a call did not come back, on the loop.
        """
        self.hung = False
        self._given_up = given_up
        self._loop = asyncio.get_running_loop()
        self._dispose = dispose
        self._stopped = False
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._current: _Job | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether its thread has not ended: for one that was given up, that it still hangs."""
        return self._thread.is_alive()

    async def call(
        self, function: Callable[[*Arguments], Result], *arguments: *Arguments, deadline_s: float, label: str
    ) -> Result:
        """Return what `function` returns when called in the thread; raise what it raises.

        Cancellation is safe: see the module.

        Args:
            function: is called with `arguments`.
            arguments: for `function`.
            deadline_s: seconds, from now, after which the worker is given up.
            label: what is being done, for the error.

        Raises:
            WorkerHung: it did not come back in time, or the worker had been given up or stopped before.
        """
        return await self.submit(function, *arguments, deadline_s=deadline_s, label=label)

    def submit(
        self, function: Callable[[*Arguments], Result], *arguments: *Arguments, deadline_s: float, label: str
    ) -> asyncio.Future[Result]:
        """Return a future of what `call` would return.

        Raises:
            WorkerHung: the worker had been given up or stopped before.
        """
        if self.hung or self._stopped:
            raise WorkerHung(label)
        future: asyncio.Future[Result] = self._loop.create_future()
        job = _Job(function, arguments, label, future)
        job.timer = self._loop.call_later(deadline_s, self._give_up, job)
        self._jobs.put(job)
        return future

    def stop(self) -> None:
        """Let the thread end after the calls already asked for."""
        if not self._stopped:
            self._stopped = True
            self._jobs.put(None)

    def _give_up(self, late: _Job) -> None:
        if self.hung:
            return
        self.hung = self._stopped = True
        if self._given_up is not None:
            self._given_up(self)
        culprit = self._current or late
        waiting = [late, culprit]
        with suppress(Empty):
            while True:
                if (job := self._jobs.get_nowait()) is not None:
                    waiting.append(job)
        self._jobs.put(None)
        for job in waiting:
            job.finish(None, WorkerHung(culprit.label))

    def _run(self) -> None:
        try:
            while (job := self._jobs.get()) is not None and not self.hung:
                self._current = job
                self._make(job)
                self._current = None
        finally:
            self._dispose()

    def _make(self, job: _Job) -> None:
        result, error = None, None
        if not job.future.cancelled():
            try:
                result = job.function(*job.arguments)
            except BaseException as caught:  # noqa: BLE001 - carried to the awaiter, which is where it belongs
                error = caught
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(job.finish, result, error)
