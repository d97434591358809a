"""The SHT4x's words as quantities."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sht4x import decode


@pytest.mark.parametrize(
    ("ticks", "temperature", "humidity"),
    [
        ((0x6667, 0x72B0), 2500, 5000),
        ((0x0000, 0x0000), -4500, 0),
        ((0xFFFF, 0xFFFF), 13000, 10000),
        ((0x4D37, 0x0C49), 778, 0),
        ((0x4D37, 0x0C4D), 778, 1),
        ((0x4D37, 0xD916), 778, 10000),
    ],
    ids=["room", "lowest", "highest", "dry", "least", "wet"],
)
def test_values_of_known_ticks(ticks: tuple[int, int], temperature: int, humidity: int) -> None:
    assert decode.values(ticks) == {"temperature": temperature, "humidity": humidity}


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF))
def test_values_of_any_ticks_are_half_a_unit_from_the_cropped_formula(temperature: int, humidity: int) -> None:
    values = decode.values((temperature, humidity))
    assert abs(values["temperature"] - 100 * (-45 + 175 * temperature / 65535)) <= 0.5 + 1e-9
    assert abs(values["humidity"] - 100 * min(max(-6 + 125 * humidity / 65535, 0), 100)) <= 0.5 + 1e-9
