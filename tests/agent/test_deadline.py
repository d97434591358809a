"""A deadline by an injected clock: what it ends, what it leaves alone, and what it never confuses."""

import asyncio

import pytest

from agent.deadline import Deadline, DeadlinePassed
from tests.support.buses import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def deadline(clock: ManualClock) -> Deadline:
    return Deadline(clock)


async def value(result: int) -> int:
    return result


async def test_limit_work_in_time_returns_its_result(deadline: Deadline) -> None:
    assert await deadline.limit(value(3), seconds=1) == 3
    deadline.close()


async def test_limit_work_that_raises_raises_the_same(deadline: Deadline) -> None:
    async def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await deadline.limit(broken(), seconds=1)
    deadline.close()


async def test_limit_work_too_long_is_cancelled(clock: ManualClock, deadline: Deadline) -> None:
    cancelled = asyncio.Event()

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    task = asyncio.create_task(deadline.limit(endless(), seconds=5))
    await clock.advance(4.9)
    assert not task.done()
    await clock.advance(0.2)
    with pytest.raises(DeadlinePassed):
        await task
    assert cancelled.is_set()
    assert task.cancelling() == 0
    deadline.close()


async def test_limit_one_after_the_other_each_has_its_own_time(clock: ManualClock, deadline: Deadline) -> None:
    async def work() -> list[int]:
        done = []
        for seconds in (4, 4, 4, 4):
            await deadline.limit(clock.sleep(seconds), seconds=5)
            done.append(seconds)
        return done

    task = asyncio.create_task(work())
    await clock.advance(16)
    assert await task == [4, 4, 4, 4]
    deadline.close()


async def test_limit_earlier_deadline_after_a_later_one_is_kept(clock: ManualClock, deadline: Deadline) -> None:
    async def work() -> int:
        await deadline.limit(clock.sleep(1), seconds=100)
        try:
            await deadline.limit(asyncio.Event().wait(), seconds=2)
        except DeadlinePassed:
            return clock.mono_ns()
        return 0

    start_ns = clock.mono_ns()
    task = asyncio.create_task(work())
    await clock.advance(50)
    assert await task == start_ns + 3_000_000_000
    deadline.close()


async def test_limit_pause_between_works_does_not_count(clock: ManualClock, deadline: Deadline) -> None:
    async def work() -> str:
        await deadline.limit(clock.sleep(1), seconds=5)
        await clock.sleep(60)
        await deadline.limit(clock.sleep(4), seconds=5)
        return "done"

    task = asyncio.create_task(work())
    await clock.advance(65)
    assert await task == "done"
    deadline.close()


async def test_limit_cancelled_from_outside_stays_cancelled(clock: ManualClock, deadline: Deadline) -> None:
    task = asyncio.create_task(deadline.limit(asyncio.Event().wait(), seconds=5))
    await clock.settle()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    deadline.close()


async def test_limit_cancelled_from_outside_as_time_is_up_stays_cancelled(
    clock: ManualClock, deadline: Deadline
) -> None:
    task: asyncio.Task[bool] | None = None

    async def stubborn() -> bool:
        try:
            return await asyncio.Event().wait()
        finally:
            assert task is not None
            task.cancel()

    task = asyncio.create_task(deadline.limit(stubborn(), seconds=5))
    await clock.advance(6)
    await asyncio.wait([task])
    assert task.cancelled()
    deadline.close()


async def test_limit_work_that_ends_in_its_own_way_when_cancelled_is_heard(
    clock: ManualClock, deadline: Deadline
) -> None:
    async def polite() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "half"
        return "whole"

    task = asyncio.create_task(deadline.limit(polite(), seconds=5))
    await clock.advance(6)
    assert await task == "half"
    assert task.cancelling() == 0
    deadline.close()


async def test_limit_twice_at_once_is_a_mistake_of_ours(deadline: Deadline) -> None:
    task = asyncio.create_task(deadline.limit(asyncio.Event().wait(), seconds=5))
    await asyncio.sleep(0)
    work = value(1)
    with pytest.raises(AssertionError, match="one piece of work"):
        await deadline.limit(work, seconds=1)
    work.close()
    task.cancel()
    await asyncio.wait([task])
    deadline.close()
