"""Merging: what it must be for each rule, and what it must never be for any."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.privacy.merge import COARSEST_MS, Cell, How, Merging, begins_pair, merged
from agent.privacy.released import Released, release
from agent.quality import Quality

LOW, HIGH, STEP = -100, 1000, 5
KEPT_BACK = frozenset({Quality.SUPPRESSED, Quality.WITHHELD, Quality.BUDGET_SPENT})
EXACT = (How.LEAST, How.MOST, How.LATER, How.POSITION, How.TOTAL)
VALUES = st.integers(LOW // STEP, HIGH // STEP).map(lambda number: number * STEP)
TOLD = st.tuples(VALUES, st.sampled_from([Quality.OK, Quality.SATURATED, Quality.PARTIAL, Quality.THINNED]))
NULLS = st.tuples(st.none(), st.sampled_from([code for code in Quality if code is not Quality.OK]))
ABSENT = st.tuples(st.none(), st.sampled_from([Quality.NO_DATA, Quality.SENSOR_FAILING]))
CELLS = st.one_of(TOLD, TOLD, NULLS)
MERGINGS = st.builds(
    Merging,
    how=st.sampled_from(How),
    grouped=st.booleans(),
    clamped=st.booleans(),
    resolution=st.just(STEP),
    minimum=st.just(LOW),
    maximum=st.just(HIGH),
)


def merging(kind: How, *, grouped: bool = False, clamped: bool = False, most: int = HIGH) -> Merging:
    return Merging(how=kind, grouped=grouped, clamped=clamped, resolution=STEP, minimum=LOW, maximum=most)


def row(cells: Sequence[Cell], *, start_ms: int = 0, step_ms: int = 1000, boot_id: bytes | None = None) -> Released:
    return release(
        "air",
        start_ms=start_ms,
        step_ms=step_ms,
        boot_id=boot_id,
        values=tuple(value for value, _ in cells),
        quality=tuple(code for _, code in cells),
    )


def pair(early: Cell, late: Cell, rule: Merging) -> Cell:
    """Return what two cells become."""
    made = merged("air", row([early]), row([late], start_ms=1000), columns=[rule])
    return made.values[0], made.quality[0]


def folded(cells: Sequence[Cell], rule: Merging) -> Cell:
    """Merge a number of windows that is a power of two, as they are on the unit."""
    rows = [row([cell], start_ms=1000 * index) for index, cell in enumerate(cells)]
    while len(rows) > 1:
        rows = [merged("air", *halves, columns=[rule]) for halves in zip(rows[::2], rows[1::2], strict=True)]
    return rows[0].values[0], rows[0].quality[0]


OK, OTHER = (20, Quality.OK), (35, Quality.OK)
RESULTS = [
    ("mean, rounded to the even step", How.AVERAGE, (20, Quality.OK), (25, Quality.OK), (20, Quality.THINNED)),
    ("mean", How.AVERAGE, (20, Quality.OK), (50, Quality.OK), (35, Quality.THINNED)),
    ("smallest", How.LEAST, OK, OTHER, (20, Quality.THINNED)),
    ("largest", How.MOST, OK, OTHER, (35, Quality.THINNED)),
    ("sum", How.TOTAL, OK, OTHER, (55, Quality.THINNED)),
    ("last", How.LATER, OK, OTHER, (35, Quality.THINNED)),
    ("position", How.POSITION, OK, OTHER, (35, Quality.THINNED)),
    ("nothing", How.NOTHING, OK, OTHER, (None, Quality.THINNED)),
    ("half a sum", How.TOTAL, OK, (None, Quality.NO_DATA), (20, Quality.PARTIAL)),
    ("half a mean", How.AVERAGE, (None, Quality.SENSOR_FAILING), OTHER, (35, Quality.PARTIAL)),
    ("no last sample in the later half", How.LATER, OK, (None, Quality.NO_DATA), (20, Quality.PARTIAL)),
    ("no position in the later half", How.POSITION, OK, (None, Quality.NO_DATA), (None, Quality.NO_DATA)),
    ("beyond in one half", How.MOST, OK, (None, Quality.OUT_OF_RANGE), (None, Quality.OUT_OF_RANGE)),
    ("last one beyond", How.LATER, OK, (None, Quality.OUT_OF_RANGE), (None, Quality.OUT_OF_RANGE)),
    ("beyond before the last", How.LATER, (None, Quality.OUT_OF_RANGE), OK, (20, Quality.THINNED)),
    ("partial half", How.MOST, (20, Quality.PARTIAL), OTHER, (35, Quality.PARTIAL)),
    ("saturated where it counts", How.MOST, OK, (1000, Quality.SATURATED), (1000, Quality.SATURATED)),
    ("saturated where it does not", How.LEAST, OK, (1000, Quality.SATURATED), (20, Quality.THINNED)),
    ("saturated part of a sum", How.TOTAL, OK, (35, Quality.SATURATED), (55, Quality.SATURATED)),
    ("empty halves", How.TOTAL, (None, Quality.SENSOR_FAILING), (None, Quality.NO_DATA), (None, Quality.NO_DATA)),
    ("nothing of nothing", How.NOTHING, (None, Quality.NO_DATA), (None, Quality.NO_DATA), (None, Quality.NO_DATA)),
    ("nothing of half", How.NOTHING, OK, (None, Quality.NO_DATA), (None, Quality.THINNED)),
    ("sum beyond", How.TOTAL, (600, Quality.OK), (600, Quality.OK), (None, Quality.OUT_OF_RANGE)),
]


@pytest.mark.parametrize(
    ("kind", "early", "late", "expected"), [pytest.param(*case, id=name) for name, *case in RESULTS]
)
def test_two_halves_become_what_their_rule_says(kind: How, early: Cell, late: Cell, expected: Cell) -> None:
    assert pair(early, late, merging(kind)) == expected


def test_sum_of_counts_is_cut_to_the_last_step_of_its_range() -> None:
    beyond = merging(How.TOTAL, clamped=True, most=1003)
    assert pair((600, Quality.OK), (600, Quality.OK), beyond) == (1000, Quality.SATURATED)
    assert pair((-60, Quality.OK), (-60, Quality.OK), beyond) == (-100, Quality.SATURATED)


@pytest.mark.parametrize("code", [Quality.NO_DATA, Quality.PARTIAL, Quality.SENSOR_FAILING])
def test_what_is_about_people_is_null_where_either_half_is(code: Quality) -> None:
    for kind in set(How) - {How.NOTHING}:
        people = merging(kind, grouped=True)
        assert pair(OK, (None, code), people) == (None, code)
        assert pair((None, code), OK, people) == (None, code)


def test_merged_row_stands_in_the_place_of_both() -> None:
    boot = bytes(range(16))
    halves = [row([OK], start_ms=start, step_ms=60_000, boot_id=boot) for start in (120_000, 180_000)]
    made = merged("air", *halves, columns=[merging(How.TOTAL)])
    assert (made.stream, made.start_ms, made.step_ms, made.boot_id) == ("air", 120_000, 120_000, boot)


NO_HALVES = [
    ("apart", {"start_ms": 2000}),
    ("the same", {"start_ms": 0}),
    ("of other length", {"start_ms": 1000, "step_ms": 2000}),
    ("of another boot", {"start_ms": 1000, "boot_id": bytes(16)}),
]


@pytest.mark.parametrize("place", [pytest.param(place, id=name) for name, place in NO_HALVES])
def test_rows_that_are_no_halves_of_one_window_are_refused(place: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="not the halves"):
        merged("air", row([OK]), row([OK], **place), columns=[merging(How.TOTAL)])  # type: ignore[arg-type]  # some keywords


def test_rows_on_the_wrong_side_of_the_grid_are_refused() -> None:
    with pytest.raises(ValueError, match="not the halves"):
        merged("air", row([OK], start_ms=1000), row([OK], start_ms=2000), columns=[merging(How.TOTAL)])


def test_rows_of_other_columns_are_refused_without_telling_a_value() -> None:
    with pytest.raises(ValueError, match="other columns") as refused:
        merged("air", row([(987_655, Quality.OK)]), row([OK, OK], start_ms=1000), columns=[merging(How.TOTAL)])
    assert "987" not in str(refused.value)


def test_no_window_becomes_longer_than_a_day() -> None:
    assert begins_pair(0, COARSEST_MS // 2)
    assert not begins_pair(0, COARSEST_MS // 2 + 1)
    half = COARSEST_MS // 2 + 1
    with pytest.raises(ValueError, match="not the halves"):
        merged("air", row([OK], step_ms=half), row([OK], start_ms=half, step_ms=half), columns=[merging(How.TOTAL)])


@given(early=CELLS, late=CELLS, rule=MERGINGS)
def test_merging_never_tells_what_was_kept_back_nor_leaves_the_range(early: Cell, late: Cell, rule: Merging) -> None:
    value, code = pair(early, late, rule)
    hidden = {early[1], late[1]} & KEPT_BACK
    if hidden:
        assert value is None
        assert code in hidden
    if value is None:
        assert code is not Quality.OK
    else:
        assert LOW <= value <= HIGH
        assert value % STEP == 0
        assert code in {Quality.THINNED, Quality.PARTIAL, Quality.SATURATED}


@given(first=CELLS, other=CELLS, late=CELLS, rule=MERGINGS, code=st.sampled_from(sorted(KEPT_BACK)))
def test_a_kept_back_half_gives_one_answer_whatever_the_other_half_is(
    first: Cell, other: Cell, late: Cell, rule: Merging, code: Quality
) -> None:
    """So nothing can be subtracted: the merged row does not depend on values beside the one that is hidden."""
    hidden: Cell = (None, code)
    answers = {pair(cell, hidden, rule) for cell in (first, other) if cell[1] not in KEPT_BACK}
    answers |= {pair(hidden, cell, rule) for cell in (late,) if cell[1] not in KEPT_BACK}
    assert answers <= {(None, code)}


@given(cells=st.lists(CELLS, min_size=8, max_size=8), rule=MERGINGS)
def test_a_suppressed_window_suppresses_every_longer_one_that_it_is_in(cells: list[Cell], rule: Merging) -> None:
    value, code = folded([*cells[:3], (None, Quality.SUPPRESSED), *cells[4:]], rule)
    assert value is None
    assert code in KEPT_BACK


@given(cells=st.lists(st.one_of(TOLD, ABSENT), min_size=8, max_size=8), kind=st.sampled_from(EXACT), data=st.data())
def test_exact_rules_give_the_same_whatever_is_merged_first(
    cells: list[Cell], kind: How, data: st.DataObject
) -> None:
    """Any tree over the windows; the grid allows one of them, so that this cannot be seen on a unit.

    A code has place for one thing: what a saturated value hides depends on when it was met.
    """
    rule = Merging(how=kind, grouped=False, clamped=False, resolution=STEP, minimum=8 * LOW, maximum=8 * HIGH)
    left = list(cells)
    while len(left) > 1:
        at = data.draw(st.integers(0, len(left) - 2))
        left[at : at + 2] = [pair(left[at], left[at + 1], rule)]
    expected = folded(cells, rule)
    assert left[0][0] == expected[0]
    assert left[0] == expected or Quality.SATURATED in {quality for _, quality in cells}
    there = [value for value, _ in cells if value is not None]
    if there and kind is not How.POSITION:
        alone = {How.LEAST: min(there), How.MOST: max(there), How.LATER: there[-1], How.TOTAL: sum(there)}
        assert left[0][0] == alone[kind]


@given(values=st.lists(VALUES, min_size=16, max_size=16))
def test_mean_of_many_windows_is_off_by_half_a_step_for_each_doubling_at_most(values: list[int]) -> None:
    value, code = folded([(value, Quality.OK) for value in values], merging(How.AVERAGE))
    assert value is not None
    assert abs(value - Fraction(sum(values), len(values))) <= 4 * Fraction(STEP, 2)
    assert code is Quality.THINNED


@given(cells=st.lists(CELLS, min_size=4, max_size=4), rule=MERGINGS)
def test_merged_rows_look_like_any_that_the_filter_releases(cells: list[Cell], rule: Merging) -> None:
    """What may stand on the wire: see `agent.wire.batch`."""
    for early, late in pairwise(cells):
        value, code = pair(early, late, rule)
        assert (value is None) >= (code in KEPT_BACK)
