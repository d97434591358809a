from collections.abc import Callable
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.privacy.errors import IllegalStream
from agent.privacy.filter import MOST_SKIPPED_WINDOWS, StreamFilter
from agent.privacy.released import Released
from agent.privacy.spans import Spans
from agent.privacy.spec import Rule, StreamSpec
from agent.quality import Quality
from tests.support.privacy import (
    DEVICES,
    MAC,
    SPREAD,
    STAYS,
    TEMPERATURE,
    WEATHER,
    mac,
    make_filter,
    only,
    reading,
    released,
    stream,
)

BOOT = bytes(range(16))
STEP = 1000
AIR = stream(released(TEMPERATURE), window_ms=STEP, name="air")
SECRET = "AA:BB:CC:DD:EE:FF"


def air(at_ms: int = 0, boot_id: bytes | None = None) -> StreamFilter:
    stream_filter = make_filter(AIR)
    stream_filter.begin(at_ms, boot_id=boot_id)
    return stream_filter


def see(stream_filter: StreamFilter, at_ms: int, temperature: object = 2000) -> None:
    stream_filter.observe("station", reading(temperature=temperature), at_ms)


def starts(rows: list[Released]) -> list[int]:
    return [row.start_ms for row in rows]


def broken(*_: object, **__: object) -> None:
    raise ValueError(SECRET)


@pytest.mark.parametrize(
    "spec",
    [
        stream(released(MAC, Rule.LAST), k=10),
        stream(released(MAC, Rule.COUNT_DISTINCT)),
        stream(released(MAC, Rule.COUNT_DISTINCT), k=1),
    ],
    ids=["raw identifier", "no k", "k of 1"],
)
def test_filter_of_an_illegal_stream_is_not_built(spec: object) -> None:
    with pytest.raises(IllegalStream) as caught:
        make_filter(spec)  # type: ignore[arg-type]  # parametrized values are objects to mypy
    assert caught.value.problems


def test_filter_releases_each_window_with_its_grid() -> None:
    stream_filter = air(boot_id=BOOT)
    see(stream_filter, 10)
    row = only(stream_filter.advance(STEP))
    assert (row.stream, row.start_ms, row.step_ms, row.boot_id) == ("air", 0, STEP, BOOT)
    assert (row.values, row.quality) == ((2000,), (Quality.OK,))


def test_advance_before_the_end_of_the_window_releases_nothing() -> None:
    stream_filter = air()
    see(stream_filter, 0)
    assert stream_filter.advance(STEP - 1) == []
    assert stream_filter.advance(-5 * STEP) == []


def test_advance_over_windows_without_readings_releases_each() -> None:
    stream_filter = air()
    see(stream_filter, 0)
    rows = stream_filter.advance(5 * STEP)
    assert starts(rows) == [0, STEP, 2 * STEP, 3 * STEP, 4 * STEP]
    assert [row.quality[0] for row in rows] == [Quality.OK, *[Quality.NO_DATA] * 4]


def test_advance_of_a_day_in_seconds_is_taken_for_a_clock_step() -> None:
    stream_filter = air()
    see(stream_filter, 0)
    year_ms = 365 * 24 * 3600 * 1000
    (row,) = stream_filter.advance(year_ms + 1)
    assert (row.start_ms, row.quality) == (0, (Quality.PARTIAL,))
    assert stream_filter.counters.clock_jumps == 1
    (row,) = stream_filter.advance(year_ms + STEP)
    assert (row.start_ms, row.quality) == (year_ms, (Quality.NO_DATA,))


def test_clock_step_on_the_time_since_boot_stays_on_it() -> None:
    stream_filter = air(boot_id=BOOT)
    later_ms = (MOST_SKIPPED_WINDOWS + 5) * STEP
    rows = stream_filter.advance(later_ms) + stream_filter.advance(later_ms + STEP)
    assert [(row.start_ms, row.boot_id) for row in rows] == [(0, BOOT), (later_ms, BOOT)]


def test_advance_over_the_most_skipped_windows_releases_each() -> None:
    assert len(air().advance(MOST_SKIPPED_WINDOWS * STEP)) == MOST_SKIPPED_WINDOWS
    assert len(air().advance(MOST_SKIPPED_WINDOWS * STEP + 1)) == 1


def test_first_window_is_partial_unless_begun_exactly_at_its_start() -> None:
    for at_ms, quality in ((7000, Quality.OK), (7001, Quality.PARTIAL)):
        stream_filter = air(at_ms)
        see(stream_filter, 7500)
        row = only(stream_filter.advance(8000))
        assert (row.start_ms, row.values, row.quality) == (7000, (2000,), (quality,))
        see(stream_filter, 8500)
        assert only(stream_filter.advance(9000)).quality == (Quality.OK,)


