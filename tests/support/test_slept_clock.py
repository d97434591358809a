"""The clock that cancels in a sleep cannot wait for a sleep that never comes."""

import pytest

from tests.support.slept_clock import StoppableClock


async def test_work_that_sleeps_less_often_is_left_to_end_and_told() -> None:
    clock = StoppableClock()
    assert not await clock.cancelled_in_sleep(clock.sleep(1), skip=1)
    assert clock.slept_s == [1]
    with pytest.raises(AssertionError, match="ended before its sleep number 1"):
        await clock.cancel_in_sleep(clock.sleep(1), skip=1)


async def test_work_is_cancelled_in_the_sleep_that_was_asked_for() -> None:
    clock = StoppableClock()

    async def work() -> None:
        await clock.sleep(1)
        await clock.sleep(2)

    assert await clock.cancelled_in_sleep(work(), skip=1)
    assert clock.slept_s == [1]


async def test_work_that_fails_before_its_sleep_raises_what_it_raised() -> None:
    clock = StoppableClock()

    async def work() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await clock.cancel_in_sleep(work())
