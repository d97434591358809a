"""The MCP9808's word as a temperature."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mcp9808 import decode


@pytest.mark.parametrize(
    ("word", "centi_c"),
    [
        ("0000", 0),
        ("0001", 6),
        ("c194", 2525),
        ("0194", 2525),
        ("1ff0", -100),
        ("3fff", -6),
        ("1d80", -4000),
        ("07d0", 12_500),
    ],
)
def test_temperature_of_a_word_is_right_whatever_its_flags(word: str, centi_c: int) -> None:
    assert decode.temperature_centi_c(decode.ticks(bytes.fromhex(word))) == centi_c


@given(word=st.integers(0, 0xFFFF))
def test_temperature_of_any_word_is_that_of_the_data_sheets_equation(word: int) -> None:
    """For every word the result is that of equation 5-1 (bytes to temperature), rounded."""
    upper, lower = word >> 8 & 0x1F, word & 0xFF
    expected = (upper & 0x0F) * 16 + lower / 16 - (256 if upper & 0x10 else 0)
    assert abs(decode.temperature_centi_c(decode.ticks(word.to_bytes(2, "big"))) - 100 * expected) <= 0.5


@pytest.mark.parametrize(("word", "doubtful"), [("0000", True), ("ffff", True), ("2000", False), ("1fff", False)])
def test_word_that_a_silent_line_would_show_is_doubtful(word: str, doubtful: bool) -> None:  # noqa: FBT001  (a parameter of the test)
    assert decode.is_doubtful(bytes.fromhex(word)) is doubtful
