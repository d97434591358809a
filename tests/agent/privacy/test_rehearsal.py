import cmath
import math
from dataclasses import replace

import pytest

from agent.privacy.canaries import canary
from agent.privacy.oracle import expected_values
from agent.privacy.rehearsal import STRANGER, Scene, crowd_size, one_each, scenes, walks
from agent.privacy.spec import Rule, StreamSpec
from tests.support.privacy import (
    CARS,
    COURSE,
    DEVICES,
    EXAMPLES,
    HUMIDITY,
    LONGITUDE,
    MAC,
    PLACE,
    RSSI,
    SPEED,
    SPEEDS,
    SPREAD,
    STAYS,
    TEMPERATURE,
    TRAFFIC,
    WEATHER,
    WIND,
    histogram,
    released,
    stream,
)

SPEEDS_WITHIN = stream(released(CARS, Rule.SUM, bounds=(0, 10**5)), *histogram(SPEED, 50, 139, 278), k=5)


@pytest.mark.parametrize("spec", EXAMPLES, ids=lambda spec: str(spec.name))
def test_scenes_have_different_names_and_strange_fields_in_every_reading(spec: StreamSpec) -> None:
    played = [*scenes(spec)]
    assert len({scene.name for scene in played}) == len(played)
    for scene in played:
        assert all(STRANGER in values.values() for _, values, _ in scene.sightings)


@pytest.mark.parametrize("spec", EXAMPLES, ids=lambda spec: str(spec.name))
def test_scenes_with_few_nobody_or_nothing_but_mistakes_hide_every_group(spec: StreamSpec) -> None:
    hiding = {"fewer than k", "nobody", "wrong types"}
    assert {scene.name for scene in scenes(spec) if scene.hides} == hiding


def test_first_scene_has_more_than_k_canaries_each_seen_twice() -> None:
    scene = next(scenes(DEVICES))
    birds = [values["mac"] for _, values, _ in scene.sightings]
    assert len(set(birds)) == crowd_size(DEVICES) > (DEVICES.suppress_below or 0)
    assert len(birds) == 2 * len(set(birds))


@pytest.mark.parametrize(
    "spec",
    [
        WEATHER,
        DEVICES,
        TRAFFIC,
        stream(released(CARS, Rule.MEAN), k=50),
        stream(released(CARS, Rule.MAX), released(CARS, Rule.SUM, name="b", bounds=(0, 9000)), k=5),
        stream(released(MAC, Rule.COUNT_DISTINCT, bounds=(0, 11)), k=10),
    ],
)
def test_first_scene_is_a_positive_control_and_the_second_hides(spec: StreamSpec) -> None:
    first, second, *_ = scenes(spec)
    assert None not in expected_values(spec, first.sightings)
    if any(channel.group for channel in spec.channels):
        assert set(expected_values(spec, second.sightings)) == {None}


def test_walks_are_shorter_than_an_edge_and_go_north_for_longitude() -> None:
    found = [*walks(PLACE)]
    assert [number for number, _ in found] == [0, 1, 1, 2]
    for number, walk in found:
        channel = PLACE.channels[number]
        positions = [values[channel.source.name] for scene in walk for _, values, _ in scene.sightings]
        assert len(set(positions)) == 8
    lone = stream(released(LONGITUDE, Rule.GRID, grid_m=100))
    latitudes = {values["latitude"] for _, walk in walks(lone) for scene in walk for _, values, _ in scene.sightings}
    assert latitudes == {0, 800_000_000}


