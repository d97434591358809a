"""How much of the backlog may be sealed, as the outbox's thread counts it."""

from agent.buffer.allowance import LEAST_BYTES, Allowance, price


def test_allowance_begins_without_a_limit() -> None:
    allowance = Allowance()
    allowance.spend(10**9, over=0)
    assert allowance.left is None
    assert allowance.suffices


def test_allowance_that_is_used_up_does_not_suffice_and_is_never_negative() -> None:
    allowance = Allowance(until=10_000)
    assert allowance.suffices
    allowance.spend(10_500, over=0)
    assert (allowance.left, allowance.suffices) == (0, False)


def test_allowance_below_what_the_next_batch_costs_does_not_suffice() -> None:
    allowance = Allowance(until=2 * LEAST_BYTES)
    allowance.spend(0, over=2 * LEAST_BYTES + 1)
    assert not allowance.suffices
    allowance.until = 2 * LEAST_BYTES + 1
    assert allowance.suffices


def test_allowance_forgets_what_a_batch_cost_that_was_sealed() -> None:
    allowance = Allowance(until=100_000)
    allowance.spend(0, over=90_000)
    allowance.spend(90_000, over=0)
    assert allowance.needs == LEAST_BYTES


def test_price_is_more_than_the_rows() -> None:
    assert price(1000) > 1000
