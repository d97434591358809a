"""The TMP117's word as a temperature."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import InvalidData
from drivers.tmp117 import decode


@pytest.mark.parametrize(
    ("word", "milli_c"),
    [
        ("f380", -25_000),
        ("fff0", -125),
        ("ffff", -8),
        ("0000", 0),
        ("0001", 8),
        ("0010", 125),
        ("0080", 1_000),
        ("0c80", 25_000),
        ("3200", 100_000),
        ("7fff", 255_992),
    ],
)
def test_temperature_of_the_data_sheets_examples_is_theirs(word: str, milli_c: int) -> None:
    """SNOSD82D, table 7-1."""
    assert decode.temperature_milli_c(decode.ticks(bytes.fromhex(word))) == milli_c


def test_ticks_of_a_chip_that_has_not_measured_are_refused() -> None:
    with pytest.raises(InvalidData, match="restarted"):
        decode.ticks(b"\x80\x00")


@given(word=st.integers(-0x7FFF, 0x7FFF))
def test_temperature_of_any_word_is_half_a_unit_from_the_float_formula(word: int) -> None:
    """For every word the result is the word by 0.0078125 degrees, rounded."""
    data = (word & 0xFFFF).to_bytes(2, "big")
    assert abs(decode.temperature_milli_c(decode.ticks(data)) - 1000 * word * 0.0078125) <= 0.5