def test_walk_begins_in_the_middle_of_the_range_and_takes_eighths_of_an_edge() -> None:
    height = next(walk for number, walk in walks(PLACE) if number == 2)
    assert {scene.name for scene in height} == {"walk"}
    steps = [values["altitude"] for scene in height for _, values, _ in scene.sightings]
    assert steps == [42_500 + eighth * 2500 // 8 for eighth in range(8)]


def directions(spec: StreamSpec, scene: str, source: str) -> list[int]:
    (played,) = (one for one in scenes(spec) if one.name == scene)
    return [value for value in samples(played, source) if type(value) is int]


def samples(scene: Scene, source: str) -> list[object]:
    return [values[source] for _, values, _ in scene.sightings if source in values]


@pytest.mark.parametrize(
    ("resolution", "expected"),
    [(1, {3520, 70, 3580, 3530, 130, 20, 3550}), (30, {2800, 700, 3400, 2900, 1300, 200, 3100})],
    ids=["steps of one degree", "coarse steps, cut to ten degrees"],
)
def test_directions_around_north_are_on_both_sides_of_it(resolution: int, expected: set[int]) -> None:
    spec = stream(released(WIND, Rule.CIRCULAR_MEAN, exponent=0, resolution=resolution, bounds=(0, 360)))
    assert set(directions(spec, "around north", "wind")) == expected


@pytest.mark.parametrize("scene", ["around north", "opposite directions"])
def test_scenes_of_directions_leave_everything_else_as_it_usually_is(scene: str) -> None:
    for spec, source in ((SPREAD, "temperature"), (SPEEDS, "speed")):
        usual, *_ = scenes(spec)
        found = directions(spec, scene, source)
        assert found == samples(usual, source)[: len(found)]
    present = directions(
        stream(released(CARS), released(COURSE, Rule.CIRCULAR_MEAN), k=5, name="present"), scene, "cars"
    )
    assert set(present) == {len(present) - fewer for fewer in (0, 1, 2, 3, 6)}


@pytest.mark.parametrize("k", [5, 6, 7, 8, 9, 10])
def test_opposite_directions_cancel_whatever_their_number(k: int) -> None:
    for spec, source, turn in ((replace(SPEEDS, suppress_below=k), "course", 360), (SPREAD, "wind", 3600)):
        found = directions(spec, "opposite directions", source)
        assert len(set(found)) > 1
        assert abs(sum(cmath.rect(1, 2 * math.pi * angle / turn) for angle in found)) < 1e-9


def bins(spec: StreamSpec) -> frozenset[int]:
    return frozenset(number for number, channel in enumerate(spec.channels) if channel.rule is Rule.HISTOGRAM)


@pytest.mark.parametrize(
    ("spec", "source", "expected"),
    [
        (STAYS, "rssi", {"edge 0": -127, "edge 1": -80, "below edge 1": -81, "edge 2": -50, "below edge 2": -51}),
        (SPREAD, "humidity", {"edge 0": 0, "edge 1": 3000, "below edge 1": 2999, "below edge 2": 5999}),
        (stream(*histogram(HUMIDITY, 7, 8, 10)), "humidity", {"edge 1": 8, "below edge 0": 6, "below edge 2": 9}),
    ],
    ids=["of people", "of a measurement", "edges that follow each other"],
)
def test_every_sample_of_a_histogram_lies_at_an_edge_and_just_below_it(
    spec: StreamSpec, source: str, expected: dict[str, int]
) -> None:
    played = {scene.name.partition(" of ")[0]: samples(scene, source) for scene in scenes(spec)}
    assert {name: set(played[name]) for name in expected} == {name: {value} for name, value in expected.items()}
    assert ("below edge 1" in played) == (spec.channels[0].source is not HUMIDITY)


@pytest.mark.parametrize(
    ("spec", "source", "places"),
    [
        (STAYS, "rssi", {"in a bin": (-80, 2 * 10), "above the bins": (-50, 2 * 10)}),
        (SPEEDS, "speed", {"in a bin": (139, 1)}),
        (SPEEDS_WITHIN, "speed", {"in a bin": (139, 1), "above the bins": (278, 1), "below the bins": (49, 1)}),
        (SPREAD, "humidity", {"in a bin": (3000, 7)}),
        (
            stream(*histogram(HUMIDITY, 1, 5, 10_000)),
            "humidity",
            {"above the bins": (10_000, 7), "below the bins": (0, 7)},
        ),
    ],
    ids=["phones", "cars", "cars beyond the bins", "a measurement", "the ends of the range"],
)
def test_one_person_is_alone_in_a_bin_or_beside_the_bins_and_seen_often(
    spec: StreamSpec, source: str, places: dict[str, tuple[int, int]]
) -> None:
    """A phone is seen k times, each time twice; a car, which has no name, once; of people the histogram is hidden."""
    alone = {scene.name: scene for scene in scenes(spec) if scene.name.startswith("one person")}
    first = next(channel.source for channel in spec.channels if channel.source.name == source)
    crowded = next(channel.bins for channel in spec.channels if channel.bins is not None)[0]
    for place, (value, times) in places.items():
        scene = next(scene for name, scene in alone.items() if f" {place} of " in name)
        found = samples(scene, source)
        assert found.count(value) == times
        assert set(found) == {crowded, value}
        assert scene.hides_bins == (bins(spec) if first.group else frozenset())
    if source == "rssi":
        assert not any("below the bins" in name for name in alone), "no signal is that weak"


def test_histogram_scenes_leave_everything_else_as_it_usually_is() -> None:
    other = replace(HUMIDITY, name="temperature")
    spec = stream(*histogram(TEMPERATURE, 0, 100, 200), released(HUMIDITY), released(other, sensor="cellar"))
    usual, *_ = scenes(spec)
    for scene in scenes(spec):
        if "edge" in scene.name:
            assert samples(scene, "humidity") == samples(usual, "humidity")
            cellar = [values["temperature"] for sensor, values, _ in scene.sightings if sensor == "cellar"]
            assert cellar == [values["temperature"] for sensor, values, _ in usual.sightings if sensor == "cellar"]


def test_wrong_types_are_those_that_a_driver_might_give_by_mistake() -> None:
    """A fraction, a text, a truth value and bytes around the middle of the range; text where a name is due."""
    (wrong,) = (scene for scene in scenes(DEVICES) if scene.name == "wrong types")
    middle = (RSSI.minimum + RSSI.maximum) // 2
    assert samples(wrong, "rssi")[:4] == [middle + 0.5, str(middle), True, canary(3)]
    assert samples(wrong, "mac")[:2] == [canary(0).hex(":"), canary(1).hex(":")]


def test_one_of_each_is_one_person_who_is_seen_twice() -> None:
    assert [values["mac"] for _, values, _ in one_each(DEVICES)] == [canary(0)] * 2
    assert len(one_each(TRAFFIC)) == 1
