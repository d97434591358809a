import pytest

from tests.support.config_files import Finding, edited, errors, only, resolved

QUIET = '["22:00-06:00", "12:00-12:30"]'
PLACE = "sensor.scan.quiet_hours"


def test_quiet_hours_become_minutes_of_the_day() -> None:
    sensors = {sensor.name: sensor for sensor in resolved(edited()).sensors}
    assert sensors["scan"].quiet_hours == ((1320, 360), (720, 750))
    assert sensors["air"].quiet_hours == ()


@pytest.mark.parametrize(
    ("written", "finding"),
    [
        pytest.param('"22:00-06:00"', ("wrong-type", PLACE), id="no-list"),
        pytest.param('["22:00"]', ("bad-hours", f"{PLACE}[0]"), id="one-time"),
        pytest.param('["24:00-06:00"]', ("bad-hours", f"{PLACE}[0]"), id="hour-24"),
        pytest.param('["2:00-06:00"]', ("bad-hours", f"{PLACE}[0]"), id="one-digit"),
        pytest.param('["02:60-06:00"]', ("bad-hours", f"{PLACE}[0]"), id="minute-60"),
        pytest.param('["06:00-06:00"]', ("bad-hours", f"{PLACE}[0]"), id="no-length"),
        pytest.param('["22:00-06:00", "05:59-07:00"]', ("bad-hours", f"{PLACE}[1]"), id="overlap-at-the-end"),
        pytest.param('["22:00-06:00", "21:00-22:01"]', ("bad-hours", f"{PLACE}[1]"), id="overlap-at-the-start"),
        pytest.param('["22:00-06:00", "23:00-01:00"]', ("bad-hours", f"{PLACE}[1]"), id="inside"),
        pytest.param('["23:00-01:00", "22:00-06:00"]', ("bad-hours", f"{PLACE}[1]"), id="around"),
        pytest.param('["00:00-12:00", "12:00-00:00"]', ("always-quiet", PLACE), id="whole-day"),
        pytest.param('["06:00-05:00", "05:00-06:00"]', ("always-quiet", PLACE), id="whole-day-over-midnight"),
    ],
)
def test_check_of_wrong_quiet_hours_reports_exactly_that(written: str, finding: Finding) -> None:
    assert errors(edited((QUIET, written))) == [finding]


def test_check_of_quiet_hours_that_touch_finds_nothing() -> None:
    text = edited((QUIET, '["22:00-06:00", "06:00-07:00", "21:59-22:00"]'))
    assert errors(text) == []


def test_check_of_a_quiet_sensor_that_sets_the_clock_reports_it() -> None:
    sky = ('model = "sky"\nbus = "sky"', 'model = "sky"\nbus = "sky"\nquiet_hours = ["22:00-06:00"]')
    problem = only(edited(sky))
    assert (problem.code, problem.key) == ("quiet-clock", "sensor.sky.quiet_hours")
    assert errors(edited(sky, ('source = "gnss"\ngnss = "sky"', 'source = "kernel"'))) == []


def test_check_of_overlapping_hours_shows_the_second() -> None:
    problem = only(edited((QUIET, '["22:00-06:00", "05:00-07:00"]')))
    assert problem.found == '"05:00-07:00"'
    assert problem.source[problem.column - 1 :][: problem.width] == '"05:00-07:00"'
