from collections.abc import Iterable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.privacy import opening
from agent.privacy.dwell import Dwell
from agent.privacy.filter import StreamFilter
from agent.privacy.released import Released
from agent.privacy.spec import Rule, StreamSpec
from agent.privacy.spread import MOST_SAMPLES
from agent.quality import Quality
from tests.support.privacy import (
    CARS,
    DEVICES,
    HUMIDITY,
    MAC,
    RSSI,
    SPEED,
    SPEEDS,
    STAYS,
    TEMPERATURE,
    TRAFFIC,
    WIND,
    histogram,
    mac,
    make_filter,
    only,
    reading,
    released,
    stream,
)

SUPPRESSED = Quality.SUPPRESSED


def run(spec: StreamSpec, readings: Iterable[dict[str, object]], *, at_ms: int = 0) -> Released:
    stream_filter = make_filter(spec)
    return feed(stream_filter, spec, readings, at_ms=at_ms)


def feed(
    stream_filter: StreamFilter, spec: StreamSpec, readings: Iterable[dict[str, object]], *, at_ms: int = 0
) -> Released:
    stream_filter.begin(at_ms, boot_id=None)
    for values in readings:
        stream_filter.observe(spec.channels[0].sensor, reading(**values), at_ms)
    return only(stream_filter.advance(spec.window_ms))


def sightings(people: int, times: int = 1) -> list[dict[str, object]]:
    return [{"mac": mac(number), "rssi": -40 - number % 2} for number in range(people)] * times


@pytest.mark.parametrize("people", [0, 1, 9])
def test_group_below_k_is_suppressed_whole_zero_included(people: int) -> None:
    row = run(DEVICES, sightings(people, times=20))
    assert row.values == (None, None, None)
    assert row.quality == (SUPPRESSED,) * 3


@pytest.mark.parametrize("people", [10, 11, 500])
def test_group_of_k_or_more_is_released(people: int) -> None:
    row = run(DEVICES, sightings(people, times=2))
    assert row.values[0] == people
    assert row.values[2] == 2 * people
    assert row.quality == (Quality.OK,) * 3


def test_ten_thousand_identifiers_are_counted_exactly() -> None:
    assert run(DEVICES, sightings(10_000, times=2)).values[0] == 10_000


def test_empty_group_of_a_failing_sensor_looks_like_any_small_one() -> None:
    stream_filter = make_filter(DEVICES)
    stream_filter.sensor_state("devices_sensor", ok=False)
    assert feed(stream_filter, DEVICES, []).quality == (SUPPRESSED,) * 3


@pytest.mark.parametrize(("cars", "expected"), [(4, (None, None)), (5, (5, 30)), (0, (None, None))])
def test_counted_group_is_judged_by_its_number(cars: int, expected: tuple[int | None, int | None]) -> None:
    assert run(TRAFFIC, [{"cars": cars, "speed": 300}]).values == expected


def test_counted_group_sums_its_samples_where_the_rule_is_sum() -> None:
    assert run(TRAFFIC, [{"cars": 1}] * 4).values == (None, None)
    assert run(TRAFFIC, [{"cars": 1}] * 5).values == (5, None)


@pytest.mark.parametrize("rule", [Rule.MEAN, Rule.MIN, Rule.MAX, Rule.LAST])
def test_occupancy_below_k_is_suppressed_however_often_it_was_sampled(rule: Rule) -> None:
    spec = stream(released(CARS, rule, bounds=(0, 1000)), k=5)
    assert run(spec, [{"cars": 4}] * 100).values == (None,)
    assert run(spec, [{"cars": 6}] * 100).values == (6,)


def test_mean_occupancy_just_below_k_is_not_rounded_up_to_it() -> None:
    spec = stream(released(CARS, Rule.MEAN, bounds=(0, 1000)), k=5)
    nine: list[dict[str, object]] = [{"cars": 5}] * 9
    assert run(spec, [{"cars": 4}, *nine]).values == (None,)


