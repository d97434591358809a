"""Spans of windows that were given out."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agent.privacy.spans import MOST, NEAR_MS, Spans

MINUTE = 60_000
YEAR = 365 * 24 * 60 * MINUTE


def _added(*starts: int, step_ms: int = MINUTE) -> Spans:
    spans = Spans()
    for start_ms in starts:
        spans.add(start_ms, step_ms=step_ms)
    return spans


def test_spans_of_nothing_hold_nothing() -> None:
    assert 0 not in Spans()
    assert Spans().last_ms is None


def test_windows_that_follow_each_other_are_one_span() -> None:
    assert list(_added(0, MINUTE, 2 * MINUTE)) == [(0, 2 * MINUTE)]


def test_short_break_begins_no_span() -> None:
    assert list(_added(0, NEAR_MS)) == [(0, NEAR_MS)]
    assert list(_added(0, NEAR_MS + 1)) == [(0, 0), (NEAR_MS + 1, NEAR_MS + 1)]


def test_windows_longer_than_a_short_break_are_one_span_all_the_same() -> None:
    assert list(_added(0, 24 * NEAR_MS, step_ms=24 * NEAR_MS)) == [(0, 24 * NEAR_MS)]


def test_clock_that_ran_ahead_leaves_what_lies_between_free() -> None:
    spans = _added(0, YEAR, MINUTE, 2 * MINUTE)
    assert list(spans) == [(0, 2 * MINUTE), (YEAR, YEAR)]
    assert 3 * MINUTE not in spans
    assert spans.last_ms == YEAR


def test_spans_that_meet_become_one() -> None:
    assert list(_added(0, 2 * NEAR_MS, NEAR_MS, 2 * NEAR_MS - MINUTE)) == [(0, 2 * NEAR_MS)]


def test_too_many_spans_join_the_two_nearest_and_what_lies_between_counts_as_given() -> None:
    spans = _added(*(year * YEAR for year in range(MOST)), YEAR // 2)
    assert len(list(spans)) == MOST
    assert YEAR // 4 in spans or 3 * YEAR // 4 in spans


@given(starts=st.lists(st.integers(0, 400).map(lambda number: number * 600_000), max_size=60))
def test_whatever_was_added_is_held_in_few_ascending_spans(starts: list[int]) -> None:
    spans = _added(*starts)
    assert all(start_ms in spans for start_ms in starts)
    pairs = list(spans)
    assert len(pairs) <= MOST
    assert all(first <= last for first, last in pairs)
    assert all(before[1] < after[0] for before, after in pairwise(pairs))
    assert list(Spans(pairs)) == pairs
