from dataclasses import replace

import pytest

from agent.privacy.legality import conflicts, problems
from agent.privacy.problem import Problem
from agent.privacy.spec import Rule, StreamSpec
from drivers.reading import Channel
from tests.support.privacy import (
    CARS,
    DEVICES,
    EXAMPLES,
    LATITUDE,
    LONGITUDE,
    MAC,
    PLACE,
    RSSI,
    SPEED,
    TEMPERATURE,
    TRAFFIC,
    WEATHER,
    released,
    stream,
)

DAY_MS = 24 * 60 * 60 * 1000
COUNTED = released(MAC, Rule.COUNT_DISTINCT, name="devices")
BATTERY = Channel(name="battery", title="", unit="V", maximum=5)


def keys(found: tuple[Problem, ...]) -> list[str]:
    return sorted(problem.key for problem in found)


@pytest.mark.parametrize("spec", EXAMPLES, ids=lambda spec: str(spec.name))
def test_legal_streams_have_no_problem(spec: StreamSpec) -> None:
    assert problems(spec) == ()


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (stream(), ["channel"]),
        (stream(released(TEMPERATURE), window_ms=0), ["window"]),
        (stream(released(TEMPERATURE), released(TEMPERATURE, Rule.MAX)), ["channel"]),
        (stream(COUNTED), ["suppress_below"]),
        (stream(COUNTED, k=4), ["suppress_below"]),
        (stream(COUNTED, k=51), ["suppress_below"]),
        (stream(released(TEMPERATURE), k=4), ["suppress_below"]),
        (stream(released(CARS, Rule.SUM)), ["suppress_below"]),
        (stream(released(replace(CARS, group=None), Rule.SUM)), ["suppress_below"]),
        (stream(released(RSSI)), ["channel", "suppress_below"]),
        (stream(released(SPEED), k=10), ["channel"]),
        (stream(COUNTED, k=10, window_ms=DAY_MS + 1), ["window"]),
        (stream(COUNTED, released(BATTERY, sensor=COUNTED.sensor), k=10), ["from"]),
        (stream(released(TEMPERATURE), released(replace(TEMPERATURE, minimum=-1), name="b")), ["from"]),
        (
            stream(released(LATITUDE, Rule.GRID, grid_m=250), released(LONGITUDE, Rule.GRID, grid_m=300)),
            ["grid"],
        ),
        (
            stream(
                released(LATITUDE, Rule.GRID, grid_m=250),
                released(replace(LONGITUDE, exponent=-6), Rule.GRID, grid_m=250),
            ),
            ["from"],
        ),
    ],
)
def test_illegal_stream_has_a_problem_at_each_wrong_key(spec: StreamSpec, expected: list[str]) -> None:
    assert keys(problems(spec)) == expected


@pytest.mark.parametrize(
    "spec",
    [
        stream(COUNTED, k=5),
        stream(COUNTED, k=50),
        stream(COUNTED, k=10, window_ms=DAY_MS),
        stream(released(TEMPERATURE), window_ms=DAY_MS * 7),
        stream(released(TEMPERATURE), window_ms=1),
    ],
)
def test_streams_at_the_limits_are_legal(spec: StreamSpec) -> None:
    assert problems(spec) == ()


def test_all_problems_of_a_stream_are_found_at_once() -> None:
    spec = stream(
        released(MAC, Rule.LAST),
        released(LATITUDE, Rule.LAST),
        released(TEMPERATURE, resolution=0),
        window_ms=0,
    )
    found = problems(spec)
    assert {problem.channel for problem in found} >= {None, "mac", "latitude", "temperature"}
    assert {problem.key for problem in found} >= {"rule", "window", "resolution", "suppress_below"}


def test_streams_of_different_groups_have_no_conflict() -> None:
    assert conflicts([WEATHER, PLACE, DEVICES, TRAFFIC]) == ()
    assert conflicts([]) == ()


def test_second_stream_of_a_group_is_refused_whatever_its_window() -> None:
    for window_ms in (DEVICES.window_ms, DEVICES.window_ms * 5):
        (problem,) = conflicts([DEVICES, replace(DEVICES, name="again", window_ms=window_ms)])
        assert (problem.stream, problem.key) == ("again", "from")
        assert "already feeds stream devices" in problem.what
        assert "subtracted" in problem.why


def test_second_stream_of_another_channel_of_the_group_is_refused_too() -> None:
    count, other = stream(COUNTED, k=10, name="a"), stream(released(RSSI), k=10, name="b")
    assert [problem.stream for problem in conflicts([count, other])] == ["b"]


def test_same_model_on_two_sensors_is_two_groups() -> None:
    north, south = (
        stream(released(MAC, Rule.COUNT_DISTINCT, sensor=place), k=10, name=place) for place in ("north", "south")
    )
    assert conflicts([north, south]) == ()


def test_one_position_on_two_grids_is_refused() -> None:
    first, second = (stream(released(LATITUDE, Rule.GRID, grid_m=edge), name=f"grid{edge}") for edge in (250, 300))
    assert [problem.key for problem in conflicts([first, second])] == ["grid"]
    assert conflicts([first, replace(first, name="copy")]) == ()


def test_channel_outside_the_group_of_a_scanner_is_refused_in_another_stream_as_well() -> None:
    other = stream(released(BATTERY, sensor=COUNTED.sensor), name="other")
    assert [problem.stream for problem in conflicts([stream(COUNTED, k=10, name="a"), other])] == ["other"]


def test_conflicts_do_not_repeat_what_is_wrong_with_one_stream() -> None:
    spec = stream(COUNTED, released(BATTERY, sensor=COUNTED.sensor), k=10)
    assert problems(spec)
    assert conflicts([spec]) == ()
