from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.privacy.rounding import Scale, divide_half_even, root_half_even, whole

HUGE = 10**40


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [(1, 2, 0), (3, 2, 2), (5, 2, 2), (-1, 2, 0), (-3, 2, -2), (7, 3, 2), (8, 3, 3), (-8, 3, -3), (0, 9, 0)],
)
def test_division_rounds_to_the_nearest_and_a_half_to_even(numerator: int, denominator: int, expected: int) -> None:
    assert divide_half_even(numerator, denominator) == expected


@given(st.integers(-HUGE, HUGE), st.integers(1, HUGE))
def test_division_of_any_size_equals_that_of_fractions(numerator: int, denominator: int) -> None:
    assert divide_half_even(numerator, denominator) == round(Fraction(numerator, denominator))


@given(
    numerator=st.integers(-HUGE, HUGE),
    denominator=st.integers(1, 10**9),
    source=st.integers(-9, 9),
    released=st.integers(-9, 9),
    resolution=st.integers(1, 1000),
)
def test_scale_of_any_exponents_rounds_once_and_exactly(
    numerator: int, denominator: int, source: int, released: int, resolution: int
) -> None:
    scaled = Scale.between(source, released, resolution=resolution).apply((numerator, denominator))

    exact = Fraction(numerator, denominator) * Fraction(10) ** (source - released)
    assert scaled == resolution * round(exact / resolution)
    assert scaled % resolution == 0
    assert abs(scaled - exact) <= Fraction(resolution, 2)


def test_scale_to_a_coarser_exponent_does_not_round_twice() -> None:
    assert Scale.between(-2, 0, resolution=1).apply((149, 1)) == 1
    assert Scale.between(-2, 0, resolution=1).apply((150, 1)) == 2
    assert Scale.between(-2, 0, resolution=1).apply((250, 1)) == 2


@pytest.mark.parametrize(
    ("exact", "exponent", "expected"),
    [((99, 10), 0, 9), ((99, 1), -1, 9), ((9, 1), 1, 90), ((19, 2), 1, 95), ((-1, 2), 0, -1), ((0, 1), -3, 0)],
)
def test_whole_of_a_fraction_is_rounded_down(exact: tuple[int, int], exponent: int, expected: int) -> None:
    assert whole(exact, exponent) == expected


@given(st.integers(0, 10**30), st.integers(1, 10**15))
def test_root_of_any_fraction_is_the_nearest_integer(numerator: int, denominator: int) -> None:
    root = root_half_even(numerator, denominator)
    assert root >= 0
    assert denominator * max(0, 2 * root - 1) ** 2 <= 4 * numerator <= denominator * (2 * root + 1) ** 2


@pytest.mark.parametrize(
    ("square", "root"),
    [
        ((0, 1), 0),
        ((1, 4), 0),
        ((9, 4), 2),
        ((25, 4), 2),
        ((49, 4), 4),
        ((26, 4), 3),
        ((24, 4), 2),
        ((1, 3), 1),
        ((10**40, 1), 10**20),
    ],
)
def test_root_half_way_between_two_integers_is_the_even_one(square: tuple[int, int], root: int) -> None:
    assert root_half_even(*square) == root


def test_scale_of_a_root_changes_the_power_of_ten_before_it_rounds() -> None:
    assert Scale.between(-2, -1, resolution=1).apply_root((22_500, 1)) == 15
    assert Scale.between(-2, 0, resolution=1).apply_root((22_500, 1)) == 2
    assert Scale.between(0, -3, resolution=5).apply_root((2, 1)) == 1415