def test_reading_of_the_next_window_waits_for_it() -> None:
    stream_filter = air()
    see(stream_filter, STEP + 1, 3000)
    see(stream_filter, STEP - 1, 1000)
    assert [row.values for row in stream_filter.advance(2 * STEP)] == [(1000,), (3000,)]


@pytest.mark.parametrize("at_ms", [-1, 2 * STEP, 2**60], ids=["before", "two windows on", "absurd"])
def test_reading_outside_the_open_windows_is_dropped_and_counted(at_ms: int) -> None:
    stream_filter = air()
    see(stream_filter, at_ms)
    assert stream_filter.counters.late_readings == 1
    assert {row.values for row in stream_filter.advance(4 * STEP)} == {(None,)}


def test_reading_before_begin_or_after_interrupt_is_dropped() -> None:
    stream_filter = make_filter(AIR)
    see(stream_filter, 0)
    stream_filter.begin(0, boot_id=None)
    stream_filter.interrupt(5)
    see(stream_filter, 6)
    assert stream_filter.counters.late_readings == 2
    assert stream_filter.advance(10 * STEP) == []


def test_interrupt_closes_what_has_ended_whole_and_the_open_window_as_partial() -> None:
    stream_filter = air()
    see(stream_filter, 0)
    see(stream_filter, STEP + 1)
    rows = stream_filter.interrupt(STEP + 500)
    assert [(row.start_ms, row.quality[0]) for row in rows] == [(0, Quality.OK), (STEP, Quality.PARTIAL)]
    assert stream_filter.interrupt(STEP + 500) == []


def test_interrupt_exactly_at_a_window_start_takes_no_start_away() -> None:
    stream_filter = air()
    assert starts(stream_filter.interrupt(STEP)) == [0]
    stream_filter.begin(STEP, boot_id=None)
    assert starts(stream_filter.advance(2 * STEP)) == [STEP]


def test_interrupt_of_a_filter_that_never_began_is_harmless() -> None:
    assert make_filter(AIR).interrupt(0) == []


def test_window_interrupted_and_begun_again_is_released_once() -> None:
    stream_filter = air()
    assert starts(stream_filter.interrupt(400)) == [0]
    stream_filter.begin(500, boot_id=None)
    see(stream_filter, 600)
    assert starts(stream_filter.advance(2 * STEP)) == [STEP]
    assert stream_filter.counters.rows_repeated == 1


def test_clock_stepped_back_releases_no_start_twice() -> None:
    stream_filter = air(5 * STEP)
    given = starts(stream_filter.advance(8 * STEP)) + starts(stream_filter.interrupt(8 * STEP + 1))
    stream_filter.begin(5 * STEP + 1, boot_id=None)
    given += starts(stream_filter.advance(10 * STEP))
    assert given == [5 * STEP, 6 * STEP, 7 * STEP, 8 * STEP, 9 * STEP]
    assert stream_filter.counters.rows_repeated == 4


def test_boot_time_and_wall_time_are_two_grids() -> None:
    stream_filter = air(5 * STEP)
    stream_filter.advance(6 * STEP)
    stream_filter.interrupt(6 * STEP)
    stream_filter.begin(0, boot_id=BOOT)
    row = only(stream_filter.advance(STEP))
    assert (row.start_ms, row.boot_id) == (0, BOOT)


def test_begin_with_the_windows_of_an_earlier_process_repeats_none() -> None:
    stream_filter = make_filter(AIR)
    stream_filter.begin(STEP + 1, boot_id=None, given=Spans([(0, STEP)]))
    assert starts(stream_filter.advance(3 * STEP)) == [2 * STEP]
    assert stream_filter.counters.rows_repeated == 1


def test_begin_while_a_window_is_open_forgets_it_and_counts_it() -> None:
    stream_filter = air()
    see(stream_filter, 0)
    stream_filter.begin(0, boot_id=None)
    assert only(stream_filter.advance(STEP)).values == (None,)
    assert stream_filter.counters.windows_abandoned == 1


def test_nothing_of_a_window_is_in_the_next() -> None:
    stream_filter = make_filter(DEVICES)
    stream_filter.begin(0, boot_id=None)
    for start in (0, 60_000):
        for number in range(12):
            stream_filter.observe("devices_sensor", reading(mac=mac(number), rssi=-50), start)
        assert only(stream_filter.advance(start + 60_000)).values == (12, -500, 12)
    assert only(stream_filter.advance(180_000)).quality == (Quality.SUPPRESSED,) * 3


