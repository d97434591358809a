import cmath
import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agent.privacy.bearing import BINARY_DIGITS, HALF_PI, ONE, MeanDirection, direction, unit_vector
from agent.privacy.oracle_angles import mean_direction
from agent.quality import Quality

BILLION = 10**9
TURN = 360 * BILLION


def mean(*samples: int, exponent: int = 0) -> MeanDirection:
    aggregator = MeanDirection(exponent)
    for sample in samples:
        aggregator.add(sample)
    return aggregator


def test_half_pi_is_that_of_machin_formula() -> None:
    one = 1 << 2 * BINARY_DIGITS

    def arctan(inverse: int) -> int:
        term = total = one // inverse
        for odd in range(3, 400, 2):
            term //= -(inverse**2)
            total += term // odd
        return total

    assert (8 * arctan(5) - 2 * arctan(239)) >> BINARY_DIGITS == HALF_PI


@given(st.integers(-(10**9), 10**9))
def test_unit_vector_of_any_angle_is_within_the_stated_bound_of_length_one(angle: int) -> None:
    cosine, sine = unit_vector(angle, 360_000_000)
    assert abs(cosine**2 + sine**2 - ONE**2) <= 2 * 2**8 * 2 * ONE
    assert cosine / ONE == pytest.approx(math.cos(math.radians(angle / 10**6)), abs=1e-12)
    assert sine / ONE == pytest.approx(math.sin(math.radians(angle / 10**6)), abs=1e-12)


@pytest.mark.parametrize(
    ("degrees", "cosine", "sine"),
    [(0, ONE, 0), (90, 0, ONE), (180, -ONE, 0), (270, 0, -ONE), (360, ONE, 0), (-90, 0, -ONE)],
)
def test_unit_vector_of_right_angles_is_exact(degrees: int, cosine: int, sine: int) -> None:
    assert unit_vector(degrees, 360) == (cosine, sine)


@pytest.mark.parametrize("degrees", [30, 45, 60, 150, 210, 225, 330])
def test_unit_vector_of_known_angles_is_within_two_to_the_minus_72(degrees: int) -> None:
    """Halves, and roots of integers taken exactly."""
    halves = {30: 3, 45: 2, 60: 1}[min(degrees % 180, 180 - degrees % 180)]
    cosine, sine = unit_vector(degrees, 360)
    assert abs(abs(cosine) - math.isqrt(halves * ONE**2 // 4)) <= 2**8
    assert abs(abs(sine) - math.isqrt((4 - halves) * ONE**2 // 4)) <= 2**8
    assert (cosine > 0, sine > 0) == (degrees < 90 or degrees > 270, degrees < 180)


@given(st.integers(0, TURN - 1))
def test_direction_of_the_vector_of_any_angle_is_that_angle(angle: int) -> None:
    assert direction(*unit_vector(angle, TURN)) == angle


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ((0,), 0),
        ((360,), 0),
        ((359, 1), 0),
        ((350, 20), 5),
        ((10, 11), 10.5),
        ((0, 90), 45),
        ((90, 180, 270), 180),
        ((300, 60, 0), 0),
        ((359, 359, 2), 359.999),
    ],
)
def test_mean_direction_of_samples_says_what_a_person_would(samples: tuple[int, ...], expected: float) -> None:
    result = mean(*samples).result()
    assert result is not None
    assert result[0] / result[1] == pytest.approx(expected, abs=0.001)


def test_mean_direction_just_short_of_north_is_rounded_to_north() -> None:
    assert mean(359_999_999, *[0] * 4000, exponent=-6).result() == (0, 1000)


def test_mean_direction_half_way_between_two_steps_is_exactly_half_way() -> None:
    assert mean(10, 11).result() == (10_500_000_000, BILLION)
    assert mean(100, 101, exponent=-1).result() == (10_050_000_000, BILLION // 10)


@pytest.mark.parametrize(
    "samples", [(0, 180), (10, 130, 250), (0, 90, 180, 270), (45, 225) * 50], ids=["two", "three", "four", "hundred"]
)
def test_mean_direction_of_samples_that_cancel_is_null_with_a_code(samples: tuple[int, ...]) -> None:
    aggregator = mean(*samples)
    assert aggregator.result() is None
    assert aggregator.reason is Quality.NO_DATA


@pytest.mark.parametrize("first", [0, 90_000, 135_000, 270_000], ids=["east", "north", "between", "south"])
@pytest.mark.parametrize("pairs", [1, 30])
def test_mean_direction_is_told_of_a_resultant_above_a_thousandth_of_the_samples_only(first: int, pairs: int) -> None:
    below, above = (  # two vectors of one, apart by 180 degrees and d, have the resultant 2 sin(d / 2)
        mean(*(first, first + 180_000 + apart) * pairs, exponent=-3) for apart in (114, 116)
    )
    assert (below.result(), below.reason) == (None, Quality.NO_DATA)
    assert above.result() is not None
    assert above.reason is None


def test_mean_direction_of_nothing_is_nothing_and_has_no_reason() -> None:
    assert mean().result() is None
    assert mean().reason is None


@given(st.lists(st.integers(0, 3600), min_size=1, max_size=40))
def test_mean_direction_of_any_samples_is_that_of_two_other_computations(samples: list[int]) -> None:
    resultant = sum(cmath.rect(1, math.radians(sample / 10)) for sample in samples)
    assume(abs(resultant) > 0.01 * len(samples))
    result = mean(*samples, exponent=-1).result()
    assert result is not None
    assert result[0] == mean_direction(samples, 1)
    apart = (result[0] / BILLION - math.degrees(cmath.phase(resultant))) % 360
    assert min(apart, 360 - apart) < 1e-6
