"""What is known of the time of each boot, and what is not."""

import pytest

from agent.boots import MOST, SAVE_EVERY_MS, Boots, drift_ms
from agent.clock import NS_PER_MS, Instant
from agent.wire.messages import ClockQuality, ClockStamp

FIRST, SECOND, THIRD = bytes([1]) * 16, bytes([2]) * 16, bytes([3]) * 16
UTC_MS = 1_790_000_000_000
UNSET = ClockStamp(quality=ClockQuality.UNSET)
RIGHT = ClockStamp(quality=ClockQuality.SYNCHRONISED, error_ms=8)


def _instant(mono_ms: int, utc_ms: int, *, error_ms: int | None = 10, synchronised: bool = True) -> Instant:
    return Instant(
        mono_ns=mono_ms * NS_PER_MS, utc_ns=utc_ms * NS_PER_MS, synchronised=synchronised, error_ms=error_ms
    )


def _placed(stamp: ClockStamp) -> tuple[object, object, object]:
    return stamp.mapping, stamp.error_ms, stamp.bounds


def test_rows_of_a_boot_that_was_synchronised_are_placed_with_a_bound_that_grows_with_the_distance() -> None:
    boots = Boots(FIRST)
    boots.note(_instant(1_000_000, UTC_MS))
    near = boots.place(UNSET, FIRST, start_ms=990_000, end_ms=1_000_000)
    far = boots.place(UNSET, FIRST, start_ms=0, end_ms=10_000)
    assert _placed(near) == ((FIRST, 1_000_000, UTC_MS, 10), 10 + 5, None)
    assert _placed(far) == ((FIRST, 1_000_000, UTC_MS, 10), 10 + 500, None)
    assert near.quality is ClockQuality.UNSET


def test_rows_of_an_earlier_boot_are_placed_after_a_reboot() -> None:
    before = Boots(FIRST)
    before.note(_instant(60_000, UTC_MS))
    after = Boots(SECOND, before.export())
    assert after.place(UNSET, FIRST, start_ms=0, end_ms=1000).mapping == (FIRST, 60_000, UTC_MS, 10)
    assert after.placed(SECOND) is None


def test_clock_without_a_bound_places_rows_without_one_and_raises_no_floor() -> None:
    boots = Boots(FIRST)
    boots.note(_instant(60_000, UTC_MS, error_ms=None))
    assert _placed(boots.place(UNSET, FIRST, start_ms=0, end_ms=1)) == ((FIRST, 60_000, UTC_MS, None), None, None)
    assert boots.floor_ms == 0


def test_clock_that_is_not_synchronised_teaches_nothing() -> None:
    boots = Boots(FIRST)
    boots.note(_instant(60_000, UTC_MS, synchronised=False))
    assert boots.placed(FIRST) is None
    assert boots.floor_ms == 0


def test_boot_that_was_never_synchronised_lies_between_its_neighbours() -> None:
    first = Boots(FIRST)
    first.note(_instant(60_000, UTC_MS))
    second = Boots(SECOND, first.export())
    assert _placed(second.place(UNSET, SECOND, start_ms=0, end_ms=1)) == (None, None, (UTC_MS - 10, None))
    third = Boots(THIRD, second.export())
    assert third.place(UNSET, SECOND, start_ms=0, end_ms=1).bounds == (UTC_MS - 10, None)
    third.note(_instant(20_000, UTC_MS + 900_000))
    bounds = third.place(UNSET, SECOND, start_ms=0, end_ms=1).bounds
    assert bounds == (UTC_MS - 10, UTC_MS + 880_000 + 10 + drift_ms(20_000))


def test_boot_before_anything_was_known_has_no_bounds() -> None:
    boots = Boots(FIRST)
    assert boots.place(UNSET, FIRST, start_ms=0, end_ms=1) == UNSET
    later = Boots(SECOND, boots.export())
    later.note(_instant(0, UTC_MS))
    assert later.place(UNSET, FIRST, start_ms=0, end_ms=1).bounds == (0, UTC_MS + 10)


def test_boot_that_nobody_remembers_has_no_bounds() -> None:
    assert Boots(FIRST).place(UNSET, SECOND, start_ms=0, end_ms=1) == UNSET


def test_boot_that_seems_to_end_before_it_began_has_no_bounds() -> None:
    first = Boots(FIRST)
    first.note(_instant(0, UTC_MS + 10**12))
    third = Boots(THIRD, Boots(SECOND, first.export()).export())
    third.note(_instant(0, UTC_MS))
    assert third.place(UNSET, SECOND, start_ms=0, end_ms=1).bounds is None


def test_rows_that_would_lie_before_1970_are_not_placed() -> None:
    boots = Boots(FIRST)
    boots.note(_instant(100_000, 5_000))
    assert boots.place(UNSET, FIRST, start_ms=0, end_ms=1000) == UNSET
    assert boots.place(UNSET, FIRST, start_ms=95_000, end_ms=96_000).mapping is not None


