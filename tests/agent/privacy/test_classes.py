from dataclasses import replace

import pytest

from agent.privacy.classes import LARGEST_VALUE, channel_problems, is_bearing, permitted_rules, refusal
from agent.privacy.spec import ReleasedChannel, Rule
from drivers.reading import Channel
from tests.support.privacy import (
    ALTITUDE,
    CARS,
    COURSE,
    HUMIDITY,
    LATITUDE,
    LONGITUDE,
    MAC,
    NOTE,
    RSSI,
    SPEED,
    TEMPERATURE,
    WIND,
    released,
    stream,
)

PLAIN = {Rule.MEAN, Rule.MIN, Rule.MAX, Rule.SUM, Rule.LAST, Rule.MEDIAN, Rule.P90}
OWN = PLAIN | {Rule.COUNT, Rule.STDEV, Rule.HISTOGRAM}
SHARED = {Rule.MEAN, Rule.SUM, Rule.COUNT, Rule.HISTOGRAM}


def keys(channel: ReleasedChannel, k: int | None = 10) -> list[str]:
    found = list(channel_problems(stream(channel, k=k), channel))
    assert {problem.channel for problem in found} <= {channel.name}
    assert all(problem.what and problem.why for problem in found), "a problem says what was found, and why it is one"
    return [problem.key for problem in found]


@pytest.mark.parametrize(
    ("source", "rules"),
    [
        (MAC, {Rule.COUNT_DISTINCT, Rule.DWELL}),
        (LATITUDE, {Rule.GRID}),
        (replace(LATITUDE, group="people"), set()),
        (CARS, PLAIN),
        (RSSI, SHARED),
        (COURSE, SHARED | {Rule.CIRCULAR_MEAN}),
        (TEMPERATURE, OWN),
        (WIND, OWN | {Rule.CIRCULAR_MEAN}),
        (NOTE, set()),
        (replace(NOTE, group="people"), set()),
    ],
    ids=[
        "identifier",
        "location",
        "location of somebody",
        "count",
        "of a group",
        "bearing of a group",
        "measurement",
        "bearing",
        "content",
        "content of somebody",
    ],
)
def test_permitted_rules_follow_from_class_and_group(source: Channel, rules: set[Rule]) -> None:
    assert permitted_rules(source) == rules


@pytest.mark.parametrize("rule", Rule)
@pytest.mark.parametrize(
    "source", [MAC, LATITUDE, CARS, RSSI, TEMPERATURE, WIND, COURSE, NOTE], ids=lambda source: str(source.name)
)
def test_every_rule_that_a_class_does_not_permit_is_a_problem(source: Channel, rule: Rule) -> None:
    channel = released(source, rule, grid_m=250 if rule is Rule.GRID else None)
    assert ("rule" in keys(channel)) is (rule not in permitted_rules(source))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (MAC, "its class is identifier; it may leave only by count_distinct or dwell"),
        (LATITUDE, "its class is location; it may leave only by grid"),
        (replace(LATITUDE, group="people"), "class location in a group of people or vehicles has no releasable form"),
        (
            SPEED,
            "class measurement in group vehicles: this would tell about one person or vehicle; it may leave only by",
        ),
        (NOTE, "class content (free text, images, sound) has no releasable form"),
    ],
    ids=["identifier", "location", "location of somebody", "of a group", "content"],
)
def test_problem_of_a_rule_cites_the_class(source: Channel, words: str) -> None:
    channel = released(source, Rule.LAST, sensor="s")
    (problem,) = (p for p in channel_problems(stream(channel, k=10), channel) if p.key == "rule")
    assert words in problem.why
    assert problem.what == f"s.{source.name} may not leave by rule last"


