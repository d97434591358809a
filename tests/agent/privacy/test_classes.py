from dataclasses import replace

import pytest

from agent.privacy.classes import LARGEST_VALUE, channel_problems, permitted_rules
from agent.privacy.spec import ReleasedChannel, Rule
from drivers.reading import Channel
from tests.support.privacy import (
    ALTITUDE,
    CARS,
    HUMIDITY,
    LATITUDE,
    LONGITUDE,
    MAC,
    RSSI,
    SPEED,
    TEMPERATURE,
    released,
    stream,
)

PLAIN = {Rule.MEAN, Rule.MIN, Rule.MAX, Rule.SUM, Rule.LAST}


def keys(channel: ReleasedChannel, k: int | None = 10) -> list[str]:
    return [problem.key for problem in channel_problems(stream(channel, k=k), channel)]


@pytest.mark.parametrize(
    ("source", "rules"),
    [
        (MAC, {Rule.COUNT_DISTINCT}),
        (LATITUDE, {Rule.GRID}),
        (replace(LATITUDE, group="people"), set()),
        (CARS, PLAIN),
        (RSSI, {Rule.MEAN, Rule.SUM, Rule.COUNT}),
        (TEMPERATURE, PLAIN | {Rule.COUNT}),
    ],
    ids=["identifier", "location", "location of somebody", "count", "of a group", "measurement"],
)
def test_permitted_rules_follow_from_class_and_group(source: Channel, rules: set[Rule]) -> None:
    assert permitted_rules(source) == rules


@pytest.mark.parametrize("rule", Rule)
@pytest.mark.parametrize("source", [MAC, LATITUDE, CARS, RSSI, TEMPERATURE], ids=lambda source: str(source.name))
def test_every_rule_that_a_class_does_not_permit_is_a_problem(source: Channel, rule: Rule) -> None:
    channel = released(source, rule, grid_m=250 if rule is Rule.GRID else None)
    assert ("rule" in keys(channel)) is (rule not in permitted_rules(source))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (MAC, "its class is identifier; it may leave only by count_distinct"),
        (LATITUDE, "its class is location; it may leave only by grid"),
        (replace(LATITUDE, group="people"), "class location in a group of people or vehicles has no releasable form"),
        (SPEED, "it belongs to group vehicles, and this would tell about one person or vehicle"),
    ],
    ids=["identifier", "location", "location of somebody", "of a group"],
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
    ],
)
def test_numbers_at_their_limits_are_no_problem(channel: ReleasedChannel) -> None:
    assert keys(channel) == []