def test_wall_rows_tell_each_placed_boot_once() -> None:
    first = Boots(FIRST)
    first.note(_instant(60_000, UTC_MS))
    boots = Boots(SECOND, first.export())
    boots.note(_instant(1_000, UTC_MS + 1_000_000))
    boots.note(_instant(2_000, UTC_MS + 1_001_000))
    told = [boots.place(RIGHT, None, start_ms=UTC_MS, end_ms=UTC_MS + 1) for _ in range(3)]
    assert [stamp.mapping and stamp.mapping[0] for stamp in told] == [SECOND, FIRST, None]
    assert all((stamp.quality, stamp.error_ms) == (RIGHT.quality, 8) for stamp in told)


def test_boot_whose_clock_was_stepped_is_told_again() -> None:
    boots = Boots(FIRST)
    boots.note(_instant(1_000, UTC_MS))
    boots.place(RIGHT, None, start_ms=0, end_ms=1)
    boots.note(_instant(2_000, UTC_MS + 1_900))
    assert boots.place(RIGHT, None, start_ms=0, end_ms=1).mapping is None, "slewed"
    boots.note(_instant(3_000, UTC_MS + 10_000))
    assert boots.place(RIGHT, None, start_ms=0, end_ms=1).mapping == (FIRST, 3_000, UTC_MS + 10_000, 10)


def test_floor_grows_with_a_sure_clock_and_never_by_itself_falls() -> None:
    boots = Boots(FIRST)
    boots.note(_instant(1_000, UTC_MS))
    boots.note(_instant(2_000, UTC_MS - 3_600_000))
    assert boots.floor_ms == UTC_MS - 10
    assert Boots(SECOND, boots.export()).floor_ms == UTC_MS - 10


def test_floor_that_is_put_down_takes_the_bounds_with_it() -> None:
    first = Boots(FIRST)
    first.note(_instant(0, UTC_MS + 10**12))
    boots = Boots(SECOND, first.export())
    boots.export()
    assert not boots.is_due
    boots.lower(UTC_MS)
    assert boots.is_due
    assert boots.floor_ms == UTC_MS
    assert boots.place(UNSET, SECOND, start_ms=0, end_ms=1).bounds == (UTC_MS, None)


def test_saving_is_due_for_a_new_boot_a_set_clock_and_once_an_hour() -> None:
    boots = Boots(FIRST)
    due = [boots.is_due]
    for instant in (
        _instant(0, UTC_MS),
        _instant(1000, UTC_MS + 1000),
        _instant(5000, UTC_MS + 9000),
        _instant(SAVE_EVERY_MS, UTC_MS + SAVE_EVERY_MS),
        _instant(SAVE_EVERY_MS + 20_000, UTC_MS + SAVE_EVERY_MS + 20_000),
    ):
        boots.export()
        boots.note(instant)
        due.append(boots.is_due)
    assert due == [True, True, False, True, True, False]
    assert not Boots(FIRST, boots.export()).is_due, "a restart in the same boot has nothing new to tell"


def test_boots_are_forgotten_from_the_oldest_on() -> None:
    boots = Boots(FIRST)
    boots.note(_instant(0, UTC_MS))
    for number in range(10, 10 + MOST):
        boots = Boots(bytes([number]) * 16, boots.export())
    assert boots.placed(FIRST) is None
    assert boots.place(UNSET, bytes([10]) * 16, start_ms=0, end_ms=1).bounds is not None
    assert len(boots.export()) < 4096


@pytest.mark.parametrize("saved", [None, b"{}", b'{"version":2,"floor":5,"boots":[]}'])
def test_boots_of_nothing_or_of_another_version_know_nothing(saved: bytes | None) -> None:
    assert Boots(FIRST, saved).floor_ms == 0


@pytest.mark.parametrize(
    "boots",
    [
        "7",
        "[7]",
        '[["00",0,null]]',
        '[["zz",0,null]]',
        '[["01010101010101010101010101010101",-1,null]]',
        '[["01010101010101010101010101010101",0,[1,2]]]',
        '[["01010101010101010101010101010101",0,[1,2,true]]]',
        '[["01010101010101010101010101010101",0,[1,9000000000000000,null]]]',
    ],
)
def test_boots_that_no_version_has_written_are_none_and_that_is_told(
    boots: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert Boots(FIRST, b'{"version":1,"floor":5,"boots":%s}' % boots.encode()).floor_ms == 0
    (told,) = caplog.messages
    assert "times of earlier boots" in told


@pytest.mark.parametrize("saved", [b"", b"\xff", b"[]", b"7", b"[" * 9000, b'{"version":1}', b"9" * 5000])
def test_boots_of_damaged_bytes_know_nothing_and_go_on(saved: bytes, caplog: pytest.LogCaptureFixture) -> None:
    boots = Boots(FIRST, saved)
    assert boots.floor_ms == 0
    assert boots.is_due
    assert Boots(FIRST, boots.export()).export() == boots.export()
    assert len(caplog.messages) == 1
