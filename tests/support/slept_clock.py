"""Clocks for tests of drivers: time that passes only while somebody sleeps, and sleeps in which work is cancelled."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest


class SleptClock:
    """A clock on which time passes only while somebody sleeps, and then at once."""

    def __init__(self, start_s: int = 1000) -> None:
        self.now_ns = start_s * 1_000_000_000
        self.slept_s: list[float] = []

    def mono_ns(self) -> int:
        return self.now_ns

    async def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        self.now_ns += round(seconds * 1e9)

    def jump(self, seconds: float) -> None:
        """Let time pass while nobody looks."""
        self.now_ns += round(seconds * 1e9)


class StoppableClock(SleptClock):
    """A clock that can let a coroutine sleep for ever, to cancel it right there."""

    def __init__(self) -> None:
        super().__init__()
        self._stop_in: int | None = None
        self._asleep = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        if self._stop_in == 0:
            self._asleep.set()
            await asyncio.Event().wait()
        if self._stop_in is not None:
            self._stop_in -= 1
        await super().sleep(seconds)

    async def cancelled_in_sleep(self, work: Coroutine[Any, Any, Any], *, skip: int = 0) -> bool:
        """Run `work` until it sleeps for the time after `skip` others, and cancel it there, which it must obey.

        Returns:
            Whether it slept that often; if not, it was left to end.
        """
        self._stop_in = skip
        self._asleep.clear()
        task, asleep = asyncio.ensure_future(work), asyncio.ensure_future(self._asleep.wait())
        await asyncio.wait({task, asleep}, return_when=asyncio.FIRST_COMPLETED)
        asleep.cancel()
        self._stop_in = None
        if task.done():
            await task
            return False
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return True

    async def cancel_in_sleep(self, work: Coroutine[Any, Any, Any], *, skip: int = 0) -> None:
        """Do as `cancelled_in_sleep`, of work that is known to sleep that often."""
        assert await self.cancelled_in_sleep(work, skip=skip), f"it ended before its sleep number {skip}"
