"""Windows that a pause touched, and what their filter makes of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.privacy.filter import StreamFilter
from agent.privacy.pauses import Pauses
from agent.privacy.released import Released
from agent.privacy.spec import Rule, StreamSpec
from agent.quality import Quality
from tests.support.privacy import CARS, MAC, SPEED, TEMPERATURE, mac, make_filter, only, reading, released, stream

MINUTE = 60_000
CORNER = stream(
    released(TEMPERATURE),
    released(MAC, Rule.COUNT_DISTINCT, name="devices"),
    k=10,
    name="corner",
)
"""The sensors are `station` and `devices_sensor`."""
TRAFFIC = stream(
    released(CARS, Rule.SUM, bounds=(0, 100_000)), released(SPEED, exponent=0, bounds=(0, 100)), k=5, name="traffic"
)


def during(pauses: Pauses, minute: int) -> set[str]:
    return set(pauses.during(minute * MINUTE, MINUTE))


# -- which windows


@pytest.mark.parametrize(
    ("since_ms", "until_ms", "without"),
    [
        pytest.param(90_000, 100_000, [1], id="inside-one"),
        pytest.param(90_000, 200_000, [1, 2, 3], id="over-several"),
        pytest.param(60_000, 119_999, [1], id="a-whole-one"),
        pytest.param(119_999, 119_999, [1], id="its-last-ms"),
        pytest.param(60_000, 60_000, [1], id="its-first-ms"),
    ],
)
def test_pause_touches_every_window_that_it_shares_a_moment_with(
    since_ms: int, until_ms: int, without: list[int]
) -> None:
    pauses = Pauses()
    pauses.begin("one", since_ms)
    pauses.end("one", until_ms)
    assert [minute for minute in range(6) if during(pauses, minute)] == without


def test_pause_that_lasts_touches_every_window_from_then_on() -> None:
    pauses = Pauses()
    pauses.begin("one", 90_000)
    assert [minute for minute in range(6) if during(pauses, minute)] == [1, 2, 3, 4, 5]


def test_pauses_of_sensors_are_apart() -> None:
    pauses = Pauses()
    pauses.begin("one", 0)
    pauses.begin("two", MINUTE)
    pauses.end("one", MINUTE + 1)
    assert [during(pauses, minute) for minute in range(3)] == [{"one"}, {"one", "two"}, {"two"}]


def test_second_pause_does_not_hide_the_first_while_its_window_is_open() -> None:
    pauses = Pauses()
    pauses.begin("one", 10_000)
    pauses.end("one", 11_000)
    pauses.begin("one", 5 * MINUTE)
    assert during(pauses, 0) == {"one"}


def test_pause_of_the_day_before_is_forgotten_by_then() -> None:
    pauses = Pauses()
    pauses.begin("one", 10_000)
    pauses.end("one", 11_000)
    assert [during(pauses, minute) for minute in range(3)] == [{"one"}, set(), set()]
    pauses.begin("one", 4 * MINUTE)
    assert [during(pauses, minute) for minute in (3, 4)] == [set(), {"one"}]


def test_begin_and_end_twice_are_once() -> None:
    pauses = Pauses()
    pauses.begin("one", 10_000)
    pauses.begin("one", 70_000)
    pauses.end("one", 80_000)
    pauses.end("one", 190_000)
    assert [during(pauses, minute) for minute in range(4)] == [{"one"}, {"one"}, set(), set()]


def test_end_without_a_pause_is_none() -> None:
    pauses = Pauses()
    pauses.end("one", 10_000)
    assert during(pauses, 0) == set()


def test_another_grid_keeps_what_lasts_and_forgets_what_was_over() -> None:
    pauses = Pauses()
    pauses.begin("one", 9_000_000)
    pauses.begin("two", 9_000_000)
    pauses.end("two", 9_000_001)
    pauses.move(MINUTE + 5)
    assert [during(pauses, minute) for minute in range(3)] == [set(), {"one"}, {"one"}]


# -- what leaves


class Corner:
    """A filter with a crowd that walks past each minute, warm weather, and a clock."""

    def __init__(self, spec: StreamSpec = CORNER) -> None:
        self.filter: StreamFilter = make_filter(spec)
        self.filter.begin(0, boot_id=None)

    def crowd(self, at_ms: int, *, people: int = 20) -> None:
        for number in range(people):
            self.filter.observe("devices_sensor", reading(mac=mac(number)), at_ms)

    def warmth(self, at_ms: int) -> None:
        self.filter.observe("station", reading(temperature=2000), at_ms)

    def close(self, minute: int) -> Released:
        return only(self.filter.advance((minute + 1) * MINUTE))


def test_window_without_a_pause_tells_of_the_crowd() -> None:
    corner = Corner()
    corner.crowd(1000)
    corner.warmth(1000)
    row = corner.close(0)
    assert (row.values, row.quality) == ((2000, 20), (Quality.OK, Quality.OK))


def test_pause_of_the_scanner_nulls_people_as_partial_and_leaves_the_weather_whole() -> None:
    corner = Corner()
    corner.crowd(1000)
    corner.warmth(1000)
    corner.filter.sensor_paused("devices_sensor", 30_000)
    corner.filter.sensor_watched("devices_sensor", 31_000)
    row = corner.close(0)
    assert (row.values, row.quality) == ((2000, None), (Quality.OK, Quality.PARTIAL))


def test_pause_of_the_station_marks_the_weather_and_leaves_the_crowd_whole() -> None:
    corner = Corner()
    corner.crowd(1000)
    corner.warmth(1000)
    corner.filter.sensor_paused("station", 30_000)
    row = corner.close(0)
    assert (row.values, row.quality) == ((2000, 20), (Quality.PARTIAL, Quality.OK))


def test_window_wholly_in_a_pause_never_says_that_nobody_was_there() -> None:
    corner = Corner()
    for sensor in ("station", "devices_sensor"):
        corner.filter.sensor_paused(sensor, 1000)
    corner.close(0)
    row = corner.close(1)
    assert (row.values, row.quality) == ((None, None), (Quality.NO_DATA, Quality.PARTIAL))
    assert corner.filter.counters.groups_suppressed == 0


def test_window_after_the_one_in_which_the_pause_ended_is_whole() -> None:
    corner = Corner()
    corner.filter.sensor_paused("devices_sensor", 1000)
    corner.close(0)
    corner.filter.sensor_watched("devices_sensor", MINUTE + 100)
    corner.crowd(MINUTE + 200)
    assert corner.close(1).quality[1] is Quality.PARTIAL
    corner.crowd(2 * MINUTE + 200)
    assert corner.close(2).values[1] == 20


def test_pause_that_begins_with_the_next_window_leaves_the_one_that_has_just_ended_whole() -> None:
    corner = Corner()
    corner.crowd(1000)
    corner.filter.sensor_paused("devices_sensor", MINUTE)
    assert corner.close(0).values[1] == 20
    assert corner.close(1).quality[1] is Quality.PARTIAL


def test_every_column_of_a_group_is_null_as_partial() -> None:
    corner = Corner(TRAFFIC)
    for _ in range(9):
        corner.filter.observe("vehicles_sensor", reading(cars=9, speed=120), 1000)
    corner.filter.sensor_paused("vehicles_sensor", 30_000)
    row = corner.close(0)
    assert (row.values, row.quality) == ((None, None), (Quality.PARTIAL, Quality.PARTIAL))


def test_pause_of_a_sensor_of_another_stream_is_none_of_this_one() -> None:
    corner = Corner()
    corner.crowd(1000)
    corner.filter.sensor_paused("elsewhere", 1000)
    assert corner.close(0).values[1] == 20


@pytest.mark.parametrize("minute", [3, 100], ids=["back", "on"])
def test_pause_lasts_over_a_new_grid(minute: int) -> None:
    corner = Corner()
    corner.filter.begin(50 * MINUTE, boot_id=bytes(16))
    corner.filter.sensor_paused("devices_sensor", 50 * MINUTE + 1000)
    corner.filter.interrupt(50 * MINUTE + 2000)
    corner.filter.begin(minute * MINUTE, boot_id=None)
    corner.crowd(minute * MINUTE + 1)
    assert corner.close(minute).quality[1] is Quality.PARTIAL


EVENTS = st.lists(st.tuples(st.integers(0, 90_000), st.sampled_from(["pause", "watch", "tick"])), max_size=30)


@settings(max_examples=200, deadline=None)
@given(events=EVENTS)
def test_people_leave_only_of_windows_that_no_pause_touched(events: list[tuple[int, str]]) -> None:
    """A crowd is there; a row tells of it if its window knew no pause (and ticks came in time), and only then."""
    corner, now_ms, ticked_ms, paused_ms = Corner(), 0, 0, None
    touched: set[int] = set()
    rows: list[Released] = []

    def tick() -> None:
        rows.extend(corner.filter.advance(now_ms))
        corner.crowd(now_ms)

    late = False
    for elapsed_ms, event in events:
        now_ms += elapsed_ms
        late = late or now_ms - ticked_ms > MINUTE
        match event:
            case "pause":
                corner.filter.sensor_paused("devices_sensor", now_ms)
                paused_ms = now_ms if paused_ms is None else paused_ms
            case "watch":
                corner.filter.sensor_watched("devices_sensor", now_ms)
                if paused_ms is not None:
                    touched |= set(range(paused_ms // MINUTE, now_ms // MINUTE + 1))
                paused_ms = None
            case _:
                tick()
                ticked_ms = now_ms
    now_ms += 3 * MINUTE
    tick()
    if paused_ms is not None:
        touched |= set(range(paused_ms // MINUTE, now_ms // MINUTE + 1))
    for row in rows:
        if row.start_ms // MINUTE in touched:
            assert (row.values[1], row.quality[1]) == (None, Quality.PARTIAL)
        elif not late:
            assert row.quality[1] is not Quality.PARTIAL