def test_one_small_number_of_a_group_suppresses_the_others() -> None:
    bikes = released(CARS, Rule.MIN, name="fewest", bounds=(0, 1000))
    spec = stream(released(CARS, Rule.SUM, bounds=(0, 10_000)), bikes, k=5)
    assert run(spec, [{"cars": 100}, {"cars": 1}]).values == (None, None)


def test_partial_window_releases_measurements_marked_and_no_people() -> None:
    spec = stream(released(MAC, Rule.COUNT_DISTINCT), released(RSSI), k=10)
    row = run(spec, sightings(50), at_ms=1)
    assert (row.values, row.quality) == ((None, None), (Quality.PARTIAL,) * 2)
    weather = stream(released(TEMPERATURE), released(HUMIDITY))
    row = run(weather, [{"temperature": 2100}], at_ms=1)
    assert (row.values, row.quality) == ((2100, None), (Quality.PARTIAL, Quality.NO_DATA))


def test_partial_window_of_a_small_group_tells_no_more_than_of_a_large_one() -> None:
    rows = {(row.values, row.quality) for people in (0, 3, 50) for row in [run(DEVICES, sightings(people), at_ms=1)]}
    assert len(rows) == 1


def test_measurement_outside_its_released_range_is_withheld() -> None:
    spec = stream(released(TEMPERATURE, exponent=0, bounds=(0, 30)))
    assert run(spec, [{"temperature": 3050}]).values == (30,)
    row = run(spec, [{"temperature": 3051}])
    assert (row.values, row.quality) == ((None,), (Quality.OUT_OF_RANGE,))


def test_measurement_of_a_group_outside_its_released_range_is_withheld_too() -> None:
    spec = stream(released(CARS, Rule.SUM), released(SPEED, exponent=0, bounds=(0, 20)), k=5)
    row = run(spec, [{"cars": 9, "speed": 500}])
    assert (row.values, row.quality) == ((9, None), (Quality.OK, Quality.OUT_OF_RANGE))


@pytest.mark.parametrize(("bounds", "expected"), [((0, 20), 20), ((40, 50), 40), ((0, 23), 20)])
def test_count_outside_its_released_range_is_clamped_and_marked(bounds: tuple[int, int], expected: int) -> None:
    spec = stream(released(CARS, Rule.SUM, bounds=bounds, resolution=5), k=5)
    row = run(spec, [{"cars": 31}])
    assert (row.values, row.quality) == ((expected,), (Quality.SATURATED,))


def test_distinct_count_beyond_its_bound_is_the_bound_and_marked() -> None:
    spec = stream(released(MAC, Rule.COUNT_DISTINCT, bounds=(0, 20)), k=10)
    assert run(spec, sightings(20)).quality == (Quality.OK,)
    row = run(spec, sightings(21))
    assert (row.values, row.quality) == ((20,), (Quality.SATURATED,))


def test_missing_measurement_says_whether_its_sensor_fails() -> None:
    spec = stream(released(TEMPERATURE))
    stream_filter = make_filter(spec)
    assert feed(stream_filter, spec, []).quality == (Quality.NO_DATA,)
    stream_filter.sensor_state("station", ok=False)
    assert only(stream_filter.advance(120_000)).quality == (Quality.SENSOR_FAILING,)
    stream_filter.sensor_state("station", ok=True)
    assert only(stream_filter.advance(180_000)).quality == (Quality.NO_DATA,)


def test_failing_sensor_does_not_mark_a_value_that_is_there() -> None:
    spec = stream(released(TEMPERATURE))
    stream_filter = make_filter(spec)
    stream_filter.sensor_state("station", ok=False)
    row = feed(stream_filter, spec, [{"temperature": 1}])
    assert (row.values, row.quality) == ((1,), (Quality.OK,))


