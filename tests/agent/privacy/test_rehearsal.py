import pytest

from agent.privacy.oracle import expected_values
from agent.privacy.rehearsal import STRANGER, crowd_size, scenes, walks
from agent.privacy.spec import Rule, StreamSpec
from tests.support.privacy import (
    CARS,
    DEVICES,
    EXAMPLES,
    LONGITUDE,
    MAC,
    PLACE,
    TRAFFIC,
    WEATHER,
    released,
    stream,
)


@pytest.mark.parametrize("spec", EXAMPLES, ids=lambda spec: str(spec.name))
def test_scenes_have_different_names_and_strange_fields_in_every_reading(spec: StreamSpec) -> None:
    played = [*scenes(spec)]
    assert len({scene.name for scene in played}) == len(played)
    for scene in played:
        assert all(STRANGER in values.values() for _, values, _ in scene.sightings)


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
