import pytest

from agent.privacy.oracle import Sighting
from agent.privacy.oracle_noise import expected_noisy_values
from agent.privacy.spec import Rule
from tests.support.privacy import CARS, MAC, NOISY, RSSI, mac, noise, released, stream


def crowd(people: int, times: int = 1) -> list[Sighting]:
    seen: list[Sighting] = [
        ("devices_sensor", {"mac": mac(number), "rssi": -90 + number}, 0) for number in range(people)
    ]
    return [*seen * times, ("station", {"temperature": 2000}, 0)]


def test_noisy_oracle_adds_a_draw_to_each_count_and_leaves_the_rest_alone() -> None:
    assert expected_noisy_values(NOISY, crowd(20, times=2), [1, -2, 5, 6]) == [2000, 21, 38, 25, 26]


def test_noisy_oracle_suppresses_by_noisy_numbers() -> None:
    assert expected_noisy_values(NOISY, crowd(10), [-1, 50, 50, 50]) == [2000, None, None, None, None]
    assert expected_noisy_values(NOISY, crowd(9), [1, -8, 0, 11]) == [2000, 10, 1, None, 11]
    assert expected_noisy_values(NOISY, [], [10, 0, 10, 9]) == [None, 10, 0, 10, None]


def test_noisy_oracle_counts_identifiers_to_the_end_of_their_range_before_the_noise() -> None:
    spec = stream(released(MAC, Rule.COUNT_DISTINCT, exponent=1, bounds=(0, 3)), noise=noise())
    assert expected_noisy_values(spec, crowd(45), [-10]) == [2]


def test_noisy_oracle_rounds_and_cuts_after_the_noise() -> None:
    spec = stream(released(RSSI, Rule.COUNT, resolution=5, bounds=(0, 20)), noise=noise())
    assert [expected_noisy_values(spec, crowd(5), [draw])[0] for draw in (-9, 2, 3, 99)] == [0, 5, 10, 20]


@pytest.mark.parametrize(
    ("number", "counted"), [(-5, 0), (0, 0), (7, 7), (1000, 1000), (1001, 999), (1999, 1), (2000, 0), (9999, 0)]
)
def test_noisy_oracle_counts_implausible_numbers_less_and_less(number: int, counted: int) -> None:
    spec = stream(released(CARS, Rule.SUM, bounds=(0, 10**6)), noise=noise())
    assert expected_noisy_values(spec, [("vehicles_sensor", {"cars": number}, 0)], [0]) == [counted]


def test_noisy_oracle_without_a_draw_for_each_count_fails() -> None:
    with pytest.raises(ValueError, match="shorter"):
        expected_noisy_values(NOISY, [], [1, 2, 3])
