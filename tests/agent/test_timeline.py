from dataclasses import replace

from agent.clock import Instant
from agent.timeline import Timeline
from agent.wire.messages import ClockQuality

BOOT = bytes(range(16))
SECOND_NS = 1_000_000_000
WALL_NS = 1_790_000_000 * SECOND_NS


def _instant(mono_s: float, *, synchronised: bool, step_s: float = 0.0) -> Instant:
    mono_ns = int(mono_s * SECOND_NS)
    return Instant(
        mono_ns=mono_ns, utc_ns=WALL_NS + mono_ns + int(step_s * SECOND_NS), synchronised=synchronised, error_ms=3
    )


def test_timeline_before_synchronisation_counts_boot_time() -> None:
    timeline = Timeline(BOOT, _instant(5, synchronised=False))

    assert timeline.grid.boot_id == BOOT
    assert timeline.grid.at_ms(7 * SECOND_NS) == 7000
    assert timeline.stamp().quality is ClockQuality.UNSET
    assert timeline.mapping() is None


def test_timeline_at_synchronisation_begins_a_grid_of_wall_time() -> None:
    timeline = Timeline(BOOT, _instant(5, synchronised=False))

    assert timeline.update(_instant(6, synchronised=True))
    assert timeline.grid.boot_id is None
    assert timeline.grid.at_ms(6 * SECOND_NS) == WALL_NS // 1_000_000 + 6000
    assert timeline.stamp().quality is ClockQuality.SYNCHRONISED
    assert timeline.mapping() == (BOOT, 6000, WALL_NS // 1_000_000 + 6000)


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
