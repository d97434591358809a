"""The time of a Modbus line: who loses a sample when a neighbour is silent, and whether all fits in."""

from pathlib import Path

import pytest

from agent.config.catalogue import Catalogue
from agent.config.check import check
from agent.config.declared import shipped
from agent.tomlfile import Problem, Severity, parse
from tests.support.config_files import edited, errors, findings, only, outcome
from tests.support.fake_models import MODELS

NAMES = ("mains", "solar", "pump", "lift")


def line(**keys: str) -> str:
    """A file with a meter for each name, with these keys; `speed` is the line's."""
    speed = keys.pop("speed", "baudrate = 9600")
    meters = [name for name in NAMES if name in keys]
    text = f'[bus.meters]\nkind = "modbus"\npath = "/dev/serial/by-id/c"\n{speed}\nparity = "none"\nstop_bits = 1\n'
    channels = ""
    for slave, name in enumerate(meters, start=1):
        text += f'[sensor.{name}]\nmodel = "meter"\nbus = "meters"\nslave = {slave}\n{keys[name]}\n'
        channels += f'[stream.weather.channel.{name}]\nfrom = "{name}.power"\nrule = "mean"\nunit = "W"\n'
    return edited(("[sensor.air]", f"{text}\n[sensor.air]"), ("[stream.place]", f"{channels}\n[stream.place]"))


def told(problem: Problem) -> str:
    return "\n".join(problem.lines())


def test_interval_shorter_than_the_silence_of_a_neighbour_is_a_warning_at_the_interval() -> None:
    text = line(mains='interval = "1s"', solar="")
    problem = only(text)
    assert (problem.code, problem.key, problem.severity) == ("line-wait", "sensor.mains.interval", Severity.WARNING)
    assert text.splitlines()[problem.line - 1] == 'interval = "1s"'
    assert problem.column == len("interval = ") + 1
    assert problem.message == (
        'sensor "mains" is sampled every 1 s, but on bus "meters" a sample can take 1.09 s when sensor "solar" '
        "does not answer"
    )
    assert (problem.expected, problem.found) == ('interval = "1100ms" or more', '"1s"')
    assert problem.hint == (
        "the sample that is due meanwhile is left out: make the interval longer, or give the sensor a line of its own"
    )
    assert errors(text) == []


def test_interval_that_the_warning_names_is_long_enough() -> None:
    assert findings(line(mains='interval = "1100ms"', solar="")) == []


def test_neighbours_that_are_both_fast_are_both_warned_of() -> None:
    text = line(mains='interval = "1s"', solar='interval = "1s"')
    assert findings(text) == [("line-wait", "sensor.mains.interval"), ("line-wait", "sensor.solar.interval")]


def test_sensor_that_is_alone_on_its_line_waits_for_nobody() -> None:
    assert findings(line(mains='interval = "1s"')) == []


def test_healthy_neighbours_that_wait_as_well_are_part_of_the_wait() -> None:
    # 1.05 s for the silent one, and 15 bytes and 3.5 of quiet, at 9600, for each of the three
    problem = only(line(mains='interval = "1100ms"', solar="", pump=""))
    assert problem.key == "sensor.mains.interval"
    assert "a sample can take 1.11 s" in problem.message


def test_turnaround_of_the_line_is_part_of_the_wait() -> None:
    assert findings(line(mains='interval = "1100ms"', solar="", speed='baudrate = 9600\nturnaround = "20ms"')) == [
        ("line-wait", "sensor.mains.interval")
    ]


def test_timeout_shorter_than_the_silence_of_a_neighbour_is_a_warning_at_the_timeout() -> None:
    problem = only(line(mains='timeout = "1s"', solar=""))
    assert (problem.code, problem.key, problem.severity) == ("line-wait", "sensor.mains.timeout", Severity.WARNING)
    assert 'sensor "mains" is given up after 1 s, but on bus "meters" a sample can take 1.09 s' in problem.message
    assert problem.expected == 'timeout = "1100ms" or more'
    assert 'sensor "mains" then counts as failing, though it is well: make the timeout longer' in (problem.hint or "")