@given(st.lists(st.integers(0, 30), max_size=60), st.integers(0, 59), st.integers(0, 1000))
def test_changing_one_identifier_never_changes_more_than_the_count_it_belongs_to(
    people: list[int], which: int, other: int
) -> None:
    """Either the group appears or disappears as a whole at k, or only the distinct count moves, by one at most."""
    which %= max(1, len(people))
    changed = [*people[:which], other, *people[which + 1 :]] if people else []
    before, after = (
        run(DEVICES, [{"mac": mac(n), "rssi": -30 - i} for i, n in enumerate(crowd)]) for crowd in (people, changed)
    )
    if None not in (before.values[0], after.values[0]):
        assert before.values[1:] == after.values[1:]
        assert abs((before.values[0] or 0) - (after.values[0] or 0)) <= 1
    for row in (before, after):
        assert row.values.count(None) in {0, 3}


def signals(*seen: tuple[int, int]) -> list[dict[str, object]]:
    return [{"mac": mac(number), "rssi": rssi} for number, rssi in seen]


MANY = signals(*[(number, -90) for number in range(12)])


def test_histogram_of_people_is_released_when_each_bin_has_nobody_or_k() -> None:
    row = run(STAYS, MANY + signals(*[(number, -60) for number in range(10)]))
    assert row.values == (0, 12, 12, 10, 22)
    assert row.quality == (Quality.OK,) * 5


@pytest.mark.parametrize("rssi", [-60, -50, 20], ids=["in a bin", "at the last edge", "beside the bins"])
def test_one_person_in_a_cell_suppresses_the_whole_histogram_and_nothing_else(rssi: int) -> None:
    stream_filter = make_filter(STAYS)
    row = feed(stream_filter, STAYS, MANY + 30 * signals((3, rssi)))
    assert row.values == (0, 12, None, None, 42)
    assert row.quality == (Quality.OK, Quality.OK, SUPPRESSED, SUPPRESSED, Quality.OK)
    assert stream_filter.counters.histograms_suppressed == 1
    assert stream_filter.counters.groups_suppressed == 0


def test_histogram_of_vehicles_is_judged_by_its_samples() -> None:
    slow: list[dict[str, object]] = [{"cars": 1, "speed": 100, "course": 10}] * 5
    quick: list[dict[str, object]] = [{"cars": 1, "speed": 200}] * 5
    assert run(SPEEDS, slow).values[2:] == (5, 0, 0)
    assert run(SPEEDS, slow + quick[:1]).values[2:] == (None, None, None)
    assert run(SPEEDS, slow + quick).values[2:] == (5, 5, 0)


def test_histogram_of_a_small_group_is_suppressed_with_it_and_partial_with_it() -> None:
    few = signals(*[(number, -90) for number in range(9)])
    assert run(STAYS, few * 20).quality == (SUPPRESSED,) * 5
    assert run(STAYS, MANY, at_ms=1).quality == (Quality.PARTIAL,) * 5


def test_histogram_of_a_plain_measurement_is_free() -> None:
    spec = stream(*histogram(HUMIDITY, 0, 3000, 6000, 10_001))
    row = run(spec, [{"humidity": 100}, {"humidity": 9000}])
    assert (row.values, row.quality) == ((1, 0, 1), (Quality.OK,) * 3)
    assert run(spec, []).quality == (Quality.NO_DATA,) * 3
    assert run(spec, [{"humidity": 20_000}]).quality == (Quality.OUT_OF_RANGE,) * 3


def test_histogram_bin_beyond_its_range_is_clamped_and_marked() -> None:
    spec = stream(*histogram(HUMIDITY, 0, 3000, 6000, bounds=(0, 2)))
    row = run(spec, [{"humidity": 100}] * 3)
    assert (row.values, row.quality) == ((2, 0), (Quality.SATURATED, Quality.OK))


def test_dwell_counts_the_contributors_of_its_group_by_itself() -> None:
    spec = stream(released(MAC, Rule.DWELL), released(RSSI), k=10)
    assert run(spec, sightings(9, times=5)).values == (None, None)
    assert run(spec, sightings(10, times=5)).values[0] == 0


