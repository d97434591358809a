import math

import pytest

from agent.privacy.oracle_angles import mean_direction


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


@pytest.mark.parametrize("angles", [[0, 180], [0, 120, 240], [30, 120, 210, 300]])
def test_mean_direction_of_the_oracle_is_none_where_directions_cancel(angles: list[int]) -> None:
    assert mean_direction(angles, 0) is None
