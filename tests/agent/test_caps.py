"""Periods and what a lane may use of them."""

import math
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.buffer.records import Lane
from agent.caps import DAY_S, HEAD_START, SHARES, Period, month_begin, next_month_begin


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(1, 31))
def test_month_begin_is_never_later_than_today_nor_a_month_ago(today: date, billing_day: int) -> None:
    """The current billing month began today or within the last 31 days, on the billing day or a month's last."""
    begin = month_begin(today, billing_day)
    assert begin <= today <= begin + timedelta(days=31)
    assert begin.day == billing_day or (begin + timedelta(days=1)).day == 1


@given(st.dates(date(2024, 1, 1), date(2032, 1, 1)), st.integers(1, 31))
def test_next_month_begins_after_today_and_the_day_before_is_in_this_one(today: date, billing_day: int) -> None:
    begun = month_begin(today, billing_day)
    after = next_month_begin(begun, billing_day)
    assert begun <= today < after
    assert month_begin(after, billing_day) == after
    assert month_begin(after - timedelta(days=1), billing_day) == begun


@given(
    st.integers(1, 10**9),
    st.floats(0, 1),
    st.floats(0, 1.2),
    st.sampled_from([1, 28, 31]),
    st.sampled_from(list(Lane)),
)
def test_what_is_left_is_the_most_that_need_not_wait(
    cap: int, passed: float, used: float, days: int, lane: Lane
) -> None:
    period = Period(cap=cap, spent=int(cap * used), days=days, passed=passed)
    left = period.left(lane)
    assert left is not None
    assert period.wait_s(lane, left) == 0 or left == 0
    assert period.wait_s(lane, left + 2) > 0


def test_nothing_limits_what_is_left_without_a_cap() -> None:
    assert Period(cap=None, spent=10**12).left(Lane.BACKLOG) is None


def test_period_that_begins_anew_forgets_what_was_spent_and_an_earlier_one_does_not() -> None:
    period = Period(cap=1000)
    period.enter(date(2026, 5, 2))
    period.spent = 700
    period.enter(date(2026, 5, 1))
    assert period.spent == 700, "the clock has stepped back"
    period.enter(date(2026, 5, 3))
    assert period.spent == 0


@pytest.mark.parametrize("lane", list(Lane))
def test_lane_waits_for_the_next_period_beyond_its_share(lane: Lane) -> None:
    period = Period(cap=1000, spent=SHARES[lane] * 10 - 50)
    assert period.wait_s(lane, 50) == 0
    assert period.wait_s(lane, 51) == math.inf


def test_backlog_waits_until_so_much_of_the_period_has_passed() -> None:
    period = Period(cap=1000, days=2, passed=0.25)
    assert period.wait_s(Lane.BACKLOG, 425) == pytest.approx((0.5 - HEAD_START - 0.25) * 2 * DAY_S)
    assert period.wait_s(Lane.LIVE, 425) == 0
