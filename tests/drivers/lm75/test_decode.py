"""The LM75's word as a temperature."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.lm75 import decode


def _centi_c(word: int, bits: int) -> int:
    return decode.temperature_centi_c(decode.ticks(word.to_bytes(2, "big"), bits=bits), bits=bits)


@pytest.mark.parametrize(
    ("nine_bits", "centi_c"),
    [(0x0FA, 12_500), (0x032, 2_500), (0x001, 50), (0x000, 0), (0x1FF, -50), (0x1CE, -2_500), (0x192, -5_500)],
)
@pytest.mark.parametrize("litter", [0x00, 0x7F])
def test_temperature_of_the_data_sheets_examples_is_theirs(nine_bits: int, centi_c: int, litter: int) -> None:
    """SNIS153B, page 9; what is below the nine bits means nothing."""
    assert _centi_c(nine_bits << 7 | litter, 9) == centi_c


@pytest.mark.parametrize(
    ("word", "centi_c"), [(0x0020, 13), (0x1900, 2500), (0xFFE0, -12), (0xC900, -5500), (0x191F, 2500)]
)
def test_temperature_of_eleven_bits_has_steps_of_an_eighth(word: int, centi_c: int) -> None:
    assert _centi_c(word, 11) == centi_c


@given(word=st.integers(0, 0xFFFF), bits=st.sampled_from([9, 11]))
def test_temperature_of_any_word_is_at_most_a_step_below_the_whole_word(word: int, bits: int) -> None:
    """For every word the result is the word by 256 degrees, less what was dropped."""
    whole = 100 * (word - (word >> 15 << 16)) / 256
    step = 100 / 2 ** (bits - 8)
    assert whole - step - 0.5 < _centi_c(word, bits) <= whole + 0.5


@pytest.mark.parametrize(("word", "doubtful"), [("0000", True), ("ffff", True), ("0080", False), ("ff80", False)])
def test_word_that_a_silent_line_would_show_is_doubtful(word: str, doubtful: bool) -> None:  # noqa: FBT001  (a parameter of the test)
    assert decode.is_doubtful(bytes.fromhex(word)) is doubtful
