"""The HDC1080's words as quantities."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import InvalidData
from drivers.hdc1080 import decode


@pytest.mark.parametrize(
    ("word", "centi_c", "centi_pct"), [(0, -4000, 0), (0x8000, 4250, 5000), (0xFFFF, 12500, 10000)]
)
def test_values_at_the_ends_and_the_middle_are_those_of_the_formula(word: int, centi_c: int, centi_pct: int) -> None:
    assert decode.temperature_centi_c(word) == centi_c
    assert decode.humidity_centi_pct(word) == centi_pct


@given(word=st.integers(0, 0xFFFF))
def test_values_of_any_word_are_half_a_unit_from_the_float_formula(word: int) -> None:
    """For every word the integers are the data sheet's formula, rounded."""
    assert abs(decode.temperature_centi_c(word) - 100 * (word / 2**16 * 165 - 40)) <= 0.5 + 1e-9
    assert abs(decode.humidity_centi_pct(word) - 100 * (word / 2**16 * 100)) <= 0.5 + 1e-9


def test_ticks_are_temperature_then_humidity() -> None:
    assert decode.ticks(bytes.fromhex("64d87ae0")) == decode.Ticks(temperature=0x64D8, humidity=0x7AE0)


@pytest.mark.parametrize("value", [0x00, 0xFF])
def test_ticks_of_a_stuck_line_are_refused(value: int) -> None:
    with pytest.raises(InvalidData, match=f"0x{value:02x}"):
        decode.ticks(bytes([value]) * 4)
