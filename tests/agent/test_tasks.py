"""How tasks end that run for ever."""

import asyncio
import contextlib
import logging

import pytest

from agent import tasks


async def test_until_returns_when_a_task_that_is_left_alone_has_ended() -> None:
    stop = asyncio.Event()
    ended = asyncio.create_task(asyncio.sleep(0))
    stop.set()
    await tasks.until(stop, [ended])
    await ended


async def test_until_raises_what_ended_a_task() -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await tasks.until(asyncio.Event(), [asyncio.create_task(fail())])


async def test_cancelled_task_that_fails_while_it_is_stopped_is_logged_and_stops_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise OSError

    task = asyncio.create_task(stubborn(), name="sensor weather")
    await asyncio.sleep(0)
    with caplog.at_level(logging.ERROR):
        await tasks.cancel([task])
    assert caplog.messages == ["sensor weather failed while it was stopped: OSError"]


async def test_cancelled_task_that_does_not_stop_is_not_waited_for(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave = asyncio.Event()

    async def deaf() -> None:
        while not leave.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await leave.wait()

    monkeypatch.setattr(tasks, "CANCEL_S", 0.05)
    task = asyncio.create_task(deaf(), name="sensor weather")
    await asyncio.sleep(0)
    with caplog.at_level(logging.ERROR):
        await tasks.cancel([task])
    assert caplog.messages == ["sensor weather does not stop"]
    leave.set()
    await task


async def test_cancelled_tasks_that_had_ended_are_left_alone() -> None:
    ended = asyncio.create_task(asyncio.sleep(0))
    await ended
    await tasks.cancel([ended])
