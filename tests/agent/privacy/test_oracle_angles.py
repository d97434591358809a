import math

import pytest

from agent.privacy.oracle_angles import _SCALE, _read, _vector, mean_direction


@pytest.mark.parametrize(
    ("angles", "decimals", "expected"),
    [
        ([90], 0, 90_000_000_000),
        ([3590, 10], 1, 0),
        ([10, 11], 0, 10_500_000_000),
        ([123_456_789], 6, 123_456_789_000),
        ([359_999_999, 359_999_999], 6, 359_999_999_000),
    ],
)
def test_mean_direction_of_the_oracle_is_exact_to_a_billionth_of_a_degree(
    angles: list[int], decimals: int, expected: int
) -> None:
    assert mean_direction(angles, decimals) == expected


def test_mean_direction_of_the_oracle_weighs_every_sample() -> None:
    assert mean_direction([0, 0, 90], 0) == round(math.degrees(math.atan2(1, 2)) * 10**9)
    assert mean_direction([0] * 10 + [90], 0) == 5_710_593_137  # 5.7105931374...


def test_mean_direction_of_the_oracle_just_short_of_north_is_rounded_to_north() -> None:
    assert mean_direction([359_999_999] + [0] * 4000, 6) == 0


@pytest.mark.parametrize("pairs", [1, 20])
def test_mean_direction_of_the_oracle_needs_a_resultant_of_a_thousandth_of_the_samples(pairs: int) -> None:
    assert mean_direction([0, 180_114] * pairs, 3) is None
    assert mean_direction([0, 180_116] * pairs, 3) is not None


@pytest.mark.parametrize("angle", [1, 123_456_789_012, 1_999_999_999_999, 3_599_999_999_999])
def test_vector_of_the_oracle_has_the_length_one_to_thirty_digits(angle: int) -> None:
    east, north = _vector(angle)
    assert type(east) is type(north) is int
    assert abs(east**2 + north**2 - _SCALE**2) < _SCALE**2 // 10**30


@pytest.mark.parametrize("angles", [[0, 180], [0, 120, 240], [30, 120, 210, 300]])
def test_mean_direction_of_the_oracle_is_none_where_directions_cancel(angles: list[int]) -> None:
    assert mean_direction(angles, 0) is None


@pytest.mark.parametrize("right_angles", range(4))
def test_direction_of_an_axis_is_read_without_an_error_in_the_last_digit(right_angles: int) -> None:
    east, north = ((_SCALE, 0), (0, _SCALE), (-_SCALE, 0), (0, -_SCALE))[right_angles]
    assert _read(east, north) == right_angles * 900_000_000_000
