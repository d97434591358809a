from dataclasses import FrozenInstanceError
from fractions import Fraction

import pytest

from agent.privacy.ledger import DAY_MS, FINEST, LATEST_MS, MOST_TERM, Account, Budget, Ledger, Verdict, rounded_up
from agent.quality import Quality

HOUR_MS = DAY_MS // 24
DAY = 20_000
MIDNIGHT = DAY * DAY_MS


def budget(epsilon: tuple[int, int] = (1, 2), daily: tuple[int, int] = (2, 1)) -> Budget:
    return Budget(epsilon=epsilon, daily=daily)


def ledger(chosen: Budget | None = None) -> Ledger:
    """Return a ledger that was sound the day before."""
    return Ledger(chosen or budget(), Account(last_ms=MIDNIGHT - HOUR_MS, spent=Fraction(2), missing=False))


def spend(one: Ledger, *hours: int, day: int = DAY) -> list[Verdict]:
    return [one.spend(day * DAY_MS + hour * HOUR_MS, synchronised=True) for hour in hours]


def test_ledger_grants_what_the_day_may_cost_and_not_one_window_more() -> None:
    one = ledger()
    assert spend(one, *range(24)) == [Verdict.GRANTED] * 4 + [Verdict.SPENT] * 20
    assert one.account == Account(last_ms=MIDNIGHT + 23 * HOUR_MS, spent=Fraction(2), missing=False)


@pytest.mark.parametrize(
    ("epsilon", "daily", "granted"),
    [
        pytest.param((1, 3), (1, 1), 3, id="thirds-of-one"),
        pytest.param((1, 10), (3, 10), 3, id="tenths-where-floats-would-grant-two"),
        pytest.param((10, 3), (10, 1), 3, id="more-than-one"),
        pytest.param((2, 7), (1, 1), 3, id="with-a-rest"),
        pytest.param((2, 1), (1, 1), 0, id="one-window-is-too-much"),
        pytest.param((1, MOST_TERM), (2, MOST_TERM), 2, id="smallest"),
        pytest.param((MOST_TERM, 1), (MOST_TERM, 1), 1, id="largest"),
    ],
)
def test_ledger_counts_exactly(epsilon: tuple[int, int], daily: tuple[int, int], granted: int) -> None:
    verdicts = spend(ledger(budget(epsilon, daily)), *range(24))
    assert verdicts == [Verdict.GRANTED] * granted + [Verdict.SPENT] * (24 - granted)


def test_ledger_on_a_new_utc_day_starts_clean_at_its_first_millisecond() -> None:
    one = ledger()
    spend(one, *range(24))
    last = MIDNIGHT + DAY_MS - 1
    assert one.spend(last, synchronised=True) is Verdict.SPENT
    assert one.spend(last + 1, synchronised=True) is Verdict.GRANTED
    assert one.account.spent == Fraction(1, 2)


def test_ledger_that_skips_days_has_the_budget_of_one() -> None:
    one = ledger()
    assert spend(one, *range(6), day=DAY + 10) == [Verdict.GRANTED] * 4 + [Verdict.SPENT] * 2


@pytest.mark.parametrize("back_ms", [0, 1, HOUR_MS, DAY_MS, 100 * DAY_MS])
def test_ledger_asked_for_a_window_that_is_not_later_grants_nothing(back_ms: int) -> None:
    one = ledger()
    assert spend(one, 12) == [Verdict.GRANTED]
    before = one.account
    assert one.spend(MIDNIGHT + 12 * HOUR_MS - back_ms, synchronised=True) is Verdict.REPEATED
    assert one.account == before
    assert one.spend(MIDNIGHT + 12 * HOUR_MS + 1, synchronised=True) is Verdict.GRANTED


def test_ledger_that_went_a_day_on_by_mistake_does_not_refill_the_day_before() -> None:
    one = ledger()
    assert spend(one, *range(4)) == [Verdict.GRANTED] * 4
    assert spend(one, 0, day=DAY + 1) == [Verdict.GRANTED]
    assert spend(one, *range(4, 24)) == [Verdict.REPEATED] * 20
    assert spend(one, *range(1, 5), day=DAY + 1) == [Verdict.GRANTED] * 3 + [Verdict.SPENT]


def test_ledger_refused_windows_count_as_given_out() -> None:
    one = ledger(budget((1, 1), (1, 1)))
    assert spend(one, 0, 5, 5, 4) == [Verdict.GRANTED, Verdict.SPENT, Verdict.REPEATED, Verdict.REPEATED]


@pytest.mark.parametrize(
    ("start_ms", "synchronised"),
    [
        pytest.param(MIDNIGHT, False, id="no-clock"),
        pytest.param(-1, True, id="before-1970"),
        pytest.param(LATEST_MS, True, id="absurd"),
    ],
)
def test_ledger_without_a_date_grants_nothing_and_remembers_nothing(start_ms: int, synchronised: bool) -> None:  # noqa: FBT001
    for one in (ledger(), Ledger(budget())):
        before = one.account
        assert one.spend(start_ms, synchronised=synchronised) is Verdict.UNSYNCHRONISED
        assert one.account is before