@pytest.mark.parametrize(
    "target",
    [
        "agent.privacy.distinct.pseudonym",
        "agent.privacy.distinct.Distinct.result",
        "agent.privacy.verdict.Group.is_small",
        "agent.privacy.verdict.Column.outcome",
        "agent.privacy.intake.NumberPort.take",
        "agent.privacy.rounding.Scale.apply",
        "agent.privacy.aggregate.Mean.add",
    ],
)
def test_error_in_any_rule_withholds_the_row_and_keeps_no_text(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, broken)
    stream_filter = make_filter(DEVICES)
    stream_filter.begin(0, boot_id=None)
    for number in range(12):
        stream_filter.observe("devices_sensor", reading(mac=mac(number), rssi=-50), 0)
    row = only(stream_filter.advance(60_000))
    assert row.values == (None, None, None)
    assert row.quality == (Quality.WITHHELD,) * 3
    assert stream_filter.counters.rows_withheld == 1
    assert stream_filter.errors == ("ValueError",)
    assert SECRET not in repr(stream_filter) + repr(stream_filter.counters) + repr(row)


@pytest.mark.parametrize(
    ("spec", "target"),
    [
        (STAYS, "agent.privacy.dwell.Dwell.add"),
        (STAYS, "agent.privacy.dwell.Dwell.result"),
        (STAYS, "agent.privacy.histogram.Histogram.add"),
        (STAYS, "agent.privacy.histogram.Histogram.samples"),
        (STAYS, "agent.privacy.histogram.Histogram.has_small_cell"),
        (STAYS, "agent.privacy.histogram.Distinct.add"),
        (SPREAD, "agent.privacy.spread.Samples.add"),
        (SPREAD, "agent.privacy.spread.quantile"),
        (SPREAD, "agent.privacy.spread.Deviation.result"),
        (SPREAD, "agent.privacy.rounding.Scale.apply_root"),
        (SPREAD, "agent.privacy.bearing.unit_vector"),
        (SPREAD, "agent.privacy.bearing.direction"),
    ],
)
def test_error_in_any_rule_of_spread_direction_stay_or_bins_withholds_the_row(
    spec: StreamSpec, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream_filter = make_filter(spec)
    stream_filter.begin(0, boot_id=None)
    monkeypatch.setattr(target, broken)
    for number in range(12):
        values = reading(mac=mac(number), rssi=-90, temperature=1, humidity=1, wind=1)
        for sensor in ("devices_sensor", "station"):
            stream_filter.observe(sensor, values, 0)
    row = only(stream_filter.advance(60_000))
    assert set(row.quality) == {Quality.WITHHELD}
    assert set(row.values) == {None}
    assert stream_filter.errors == ("ValueError",)


def test_error_withholds_its_own_window_only(monkeypatch: pytest.MonkeyPatch) -> None:
    stream_filter = air()
    with monkeypatch.context() as patch:
        patch.setattr("agent.privacy.aggregate.Mean.add", broken)
        see(stream_filter, 0)
    see(stream_filter, 1)
    see(stream_filter, STEP)
    assert [row.quality[0] for row in stream_filter.advance(2 * STEP)] == [Quality.WITHHELD, Quality.OK]


def no_bytes(_: int) -> bytes:
    raise OSError(SECRET)


@pytest.mark.parametrize("random_bytes", [no_bytes, bytes], ids=["raises", "zeros"])
def test_identifiers_without_randomness_are_withheld(random_bytes: Callable[[int], bytes]) -> None:
    stream_filter = StreamFilter(DEVICES, random_bytes=random_bytes)
    stream_filter.begin(0, boot_id=None)
    for number in range(12):
        stream_filter.observe("devices_sensor", reading(mac=mac(number), rssi=-50), 0)
    assert only(stream_filter.advance(60_000)).quality == (Quality.WITHHELD,) * 3


def test_filter_shows_its_stream_and_nothing_else() -> None:
    stream_filter = make_filter(DEVICES)
    stream_filter.begin(0, boot_id=None)
    stream_filter.observe("devices_sensor", reading(mac=mac(1), rssi=-50), 0)
    assert repr(stream_filter) == str(stream_filter) == "<StreamFilter devices>"


def test_counters_are_plain_integers_and_a_copy() -> None:
    stream_filter = make_filter(WEATHER)
    before = stream_filter.counters
    stream_filter.begin(0, boot_id=None)
    stream_filter.observe("station", reading(temperature=1), 0)
    assert before.readings == 0
    assert all(type(value) is int for value in asdict(stream_filter.counters).values())


@given(st.lists(st.tuples(st.sampled_from("abio"), st.integers(-3000, 20_000)), max_size=40))
def test_any_sequence_of_calls_gives_out_each_start_once_and_on_the_grid(calls: list[tuple[str, int]]) -> None:
    """However time is told, no start of one grid is given out twice."""
    stream_filter = make_filter(AIR)
    rows: list[Released] = []
    for call, at_ms in calls:
        if call == "a":
            rows += stream_filter.advance(at_ms)
        elif call == "b":
            stream_filter.begin(at_ms, boot_id=None)
        elif call == "i":
            rows += stream_filter.interrupt(at_ms)
        else:
            see(stream_filter, at_ms)
    given_out = starts(rows)
    assert len(given_out) == len(set(given_out))
    assert all(start % STEP == 0 for start in given_out)
    assert stream_filter.counters.rows_released == len(rows)
