import statistics
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.privacy.spread import MOST_SAMPLES, Deviation, Median, NinthDecile, Samples, quantile
from agent.quality import Quality

NUMBERS = st.lists(st.integers(-(2**80), 2**80), min_size=1, max_size=60)


def told(aggregator: Samples | Deviation, samples: list[int]) -> Fraction | None:
    for sample in samples:
        aggregator.add(sample)
    result = aggregator.result()
    return None if result is None else Fraction(*result)


@pytest.mark.parametrize(
    ("samples", "median", "p90"),
    [
        ([7], 7, 7),
        ([1, 2], Fraction(3, 2), Fraction(19, 10)),
        ([3, 1, 2], 2, Fraction(28, 10)),
        ([*range(11)], 5, 9),
        ([*range(10, 0, -1)], Fraction(11, 2), Fraction(91, 10)),
        ([-5, -5, 5, 5], 0, 5),
    ],
)
def test_quantiles_of_known_samples_are_those_of_type_7(samples: list[int], median: Fraction, p90: Fraction) -> None:
    """The values that R's `quantile(x, c(0.5, 0.9))` and numpy's default give."""
    assert told(Median(), samples) == median
    assert told(NinthDecile(), samples) == p90


@given(NUMBERS)
def test_median_of_any_samples_is_that_of_the_standard_library(samples: list[int]) -> None:
    assert told(Median(), samples) == statistics.median([Fraction(sample) for sample in samples])


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=60))
def test_ninth_decile_of_any_samples_is_that_of_the_standard_library(samples: list[int]) -> None:
    exact = statistics.quantiles([Fraction(sample) for sample in samples], n=10, method="inclusive")[-1]
    assert told(NinthDecile(), samples) == exact


@given(NUMBERS)
def test_deviation_of_any_samples_is_the_root_of_its_exact_variance(samples: list[int]) -> None:
    assert told(Deviation(), samples) == statistics.pvariance([Fraction(sample) for sample in samples])


@given(NUMBERS, st.integers(0, 10))
def test_quantile_of_any_samples_lies_between_two_of_them(samples: list[int], tenths: int) -> None:
    ordered = sorted(samples)
    exact = Fraction(*quantile(ordered, tenths))
    assert ordered[0] <= exact <= ordered[-1]
    assert quantile(ordered, 0) == (ordered[0], 1)
    assert quantile(ordered, 10) == (ordered[-1], 1)


def test_deviation_of_one_sample_is_zero_and_of_none_is_nothing() -> None:
    assert told(Deviation(), [5]) == 0
    assert Deviation().result() is None


@pytest.mark.parametrize("kind", [Median, NinthDecile])
def test_quantile_of_the_most_samples_is_told_and_of_one_more_is_not(kind: type[Samples]) -> None:
    aggregator = kind()
    assert told(aggregator, [1] * MOST_SAMPLES) == 1
    assert aggregator.reason is None
    aggregator.add(1)
    assert aggregator.result() is None
    assert aggregator.reason is Quality.SATURATED


def test_quantile_that_is_saturated_holds_no_sample_and_takes_none() -> None:
    aggregator = Median(bound=3)
    assert told(aggregator, [1, 2, 3, 4]) is None
    aggregator.add(5)
    assert aggregator._samples == []


def test_quantile_that_is_wiped_has_forgotten_its_samples() -> None:
    aggregator = Median()
    assert told(aggregator, [1, 2, 3]) == 2
    kept = aggregator._samples
    aggregator.wipe()
    assert kept == []
    assert aggregator.result() is None
