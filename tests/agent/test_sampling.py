"""One sensor's steps: the grid, what is skipped, what takes too long, what is not ready, what is left behind."""

import asyncio

import pytest

from agent.sampling import Sampling
from drivers.errors import BusFault, BusTimeout, DriverError, NotReady
from drivers.model import Delivery
from drivers.reading import Reading
from tests.support.buses import FakeI2c, ManualClock
from tests.support.sampled import SECRET, START_S, Sensor

FAULT = BusFault("stuck", bus="/dev/i2c-fake")
NOTHING_YET = NotReady("scd4x", "no new sample")


class Bench:
    """A sensor that is opened and sampled until it fails, and what came of it, with the second at which it did."""

    def __init__(self, *, delivery: Delivery = Delivery.POLLED, interval_s: float = 10) -> None:
        self.clock = ManualClock(START_S)
        self.bus = FakeI2c()
        self.sensor = Sensor(self.clock)
        self.taken: list[float] = []
        self.failed: list[tuple[float, DriverError]] = []
        self.sampling = Sampling(
            self.bus, delivery=delivery, interval_s=interval_s, timeout_s=5, clock=self.clock, take=self._take
        )
        self.task: asyncio.Task[None] | None = None

    def now_s(self) -> float:
        return round(self.clock.mono_ns() / 1e9 - START_S, 3)

    def _take(self, reading: Reading) -> None:
        assert reading.values == {"value": SECRET}
        self.taken.append(self.now_s())

    async def _work(self) -> None:
        try:
            await self.sampling.open(self.sensor)
            await self.sampling.run(self.sensor)
        except DriverError as error:
            self.failed.append((self.now_s(), error))
        finally:
            self.sampling.end()

    async def run(self, seconds: float) -> None:
        if self.task is None:
            self.task = asyncio.create_task(self._work())
        await self.clock.advance(seconds)

    async def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()
            await asyncio.wait([self.task])


async def _hang() -> None:
    await asyncio.Event().wait()


async def test_polled_sensor_is_sampled_on_a_grid_from_its_opening_on() -> None:
    bench = Bench()
    await bench.run(35)
    assert bench.taken == [0, 10, 20, 30]
    assert (bench.bus.opened, bench.sensor.opened, bench.sampling.skipped) == (1, 1, 0)
    await bench.stop()
    assert (bench.bus.closed, bench.sensor.closed) == (0, 0), "that is for whoever opened them"


async def test_polled_sample_that_takes_time_does_not_move_the_grid() -> None:
    bench = Bench()
    bench.sensor.on_sample = lambda: bench.clock.sleep(3)
    await bench.run(24)
    assert bench.taken == [3, 13, 23]
    await bench.stop()


async def test_polled_sample_longer_than_the_interval_skips_ticks_and_never_overlaps() -> None:
    bench = Bench(interval_s=1)
    bench.sensor.on_sample = lambda: bench.clock.sleep(2.5)
    await bench.run(9)
    assert bench.taken == [2.5, 5.5, 8.5]
    assert bench.sampling.skipped == 6
    await bench.stop()


async def test_polled_late_wake_skips_what_was_missed() -> None:
    bench = Bench()
    await bench.run(1)
    bench.clock.jump(30)
    await bench.run(0)
    assert bench.taken == [0, 31]
    assert bench.sampling.skipped == 2
    await bench.run(9)
    assert bench.taken == [0, 31, 40]
    await bench.stop()


async def test_not_ready_polled_is_no_failure_until_three_intervals() -> None:
    bench = Bench()
    bench.sensor.sample_error = NOTHING_YET
    await bench.run(35)
    assert bench.failed == []
    await bench.run(10)
    assert bench.failed == [(40, NOTHING_YET)]


async def test_pushed_sensor_is_sampled_again_at_once() -> None:
    bench = Bench(delivery=Delivery.PUSHED)
    bench.sensor.on_sample = lambda: bench.clock.sleep(0.25)
    await bench.run(1.1)
    assert bench.taken == [0.25, 0.5, 0.75, 1]
    await bench.stop()


async def test_pushed_full_buffer_lets_the_other_tasks_run() -> None:
    bench = Bench(delivery=Delivery.PUSHED)
    bench.task = asyncio.create_task(bench._work())
    for _ in range(5):
        await asyncio.sleep(0)
    assert 0 < len(bench.taken) < 1000
    await bench.stop()


@pytest.mark.parametrize("delivery", Delivery)
async def test_sample_that_takes_too_long_fails_and_leaves_nothing_running(delivery: Delivery) -> None:
    bench = Bench(delivery=delivery)
    bench.sensor.on_sample = _hang
    await bench.run(5.5)
    ((at_s, error),) = bench.failed
    assert (at_s, type(error), bench.sensor.running) == (5, BusTimeout, 0)
    assert str(error) == "/dev/i2c-fake: a sample took longer than 5 s: check power, wiring and model"


async def test_opening_that_takes_too_long_fails() -> None:
    bench = Bench()
    bench.bus.open = _hang  # type: ignore[method-assign]  # this one adapter hangs
    await bench.run(15.5)
    ((at_s, error),) = bench.failed
    assert at_s == 15
    assert str(error) == "/dev/i2c-fake: opening it took longer than 15 s: check power, wiring and model"
    assert bench.sensor.opened == 0


async def test_close_that_hangs_or_fails_is_left_behind() -> None:
    bench = Bench()
    bench.sensor.on_close = _hang
    closing = asyncio.create_task(bench.sampling.close(bench.sensor))
    await bench.clock.advance(4.5)
    assert not closing.done()
    await bench.clock.advance(1)
    assert closing.done()

    async def fail() -> None:
        raise FAULT

    bench.sensor.on_close = fail
    await bench.sampling.close(bench.sensor)
    assert bench.sensor.closed == 2
    bench.sampling.end()


async def test_release_closes_the_bus() -> None:
    bench = Bench()
    await bench.sampling.release_bus()
    assert bench.bus.closed == 1
    bench.sampling.end()


async def test_progress_is_made_with_each_sample_that_begins_and_when_it_is_said() -> None:
    bench = Bench()
    await bench.run(10)
    bench.sensor.on_sample = _hang
    await bench.run(14)
    assert bench.sampling.progress_mono_ns == round((START_S + 20) * 1e9)
    bench.sampling.progressed()
    assert bench.sampling.progress_mono_ns == round((START_S + 24) * 1e9)
    await bench.stop()


@pytest.mark.parametrize(("pause_s", "deadline_s"), [(60, 85), (1, 35)], ids=["a long pause", "a long interval"])
def test_deadline_is_longer_than_any_wait_and_the_longest_step(pause_s: float, deadline_s: float) -> None:
    assert Bench().sampling.deadline_s(pause_s=pause_s) == deadline_s
