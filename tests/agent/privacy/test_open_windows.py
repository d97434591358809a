"""The two windows that are open: which is whose, when they end, when they may become shorter."""

import pytest

from agent.privacy.open_windows import OpenWindows
from agent.privacy.opening import Opener
from agent.privacy.window import Window
from tests.support.privacy import TEMPERATURE, counting_bytes, released, stream

STEP = 1000
SHORT = 250
AIR = stream(released(TEMPERATURE), window_ms=STEP, name="air")


def begun(at_ms: int = 0) -> OpenWindows:
    windows = OpenWindows(Opener(AIR, counting_bytes()), STEP)
    windows.begin(at_ms)
    return windows


def at(windows: OpenWindows, at_ms: int) -> Window:
    window = windows.at(at_ms)
    assert window is not None
    return window


def ended(windows: OpenWindows, now_ms: int) -> list[tuple[int, bool]]:
    return [(window.start_ms, window.partial) for window in windows.ended(now_ms)]


def test_no_window_is_open_before_the_begin() -> None:
    windows = OpenWindows(Opener(AIR, counting_bytes()), STEP)
    assert (windows.running, windows.at(0), ended(windows, 2**60), windows.forget()) == (None, None, [], 0)


@pytest.mark.parametrize(("at_ms", "partial"), [(7000, False), (7001, True), (7999, True)])
def test_first_window_begins_on_the_grid_and_is_partial_unless_it_is_seen_whole(at_ms: int, *, partial: bool) -> None:
    windows = begun(at_ms)
    assert ended(windows, 9000) == [(7000, partial), (8000, False)]


def test_time_belongs_to_the_window_that_runs_or_to_the_one_after_it() -> None:
    windows = begun()
    assert at(windows, 0) is at(windows, STEP - 1) is windows.running
    assert at(windows, STEP) is at(windows, 2 * STEP - 1)
    assert at(windows, STEP).start_ms == STEP
    assert [windows.at(at_ms) for at_ms in (-1, 2 * STEP)] == [None, None]


def test_window_after_the_one_that_ended_is_the_one_that_was_filled_already() -> None:
    windows = begun()
    early = at(windows, STEP)
    assert ended(windows, STEP) == [(0, False)]
    assert windows.running is early
    assert at(windows, 2 * STEP).start_ms == 2 * STEP


def test_window_runs_until_the_one_after_it_is_asked_for() -> None:
    windows = begun()
    ending = windows.ended(2 * STEP)
    assert next(ending) is windows.running
    assert next(ending).start_ms == STEP
    assert next(ending, None) is None
    assert ended(windows, 2 * STEP) == []


def test_doubt_about_the_clock_is_remembered_by_both_and_by_no_later_one() -> None:
    windows = begun()
    at(windows, STEP)
    windows.doubt_clock()
    assert [window.synchronised for window in windows.ended(3 * STEP)] == [False, False, True]


def test_forgotten_windows_are_wiped_and_counted() -> None:
    windows = begun()
    both = [at(windows, 0), at(windows, STEP)]
    assert windows.forget() == 2
    assert [window.numbers for window in both] == [{}, {}]
    assert (windows.running, windows.at(0), windows.forget()) == (None, None, 0)


def test_pace_changes_where_the_window_that_runs_would_end_later() -> None:
    windows = begun()
    assert windows.pace(SHORT, SHORT - 1)
    assert ended(windows, 2 * SHORT) == [(0, False), (SHORT, False)]
    assert not windows.pace(STEP, 2 * SHORT)
    assert windows.step_ms == SHORT


def test_pace_is_kept_when_the_window_that_runs_is_longer_already_or_the_next_one_has_begun() -> None:
    windows = begun()
    assert not windows.pace(SHORT, SHORT)
    at(windows, STEP)
    assert not windows.pace(SHORT, 0)
    assert ended(windows, STEP) == [(0, False)]


def test_pace_before_the_begin_holds_from_then_on() -> None:
    windows = OpenWindows(Opener(AIR, counting_bytes()), STEP)
    assert windows.pace(SHORT, 7)
    windows.begin(STEP + SHORT)
    assert ended(windows, STEP + 2 * SHORT) == [(STEP + SHORT, False)]
