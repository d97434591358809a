"""An interruption ends the work and nothing else."""

import asyncio
from contextlib import suppress

import pytest

from agent.interruption import Interruption


class Work:
    """Work that waits, and writes down how it ended."""

    def __init__(self) -> None:
        self.interruption = Interruption()
        self.told: list[str] = []
        self.go_on = asyncio.Event()

    async def wait(self) -> None:
        try:
            await self.go_on.wait()
            self.told.append("done")
        finally:
            await asyncio.sleep(0)
            self.told.append("tidy")

    async def guarded(self, times: int = 1) -> list[bool]:
        return [await self.interruption.guard(self.wait()) for _ in range(times)]


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_work_that_is_not_interrupted_is_done() -> None:
    work = Work()
    work.go_on.set()
    assert await work.guarded() == [True]
    assert work.told == ["done", "tidy"]


async def test_interruption_ends_the_work_once_it_has_tidied_up_and_the_task_goes_on() -> None:
    work = Work()
    task = asyncio.create_task(work.guarded(times=2))
    await settle()
    work.interruption.interrupt()
    assert work.interruption.pending
    await settle()
    assert work.told == ["tidy"]
    assert not work.interruption.pending
    work.go_on.set()
    assert await task == [False, True]
    assert task.cancelling() == 0


async def test_interruption_without_work_is_dropped() -> None:
    work = Work()
    work.interruption.interrupt()
    work.go_on.set()
    assert await work.guarded() == [True]


async def test_interruption_twice_is_one() -> None:
    work = Work()
    task = asyncio.create_task(work.guarded())
    await settle()
    work.interruption.interrupt()
    work.interruption.interrupt()
    assert await task == [False]
    assert (task.cancelling(), work.told) == (0, ["tidy"])


async def test_what_is_held_is_not_interrupted() -> None:
    interruption, go_on = Interruption(), asyncio.Event()

    async def hold() -> None:
        with interruption.held():
            await go_on.wait()

    task = asyncio.create_task(interruption.guard(hold()))
    await settle()
    interruption.interrupt()
    await settle()
    assert not task.done()
    go_on.set()
    assert await task is True


@pytest.mark.parametrize("first", ["interruption", "cancellation"])
async def test_cancellation_is_never_taken_for_an_interruption(first: str) -> None:
    work = Work()
    task = asyncio.create_task(work.guarded())
    await settle()
    if first == "interruption":
        work.interruption.interrupt()
        task.cancel()
    else:
        task.cancel()
        work.interruption.interrupt()
    await asyncio.wait([task])
    assert task.cancelled()
    assert work.told == ["tidy"]


async def test_interruption_that_the_work_swallows_is_over_when_the_work_is() -> None:
    interruption = Interruption()

    async def stubborn() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        assert interruption.pending

    task = asyncio.create_task(interruption.guard(stubborn()))
    await settle()
    interruption.interrupt()
    assert await task is True
    assert (interruption.pending, task.cancelling()) == (False, 0)


async def test_mistake_in_the_work_is_raised() -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await Interruption().guard(fail())


async def test_second_work_at_the_same_time_is_a_mistake() -> None:
    work = Work()
    task = asyncio.create_task(work.guarded())
    await settle()
    other = work.wait()
    with pytest.raises(AssertionError):
        await work.interruption.guard(other)
    other.close()
    task.cancel()
    await asyncio.wait([task])
