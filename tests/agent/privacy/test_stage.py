import hashlib
from dataclasses import replace

import pytest

from agent.privacy.canaries import Flock, canary
from agent.privacy.filter import StreamFilter
from agent.privacy.oracle import expected_values
from agent.privacy.rehearsal import scenes
from agent.privacy.released import Released
from agent.privacy.spec import Rule
from agent.privacy.stage import Failed, Stage, compare, play_partial, play_scenes
from agent.quality import Quality
from drivers.reading import Reading
from tests.support.privacy import (
    DEVICES,
    LATITUDE,
    TEMPERATURE,
    WEATHER,
    counting_bytes,
    make_filter,
    released,
    stream,
)


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
    stage.filter._judge.errors.add(canary(1).hex(":"))
    with pytest.raises(Failed, match="came out"):
        stage.search()
    with pytest.raises(Failed, match="held"):
        stage.search_inside()


class _Shown(StreamFilter):
    shown, told = "shown", "told"

    def __repr__(self) -> str:
        return self.shown

    def __str__(self) -> str:
        return self.told


@pytest.mark.parametrize("place", ["shown", "told", "counted"])
def test_stage_looks_for_canaries_in_everything_that_a_filter_says_of_itself(place: str) -> None:
    stream_filter = _Shown(DEVICES, random_bytes=counting_bytes())
    stage = Stage(DEVICES, stream_filter, Flock([canary(1)]))
    stage.search()
    if place == "counted":
        stream_filter._counters.readings = canary(1).hex()  # type: ignore[assignment]  # what a counter never is
    else:
        setattr(stream_filter, place, canary(1).hex("-"))
    with pytest.raises(Failed, match="came out"):
        stage.search()


def test_comparison_goes_on_after_a_position() -> None:
    spec = stream(released(LATITUDE, Rule.GRID, grid_m=250), released(TEMPERATURE))
    stage = Stage(spec, make_filter(spec), Flock([]))
    stage.filter.begin(0, boot_id=None)
    scene = next(scenes(spec))
    stage.show(scene.sightings)
    with pytest.raises(Failed, match="channel temperature is not what its rule makes"):
        compare(spec, scene, stage.close(), [None, None])


class _Lingering(StreamFilter):
    """Keeps something of a window that has ended until the next reading."""

    def observe(self, sensor: str, reading: Reading, at_ms: int) -> None:
        self.kept: bytes | None = None
        super().observe(sensor, reading, at_ms)

    def advance(self, now_ms: int) -> list[Released]:
        self.kept = hashlib.sha256(b"%d" % now_ms).digest()
        return super().advance(now_ms)


def test_scenes_end_with_a_filter_that_holds_nothing_any_more() -> None:
    with pytest.raises(Failed, match="still holds something of a window that has ended"):
        play_scenes(Stage(DEVICES, _Lingering(DEVICES, random_bytes=counting_bytes()), Flock([])))


def test_partial_window_of_people_with_a_value_fails_whatever_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    play_partial(Stage(DEVICES, make_filter(DEVICES), Flock([])))
    monkeypatch.setattr("agent.privacy.verdict.PARTIAL", (3, Quality.PARTIAL))
    with pytest.raises(Failed, match="channel devices tells about people"):
        play_partial(Stage(DEVICES, make_filter(DEVICES), Flock([])))