def test_ledger_takes_the_first_and_the_last_time_there_is() -> None:
    one = Ledger(budget(), Account(missing=False))
    assert one.spend(0, synchronised=True) is Verdict.GRANTED
    assert one.spend(LATEST_MS - 1, synchronised=True) is Verdict.GRANTED


def test_ledger_that_is_missing_grants_nothing_until_the_next_utc_day() -> None:
    one = Ledger(budget())
    assert one.spend(MIDNIGHT + HOUR_MS, synchronised=False) is Verdict.UNSYNCHRONISED
    assert spend(one, 2, 3, 23) == [Verdict.MISSING] * 3
    assert one.account == Account(last_ms=MIDNIGHT + 23 * HOUR_MS, spent=Fraction(0), missing=True)
    assert spend(one, *range(5), day=DAY + 1) == [Verdict.GRANTED] * 4 + [Verdict.SPENT]


def test_ledger_that_is_missing_is_not_refilled_by_a_clock_that_is_set_back() -> None:
    one = Ledger(budget())
    assert spend(one, 5) == [Verdict.MISSING]
    assert spend(one, 23, day=DAY - 1) == [Verdict.REPEATED]
    assert spend(one, 4, 5, 6) == [Verdict.REPEATED, Verdict.REPEATED, Verdict.MISSING]


def test_ledger_keeps_what_is_spent_when_epsilon_changes() -> None:
    one = ledger(budget((1, 2), (2, 1)))
    spend(one, 0, 1, 2)
    finer = Ledger(budget((1, 4), (2, 1)), one.account)
    assert spend(finer, *range(3, 7)) == [Verdict.GRANTED] * 2 + [Verdict.SPENT] * 2
    coarser = Ledger(budget((1, 1), (2, 1)), one.account)
    assert spend(coarser, 3) == [Verdict.SPENT]


def test_ledger_with_a_smaller_budget_than_was_spent_grants_nothing_that_day() -> None:
    one = ledger(budget((1, 2), (2, 1)))
    spend(one, 0, 1, 2)
    smaller = Ledger(budget((1, 2), (1, 1)), one.account)
    assert spend(smaller, 3, 4) == [Verdict.SPENT] * 2
    assert smaller.account.spent == Fraction(3, 2)
    assert spend(smaller, 0, day=DAY + 1) == [Verdict.GRANTED]


def test_ledger_with_many_epsilons_in_a_day_neither_grows_nor_forgets() -> None:
    account = Account(last_ms=MIDNIGHT, spent=Fraction(0), missing=False)
    exact = Fraction(0)
    for number in range(1, 60):
        epsilon = (1, MOST_TERM - number)
        one = Ledger(budget(epsilon, (1, 1)), account)
        assert one.spend(MIDNIGHT + number, synchronised=True) is Verdict.GRANTED
        account, exact = one.account, exact + Fraction(*epsilon)
        assert account.spent.denominator <= FINEST
        assert exact <= account.spent <= exact + Fraction(number, FINEST)


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        pytest.param(Fraction(1, 3), Fraction(1, 3), id="small"),
        pytest.param(Fraction(1, FINEST), Fraction(1, FINEST), id="finest"),
        pytest.param(Fraction(1, FINEST + 1), Fraction(1, FINEST), id="finer"),
        pytest.param(Fraction(3, 2 * FINEST), Fraction(2, FINEST), id="between"),
        pytest.param(Fraction(0), Fraction(0), id="nothing"),
    ],
)
def test_rounded_up_is_never_less_and_no_finer_than_the_finest(amount: Fraction, expected: Fraction) -> None:
    assert rounded_up(amount) == expected


@pytest.mark.parametrize("bad", [0, -1, MOST_TERM + 1, True, 0.5, "1"], ids=repr)
@pytest.mark.parametrize("place", range(4))
def test_budget_of_anything_but_positive_integers_is_refused(bad: int, place: int) -> None:
    terms = [1, 1, 1, 1]
    terms[place] = bad
    with pytest.raises(ValueError, match="integers from 1 to 4294967296"):
        Budget(epsilon=(terms[0], terms[1]), daily=(terms[2], terms[3]))


def test_ledger_limits_are_what_the_stored_form_says() -> None:
    assert (DAY_MS, LATEST_MS, MOST_TERM, FINEST) == (86_400_000, 2**53, 2**32, 2**64)


def test_budget_and_account_cannot_be_changed() -> None:
    for one, name in ((budget(), "daily"), (Account(), "spent")):
        with pytest.raises(FrozenInstanceError):
            setattr(one, name, Fraction(1))


def test_verdict_has_the_quality_that_the_row_tells() -> None:
    assert {verdict: verdict.quality for verdict in Verdict} == {
        Verdict.GRANTED: Quality.OK,
        Verdict.SPENT: Quality.BUDGET_SPENT,
        Verdict.MISSING: Quality.SUPPRESSED,
        Verdict.UNSYNCHRONISED: Quality.SUPPRESSED,
        Verdict.REPEATED: Quality.SUPPRESSED,
    }
