from dataclasses import replace

import pytest

from agent.privacy.canaries import Flock, canary
from agent.privacy.oracle import expected_values
from agent.privacy.rehearsal import scenes
from agent.privacy.stage import Failed, Stage, compare
from tests.support.privacy import DEVICES, WEATHER, make_filter


def test_stage_gives_the_row_of_each_window_that_was_shown() -> None:
    stage = Stage(DEVICES, make_filter(DEVICES), Flock([]))
    stage.filter.begin(0, boot_id=None)
    first, second, *_ = scenes(DEVICES)
    for scene in (first, second):
        stage.show(scene.sightings)
        stage.compare(scene, stage.close())
    assert [row.start_ms for row in stage.rows] == [0, DEVICES.window_ms]
    assert (None in stage.rows[0].values, set(stage.rows[1].values)) == (False, {None})


def test_stage_whose_filter_gives_no_row_fails() -> None:
    with pytest.raises(Failed, match="gave 0 rows instead of one"):
        Stage(WEATHER, make_filter(WEATHER), Flock([])).close()


def test_comparison_with_something_else_than_is_expected_names_scene_and_channel() -> None:
    stage = Stage(WEATHER, make_filter(WEATHER), Flock([]))
    stage.filter.begin(0, boot_id=None)
    scene = next(scenes(WEATHER))
    stage.show(scene.sightings)
    row = stage.close()
    expected = expected_values(WEATHER, scene.sightings)
    compare(WEATHER, scene, row, expected)
    with pytest.raises(Failed, match="more than k: channel temperature is not what its rule makes of the canaries"):
        compare(WEATHER, scene, row, [None, *expected[1:]])


def test_comparison_finds_a_value_where_the_scene_hides_it_whatever_the_oracle_says() -> None:
    stage = Stage(DEVICES, make_filter(DEVICES), Flock([]))
    stage.filter.begin(0, boot_id=None)
    scene = next(scenes(DEVICES))
    stage.show(scene.sightings)
    row = stage.close()
    with pytest.raises(Failed, match="channel devices was not suppressed"):
        compare(DEVICES, replace(scene, hides=True), row, expected_values(DEVICES, scene.sightings))


def test_stage_finds_a_canary_that_is_held_or_came_out() -> None:
    stage = Stage(DEVICES, make_filter(DEVICES), Flock([canary(1)]))
    stage.search()
    stage.search_inside()
    stage.filter._errors.add(canary(1).hex(":"))
    with pytest.raises(Failed, match="came out"):
        stage.search()
    with pytest.raises(Failed, match="held"):
        stage.search_inside()