def test_dwell_of_a_crowd_is_its_median_in_whole_seconds() -> None:
    spec = stream(released(MAC, Rule.DWELL, bounds=(0, 40)), k=10)
    stream_filter = make_filter(spec)
    stream_filter.begin(0, boot_id=None)
    for number in range(11):
        for at_ms in (1000, 1000 + 2900 * number):
            stream_filter.observe("devices_sensor", reading(mac=mac(number)), at_ms)
    assert only(stream_filter.advance(60_000)).values == (14,)  # 14.5 s, to the even one


def test_dwell_of_too_many_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "Dwell", partial(Dwell, bound=12))
    spec = stream(released(MAC, Rule.DWELL), released(MAC, Rule.COUNT_DISTINCT, name="devices"), k=10)
    assert run(spec, sightings(12)).quality == (Quality.OK, Quality.OK)
    row = run(spec, sightings(13))
    assert (row.values, row.quality) == ((None, 13), (Quality.SATURATED, Quality.OK))


def test_median_of_a_number_of_people_below_k_is_suppressed_and_of_too_many_samples_too() -> None:
    spec = stream(released(CARS, Rule.MEDIAN, exponent=-1, bounds=(0, 10_000)), k=5)
    assert run(spec, [{"cars": 4}, {"cars": 5}]).values == (None,)
    assert run(spec, [{"cars": 5}, {"cars": 6}]).values == (55,)
    assert run(spec, [{"cars": 9}] * (MOST_SAMPLES + 1)).quality == (SUPPRESSED,)


def test_quantile_of_too_many_samples_is_null_and_says_saturated() -> None:
    spec = stream(released(TEMPERATURE, Rule.P90), released(TEMPERATURE, name="mean"))
    row = run(spec, [{"temperature": 2000}] * (MOST_SAMPLES + 1))
    assert (row.values, row.quality) == ((None, 2000), (Quality.SATURATED, Quality.OK))


def test_deviation_is_rounded_once_at_the_released_resolution() -> None:
    spec = stream(
        released(TEMPERATURE, Rule.STDEV, name="fine"),
        released(TEMPERATURE, Rule.STDEV, name="coarse", exponent=0, bounds=(0, 60)),
        released(TEMPERATURE, Rule.STDEV, name="narrow", bounds=(0, 100)),
    )
    row = run(spec, [{"temperature": 0}, {"temperature": 300}])
    assert row.values == (150, 2, None)  # 1.5 to the even one
    assert row.quality == (Quality.OK, Quality.OK, Quality.OUT_OF_RANGE)


@pytest.mark.parametrize(
    ("directions", "expected"),
    [((3590, 10), 0), ((3595, 3599), 0), ((3590, 3580), 358), ((3594, 3594), 359), ((900, 1000), 95)],
)
def test_mean_direction_that_rounds_to_a_full_turn_is_north(directions: tuple[int, ...], expected: int) -> None:
    spec = stream(released(WIND, Rule.CIRCULAR_MEAN, exponent=0, bounds=(0, 359)))
    assert run(spec, [{"wind": direction} for direction in directions]).values == (expected,)


def test_mean_direction_that_does_not_exist_is_no_data_even_beside_implausible_samples() -> None:
    spec = stream(released(WIND, Rule.CIRCULAR_MEAN))
    row = run(spec, [{"wind": 0}, {"wind": 1800}, {"wind": 9999}])
    assert (row.values, row.quality) == ((None,), (Quality.NO_DATA,))


def test_counter_tells_how_many_values_were_cut_to_their_range() -> None:
    spec = stream(released(MAC, Rule.COUNT_DISTINCT, bounds=(0, 11)), k=10)
    stream_filter = make_filter(spec)
    stream_filter.begin(0, boot_id=None)
    for window in range(3):
        for number in range(11 + window):
            stream_filter.observe("devices_sensor", reading(mac=mac(number)), 60_000 * window)
        stream_filter.advance(60_000 * (window + 1))
    assert stream_filter.counters.values_saturated == 2
