"""Runs something that blocks on a thread of its own, which can be left behind.

The loop's default executor cannot be: a shutdown waits for its threads, and a name server that is away keeps one
for half a minute.
"""

import asyncio
import threading
from collections.abc import Callable


async def run_abandonable(
    work: Callable[[], None], *, name: str, undo: Callable[[], None], orphaned: Callable[[], None]
) -> None:
    """Run `work` on a daemon thread and return when it has ended; raises what it raised.

    Cancellation returns at once; the thread goes on.

    Args:
        work: what blocks.
        name: the thread's name.
        undo: called on the loop when the work has failed, or has ended and nobody waited for it any more.
        orphaned: called on the thread instead when the loop is gone.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[BaseException | None] = loop.create_future()

    def settle(outcome: BaseException | None) -> None:
        if done.cancelled() or outcome is not None:
            undo()
        if not done.done():
            done.set_result(outcome)

    def blocking() -> None:
        outcome: BaseException | None = None
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - carried to the task that waits, which raises it
            outcome = error
        try:
            loop.call_soon_threadsafe(settle, outcome)
        except RuntimeError:  # the loop was closed meanwhile
            orphaned()

    threading.Thread(target=blocking, name=name, daemon=True).start()
    if (error := await done) is not None:
        raise error