def test_timeout_of_the_model_that_is_too_short_for_the_line_is_a_warning_at_the_sensor() -> None:
    text = line(**dict.fromkeys(NAMES, 'interval = "8s"'), speed="baudrate = 150")
    assert findings(text) == [("line-wait", f"sensor.{name}") for name in NAMES]
    first = outcome(text).report.ordered()[0]
    assert (first.expected, first.found) == ('timeout = "6s" or more', "nothing, so the model's own")


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        pytest.param({"mains": 'interval = "500ms"'}, ("too-fast", "sensor.mains.interval"), id="too-fast"),
        pytest.param({"mains": 'interval = "1 s"'}, ("bad-duration", "sensor.mains.interval"), id="interval"),
        pytest.param({"mains": 'timeout = "1 s"'}, ("bad-duration", "sensor.mains.timeout"), id="timeout"),
        pytest.param(
            {"mains": 'interval = "1s"', "speed": "baudrate = 9"}, ("out-of-range", "bus.meters.baudrate"), id="speed"
        ),
    ],
)
def test_value_that_is_wrong_is_not_reckoned_with(keys: dict[str, str], found: tuple[str, str]) -> None:
    assert findings(line(**keys, solar="")) == [found]


def test_intervals_that_do_not_fit_into_the_time_of_the_line_are_a_warning_at_its_speed() -> None:
    # 8 + 7 bytes and 3.5 of quiet, 10 bits each, at 150 a second: 1.233 s for every sample of each of four
    text = line(**dict.fromkeys(NAMES, 'interval = "6s"\ntimeout = "6s"'), speed="baudrate = 150")
    problem = only(text)
    assert (problem.code, problem.key, problem.severity) == ("line-full", "bus.meters.baudrate", Severity.WARNING)
    assert (
        'all sensors of bus "meters" at their intervals takes 82% of the line\'s time at 150 8N1' in problem.message
    )
    assert problem.expected == "80% or less: a device that does not answer may take the rest"
    assert problem.found == "mains 21%, solar 21%, pump 21%, lift 21%"


def test_intervals_that_leave_a_fifth_of_the_line_fit() -> None:
    assert findings(line(**dict.fromkeys(NAMES, 'interval = "6200ms"\ntimeout = "6s"'), speed="baudrate = 150")) == []


def test_line_that_names_no_speed_is_warned_of_as_a_whole() -> None:
    found = findings(line(**dict.fromkeys(NAMES, 'interval = "1s"'), speed='turnaround = "200ms"'))
    assert ("line-full", "bus.meters") in found


def declared(*, response: str, beside: Path) -> list[Problem]:
    """What is said of a shipped meter at 2400 bits a second beside one whose file says another response."""
    file = (shipped() / "eastron_sdm120.toml").read_text()
    (beside / "slow.toml").write_text(file.replace("[modbus]\n", f'[modbus]\nresponse = "{response}"\n', 1))
    text = line(mains='interval = "2s"', solar="", speed="baudrate = 2400")
    text = text.replace('model = "meter"', 'model = "eastron_sdm120"', 1).replace(
        'model = "meter"', 'model = "slow"', 1
    )
    text = text.replace('rule = "mean"\nunit = "W"', 'rule = "mean"\nunit = "W"\nresolution = 1')
    catalogue = Catalogue(tuple(MODELS), MODELS.__getitem__, (beside, shipped()))
    return check(parse(text.encode(), name="unit.toml"), catalogue, folder=beside).report.ordered()


def test_declared_neighbour_that_may_take_long_is_named_with_its_device_file(tmp_path: Path) -> None:
    (problem,) = declared(response="3s", beside=tmp_path)
    assert problem.key == "sensor.mains.interval"
    assert "or give slow a shorter response in its device file, if its manual allows that" in told(problem)