@pytest.mark.parametrize(
    ("channel", "key"),
    [
        (released(HUMIDITY, resolution=0), "resolution"),
        (released(HUMIDITY, bounds=(10, 9)), "range"),
        (released(HUMIDITY, bounds=(11, 14), resolution=5), "range"),
        (released(HUMIDITY, bounds=(0, LARGEST_VALUE + 1)), "range"),
        (released(HUMIDITY, exponent=19), "resolution"),
        (released(HUMIDITY, grid_m=250), "grid"),
        (released(CARS, Rule.SUM, bounds=(0, 10)), "range"),
        (released(MAC, Rule.COUNT_DISTINCT, bounds=(0, 10)), "range"),
        (released(replace(CARS, maximum=10), Rule.MEAN, bounds=(0, 1000)), "range"),
        (released(LATITUDE, Rule.GRID), "grid"),
        (released(LATITUDE, Rule.GRID, grid_m=99), "grid"),
        (released(LATITUDE, Rule.GRID, grid_m=-250), "grid"),
        (released(LATITUDE, Rule.GRID, grid_m=100_001), "grid"),
        (released(LATITUDE, Rule.GRID, grid_m=250, resolution=10_000), "resolution"),
        (released(replace(LATITUDE, exponent=-3), Rule.GRID, grid_m=250), "resolution"),
        (released(ALTITUDE, Rule.GRID, grid_m=100, exponent=2), "resolution"),
        (released(replace(LATITUDE, unit="km"), Rule.GRID, grid_m=250), "from"),
        (released(MAC, Rule.DWELL, exponent=-1), "resolution"),
        (released(WIND, Rule.CIRCULAR_MEAN, exponent=0, resolution=7), "resolution"),
        (released(WIND, Rule.CIRCULAR_MEAN, exponent=2), "resolution"),
        (released(WIND, Rule.CIRCULAR_MEAN, exponent=-7), "resolution"),
        (released(HUMIDITY, Rule.HISTOGRAM), "bins"),
        (replace(released(HUMIDITY, Rule.HISTOGRAM), bins=(5, 5)), "bins"),
        (replace(released(HUMIDITY), bins=(0, 5)), "bins"),
        (released(CARS, Rule.MEDIAN, bounds=(0, 10)), "range"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_numbers_that_cannot_work_are_a_problem_at_their_key(channel: ReleasedChannel, key: str) -> None:
    assert keys(channel) == [key]


@pytest.mark.parametrize(
    "channel",
    [
        released(LATITUDE, Rule.GRID, grid_m=100),
        released(LONGITUDE, Rule.GRID, grid_m=100_000, exponent=-3, bounds=(-180_000, 180_000)),
        released(ALTITUDE, Rule.GRID, grid_m=100, exponent=0, bounds=(-100, 9000)),
        released(CARS, Rule.SUM, bounds=(0, 11)),
        released(replace(CARS, exponent=1, maximum=2), Rule.MEAN, bounds=(0, 2)),
        released(MAC, Rule.DWELL, exponent=1, bounds=(0, 1)),
        released(WIND, Rule.CIRCULAR_MEAN, exponent=1, resolution=3, bounds=(0, 36)),
        released(WIND, Rule.CIRCULAR_MEAN, exponent=-6, bounds=(0, 360_000_000)),
        replace(released(HUMIDITY, Rule.HISTOGRAM), bins=(0, 1)),
    ],
)
def test_numbers_at_their_limits_are_no_problem(channel: ReleasedChannel) -> None:
    assert keys(channel) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (WIND, True),
        (replace(WIND, exponent=0, maximum=360), True),
        (replace(WIND, maximum=3601), False),
        (replace(WIND, minimum=-1), False),
        (replace(WIND, unit="rad"), False),
        (replace(WIND, exponent=1, maximum=36), False),
        (replace(WIND, exponent=-7), False),
    ],
    ids=["tenths", "degrees", "more than a turn", "west as minus", "radians", "tens of degrees", "too fine"],
)
def test_bearing_is_a_direction_in_degrees_of_a_full_turn(source: Channel, *, expected: bool) -> None:
    assert is_bearing(source) is expected


def test_refusal_of_a_mean_direction_says_what_a_bearing_is() -> None:
    assert "only a bearing (unit deg, 0 to 360) has a mean direction" in refusal(TEMPERATURE, Rule.CIRCULAR_MEAN)


HEIGHT = replace(ALTITUDE, exponent=0, minimum=-500, maximum=9000)


@pytest.mark.parametrize(
    ("channel", "fits"),
    [
        (released(replace(LATITUDE, exponent=-3), Rule.GRID, grid_m=894, exponent=-5), True),
        (released(replace(LATITUDE, exponent=-3), Rule.GRID, grid_m=893, exponent=-5), False),
        (released(LATITUDE, Rule.GRID, grid_m=250, exponent=-5, resolution=55), True),
        (released(LATITUDE, Rule.GRID, grid_m=250, exponent=-5, resolution=56), False),
        (released(HEIGHT, Rule.GRID, grid_m=100, resolution=25), True),
        (released(HEIGHT, Rule.GRID, grid_m=100, resolution=26), False),
        (released(HEIGHT, Rule.GRID, grid_m=100_000, exponent=1), False),
        (released(replace(HEIGHT, exponent=1), Rule.GRID, grid_m=100_000, exponent=0), False),
    ],
    ids=["8 steps", "fewer", "4 rounded degrees", "fewer rounded", "4 metres", "fewer metres", "tens", "tens of it"],
)
def test_eight_steps_of_the_sensor_and_four_of_what_leaves_fit_into_a_cell(
    channel: ReleasedChannel, *, fits: bool
) -> None:
    assert keys(channel) == ([] if fits else ["resolution"])


@pytest.mark.parametrize(("grid_m", "words"), [(None, "grid is missing"), (99, "a grid of 99 m")])
def test_problem_of_a_grid_says_whether_it_is_missing_or_what_it_is(grid_m: int | None, words: str) -> None:
    channel = released(LATITUDE, Rule.GRID, grid_m=grid_m)
    (problem,) = channel_problems(stream(channel), channel)
    assert problem.what == words


@pytest.mark.parametrize(
    ("unit", "words"), [("km", "station.latitude has unit km"), ("", "station.latitude has unit none")]
)
def test_problem_of_a_position_in_another_unit_names_it(unit: str, words: str) -> None:
    channel = released(replace(LATITUDE, unit=unit), Rule.GRID, grid_m=250)
    (problem,) = channel_problems(stream(channel), channel)
    assert (problem.key, problem.what) == ("from", words)
