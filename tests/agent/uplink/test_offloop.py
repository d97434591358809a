"""Blocking work that can be left behind."""

import asyncio
import threading

import pytest

from agent.uplink.offloop import run_abandonable

DEADLINE_S = 10.0


def _nothing() -> None:
    """Nobody is interested."""


async def test_work_that_ends_returns() -> None:
    ran: list[str] = []
    await run_abandonable(
        lambda: ran.append(threading.current_thread().name), name="worker", undo=_nothing, orphaned=_nothing
    )
    assert ran == ["worker"]


async def test_work_that_fails_is_undone_and_raises() -> None:
    undone: list[int] = []

    def work() -> None:
        raise OSError(5, "failed")

    with pytest.raises(OSError, match="failed"):
        await run_abandonable(work, name="worker", undo=lambda: undone.append(1), orphaned=_nothing)
    assert undone == [1]


async def test_work_that_blocks_is_left_behind_at_once_and_undone_when_it_ends() -> None:
    let_go, undone = threading.Event(), asyncio.Event()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await run_abandonable(
                lambda: assert_true(let_go.wait(DEADLINE_S)), name="worker", undo=undone.set, orphaned=_nothing
            )
    assert not undone.is_set()
    let_go.set()
    await asyncio.wait_for(undone.wait(), DEADLINE_S)


def test_work_whose_loop_is_gone_is_told_on_its_thread() -> None:
    let_go, orphaned = threading.Event(), threading.Event()

    async def leave() -> None:
        async with asyncio.timeout(0.01):
            await run_abandonable(
                lambda: assert_true(let_go.wait(DEADLINE_S)), name="worker", undo=_nothing, orphaned=orphaned.set
            )

    with pytest.raises(TimeoutError):
        asyncio.run(leave())
    let_go.set()
    assert orphaned.wait(DEADLINE_S)


def assert_true(value: object) -> None:
    """Fail on a thread that waited in vain."""
    assert value
