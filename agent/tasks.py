"""Tasks that run for ever, and how they end.

In: tasks. Out: what ended one of them; a log line for one that fails or hangs while it is stopped. Never: a wait
for a task that hangs.
"""

import asyncio
import logging
from collections.abc import Collection
from typing import Any, Final

_LOG = logging.getLogger(__name__)
CANCEL_S: Final = 8.0
"""Longer than a poller takes to close a driver that hangs."""


async def until(stop: asyncio.Event, tasks: Collection[asyncio.Task[None]]) -> None:
    """Return when `stop` is set; raise what ended any of the tasks before that."""
    stopping = asyncio.create_task(stop.wait(), name="stop")
    pending: set[asyncio.Task[Any]] = {stopping, *tasks}
    try:
        while not stopping.done():
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
    finally:
        stopping.cancel()


async def cancel(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancel tasks and wait for them, but not for one that hangs.

    What one fails with while ending is logged, what ended one before is known.
    """
    running = [task for task in tasks if not task.done()]
    for task in running:
        task.cancel()
    if not running:
        return
    ended, hung = await asyncio.wait(running, timeout=CANCEL_S)
    for task in running:
        error = task.exception() if task in ended and not task.cancelled() else None
        if error is not None:
            _LOG.error("%s failed while it was stopped: %s", task.get_name(), type(error).__name__)
        if task in hung:
            _LOG.error("%s does not stop", task.get_name())
