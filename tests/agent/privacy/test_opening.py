from agent.privacy.aggregate import AGGREGATORS
from agent.privacy.bearing import MeanDirection
from agent.privacy.opening import Opener
from agent.privacy.spec import Rule
from tests.support.privacy import MAC, SPEEDS, SPREAD, STAYS, counting_bytes, mac, released, stream


def test_opened_window_has_an_empty_place_of_the_right_kind_for_each_column() -> None:
    window = Opener(SPREAD, counting_bytes()).window(60, partial=True)
    assert (window.start_ms, window.partial, window.broken) == (60, True, False)
    kinds = [type(window.numbers[column]) for column in range(4)]
    assert kinds == [AGGREGATORS[Rule.MEDIAN], AGGREGATORS[Rule.P90], AGGREGATORS[Rule.STDEV], MeanDirection]
    assert [window.told(column).result() for column in range(7)] == [None] * 7


def test_opened_windows_share_nothing() -> None:
    opener = Opener(STAYS, counting_bytes())
    first, second = opener.window(0, partial=False), opener.window(1, partial=False)
    first.crowds[1].add(mac(1))
    first.stays[0].add(mac(1), 0)
    first.bins[2].histogram.add(-90, mac(1))
    assert second.crowds[1].result() == (0, 1)
    assert second.stays[0].people == 0
    assert second.bins[2].result() is None


def test_opened_bins_of_one_source_share_their_histogram() -> None:
    window = Opener(SPEEDS, counting_bytes()).window(0, partial=False)
    window.bins[2].histogram.add(200)
    assert [window.told(column).result() for column in (2, 3, 4)] == [(0, 1), (1, 1), (0, 1)]


def test_opened_distinct_count_is_bounded_by_its_range() -> None:
    spec = stream(released(MAC, Rule.COUNT_DISTINCT, exponent=1, bounds=(0, 3)), k=5)
    assert Opener(spec, counting_bytes()).window(0, partial=False).crowds[0]._bound == 30
