"""How a sensor is: which state follows from what, what is told and logged of it, and how often."""

import logging

import pytest

from agent.condition import Condition
from agent.states import SensorState
from drivers.errors import BusFault, BusGone, BusTimeout, DriverError, InvalidData, NoAcknowledge, WrongChip
from tests.support.buses import ManualClock

OK, FAILING, ABSENT, PAUSED = SensorState.OK, SensorState.FAILING, SensorState.ABSENT, SensorState.PAUSED
NOBODY = NoAcknowledge("nobody answers", bus="/dev/i2c-fake", address=0x76)
GONE = BusGone("unplugged", bus="/dev/i2c-fake")
OTHER_CHIP = WrongChip("bme280", expected=(0x60,), found=0x58)
FAULT = BusFault("stuck", bus="/dev/i2c-fake")


class Bench:
    """A condition, and what it has told."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.told: list[SensorState] = []
        self.condition = Condition("one", clock=self.clock, tell=self._tell)

    def _tell(self, sensor: str, state: SensorState) -> None:
        assert sensor == "one"
        assert self.condition.state is state
        self.told.append(state)


@pytest.fixture
def bench(caplog: pytest.LogCaptureFixture) -> Bench:
    """A condition of which nothing is known; what it logs is kept."""
    caplog.set_level(logging.INFO, logger="agent.condition")
    return Bench()


def test_condition_is_unknown_until_the_first_attempt_has_ended(bench: Bench) -> None:
    condition = bench.condition
    assert (condition.state, condition.problem, condition.failures, condition.suspicion) == (None, None, 0, None)
    assert bench.told == []


@pytest.mark.parametrize(
    ("error", "opened", "state"),
    [
        pytest.param(NOBODY, False, ABSENT, id="nobody"),
        pytest.param(GONE, False, ABSENT, id="gone"),
        pytest.param(OTHER_CHIP, False, ABSENT, id="other chip"),
        pytest.param(FAULT, False, FAILING, id="fault"),
        pytest.param(BusTimeout("late", bus="x"), False, FAILING, id="late"),
        pytest.param(InvalidData("x", "all 0xff"), False, FAILING, id="invalid"),
        pytest.param(NOBODY, True, FAILING, id="nobody any more"),
        pytest.param(GONE, True, FAILING, id="gone since it was opened"),
    ],
)
def test_failure_is_absent_for_a_sensor_that_cannot_be_found_and_else_failing(
    bench: Bench, error: DriverError, *, opened: bool, state: SensorState
) -> None:
    bench.condition.failed(error, opened=opened)
    assert (bench.condition.state, bench.condition.problem, bench.condition.failures) == (state, str(error), 1)


def test_failure_of_a_sensor_that_has_worked_is_never_absent(bench: Bench) -> None:
    bench.condition.works()
    bench.condition.failed(NOBODY, opened=False)
    assert bench.told == [OK, FAILING]


def test_failure_is_counted_each_time_but_told_and_logged_when_it_changes(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    for error in (NOBODY, NOBODY, GONE, GONE, FAULT):
        bench.condition.failed(error, opened=False)
    assert bench.condition.failures == 5
    assert bench.told == [ABSENT, FAILING]
    assert caplog.messages == [
        f"sensor one: absent: {NOBODY}",
        f"sensor one: absent: {GONE}",
        f"sensor one: failing: {FAULT}",
    ]


def test_recovery_leaves_no_problem_and_the_next_failure_is_logged_again(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.condition.failed(FAULT, opened=True)
    bench.condition.works()
    assert bench.condition.problem is None
    bench.condition.failed(FAULT, opened=True)
    assert bench.told == [FAILING, OK, FAILING]
    assert caplog.messages == [
        f"sensor one: failing: {FAULT}",
        "sensor one: ok",
        f"sensor one: failing: {FAULT}",
    ]


def test_pause_is_told_and_logged_with_its_reason_until_the_sensor_has_worked(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.condition.paused("quiet hours until 22:05")
    assert (bench.condition.state, bench.condition.problem) == (PAUSED, "quiet hours until 22:05")
    bench.condition.works()
    assert bench.told == [PAUSED, OK]
    assert caplog.messages == ["sensor one: paused: quiet hours until 22:05", "sensor one: ok"]


def test_sensor_that_is_left_out_is_failing_for_the_reason_that_was_given(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.condition.works()
    caplog.clear()
    bench.condition.left_out("its driver has failed again")
    assert (bench.told, bench.condition.problem) == ([OK, FAILING], "its driver has failed again")
    assert caplog.messages == []


def test_suspicion_lasts_from_when_it_began_and_changes_no_state(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    began_ns = bench.clock.mono_ns()
    bench.condition.suspect("a has not moved")
    bench.clock.jump(60)
    bench.condition.suspect("a and b have not moved")
    assert (bench.condition.suspicion, bench.condition.suspected_mono_ns) == ("a and b have not moved", began_ns)
    bench.condition.suspect(None)
    assert (bench.condition.suspicion, bench.condition.suspected_mono_ns, bench.told) == (None, None, [])
    assert caplog.messages == [
        "sensor one: suspicious: a has not moved",
        "sensor one: suspicious: a and b have not moved",
        "sensor one: no longer suspicious",
    ]
