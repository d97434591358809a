"""Quiet hours against the clock on the wall, on the two days a year that have no 24 hours above all."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.clock import Instant
from agent.quiet import MINUTES_A_DAY, Outlook, QuietHours

BERLIN = ZoneInfo("Europe/Berlin")
"""Summer time begins at 2026-03-29 02:00 (to 03:00) and ends at 2026-10-25 03:00 (to 02:00), both at 01:00 UTC."""
PITTSBURGH = ZoneInfo("America/New_York")
KATHMANDU = ZoneInfo("Asia/Kathmandu")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
"""Its summer time is half an hour."""
NIGHT = ((22 * 60, 6 * 60),)
S = 1_000_000_000


def moment(local: datetime, *, dated: bool = True) -> Instant:
    """Return the instant of a date and time that has a zone."""
    utc_ns = int((local - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1)) * 1000
    return Instant(mono_ns=7, utc_ns=utc_ns, synchronised=dated, error_ms=0 if dated else None)


def berlin(month: int, day: int, hour: int, minute: int = 0, *, fold: int = 0) -> Instant:
    return moment(datetime(2026, month, day, hour, minute, tzinfo=BERLIN, fold=fold))


def quiet(*intervals: tuple[int, int], zone: ZoneInfo = BERLIN) -> QuietHours:
    return QuietHours(intervals, zone=zone)


def hours_left(outlook: Outlook) -> float:
    assert outlook.changes_in_ns is not None
    return outlook.changes_in_ns / S / 3600


# -- an ordinary day


@pytest.mark.parametrize(
    ("hour", "minute", "active", "until"),
    [
        pytest.param(21, 59, False, "22:00", id="before"),
        pytest.param(22, 0, True, "06:00", id="start-included"),
        pytest.param(0, 0, True, "06:00", id="midnight"),
        pytest.param(5, 59, True, "06:00", id="last-minute"),
        pytest.param(6, 0, False, "22:00", id="end-excluded"),
        pytest.param(12, 0, False, "22:00", id="noon"),
    ],
)
def test_interval_over_midnight_is_quiet_from_its_start_to_before_its_end(
    hour: int,
    minute: int,
    active: bool,  # noqa: FBT001 - a parameter of the table
    until: str,
) -> None:
    outlook = quiet(*NIGHT).look(berlin(6, 10, hour, minute))
    assert (outlook.active, outlook.until, outlook.dated) == (active, until, True)


def test_change_is_exact_to_the_nanosecond_and_neither_early_nor_late() -> None:
    hours = quiet(*NIGHT)
    before = berlin(6, 10, 22)
    last = Instant(mono_ns=7, utc_ns=before.utc_ns - 1, synchronised=True, error_ms=0)
    assert hours.look(last) == Outlook(active=False, dated=True, changes_in_ns=1, until="22:00")
    assert hours.look(before).active


def test_intervals_that_touch_or_overlap_are_one() -> None:
    hours = quiet((60, 120), (120, 180), (150, 240))
    outlook = hours.look(berlin(6, 10, 1))
    assert (outlook.active, outlook.until) == (True, "04:00")


def test_several_intervals_change_at_the_nearest_edge() -> None:
    hours = quiet((12 * 60, 13 * 60), *NIGHT)
    assert hours.look(berlin(6, 10, 7)).until == "12:00"
    assert hours.look(berlin(6, 10, 12, 30)).until == "13:00"
    assert hours.look(berlin(6, 10, 14)).until == "22:00"


@pytest.mark.parametrize("interval", [(0, MINUTES_A_DAY), (0, 0), (600, 600)], ids=["0-24", "0-0", "10-10"])
def test_interval_of_a_whole_day_is_always_quiet_and_never_changes(interval: tuple[int, int]) -> None:
    for hour in (0, 9, 10, 23):
        assert quiet(interval).look(berlin(6, 10, hour)) == Outlook(active=True, dated=True)


def test_interval_to_the_end_of_the_day_ends_at_midnight() -> None:
    outlook = quiet((23 * 60, MINUTES_A_DAY)).look(berlin(6, 10, 23, 30))
    assert (outlook.active, outlook.until, hours_left(outlook)) == (True, "00:00", 0.5)


def test_no_intervals_are_never_quiet_not_even_with_the_clock_unset() -> None:
    assert quiet().look(berlin(6, 10, 3)) == Outlook(active=False, dated=True)
    unset = moment(datetime(2026, 6, 10, 3, tzinfo=BERLIN), dated=False)
    assert quiet().look(unset) == Outlook(active=False, dated=False)


def test_zone_decides_not_utc() -> None:
    at = moment(datetime(2026, 6, 10, 17, 0, tzinfo=UTC))  # 22:45 in Kathmandu, 13:00 in Pittsburgh
    assert quiet(*NIGHT, zone=KATHMANDU).look(at).active
    assert not quiet(*NIGHT, zone=PITTSBURGH).look(at).active


# -- the clock's quality


def test_clock_that_is_not_set_makes_every_hour_quiet() -> None:
    noon = moment(datetime(2026, 6, 10, 12, tzinfo=BERLIN), dated=False)
    assert quiet(*NIGHT).look(noon) == Outlook(active=True, dated=False)


def test_clock_in_holdover_is_believed_as_it_has_a_date() -> None:
    noon = berlin(6, 10, 12)
    holdover = Instant(mono_ns=noon.mono_ns, utc_ns=noon.utc_ns, synchronised=False, error_ms=900)
    assert not quiet(*NIGHT).look(holdover).active


# -- the day of 23 hours and the day of 25


def test_night_of_the_change_to_summer_time_is_an_hour_shorter() -> None:
    outlook = quiet(*NIGHT).look(berlin(3, 28, 22))
    assert (outlook.active, outlook.until, hours_left(outlook)) == (True, "06:00", 7)


def test_night_of_the_change_to_winter_time_is_an_hour_longer() -> None:
    outlook = quiet(*NIGHT).look(berlin(10, 24, 22))
    assert (outlook.active, outlook.until, hours_left(outlook)) == (True, "06:00", 9)


def test_hour_that_is_left_out_is_not_quiet_and_the_next_one_is_tomorrows() -> None:
    hours = quiet((2 * 60, 3 * 60))
    outlook = hours.look(berlin(3, 29, 1, 59))
    assert (outlook.active, outlook.until, hours_left(outlook)) == (False, "02:00", 23 + 1 / 60)
    assert not hours.look(berlin(3, 29, 3)).active


def test_interval_that_begins_in_the_hour_left_out_begins_when_the_clock_is_moved() -> None:
    outlook = quiet((2 * 60 + 30, 5 * 60)).look(berlin(3, 29, 1, 30))
    assert (outlook.active, outlook.until, hours_left(outlook)) == (False, "03:00", 0.5)


def test_interval_that_ends_in_the_hour_left_out_ends_when_the_clock_is_moved() -> None:
    outlook = quiet((60, 2 * 60 + 30)).look(berlin(3, 29, 1, 30))
    assert (outlook.active, outlook.until, hours_left(outlook)) == (True, "03:00", 0.5)


def test_hour_that_comes_twice_is_quiet_twice() -> None:
    outlook = quiet((2 * 60, 3 * 60)).look(berlin(10, 25, 2, fold=0))
    assert (outlook.active, outlook.until, hours_left(outlook)) == (True, "03:00", 2)


def test_interval_inside_the_hour_that_comes_twice_ends_and_begins_again() -> None:
    hours = quiet((2 * 60 + 15, 2 * 60 + 45))
    first = hours.look(berlin(10, 25, 2, 15, fold=0))
    between = hours.look(berlin(10, 25, 2, 50, fold=0))
    second = hours.look(berlin(10, 25, 2, 15, fold=1))
    assert (first.active, hours_left(first)) == (True, 0.5)
    assert (between.active, between.until, hours_left(between)) == (False, "02:15", 25 / 60)
    assert (second.active, hours_left(second)) == (True, 0.5)


def test_interval_that_the_clock_jumps_back_into_begins_anew_at_the_jump() -> None:
    """From 02:00 to 03:00 with an end at 02:30: over at 02:30, and again quiet when it is 02:00 for a second time."""
    between = quiet((60, 2 * 60 + 30)).look(berlin(10, 25, 2, 45, fold=0))
    assert (between.active, between.until, hours_left(between)) == (False, "02:00", 0.25)


# -- anything

MINUTES = st.integers(0, MINUTES_A_DAY - 1)
ZONES = st.sampled_from([BERLIN, PITTSBURGH, KATHMANDU, LORD_HOWE, ZoneInfo("UTC")])
STARTS = st.one_of(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001 - hypothesis wants them without a zone
    st.datetimes(datetime(2026, 3, 28), datetime(2026, 3, 30)),  # noqa: DTZ001
    st.datetimes(datetime(2026, 10, 24), datetime(2026, 10, 26)),  # noqa: DTZ001
    st.datetimes(datetime(2026, 4, 4), datetime(2026, 4, 6)),  # noqa: DTZ001
)


@settings(max_examples=60, deadline=None)
@given(
    intervals=st.lists(st.tuples(MINUTES, st.integers(0, MINUTES_A_DAY)), max_size=3),
    zone=ZONES,
    start=STARTS,
)
def test_outlook_agrees_with_a_clock_on_the_wall_looked_at_each_minute(
    intervals: list[tuple[int, int]], zone: ZoneInfo, start: datetime
) -> None:
    """The rule, told a second time and slowly: minute by minute, is the time shown in one of the intervals?"""

    def shown_quiet(utc: datetime) -> bool:
        local = utc.astimezone(zone)
        minute = local.hour * 60 + local.minute
        return any(
            (begin <= minute < end) if begin < end else (minute >= begin or minute < end) for begin, end in intervals
        )

    now = start.replace(tzinfo=UTC)
    outlook = quiet(*intervals, zone=zone).look(moment(now))
    assert outlook.active == shown_quiet(now)
    minute = now.replace(second=0, microsecond=0)
    for _ in range(2 * MINUTES_A_DAY):
        minute += timedelta(minutes=1)
        if shown_quiet(minute) != outlook.active:
            break
    else:
        assert outlook.changes_in_ns is None
        return
    assert outlook.changes_in_ns == int((minute - now) / timedelta(microseconds=1)) * 1000
    assert outlook.until == f"{minute.astimezone(zone):%H:%M}"
