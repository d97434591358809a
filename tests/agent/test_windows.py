"""Windows over a clock that is synchronised, slewed and stepped."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given as property_of
from hypothesis import settings
from hypothesis import strategies as st

from agent.given import Given
from agent.poller import SensorState
from agent.privacy.filter import StreamFilter
from agent.privacy.released import Released
from agent.privacy.spec import Rule, StreamSpec
from agent.quality import Quality
from agent.windows import GRACE_MS, Windows
from agent.wire.messages import ClockQuality
from drivers.reading import Reading
from tests.support.privacy import HUMIDITY, TEMPERATURE, make_filter, only, released, stream
from tests.support.wall import BOOT, WALL_MS, WallClock

MINUTE_MS = 60_000
AIR = stream(released(TEMPERATURE), released(TEMPERATURE, Rule.COUNT, name="samples"), name="air")
DAMP = stream(released(HUMIDITY, sensor="shed"), name="damp", window_ms=10_000)
BOTH = stream(released(TEMPERATURE), released(HUMIDITY, sensor="shed"), name="both")
"""Streams of the sensors `station` and `shed`."""


class Rig:
    """Windows with their clock."""

    def __init__(
        self,
        *specs: StreamSpec,
        clock: WallClock | None = None,
        given: Given | None = None,
        suspended: Sequence[str] = (),
    ) -> None:
        self.clock = clock or WallClock()
        self.watched: list[str] = []
        self.filters: dict[str, StreamFilter] = {
            spec.name: make_filter(spec) for spec in specs if spec.name not in suspended
        }
        self.windows = Windows(
            specs,
            filters=self.filters,
            clock=self.clock,
            given=given or Given(BOOT),
            watch=lambda sensor, _reading: self.watched.append(sensor),
        )

    def read(self, sensor: str = "station", *, late_ms: int = 0) -> None:
        """Hand in a reading that was taken `late_ms` ago."""
        mono_ns = self.clock.mono_ns() - late_ms * 1_000_000
        self.windows.on_reading(sensor, Reading(mono_ns=mono_ns, values={"temperature": 2000, "humidity": 5000}))

    def wait_ms(self, elapsed_ms: int) -> list[Released]:
        """Let time pass as the service does, ticking when a window is due, and return the rows."""
        until_ms, rows = self.clock.now_ms + elapsed_ms, list[Released]()
        while (wait_s := self.windows.next_tick_s()) <= (until_ms - self.clock.now_ms) / 1000:
            self.clock.now_ms += round(wait_s * 1000)
            rows += self.windows.tick().rows
        self.clock.now_ms = until_ms
        return rows


# -- routing


def test_reading_reaches_every_stream_of_its_sensor_and_no_other() -> None:
    rig = Rig(AIR, DAMP, BOTH)
    rig.read("station")
    rig.read("station")
    rig.read("shed")
    rig.read("elsewhere")

    counted = rig.windows.counters()
    assert {name: counters["readings"] for name, counters in counted.items()} == {"air": 2, "damp": 1, "both": 3}
    assert rig.windows.readings == 4


def test_suspended_stream_gets_nothing_and_releases_nothing() -> None:
    rig = Rig(AIR, DAMP, suspended=["air"])
    rig.read("station")
    rows = rig.wait_ms(3 * MINUTE_MS)

    assert {row.stream for row in rows} == {"damp"}
    assert set(rig.windows.counters()) == {"damp"}


def test_clock_source_sees_readings_before_the_filters_do() -> None:
    rig = Rig(AIR)
    rig.read("gnss")
    assert rig.watched == ["gnss"]


def test_sensor_that_fails_gives_its_windows_the_code_for_it() -> None:
    rig = Rig(BOTH, DAMP)
    rig.windows.on_state("shed", SensorState.FAILING)
    rig.wait_ms(MINUTE_MS)
    rows = {row.stream: row for row in rig.wait_ms(MINUTE_MS)}

    assert rows["damp"].quality == (Quality.SENSOR_FAILING,)
    assert rows["both"].quality == (Quality.NO_DATA, Quality.SENSOR_FAILING)
    assert rig.windows.states == {"shed": SensorState.FAILING}


# -- the schedule


def test_windows_close_on_a_constant_schedule_with_or_without_readings() -> None:
    rig = Rig(AIR, DAMP)
    rows = rig.wait_ms(2 * MINUTE_MS + GRACE_MS)

    air = [row.start_ms for row in rows if row.stream == "air"]
    damp = [row.start_ms for row in rows if row.stream == "damp"]
    assert air == [WALL_MS - WALL_MS % MINUTE_MS, WALL_MS - WALL_MS % MINUTE_MS + MINUTE_MS]
    assert damp == [WALL_MS + 10_000 * index for index in range(12)]


def test_window_is_closed_once_the_grace_for_readings_on_their_way_is_over() -> None:
    rig = Rig(DAMP)
    rig.clock.now_ms = 10_000 + GRACE_MS - 1
    assert rig.windows.tick().rows == []
    rig.read("shed", late_ms=GRACE_MS)
    rig.clock.now_ms += 1
    assert only(rig.windows.tick().rows).start_ms == WALL_MS
    assert rig.windows.counters()["damp"]["readings"] == 1


def test_next_tick_is_at_the_end_of_the_window_that_ends_first() -> None:
    rig = Rig(AIR, DAMP)
    assert rig.windows.next_tick_s() == pytest.approx((5_000 + GRACE_MS) / 1000)


def test_next_tick_of_windows_that_ended_meanwhile_is_now() -> None:
    rig = Rig(DAMP)
    rig.clock.now_ms = 10_000
    rig.windows.tick()
    rig.clock.now_ms = 25_000  # whoever ticks was kept from it
    assert rig.windows.next_tick_s() == 0
    assert [row.start_ms - WALL_MS for row in rig.windows.tick().rows] == [0, 10_000]
    assert rig.windows.next_tick_s() == pytest.approx((5_000 + GRACE_MS) / 1000)


def test_next_tick_without_any_stream_is_a_second_away() -> None:
    rig = Rig(AIR, suspended=["air"])
    assert rig.windows.next_tick_s() == pytest.approx(1 + GRACE_MS / 1000)
    rig.clock.now_ms += 20_000
    rig.windows.tick()
    assert 0 < rig.windows.next_tick_s() <= 1


def test_late_wake_up_closes_every_window_that_has_ended() -> None:
    rig = Rig(DAMP)
    rig.clock.now_ms += 60_000
    assert len(rig.windows.tick().rows) == 6


def test_stop_closes_the_open_windows_as_partial() -> None:
    rig = Rig(AIR, DAMP)
    rig.wait_ms(MINUTE_MS)
    rig.read("station")
    closed = rig.windows.stop()

    assert closed.early
    assert {row.stream for row in closed.rows} == {"air", "damp"}
    assert all(code in {Quality.PARTIAL, Quality.NO_DATA} for row in closed.rows for code in row.quality)


# -- the clock


def _unset(now_ms: int = 5_000) -> WallClock:
    return WallClock(now_ms=now_ms, synchronised=False, error_ms=None)


def test_rows_before_synchronisation_carry_the_boot_and_its_time() -> None:
    rig = Rig(DAMP, clock=_unset())
    rig.clock.now_ms = 10_000 + GRACE_MS
    closed = rig.windows.tick()
    row = only(closed.rows)

    assert (row.boot_id, row.start_ms) == (BOOT, 0)
    assert closed.clock.quality is ClockQuality.UNSET


def test_synchronisation_closes_open_windows_as_partial_on_the_boots_grid() -> None:
    rig = Rig(AIR, clock=_unset())
    rig.wait_ms(MINUTE_MS)
    rig.read()
    rig.clock.synchronised = True
    closed = rig.windows.tick()
    row = only(closed.rows)

    assert closed.early
    assert (row.boot_id, row.start_ms, row.quality[0]) == (BOOT, MINUTE_MS, Quality.PARTIAL)
    assert closed.clock.quality is ClockQuality.UNSET, "these windows were observed before"


def test_first_window_after_synchronisation_is_partial_and_has_the_date() -> None:
    rig = Rig(AIR, clock=_unset())
    rig.clock.synchronised = True
    rig.windows.tick()
    rig.read()
    row = only(rig.wait_ms(MINUTE_MS))

    assert (row.boot_id, row.start_ms) == (None, WALL_MS - WALL_MS % MINUTE_MS)
    assert row.quality[0] is Quality.PARTIAL


@pytest.mark.parametrize("step_ms", [-3_600_000, -1_001, 1_001, 3_600_000])
def test_step_of_more_than_a_second_closes_open_windows_as_partial(step_ms: int) -> None:
    rig = Rig(AIR)
    rig.wait_ms(MINUTE_MS)
    rig.read()
    open_ms = rig.windows.timeline.grid.at_ms(rig.clock.mono_ns())
    rig.clock.offset_ms += step_ms
    row = only(rig.windows.tick().rows)

    assert row.start_ms == open_ms - open_ms % MINUTE_MS, "on its own grid, not the new one"
    assert row.quality[0] is Quality.PARTIAL


@pytest.mark.parametrize("slew_ms", [-1_000, -1, 1, 1_000])
def test_slew_of_up_to_a_second_breaks_no_window(slew_ms: int) -> None:
    rig = Rig(AIR)
    rig.wait_ms(MINUTE_MS)
    rig.clock.offset_ms += slew_ms
    assert not rig.windows.tick().early
    rig.read()
    rows = rig.wait_ms(MINUTE_MS)
    assert rows[0].quality[0] is Quality.OK


def test_window_that_a_step_back_repeats_is_not_given_out_again() -> None:
    rig = Rig(DAMP)
    rows = rig.wait_ms(MINUTE_MS)
    rig.clock.offset_ms -= 30_000
    rows += rig.windows.tick().rows
    rows += rig.wait_ms(MINUTE_MS)

    starts = [row.start_ms for row in rows]
    assert len(starts) == len(set(starts))
    assert rig.windows.counters()["damp"]["rows_repeated"] == 4


def test_clock_that_loses_its_synchronisation_keeps_its_grid_and_says_holdover() -> None:
    rig = Rig(DAMP)
    rig.clock.synchronised = False
    rig.clock.now_ms = 10_000 + GRACE_MS
    closed = rig.windows.tick()
    assert only(closed.rows).boot_id is None
    assert closed.clock.quality is ClockQuality.HOLDOVER


@pytest.mark.parametrize(
    ("synchronised", "later", "date"),
    [
        pytest.param(True, True, True, id="synchronised"),
        pytest.param(True, False, False, id="holdover"),
        pytest.param(False, False, False, id="never"),
    ],
)
def test_filters_are_told_whether_the_clock_is_synchronised_before_they_close_a_window(
    synchronised: bool,  # noqa: FBT001 - pytest gives it by name
    later: bool,  # noqa: FBT001
    date: bool,  # noqa: FBT001
) -> None:
    rig = Rig(DAMP, clock=WallClock(synchronised=synchronised, error_ms=None))
    rig.clock.synchronised = later
    for close in (rig.windows.tick, lambda: rig.windows.set_suspended({"damp"}), rig.windows.stop):
        rig.filters["damp"].synchronised = not date
        rig.clock.now_ms += 10_000
        close()
        assert rig.filters["damp"].synchronised is date


def test_filters_are_told_of_the_clock_as_it_was_when_it_is_set() -> None:
    rig = Rig(DAMP, clock=WallClock(synchronised=False, error_ms=None))
    rig.clock.synchronised = True
    assert rig.windows.tick().early
    assert not rig.filters["damp"].synchronised
    rig.clock.now_ms += 10_000
    rig.windows.tick()
    assert rig.filters["damp"].synchronised


# -- restarts


def test_restart_inside_a_window_does_not_give_it_out_again() -> None:
    clock = WallClock()
    before = Given(BOOT)
    first = Rig(AIR, DAMP, clock=clock, given=before)
    rows = first.windows.stop().rows
    clock.now_ms += 2_000
    second = Rig(AIR, DAMP, clock=clock, given=Given(BOOT, before.export()))
    rows += second.wait_ms(3 * MINUTE_MS)

    assert Counter((row.stream, row.start_ms) for row in rows).most_common(1)[0][1] == 1
    assert second.windows.counters()["air"]["rows_repeated"] == 1


def test_restart_of_the_machine_gives_out_the_same_boot_times_again() -> None:
    before = Given(BOOT)
    first = Rig(AIR, clock=_unset(), given=before)
    rows = first.windows.stop().rows
    other = bytes(16)
    clock = _unset(now_ms=2_000)
    clock.boot_id = other
    rows += Rig(AIR, clock=clock, given=Given(other, before.export())).wait_ms(2 * MINUTE_MS)

    assert [(row.boot_id, row.start_ms) for row in rows] == [(BOOT, 0), (other, 0), (other, MINUTE_MS)]


# -- anything a clock can do


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(0, 90_000)),
        st.tuples(st.just("oversleep"), st.integers(0, 30_000)),
        st.tuples(st.just("slew"), st.integers(-1_000, 1_000)),
        st.tuples(st.just("step"), st.integers(-7_200_000, 7_200_000)),
        st.tuples(st.just("synchronise"), st.booleans()),
        st.tuples(st.just("read"), st.integers(0, 12_000)),
        st.tuples(st.just("restart"), st.integers(0, 15_000)),
        st.tuples(st.just("suspend"), st.integers(0, 3)),
    ),
    max_size=25,
)


@settings(max_examples=150, deadline=None)
@property_of(moves=MOVES, synchronised=st.booleans())
def test_whatever_the_clock_does_no_window_is_given_out_twice_and_no_reading_counts_twice(
    moves: list[tuple[str, int]],
    synchronised: bool,  # noqa: FBT001 - hypothesis gives it by name
) -> None:
    """Each (stream, boot, start) comes once; samples counted in rows are readings taken, never more; ticks end."""
    clock = WallClock(synchronised=synchronised, error_ms=None)
    given = Given(BOOT)
    rig = Rig(AIR, DAMP, clock=clock, given=given)
    rows: list[Released] = []
    taken = 0
    for move, amount in moves:
        match move:
            case "wait":
                rows += rig.wait_ms(amount)
            case "oversleep":
                clock.now_ms += amount
                rows += rig.windows.tick().rows
            case "slew" | "step":
                clock.offset_ms += amount
                rows += rig.windows.tick().rows
            case "synchronise":
                clock.synchronised = bool(amount)
            case "read":
                taken += 1
                rig.read(late_ms=min(amount, clock.now_ms))
            case "suspend":
                rows += rig.windows.set_suspended(
                    {name for bit, name in ((1, "air"), (2, "damp")) if amount & bit}
                ).rows
            case "restart":
                rows += rig.windows.stop().rows
                clock.now_ms += amount
                given = Given(BOOT, given.export())
                rig = Rig(AIR, DAMP, clock=clock, given=given)
        assert rig.windows.next_tick_s() >= 0
    rows += rig.windows.stop().rows

    keys = [(row.stream, row.boot_id, row.start_ms) for row in rows]
    assert len(keys) == len(set(keys))
    assert sum(row.values[1] or 0 for row in rows if row.stream == "air") <= taken
    assert all(row.start_ms % row.step_ms == 0 for row in rows)


# -- pauses


def test_pause_makes_the_windows_of_a_sensor_partial_until_it_has_shown_how_it_is() -> None:
    rig = Rig(DAMP)
    rig.wait_ms(10_000)
    rig.read("shed")
    rig.windows.on_state("shed", SensorState.OK)
    rig.windows.on_state("shed", SensorState.PAUSED)
    rows = rig.wait_ms(20_000)
    rig.windows.on_state("shed", SensorState.OK)
    rig.read("shed")
    rows += rig.wait_ms(10_000)
    rig.read("shed")
    rows += rig.wait_ms(10_000)

    assert [row.quality[0] for row in rows] == [Quality.PARTIAL, Quality.NO_DATA, Quality.PARTIAL, Quality.OK]


def test_pause_of_a_sensor_that_was_failing_is_no_failure() -> None:
    rig = Rig(DAMP)
    rig.windows.on_state("shed", SensorState.FAILING)
    rig.windows.on_state("shed", SensorState.PAUSED)
    rig.wait_ms(10_000)
    assert only(rig.wait_ms(10_000)).quality == (Quality.NO_DATA,)


def test_pause_at_a_windows_end_leaves_that_window_whole() -> None:
    rig = Rig(DAMP)
    rig.wait_ms(10_000)
    rig.read("shed")
    rig.clock.now_ms += 20_000 - rig.clock.now_ms + 3  # within the grace of the window that ended
    rig.windows.on_state("shed", SensorState.PAUSED)
    assert only(rig.wait_ms(GRACE_MS)).quality == (Quality.OK,)


def test_pause_lasts_over_a_clock_step() -> None:
    rig = Rig(DAMP)
    rig.wait_ms(10_000)
    rig.windows.on_state("shed", SensorState.PAUSED)
    rig.clock.offset_ms += 3_600_000
    rig.windows.tick()
    rig.wait_ms(10_000)
    rig.read("shed")
    assert only(rig.wait_ms(10_000)).quality == (Quality.PARTIAL,)


# -- streams suspended on order


def test_suspended_stream_gives_out_what_it_had_as_partial_and_nothing_more() -> None:
    rig = Rig(AIR, DAMP)
    rig.wait_ms(MINUTE_MS)
    rig.read("station")
    start_ms = rig.windows.timeline.grid.at_ms(rig.clock.mono_ns()) // MINUTE_MS * MINUTE_MS
    closed = rig.windows.set_suspended({"air"})
    row = only(closed.rows)

    assert closed.early
    assert (row.stream, row.start_ms, row.quality[0]) == ("air", start_ms, Quality.PARTIAL)
    rig.read("station")
    assert {row.stream for row in rig.wait_ms(3 * MINUTE_MS)} == {"damp"}
    assert {row.stream for row in rig.windows.stop().rows} == {"damp"}


def test_suspended_stream_keeps_nothing_and_takes_nothing() -> None:
    rig = Rig(AIR)
    rig.read("station")
    rig.windows.set_suspended({"air"})
    before = rig.windows.counters()["air"]
    rig.read("station")
    held = rig.filters["air"]
    assert held._windows.running is None
    assert held._windows._next is None
    assert rig.windows.counters()["air"] == before, "not even counted: it does not get there"
    assert rig.watched == ["station", "station"], "the clock's source goes on"


def test_suspending_what_is_suspended_or_unknown_changes_nothing() -> None:
    rig = Rig(AIR, DAMP, suspended=["damp"])
    rig.read("station")
    assert len(rig.windows.set_suspended({"air", "damp", "elsewhere"}).rows) == 1
    assert rig.windows.set_suspended({"air", "damp", "elsewhere"}).rows == []
    assert rig.windows.set_suspended(set()).rows == []
    assert {row.stream for row in rig.wait_ms(2 * MINUTE_MS)} == {"air"}, "damp has no filter"


def test_suspension_at_the_end_of_a_window_gives_it_out_whole() -> None:
    rig = Rig(DAMP)
    rig.wait_ms(10_000)
    rig.read("shed")
    rig.clock.now_ms = 20_000
    rows = rig.windows.set_suspended({"damp"}).rows
    assert [(row.start_ms - WALL_MS, row.quality[0]) for row in rows] == [(10_000, Quality.OK)]


def test_resumed_stream_begins_with_a_partial_window_on_the_grid() -> None:
    rig = Rig(DAMP)
    rig.windows.set_suspended({"damp"})
    rig.wait_ms(22_000)  # it is 27 s now
    assert rig.windows.set_suspended(set()).rows == []
    rig.read("shed")
    rows = rig.wait_ms(3_000 + GRACE_MS)
    rig.read("shed")
    rows += rig.wait_ms(10_000)
    assert [(row.start_ms - WALL_MS, row.quality[0]) for row in rows] == [
        (20_000, Quality.PARTIAL),
        (30_000, Quality.OK),
    ]


def test_suspending_and_resuming_one_stream_leaves_the_windows_of_another_alone() -> None:
    rig = Rig(AIR, DAMP)
    rig.wait_ms(10_000)
    rig.read("shed")
    rig.windows.set_suspended({"air"})
    rig.windows.set_suspended(set())
    assert [row.quality[0] for row in rig.wait_ms(10_000) if row.stream == "damp"] == [Quality.OK]


def test_window_that_was_given_out_at_the_suspension_is_not_given_out_again() -> None:
    rig = Rig(DAMP)
    rig.read("shed")
    rows = rig.windows.set_suspended({"damp"}).rows
    rig.clock.now_ms += 1_000
    rig.windows.set_suspended(set())
    rig.read("shed")
    rows += rig.wait_ms(14_000 + GRACE_MS)
    assert [row.start_ms - WALL_MS for row in rows] == [0, 10_000]


def test_stream_suspended_from_the_start_gives_out_nothing_at_all() -> None:
    clock = WallClock()
    windows = Windows(
        (DAMP,), filters={"damp": make_filter(DAMP)}, clock=clock, given=Given(BOOT), suspended={"damp"}
    )
    clock.now_ms += 60_000
    assert windows.tick().rows == []
    assert windows.set_suspended({"damp"}).rows == []
    assert windows.stop().rows == []


def test_suspension_lasts_over_a_clock_step_and_ends_on_the_new_grid() -> None:
    rig = Rig(DAMP)
    rig.windows.set_suspended({"damp"})
    rig.clock.offset_ms += 3_600_000
    assert rig.windows.tick().rows == []
    rig.windows.set_suspended(set())
    rows = rig.wait_ms(10_000)
    assert [row.start_ms - WALL_MS for row in rows] == [3_600_000]


def test_pause_while_the_stream_is_suspended_is_known_when_it_goes_on() -> None:
    rig = Rig(DAMP)
    rig.windows.set_suspended({"damp"})
    rig.windows.on_state("shed", SensorState.PAUSED)
    rig.wait_ms(22_000)
    rig.windows.set_suspended(set())
    rig.wait_ms(8_000 + GRACE_MS)
    rig.windows.on_state("shed", SensorState.OK)
    rig.read("shed")
    rows = rig.wait_ms(10_000)
    rig.read("shed")
    rows += rig.wait_ms(10_000)
    assert [row.quality[0] for row in rows] == [Quality.PARTIAL, Quality.OK]


# -- a faster pace


def test_pace_is_taken_up_at_the_begin_of_a_window_and_given_up_at_a_usual_one() -> None:
    rig = Rig(AIR, DAMP)
    rows = rig.wait_ms(MINUTE_MS)

    def tick_by_tick(elapsed_ms: int, faster: dict[str, int]) -> None:
        for _ in range(elapsed_ms // 1000):
            rows.extend(rig.wait_ms(1000))
            rig.windows.pace(faster)

    tick_by_tick(2 * MINUTE_MS, {"air": 10_000})
    tick_by_tick(2 * MINUTE_MS, {})
    steps = [row.step_ms for row in rows if row.stream == "air"]
    first, fast = steps.index(10_000), steps.count(10_000)
    assert steps == [MINUTE_MS] * first + [10_000] * fast + [MINUTE_MS] * (len(steps) - first - fast)
    assert fast % 6 == 0
    assert steps[-1] == MINUTE_MS
    starts = [row.start_ms for row in rows if row.stream == "air"]
    assert starts[1:] == [start + step for start, step in zip(starts, steps, strict=True)][:-1]
    assert {row.step_ms for row in rows if row.stream == "damp"} == {10_000}


def test_pace_afresh_begins_at_once() -> None:
    rig = Rig(AIR)
    rig.windows.pace({"air": 10_000}, afresh=True)
    assert {row.step_ms for row in rig.wait_ms(MINUTE_MS)} == {10_000}
    assert rig.windows.counters()["air"]["windows_abandoned"] == 0


def test_pace_holds_for_a_stream_that_is_suspended_and_runs_again() -> None:
    rig = Rig(AIR)
    rig.windows.set_suspended({"air"})
    rig.windows.pace({"air": 10_000})
    rig.windows.set_suspended(frozenset())
    assert {row.step_ms for row in rig.wait_ms(MINUTE_MS)} == {10_000}
