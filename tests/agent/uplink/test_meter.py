"""What a connection is charged, before and after the kernel has counted it."""

from hypothesis import given
from hypothesis import strategies as st

from agent.budget import Budget, BudgetSettings
from agent.uplink.meter import OPENING, Meter
from tests.support.uplink import FakeClock


def _meter() -> tuple[Budget, Meter]:
    budget = Budget(BudgetSettings(), clock=FakeClock())
    return budget, Meter(budget)


def test_meter_charges_the_price_before_anything_is_counted() -> None:
    budget, meter = _meter()
    meter.hold(OPENING, 700)
    meter.hold(1, 300)
    assert (budget.spending().total_bytes, budget.spending().messages) == (1000, 2)


def test_meter_with_everything_answered_has_charged_what_was_counted() -> None:
    budget, meter = _meter()
    meter.hold(OPENING, 700)
    meter.read(400)
    meter.settle(OPENING)
    meter.hold(1, 300)
    assert budget.spending().total_bytes == 700
    meter.read(650)
    assert budget.spending().total_bytes == 700
    meter.settle(1)
    assert budget.spending().total_bytes == 650


def test_meter_of_more_than_was_reserved_charges_it_at_once() -> None:
    budget, meter = _meter()
    meter.hold(OPENING, 700)
    meter.read(5000)
    assert budget.spending().total_bytes == 5000


def test_meter_without_a_count_keeps_prices_and_notes() -> None:
    budget, meter = _meter()
    meter.hold(1, 300)
    meter.read(None)
    meter.note(120)
    meter.settle(1)
    assert budget.spending().total_bytes == 420


def test_meter_with_a_count_does_not_charge_what_came_in_twice() -> None:
    budget, meter = _meter()
    meter.read(400)
    meter.note(120)
    assert budget.spending().total_bytes == 400


def test_meter_at_the_end_has_charged_the_whole_connection() -> None:
    budget, meter = _meter()
    meter.hold(OPENING, 7000)
    meter.hold(1, 300)
    meter.read(4000)
    meter.end(4200)
    meter.settle(1)
    assert budget.spending().total_bytes == 4200


@given(st.lists(st.tuples(st.integers(1, 2000), st.integers(0, 100), st.booleans()), max_size=40))
def test_meter_never_has_charged_less_than_was_counted_nor_than_what_is_under_way(
    sends: list[tuple[int, int, bool]],
) -> None:
    """With prices that are never below the costs, charges cover every count, and end at it."""
    budget, meter = _meter()
    counted, waiting = 0, []
    meter.read(0)
    for mid, (cost, more, answered) in enumerate(sends, start=1):
        meter.hold(mid, cost + more)
        waiting.append(mid)
        assert budget.spending().total_bytes >= counted + cost
        counted += cost
        meter.read(counted)
        assert budget.spending().total_bytes >= counted
        if answered:
            meter.settle(waiting.pop(0))
    for mid in waiting:
        meter.settle(mid)
    assert budget.spending().total_bytes == counted
