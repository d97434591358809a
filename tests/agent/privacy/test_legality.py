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
    HUMIDITY,
    LATITUDE,
    LONGITUDE,
    MAC,
    NOTE,
    PLACE,
    RSSI,
    SPEED,
    TEMPERATURE,
    TRAFFIC,
    WEATHER,
    histogram,
    released,
    stream,
)

DAY_MS = 24 * 60 * 60 * 1000
STAYED = released(MAC, Rule.DWELL, name="stay")
COUNTED = released(MAC, Rule.COUNT_DISTINCT, name="devices")
BATTERY = Channel(name="battery", title="", unit="V", maximum=5)


def keys(found: tuple[Problem, ...]) -> list[str]:
    assert {problem.stream for problem in found} <= {"corner"}
    assert all(problem.what and problem.why for problem in found), "a problem says what was found, and why it is one"
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
        (stream(STAYED), ["suppress_below"]),
        (stream(*histogram(RSSI, -127, 0, 21), k=10), ["channel"]),
        (stream(*histogram(RSSI, -127, 0, 21)), ["channel", "suppress_below"]),
        (stream(*histogram(HUMIDITY, 0, 100)), ["bins"]),
        (stream(*histogram(HUMIDITY, *range(66))), ["bins"]),
        (stream(*histogram(HUMIDITY, 0, 10, 20), *histogram(HUMIDITY, 0, 12, 20, name="b")), ["bins"]),
        (stream(*histogram(HUMIDITY, 0, 10, 20)[::-1]), ["bins"]),
        (stream(*histogram(HUMIDITY, 0, 10, 20, 30)[::2]), ["bins"]),
        (stream(COUNTED, *histogram(RSSI, -127, 0, 21), *histogram(RSSI, -127, 1, 21, name="b"), k=5), ["bins"]),
        (stream(released(NOTE, Rule.COUNT)), ["rule"]),
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
        stream(STAYED, k=10),
        stream(STAYED, *histogram(RSSI, -127, 0, 21), k=10),
        stream(*histogram(HUMIDITY, *range(65))),
        stream(*histogram(HUMIDITY, 0, 10, 20), *histogram(TEMPERATURE, 0, 10, 20)),
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


@pytest.mark.parametrize(
    ("first_ms", "second_ms", "words"),
    [
        (3_600_000, 900_000, "13 in 60 min of devices less 10 in all but the last 15 min, of again, leaves 3"),
        (30_000, 3_600_000, "13 in 60 min of again less 10 in all but the last 30 s, of devices, leaves 3"),
        (1500, 1500, "13 told by devices less 10 told by again leaves 3"),
        (1500, 3000, "13 in 3 s of again less 10 in all but the last 1500 ms, of devices, leaves 3"),
    ],
)
def test_second_stream_of_a_group_is_shown_the_subtraction_that_it_would_permit(
    first_ms: int, second_ms: int, words: str
) -> None:
    first, second = replace(DEVICES, window_ms=first_ms), replace(DEVICES, name="again", window_ms=second_ms)
    (problem,) = conflicts([first, second])
    assert words in problem.why
    assert problem.why.endswith("and fewer than 10 may not be told")
    assert "class count or identifier" in problem.why


def test_subtraction_is_shown_with_the_stricter_of_two_k() -> None:
    strict = replace(DEVICES, name="strict", suppress_below=40)
    for first, second in ((DEVICES, strict), (strict, DEVICES)):
        (problem,) = conflicts([first, second])
        assert f"43 told by {first.name} less 40 told by {second.name} leaves 3" in problem.why


def test_second_stream_of_a_group_is_refused_wherever_the_group_stands_in_it() -> None:
    other = replace(DEVICES, name="other", channels=(released(TEMPERATURE), *DEVICES.channels))
    assert [problem.channel for problem in conflicts([DEVICES, other])] == ["devices"]


def test_group_without_its_number_is_told_which_rules_and_classes_would_count_it() -> None:
    (problem,) = problems(stream(released(SPEED), k=10))
    assert "class count" in problem.why
    assert "count_distinct or dwell of its channel of class identifier" in problem.why


def test_second_histogram_of_a_source_is_told_what_overlapping_bins_give_away() -> None:
    spec = stream(*histogram(HUMIDITY, 0, 10, 20), *histogram(HUMIDITY, 0, 12, 20, name="b"))
    (problem,) = problems(spec)
    assert "station.humidity do not follow each other" in problem.what
    assert "can be subtracted" in problem.why


def test_histogram_of_people_in_a_second_stream_is_refused_like_any_other_member() -> None:
    first = stream(COUNTED, *histogram(RSSI, -127, 0, 21), k=10, name="a")
    second = stream(COUNTED, *histogram(RSSI, -127, 1, 21), k=10, name="b")
    assert [problem.stream for problem in conflicts([first, second])] == ["b"]


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
