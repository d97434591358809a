"""The TMP102's word as a temperature."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import InvalidData
from drivers.tmp102 import decode

_NORMAL = [(0x7FF, 12_794), (0x640, 10_000), (0x500, 8_000), (0x4B0, 7_500), (0x320, 5_000), (0x190, 2_500),
           (0x004, 25), (0xFFC, -25), (0xE70, -2_500), (0xC90, -5_500)]  # fmt: skip
"""SBOS397C, page 6, table 5; 127.9375 degrees are 0x7FF."""
_EXTENDED = [(0x0960, 15_000), (0x0800, 12_800), (0x07FF, 12_794), (0x0640, 10_000), (0x0500, 8_000), (0x04B0, 7_500),
             (0x0320, 5_000), (0x0190, 2_500), (0x0004, 25), (0x0000, 0), (0x1FFC, -25), (0x1E70, -2_500),
             (0x1C90, -5_500)]  # fmt: skip
"""SBOS397B, page 7, table 6."""


def _centi_c(word: int) -> int:
    return decode.temperature_centi_c(decode.ticks(word.to_bytes(2, "big")))


@pytest.mark.parametrize(("twelve_bits", "centi_c"), _NORMAL)
def test_temperature_of_the_data_sheets_examples_in_normal_mode_is_theirs(twelve_bits: int, centi_c: int) -> None:
    assert _centi_c(twelve_bits << 4) == centi_c


@pytest.mark.parametrize(("thirteen_bits", "centi_c"), _EXTENDED)
def test_temperature_of_the_data_sheets_examples_in_extended_mode_is_theirs(thirteen_bits: int, centi_c: int) -> None:
    assert _centi_c(thirteen_bits << 3 | 1) == centi_c


@given(sixteenths=st.integers(-0x800, 0x7FF).filter(bool))
def test_temperature_is_the_same_in_both_forms(sixteenths: int) -> None:
    """What both forms can say, both say alike."""
    assert _centi_c((sixteenths & 0xFFF) << 4) == _centi_c((sixteenths & 0x1FFF) << 3 | 1)


@pytest.mark.parametrize("value", [0x00, 0xFF])
def test_ticks_of_a_stuck_line_are_refused(value: int) -> None:
    with pytest.raises(InvalidData, match=f"0x{value:02x}"):
        decode.ticks(bytes([value]) * 2)
