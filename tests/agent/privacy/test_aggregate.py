from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.privacy.aggregate import AGGREGATORS
from agent.privacy.spec import Rule

SAMPLES = st.lists(st.integers(-(2**80), 2**80), min_size=1, max_size=50)


def aggregate(rule: Rule, samples: list[int]) -> Fraction | None:
    aggregator = AGGREGATORS[rule]()
    for sample in samples:
        aggregator.add(sample)
    result = aggregator.result()
    return None if result is None else Fraction(*result)


def test_aggregators_cover_every_rule_on_numbers() -> None:
    elsewhere = {Rule.COUNT_DISTINCT, Rule.DWELL, Rule.HISTOGRAM, Rule.CIRCULAR_MEAN}
    assert set(AGGREGATORS) == set(Rule) - elsewhere


@pytest.mark.parametrize("rule", AGGREGATORS)
def test_aggregator_without_samples_has_no_result(rule: Rule) -> None:
    assert aggregate(rule, []) is None
    assert AGGREGATORS[rule]().reason is None


@given(SAMPLES)
def test_aggregators_of_any_samples_are_exact(samples: list[int]) -> None:
    assert aggregate(Rule.MEAN, samples) == Fraction(sum(samples), len(samples))
    assert aggregate(Rule.SUM, samples) == sum(samples)
    assert aggregate(Rule.MIN, samples) == min(samples)
    assert aggregate(Rule.MAX, samples) == max(samples)
    assert aggregate(Rule.LAST, samples) == samples[-1]
    assert aggregate(Rule.GRID, samples) == samples[-1]
    assert aggregate(Rule.COUNT, samples) == len(samples)


def test_sum_of_more_than_64_bits_does_not_wrap() -> None:
    assert aggregate(Rule.SUM, [2**63] * 4) == 2**65


def test_zero_as_only_sample_is_a_result() -> None:
    for rule in set(AGGREGATORS) - {Rule.COUNT}:  # a deviation of one is zero as well
        assert aggregate(rule, [0]) == 0
