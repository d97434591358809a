from hypothesis import given
from hypothesis import strategies as st

from drivers.ops243.lines import Report
from drivers.ops243.passages import Passage, Passages

MS = 1_000_000


def street(*, longest_ms: int = 10_000, slowest_cm_s: int = 277) -> Passages:
    return Passages(gap_ns=650 * MS, longest_ns=longest_ms * MS, slowest_cm_s=slowest_cm_s)


def passed(passages: Passages, *reports: tuple[int, int]) -> list[Passage]:
    """Return what passes when these speeds are reported at these milliseconds, and then nothing."""
    ended = [passage for at_ms, cm_s in reports for passage in passages.report(at_ms * MS, Report(cm_s))]
    return ended + passages.expire(10**18)


def test_reports_that_follow_each_other_are_one_vehicle_at_its_fastest() -> None:
    assert passed(street(), (0, 1200), (200, 1390), (400, 1350)) == [
        Passage(mono_ns=1050 * MS, inbound=True, cm_s=1390, reports=3)
    ]


def test_pause_longer_than_the_gap_makes_two_vehicles() -> None:
    found = passed(street(), (0, 1200), (100, 1200), (749, 1000), (1400, 1300), (1500, 1300))

    assert [(passage.cm_s, passage.reports) for passage in found] == [(1200, 3), (1300, 2)]


def test_one_report_alone_is_no_vehicle_unless_the_sensor_has_confirmed_it() -> None:
    passages = street()

    assert passed(passages, (0, 1200)) == []
    assert passages.report(0, Report(-1200, confirmed=True)) == []
    assert [passage.inbound for passage in passages.expire(650 * MS)] == [False]


def test_directions_are_two_vehicles_in_the_order_in_which_they_were_seen_last() -> None:
    found = passed(street(), (0, 1200), (10, -900), (200, 1200), (210, -950))

    assert [(passage.inbound, passage.cm_s) for passage in found] == [(True, 1200), (False, 950)]


def test_people_on_foot_are_no_vehicles_and_end_none() -> None:
    found = passed(street(), (0, 1200), (100, 150), (200, 1200), (300, 276), (400, 0))

    assert [(passage.mono_ns, passage.reports) for passage in found] == [(850 * MS, 2)]


def test_standing_still_is_nothing_even_if_everything_slow_is_wanted() -> None:
    assert passed(street(slowest_cm_s=0), (0, 0), (100, 0), (200, 1), (300, 1))[0].reports == 2


def test_dense_traffic_is_cut_into_vehicles() -> None:
    found = passed(street(longest_ms=1000), *((at, 1000) for at in range(0, 3000, 100)))

    assert [passage.reports for passage in found] == [10, 10, 10]
    assert [passage.mono_ns for passage in found] == [1000 * MS, 2000 * MS, 3550 * MS]


def test_due_is_when_the_next_passage_ends() -> None:
    passages = street()

    assert passages.due_ns is None
    passages.report(0, Report(1200))
    passages.report(100 * MS, Report(-1200))
    assert passages.due_ns == 650 * MS
    assert passages.expire(649 * MS) == []
    passages.expire(750 * MS)
    assert passages.due_ns is None


@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(-3000, 3000)), max_size=60))
def test_there_are_never_more_vehicles_than_pairs_of_reports(steps: list[tuple[int, int]]) -> None:
    at_ms, reports = 0, []
    for pause_ms, cm_s in steps:
        at_ms += pause_ms
        reports.append((at_ms, cm_s))
    fast = [cm_s for _, cm_s in reports if abs(cm_s) >= 277]

    found = passed(street(), *reports)

    assert 2 * len(found) <= sum(passage.reports for passage in found) <= len(fast)
    assert all(passage.cm_s in {abs(cm_s) for cm_s in fast} for passage in found)
