"""Streams whose windows become shorter for a time: nothing is cut, nothing overlaps, nothing is counted twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.privacy.filter import StreamFilter
from agent.privacy.pacing import paced
from agent.privacy.released import Released
from agent.privacy.spec import Rule, StreamSpec
from agent.quality import Quality
from tests.support.privacy import CARS, LATITUDE, MAC, SPEED, TEMPERATURE, make_filter, reading, released, stream

USUAL, FAST = 60_000, 10_000
SAMPLES = stream(released(TEMPERATURE, Rule.COUNT, name="samples"), window_ms=USUAL, name="air")
CROWD = stream(released(MAC, Rule.COUNT_DISTINCT), k=10, window_ms=USUAL, name="crowd")
RAW_CROWD = stream(released(TEMPERATURE), released(MAC, Rule.COUNT_DISTINCT), k=10, window_ms=USUAL, name="both")


def _begun(spec: StreamSpec = SAMPLES, at_ms: int = 0) -> StreamFilter:
    made = make_filter(spec)
    made.begin(at_ms, boot_id=None)
    return made


def _see(stream_filter: StreamFilter, at_ms: int) -> None:
    stream_filter.observe("station", reading(temperature=2000), at_ms)


def _windows(rows: list[Released]) -> list[tuple[int, int, int | None]]:
    return [(row.start_ms, row.step_ms, row.values[0]) for row in rows]


def test_windows_become_shorter_at_the_begin_of_one_and_keep_what_was_seen_in_it() -> None:
    air = _begun()
    rows = air.advance(USUAL)
    _see(air, USUAL + 100)
    assert air.pace(FAST, USUAL + 150)
    _see(air, USUAL + FAST - 1)
    _see(air, USUAL + FAST)
    rows += air.advance(USUAL + 2 * FAST)
    assert _windows(rows) == [(0, USUAL, None), (USUAL, FAST, 2), (USUAL + FAST, FAST, 1)]
    assert [row.quality for row in rows[1:]] == [(Quality.OK,)] * 2


def test_windows_become_as_long_as_they_were_where_the_usual_ones_begin_only() -> None:
    air = _begun()
    assert air.pace(FAST, 0)
    rows = air.advance(USUAL - FAST)
    assert not air.pace(USUAL, USUAL - FAST + 1)
    rows += air.advance(USUAL)
    assert air.pace(USUAL, USUAL + 1)
    rows += air.advance(2 * USUAL)
    assert [row.step_ms for row in rows] == [FAST] * 6 + [USUAL]


@pytest.mark.parametrize("at_ms", [FAST, FAST + 1, USUAL - 1])
def test_window_that_is_longer_already_is_not_cut(at_ms: int) -> None:
    air = _begun()
    assert not air.pace(FAST, at_ms)
    assert _windows(air.advance(USUAL)) == [(0, USUAL, None)]


def test_window_after_which_something_was_seen_already_keeps_its_length() -> None:
    air = _begun()
    assert air.pace(FAST, 0)
    _see(air, FAST + 1)
    assert not air.pace(USUAL, 1)


@pytest.mark.parametrize("spec", [CROWD, RAW_CROWD], ids=["people", "people beside a measurement"])
def test_stream_about_people_keeps_its_pace(spec: StreamSpec) -> None:
    crowd = _begun(spec)
    assert not paced(spec)
    assert not crowd.pace(FAST, 0)
    assert [row.step_ms for row in crowd.advance(USUAL)] == [USUAL]
    assert crowd.pace(USUAL, USUAL), "its own pace is no change"


def test_pace_that_does_not_divide_the_usual_one_is_refused() -> None:
    assert not _begun().pace(7_000, 0)


def test_pace_holds_for_a_grid_that_begins_later() -> None:
    air = _begun()
    air.interrupt(100)
    assert air.pace(FAST, 100)
    air.begin(5 * USUAL + 2 * FAST, boot_id=None)
    assert _windows(air.advance(5 * USUAL + 3 * FAST)) == [(5 * USUAL + 2 * FAST, FAST, None)]


@given(
    st.lists(
        st.tuples(st.integers(1, 3 * FAST), st.sampled_from([USUAL, FAST, None]), st.booleans()),
        min_size=1,
        max_size=60,
    )
)
def test_rows_tile_the_time_whatever_the_pace_and_every_reading_is_in_one(
    turns: list[tuple[int, int | None, bool]],
) -> None:
    air, now_ms, seen = _begun(), 0, 0
    rows: list[Released] = []
    for elapsed_ms, step_ms, sees in turns:
        now_ms += elapsed_ms
        rows += air.advance(now_ms)
        if sees:
            _see(air, now_ms)
            seen += 1
        if step_ms is not None:
            air.pace(step_ms, now_ms)
    rows += air.advance(now_ms + 2 * USUAL)
    end_ms = 0
    for row in rows:
        assert row.start_ms == end_ms
        assert row.start_ms % row.step_ms == 0
        end_ms += row.step_ms
    assert sum(row.values[0] or 0 for row in rows) == seen
    assert air.counters.late_readings == 0


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (stream(released(TEMPERATURE)), True),
        (stream(released(TEMPERATURE), released(SPEED), k=5), False),
        (stream(released(CARS, Rule.SUM), k=5), False),
        (stream(released(LATITUDE, Rule.GRID, grid_m=500)), False),
    ],
    ids=["a measurement", "a measurement of vehicles", "a count", "a place"],
)
def test_pace_changes_for_measurements_that_are_derived_from_nobody_only(spec: StreamSpec, *, expected: bool) -> None:
    assert paced(spec) is expected
