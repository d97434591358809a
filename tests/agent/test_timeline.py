from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent.boots import Boots
from agent.clock import Instant
from agent.timeline import Timeline
from agent.wire.messages import ClockQuality

BOOT = bytes(range(16))
SECOND_NS = 1_000_000_000
WALL_NS = 1_790_000_000 * SECOND_NS


def _instant(mono_s: float, *, synchronised: bool, step_s: float = 0.0) -> Instant:
    mono_ns = int(mono_s * SECOND_NS)
    return Instant(
        mono_ns=mono_ns,
        utc_ns=WALL_NS + mono_ns + int(step_s * SECOND_NS),
        synchronised=synchronised,
        error_ms=3 if synchronised else None,
    )


def test_timeline_before_synchronisation_counts_boot_time() -> None:
    timeline = Timeline(BOOT, _instant(5, synchronised=False))

    assert timeline.grid.boot_id == BOOT
    assert timeline.grid.at_ms(7 * SECOND_NS) == 7000
    assert timeline.stamp().quality is ClockQuality.UNSET


def test_timeline_at_synchronisation_begins_a_grid_of_wall_time() -> None:
    timeline = Timeline(BOOT, _instant(5, synchronised=False))

    assert timeline.update(_instant(6, synchronised=True))
    assert timeline.grid.boot_id is None
    assert timeline.grid.at_ms(6 * SECOND_NS) == WALL_NS // 1_000_000 + 6000
    assert timeline.stamp().quality is ClockQuality.SYNCHRONISED


def test_timeline_stamps_a_bound_that_seldom_changes_and_never_shrinks_below_the_error() -> None:
    bounds = {}
    for error_ms in range(1, 1000):
        timeline = Timeline(BOOT, replace(_instant(5, synchronised=True), error_ms=error_ms))
        bound = timeline.stamp().error_ms
        assert bound is not None
        assert error_ms <= bound < 2 * error_ms
        bounds[bound] = error_ms

    assert len(bounds) == 11


def test_timeline_after_synchronisation_is_lost_holds_over_on_the_same_grid() -> None:
    timeline = Timeline(BOOT, _instant(5, synchronised=True))

    assert not timeline.update(_instant(6, synchronised=False))
    assert timeline.stamp().quality is ClockQuality.HOLDOVER


def test_timeline_slewed_by_less_than_a_second_keeps_its_grid() -> None:
    timeline = Timeline(BOOT, _instant(5, synchronised=True))

    assert not timeline.update(_instant(6, synchronised=True, step_s=0.9))
    assert not timeline.update(_instant(7, synchronised=True, step_s=1.8))


def test_timeline_stepped_by_more_than_a_second_begins_a_new_grid() -> None:
    timeline = Timeline(BOOT, _instant(5, synchronised=True))

    assert timeline.update(_instant(6, synchronised=True, step_s=-1.1))


def test_timeline_after_synchronisation_is_lost_does_not_follow_whoever_sets_the_clock() -> None:
    timeline = Timeline(BOOT, _instant(5, synchronised=True))

    assert not timeline.update(_instant(6, synchronised=False, step_s=-40 * 365 * 86_400))
    assert timeline.grid.at_ms(6 * SECOND_NS) == WALL_NS // 1_000_000 + 6000


def test_timeline_whose_clock_runs_free_says_how_far_it_may_be_off() -> None:
    timeline = Timeline(BOOT, _instant(5, synchronised=True))
    timeline.update(_instant(5 + 10 * 86_400, synchronised=False))

    stamp = timeline.stamp()
    assert stamp.quality is ClockQuality.HOLDOVER
    assert stamp.error_ms is not None
    assert 432_003 <= stamp.error_ms < 2 * 432_003


def test_timeline_in_holdover_from_the_start_is_on_wall_time() -> None:
    now = replace(_instant(5, synchronised=False), error_ms=700)
    timeline = Timeline(BOOT, now)

    assert timeline.grid.boot_id is None
    assert (timeline.stamp().quality, timeline.stamp().error_ms) == (ClockQuality.HOLDOVER, 1024)


def test_timeline_after_a_restart_in_the_same_boot_goes_on_where_it_was() -> None:
    before = Boots(BOOT)
    Timeline(BOOT, _instant(5, synchronised=True), before)
    again = Timeline(BOOT, _instant(9, synchronised=False, step_s=-86_400), Boots(BOOT, before.export()))

    assert again.grid.at_ms(9 * SECOND_NS) == WALL_NS // 1_000_000 + 9000
    assert again.stamp().quality is ClockQuality.HOLDOVER


def test_timeline_tells_what_it_learns_of_the_boot() -> None:
    boots = Boots(BOOT)
    timeline = Timeline(BOOT, _instant(5, synchronised=False), boots)
    assert boots.placed(BOOT) is None
    timeline.update(_instant(6, synchronised=True))
    assert boots.placed(BOOT) == (6000, WALL_NS // 1_000_000 + 6000, 3)


@pytest.mark.parametrize(
    "date", ["2036-02-07T06:28:15", "2038-01-19T03:14:07", "2099-12-31T23:59:59", "2106-02-07T06:28:15"]
)
def test_timeline_over_the_end_of_a_counter_of_seconds_is_one_grid(date: str) -> None:
    """NTP's first era ends in 2036, 31 bits of seconds in 2038, 32 bits in 2106 (RFC 5905, section 6)."""
    second_ns = int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()) * SECOND_NS
    before = Instant(mono_ns=SECOND_NS, utc_ns=second_ns, synchronised=True, error_ms=3)
    timeline = Timeline(BOOT, before)

    assert not timeline.update(replace(before, mono_ns=3 * SECOND_NS, utc_ns=second_ns + 2 * SECOND_NS))
    assert timeline.grid.at_ms(3 * SECOND_NS) == (second_ns + 2 * SECOND_NS) // 1_000_000
