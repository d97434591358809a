"""The poller: grid, timeouts, states, start policies, and sensors that fail beside sensors that do not."""

import asyncio
import logging
import math

import pytest

from agent.poller import Poller, SensorState, StartPolicy
from agent.steadiness import SAMPLES, Steadiness
from drivers.errors import BusFault, BusGone, BusTimeout, DriverError, InvalidData, NoAcknowledge, NotReady, WrongChip
from drivers.model import Delivery
from drivers.reading import Channel, Reading
from tests.support.buses import FakeI2c, ManualClock
from tests.support.sampled import SECRET, START_S, Sensor

OK, FAILING, ABSENT, PAUSED = SensorState.OK, SensorState.FAILING, SensorState.ABSENT, SensorState.PAUSED
NOBODY = NoAcknowledge("nobody answers", bus="/dev/i2c-fake", address=0x76)
GONE = BusGone("unplugged", bus="/dev/i2c-fake")
OTHER_CHIP = WrongChip("bme280", expected=(0x60,), found=0x58)
FAULT = BusFault("stuck", bus="/dev/i2c-fake")


class Notes:
    """A sink that writes down what it is told, with the second at which it was."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.readings: list[float] = []
        self.states: list[tuple[float, SensorState]] = []
        self.by_sensor: dict[str, int] = {}

    def now_s(self) -> float:
        return round(self.clock.mono_ns() / 1e9 - START_S, 3)

    def on_reading(self, sensor: str, reading: Reading) -> None:
        assert reading.values == {"value": SECRET}
        self.readings.append(self.now_s())
        self.by_sensor[sensor] = self.by_sensor.get(sensor, 0) + 1

    def on_state(self, sensor: str, state: SensorState) -> None:
        del sensor
        self.states.append((self.now_s(), state))


class Bench:
    """A poller with everything around it."""

    def __init__(
        self,
        *,
        delivery: Delivery = Delivery.POLLED,
        start: StartPolicy = StartPolicy.RETRY,
        interval_s: float = 10,
        jitter: float = 0.0,
        quiet: bool = False,
        owns_bus: bool = False,
    ) -> None:
        self.clock = ManualClock(START_S)
        self.sink = Notes(self.clock)
        self.bus = FakeI2c()
        self.sensor = Sensor(self.clock)
        self.poller = self.another(
            "one",
            self.sensor,
            delivery=delivery,
            start=start,
            interval_s=interval_s,
            jitter=jitter,
            quiet=quiet,
            owns_bus=owns_bus,
        )
        self.task: asyncio.Task[None] | None = None

    def another(
        self,
        name: str,
        sensor: Sensor,
        *,
        delivery: Delivery = Delivery.POLLED,
        start: StartPolicy = StartPolicy.RETRY,
        interval_s: float = 10,
        jitter: float = 0.0,
        quiet: bool = False,
        owns_bus: bool = False,
    ) -> Poller:
        return Poller(
            name,
            quiet=quiet,
            bus=self.bus,
            driver=sensor,
            delivery=delivery,
            interval_s=interval_s,
            timeout_s=5,
            start=start,
            clock=self.clock,
            sink=self.sink,
            jitter=lambda: jitter,
            owns_bus=owns_bus,
        )

    async def run(self, seconds: float) -> None:
        if self.task is None:
            self.task = asyncio.create_task(self.poller.run())
        await self.clock.advance(seconds)

    async def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()
            await asyncio.wait([self.task])


async def test_quiet_sensor_that_has_seen_nobody_is_ok_once_it_is_open() -> None:
    bench = Bench(delivery=Delivery.PUSHED, quiet=True)
    bench.sensor.on_sample = lambda: bench.clock.sleep(4)
    await bench.run(2)
    assert bench.sink.readings == []
    assert bench.sink.states == [(0, OK)]
    await bench.stop()


async def test_polled_sensor_is_sampled_at_once_and_on_the_grid() -> None:
    bench = Bench()
    await bench.run(35)
    assert bench.sink.readings == [0, 10, 20, 30]
    assert bench.sink.states == [(0, OK)]
    assert (bench.bus.opened, bench.sensor.made, bench.sensor.opened, bench.poller.skipped) == (1, 1, 1, 0)
    await bench.stop()


async def test_sample_that_hangs_times_out_and_the_sensor_starts_afresh() -> None:
    bench = Bench()
    stuck = asyncio.Event()

    async def hang() -> None:
        await stuck.wait()

    bench.sensor.on_sample = hang
    await bench.run(5.5)
    assert bench.sink.states == [(5, FAILING)]
    assert (
        bench.poller.condition.problem
        == "/dev/i2c-fake: a sample took longer than 5 s: check power, wiring and model"
    )
    assert (bench.sensor.running, bench.sensor.closed) == (0, 1)
    bench.sensor.on_sample = None
    await bench.run(1)
    assert bench.sink.states == [(5, FAILING), (6, OK)]
    assert bench.sensor.made == 2
    await bench.stop()


async def test_failure_is_retried_with_growing_pauses_up_to_a_minute() -> None:
    bench = Bench()
    bench.sensor.open_error = NOBODY
    await bench.run(250)
    assert bench.sensor.closed_s == [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]
    assert bench.sink.states == [(0, ABSENT)]
    await bench.stop()


async def test_failure_jitter_shortens_the_pause_by_a_quarter_at_most() -> None:
    bench = Bench(jitter=1.0)
    bench.sensor.open_error = NOBODY
    await bench.run(10)
    assert bench.sensor.closed_s == [0, 0.75, 2.25, 5.25]
    await bench.stop()


async def test_recovery_begins_the_pauses_anew() -> None:
    bench = Bench()
    bench.sensor.open_error = NOBODY
    await bench.run(16)
    bench.sensor.open_error = None
    await bench.run(16)
    assert bench.sink.states == [(0, ABSENT), (31, OK)]
    bench.sensor.sample_error = FAULT
    await bench.run(9.5)
    assert bench.sink.states[2:] == [(41, FAILING)]
    bench.sensor.sample_error = None
    await bench.run(1)
    assert bench.sink.states[3:] == [(42, OK)]
    assert bench.poller.condition.problem is None
    await bench.stop()


@pytest.mark.parametrize("error", [NOBODY, GONE, OTHER_CHIP], ids=["nobody", "gone", "other-chip"])
async def test_sensor_not_found_at_start_is_absent(error: DriverError) -> None:
    bench = Bench()
    bench.sensor.open_error = error
    await bench.run(5)
    assert bench.sink.states == [(0, ABSENT)]
    assert bench.poller.condition.state is ABSENT
    await bench.stop()


@pytest.mark.parametrize("error", [FAULT, BusTimeout("late", bus="x"), InvalidData("x", "all 0xff")])
async def test_sensor_found_but_broken_at_start_is_failing(error: DriverError) -> None:
    bench = Bench()
    bench.sensor.open_error = error
    await bench.run(5)
    assert bench.sink.states == [(0, FAILING)]
    await bench.stop()


async def test_sensor_that_was_ok_and_vanished_is_failing_not_absent() -> None:
    bench = Bench()
    await bench.run(1)
    bench.sensor.open_error = bench.sensor.sample_error = NOBODY
    await bench.run(30)
    assert bench.sink.states == [(0, OK), (10, FAILING)]
    await bench.stop()


async def test_sensor_that_opens_but_never_samples_is_failing() -> None:
    bench = Bench()
    bench.sensor.sample_error = NOBODY
    await bench.run(5)
    assert bench.sink.states == [(0, FAILING)]
    await bench.stop()


async def test_bus_that_cannot_be_opened_makes_the_sensor_absent() -> None:
    bench = Bench()

    async def gone() -> None:
        raise GONE

    bench.bus.open = gone  # type: ignore[method-assign]  # this one adapter is missing
    await bench.run(0.5)
    assert bench.sink.states == [(0, ABSENT)]
    assert (bench.sensor.opened, bench.sensor.closed) == (0, 1)
    await bench.stop()


async def test_opening_that_hangs_times_out() -> None:
    bench = Bench()

    async def hang() -> None:
        await asyncio.Event().wait()

    bench.bus.open = hang  # type: ignore[method-assign]  # this one adapter hangs
    await bench.run(15.5)
    assert bench.sink.states == [(15, FAILING)]
    await bench.stop()


async def test_closing_that_hangs_or_fails_is_left_behind() -> None:
    bench = Bench()
    bench.sensor.sample_error = FAULT

    async def hang() -> None:
        await asyncio.Event().wait()

    async def fail() -> None:
        raise FAULT

    bench.sensor.on_close = hang
    await bench.run(5.5)
    bench.sensor.on_close = fail
    await bench.run(1)
    assert bench.sensor.made == 2
    await bench.stop()


async def test_start_required_raises_what_went_wrong() -> None:
    bench = Bench(start=StartPolicy.REQUIRED)
    bench.sensor.open_error = NOBODY
    await bench.run(0)
    assert bench.task is not None
    with pytest.raises(NoAcknowledge):
        await bench.task
    assert bench.sensor.closed == 1


async def test_start_required_failure_after_a_good_start_is_retried() -> None:
    bench = Bench(start=StartPolicy.REQUIRED)
    await bench.run(1)
    bench.sensor.open_error = bench.sensor.sample_error = NOBODY
    await bench.run(30)
    bench.sensor.open_error = bench.sensor.sample_error = None
    await bench.run(30)
    assert [state for _, state in bench.sink.states] == [OK, FAILING, OK]
    await bench.stop()


async def test_start_ignore_tries_once_and_leaves_the_sensor_alone() -> None:
    bench = Bench(start=StartPolicy.IGNORE)
    bench.sensor.open_error = NOBODY
    await bench.run(1000)
    assert bench.task is not None
    assert bench.task.done()
    assert bench.task.exception() is None
    assert (bench.sensor.made, bench.poller.condition.state) == (1, ABSENT)
    assert math.isinf(bench.poller.deadline_s)


async def test_start_ignore_failure_after_a_good_start_is_retried() -> None:
    bench = Bench(start=StartPolicy.IGNORE)
    await bench.run(1)
    bench.sensor.sample_error = FAULT
    await bench.run(10)
    bench.sensor.sample_error = None
    await bench.run(30)
    assert [state for _, state in bench.sink.states] == [OK, FAILING, OK]
    await bench.stop()


async def test_not_ready_now_and_then_is_never_a_failure() -> None:
    bench = Bench()
    for _ in range(5):
        bench.sensor.sample_error = NotReady("scd4x", "no new sample")
        await bench.run(30)
        bench.sensor.sample_error = None
        await bench.run(10)
    assert bench.sink.states == [(bench.sink.readings[0], OK)]
    await bench.stop()


async def test_pushed_sensor_silent_for_the_timeout_is_failing() -> None:
    bench = Bench(delivery=Delivery.PUSHED)
    bench.sensor.on_sample = lambda: bench.clock.sleep(3600)
    await bench.run(5.5)
    assert bench.sink.states == [(5, FAILING)]
    await bench.stop()


async def test_pushed_not_ready_is_no_failure_and_does_not_spin() -> None:
    bench = Bench(delivery=Delivery.PUSHED)
    bench.sensor.sample_error = NotReady("gnss", "nothing yet")
    await bench.run(60)
    assert bench.sink.states == []
    bench.sensor.on_sample = lambda: bench.clock.sleep(1)
    bench.sensor.sample_error = None
    await bench.run(5)
    assert bench.sink.states[0][1] is OK
    await bench.stop()


async def test_one_dead_sensor_changes_nothing_for_the_other() -> None:
    alone = Bench()
    await alone.run(100)
    await alone.stop()

    bench = Bench()
    dead = Sensor(bench.clock)
    dead.open_error = NOBODY
    hanging = Sensor(bench.clock)
    hanging.on_sample = lambda: bench.clock.sleep(3600)
    others = [
        asyncio.create_task(bench.another(name, sensor).run()) for name, sensor in [("dead", dead), ("hung", hanging)]
    ]
    await bench.run(100)
    assert bench.sink.readings == alone.sink.readings
    assert bench.sink.by_sensor == {"one": len(alone.sink.readings)}
    assert bench.bus.closed == 0
    for task in others:
        task.cancel()
    await asyncio.wait(others)
    await bench.stop()


async def test_mistake_in_a_driver_ends_the_task_and_closes_the_driver() -> None:
    bench = Bench()
    bench.sensor.sample_error = ZeroDivisionError()
    await bench.run(0)
    assert bench.task is not None
    with pytest.raises(ZeroDivisionError):
        await bench.task
    assert bench.sensor.closed == 1


async def test_timeout_error_of_a_driver_is_a_mistake_not_a_timeout() -> None:
    bench = Bench()
    bench.sensor.sample_error = TimeoutError()
    await bench.run(0)
    assert bench.task is not None
    with pytest.raises(TimeoutError):
        await bench.task


@pytest.mark.parametrize("after_s", [0, 3], ids=["sampling", "between-samples"])
async def test_cancellation_closes_the_driver_once(after_s: float) -> None:
    bench = Bench()
    if after_s == 0:
        bench.sensor.on_sample = lambda: bench.clock.sleep(2)
    await bench.run(after_s)
    assert bench.sensor.closed == 0
    await bench.stop()
    assert bench.task is not None
    assert bench.task.cancelled()
    assert bench.sensor.closed == 1


async def test_cancellation_while_pausing_is_not_kept() -> None:
    bench = Bench()
    bench.sensor.open_error = NOBODY
    await bench.run(2)
    await bench.stop()
    assert bench.task is not None
    assert bench.task.cancelled()


async def test_progress_is_never_older_than_the_deadline() -> None:
    bench = Bench()
    oldest = 0.0
    for second in range(400):
        if second % 100 == 50:
            bench.sensor.open_error = bench.sensor.sample_error = NOBODY
        if second % 100 == 0:
            bench.sensor.open_error = bench.sensor.sample_error = None
        await bench.run(1)
        oldest = max(oldest, (bench.clock.mono_ns() - bench.poller.progress_mono_ns) / 1e9)
    assert 0 < oldest < bench.poller.deadline_s < 120
    await bench.stop()


async def test_log_tells_changes_once_and_never_a_value(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    bench = Bench()
    await bench.run(30)
    bench.sensor.open_error = bench.sensor.sample_error = NOBODY
    await bench.run(300)
    bench.sensor.open_error = bench.sensor.sample_error = None
    await bench.run(300)
    assert [record.levelname for record in caplog.records if record.name == "agent.condition"] == [
        "INFO",
        "WARNING",
        "INFO",
    ]
    assert str(SECRET) not in caplog.text
    await bench.stop()


# -- pausing


WHY = "quiet hours until 06:00"


async def test_pause_between_samples_closes_the_sensor_and_takes_no_sample() -> None:
    bench = Bench()
    await bench.run(3)
    bench.poller.pause(WHY)
    assert bench.sink.states == [(0, OK), (3, PAUSED)], "at once, so that no window ends without knowing of it"
    await bench.run(100)
    assert bench.sink.readings == [0]
    assert (bench.sensor.closed_s, bench.sensor.made, bench.poller.condition.problem) == ([3], 1, WHY)
    assert (bench.poller.condition.failures, bench.poller.skipped) == (0, 0)
    await bench.stop()
    assert bench.sensor.closed == 1


async def test_pause_in_the_middle_of_a_sample_closes_first_and_drops_the_sample() -> None:
    bench = Bench()
    bench.sensor.on_sample = lambda: bench.clock.sleep(4)
    await bench.run(2)
    assert bench.sensor.running == 1
    bench.poller.pause(WHY)
    await bench.run(30)
    assert bench.sink.readings == []
    assert (bench.sensor.running, bench.sensor.closed_s) == (0, [2])
    await bench.stop()


async def test_resume_opens_from_scratch_on_a_grid_of_its_own() -> None:
    bench = Bench()
    await bench.run(3)
    bench.poller.pause(WHY)
    await bench.run(20)
    bench.poller.resume()
    assert bench.poller.condition.state is PAUSED, "until it has shown how it is"
    await bench.run(15)
    assert bench.sink.readings == [0, 23, 33]
    assert bench.sink.states == [(0, OK), (3, PAUSED), (23, OK)]
    assert (bench.sensor.made, bench.bus.opened, bench.poller.condition.problem) == (2, 2, None)
    await bench.stop()


async def test_pause_of_a_pushed_sensor_ends_its_listening() -> None:
    bench = Bench(delivery=Delivery.PUSHED)
    bench.sensor.on_sample = lambda: bench.clock.sleep(0.5)
    await bench.run(1.2)
    bench.poller.pause(WHY)
    await bench.run(10)
    bench.poller.resume()
    await bench.run(1.2)
    assert bench.sink.readings == [0.5, 1, 11.7, 12.2]
    await bench.stop()


async def test_pause_before_the_start_opens_nothing() -> None:
    bench = Bench()
    bench.poller.pause(WHY)
    await bench.run(3600)
    assert (bench.bus.opened, bench.sensor.made, bench.sink.states) == (0, 0, [(0, PAUSED)])
    bench.poller.resume()
    await bench.run(1)
    assert bench.sink.readings == [3600]
    await bench.stop()


async def test_pause_again_changes_the_reason_and_nothing_else() -> None:
    bench = Bench()
    await bench.run(1)
    bench.poller.pause(WHY)
    await bench.run(1)
    bench.poller.pause("all its streams are suspended on order")
    await bench.run(10)
    assert bench.poller.condition.problem == "all its streams are suspended on order"
    assert bench.sink.states == [(0, OK), (1, PAUSED)]
    assert bench.sensor.closed == 1
    await bench.stop()


async def test_resume_of_a_sensor_that_is_not_paused_does_nothing() -> None:
    bench = Bench()
    await bench.run(12)
    bench.poller.resume()
    await bench.run(12)
    assert bench.sink.readings == [0, 10, 20]
    assert (bench.sensor.made, bench.poller.condition.problem) == (1, None)
    await bench.stop()


async def test_pause_while_it_is_failing_ends_the_retries_and_resume_begins_them_anew() -> None:
    bench = Bench()
    bench.sensor.open_error = FAULT
    await bench.run(20)
    tried = len(bench.sensor.closed_s)
    bench.poller.pause(WHY)
    await bench.run(500)
    assert len(bench.sensor.closed_s) == tried
    bench.poller.resume()
    await bench.run(4)
    assert bench.sensor.closed_s[tried:] == [520, 521, 523]
    assert bench.sink.states == [(0, FAILING), (20, PAUSED), (520, FAILING)]
    await bench.stop()


async def test_pause_while_it_is_being_closed_lets_it_finish() -> None:
    bench = Bench()
    bench.sensor.sample_error = FAULT
    ended: list[float] = []

    async def slow() -> None:
        await bench.clock.sleep(2)
        ended.append(bench.sink.now_s())

    bench.sensor.on_close = slow
    await bench.run(1)
    bench.poller.pause(WHY)
    await bench.run(30)
    assert (ended, bench.sensor.made) == ([2], 1)
    assert bench.sink.states == [(0, FAILING), (1, PAUSED)]
    await bench.stop()


async def test_pause_taken_back_at_once_starts_the_sensor_afresh() -> None:
    bench = Bench()
    await bench.run(3)
    bench.poller.pause(WHY)
    bench.poller.resume()
    await bench.run(1)
    bench.poller.pause(WHY)
    await bench.run(1)
    assert bench.sink.readings == [0, 3]
    assert bench.sink.states == [(0, OK), (3, PAUSED), (3, OK), (4, PAUSED)]
    assert bench.sensor.closed_s == [3, 4]
    await bench.stop()


@pytest.mark.parametrize("at_once", [True, False], ids=["taken-back", "kept"])
async def test_pause_that_a_driver_takes_for_an_error_or_ignores_is_a_pause(*, at_once: bool) -> None:
    bench = Bench(start=StartPolicy.REQUIRED)
    stubborn = True

    async def ignore() -> None:
        try:
            await bench.clock.sleep(100)
        except asyncio.CancelledError:
            if not stubborn:
                raise
            await bench.clock.sleep(0.5)

    bench.sensor.on_sample = ignore
    await bench.run(1)
    for error in (None, FAULT):
        bench.sensor.sample_error = error
        bench.poller.pause(WHY)
        if at_once:
            bench.poller.resume()
        await bench.run(3)
        assert bench.poller.condition.state is PAUSED
        bench.poller.resume()
        await bench.run(1)
    assert (bench.sink.readings, bench.poller.condition.failures, bench.sensor.closed) == ([], 0, 2)
    stubborn = False
    await bench.stop()


async def test_start_required_paused_at_the_start_does_not_stop_the_agent_later() -> None:
    bench = Bench(start=StartPolicy.REQUIRED)
    bench.sensor.open_error = NOBODY
    bench.poller.pause(WHY)
    await bench.run(100)
    bench.poller.resume()
    await bench.run(4)
    assert bench.task is not None
    assert not bench.task.done()
    assert bench.sink.states == [(0, PAUSED), (100, ABSENT)]
    await bench.stop()


async def test_start_ignore_paused_at_the_start_is_tried_once_when_it_goes_on() -> None:
    bench = Bench(start=StartPolicy.IGNORE)
    bench.sensor.open_error = NOBODY
    bench.poller.pause(WHY)
    await bench.run(100)
    bench.poller.resume()
    await bench.run(100)
    assert bench.task is not None
    assert bench.task.done()
    assert (bench.sensor.made, bench.poller.condition.state) == (1, ABSENT)
    bench.poller.pause(WHY)
    assert bench.poller.condition.state is ABSENT, "it is left alone"


async def test_start_ignore_that_was_open_before_a_pause_is_retried_after_it() -> None:
    bench = Bench(start=StartPolicy.IGNORE)
    await bench.run(1)
    bench.poller.pause(WHY)
    await bench.run(1)
    bench.sensor.open_error = NOBODY
    bench.poller.resume()
    await bench.run(10)
    assert bench.sink.states[2:] == [(2, FAILING)]
    assert bench.task is not None
    assert not bench.task.done()
    await bench.stop()


async def test_paused_sensor_is_never_hung_and_one_that_goes_on_is_not_at_once() -> None:
    bench = Bench()
    await bench.run(1)
    bench.poller.pause(WHY)
    await bench.run(100_000)
    assert math.isinf(bench.poller.deadline_s)
    bench.poller.resume()
    assert bench.poller.deadline_s < 120
    assert bench.poller.progress_mono_ns == bench.clock.mono_ns()
    await bench.stop()


async def test_sensor_that_hangs_while_it_is_closed_for_a_pause_still_counts_as_hung() -> None:
    bench = Bench()

    async def forever() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if bench.clock.mono_ns() / 1e9 - START_S > 500:
                    raise

    bench.sensor.on_close = forever
    await bench.run(1)
    bench.poller.pause(WHY)
    await bench.run(400)
    assert bench.clock.mono_ns() - bench.poller.progress_mono_ns > bench.poller.deadline_s * 1e9
    await bench.run(200)
    await bench.stop()


@pytest.mark.parametrize(("owns", "closed"), [(True, 1), (False, 0)], ids=["line", "shared"])
async def test_pause_closes_a_bus_that_nobody_else_is_on(*, owns: bool, closed: int) -> None:
    bench = Bench(owns_bus=owns)
    await bench.run(1)
    bench.poller.pause(WHY)
    await bench.run(1)
    assert bench.bus.closed == closed
    bench.poller.resume()
    await bench.run(1)
    assert len(bench.sink.readings) == 2
    await bench.stop()


@pytest.mark.parametrize("moment", ["sampling", "resting"])
async def test_cancellation_of_a_paused_sensor_is_not_kept(moment: str) -> None:
    bench = Bench()
    bench.sensor.on_sample = lambda: bench.clock.sleep(4)
    await bench.run(2)
    bench.poller.pause(WHY)
    if moment == "resting":
        await bench.run(1)
    await bench.stop()
    assert bench.task is not None
    assert bench.task.cancelled()
    assert bench.sensor.closed == 1


async def test_log_tells_of_a_pause_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    bench = Bench()
    await bench.run(1)
    bench.poller.pause(WHY)
    bench.poller.pause(WHY)
    await bench.run(1)
    bench.poller.resume()
    await bench.run(1)
    told = [record.getMessage() for record in caplog.records if record.name == "agent.condition"]
    assert told == ["sensor one: ok", f"sensor one: paused: {WHY}", "sensor one: ok"]
    await bench.stop()


async def test_sensor_stuck_on_one_value_is_reported_once_without_the_value_and_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    bench = Bench(interval_s=1)
    channel = Channel(name="value", title="Temperature", unit="Cel", maximum=9999)
    bench.poller._steadiness = Steadiness((channel,), after_s=10)
    await bench.run(SAMPLES + 20)
    assert len(bench.sink.readings) == SAMPLES + 21
    assert bench.poller.condition.state is OK
    assert bench.poller.condition.suspicion is not None
    assert bench.poller.condition.suspicion.startswith("value has not moved by a single step for 10 s")
    assert bench.poller.condition.suspected_mono_ns == round((START_S + 10) * 1e9)
    told = [record.message for record in caplog.records if "suspicious" in record.message]
    assert len(told) == 1
    assert str(SECRET) not in caplog.text
    await bench.stop()
