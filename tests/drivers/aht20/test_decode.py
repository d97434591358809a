"""The AHT20's reply as quantities."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.aht20 import decode
from drivers.errors import ChecksumMismatch

_REAL = bytes([28, 38, 154, 118, 66, 231, 118])
"""A real chip's reply, published with its decoding in the wiki of the Elixir package aht20 (April 2021)."""


def test_ticks_of_a_real_chips_reply_hold_their_checksum() -> None:
    ticks = decode.ticks(_REAL)
    assert (ticks.humidity, ticks.temperature) == (158_119, 410_343)
    assert decode.humidity_centi_pct(ticks.humidity) == 1508
    assert decode.temperature_centi_c(ticks.temperature) == 2827


@given(bit=st.integers(0, 7 * 8 - 1))
def test_ticks_with_any_one_bit_flipped_are_refused(bit: int) -> None:
    """No single flipped bit of a reply goes unnoticed."""
    data = bytearray(_REAL)
    data[bit // 8] ^= 1 << bit % 8
    with pytest.raises(ChecksumMismatch, match="the measurement"):
        decode.ticks(bytes(data))


@pytest.mark.parametrize(
    ("word", "centi_c", "centi_pct"), [(0, -5000, 0), (0x80000, 5000, 5000), (0xFFFFF, 15000, 10000)]
)
def test_values_at_the_ends_and_the_middle_are_exact(word: int, centi_c: int, centi_pct: int) -> None:
    assert decode.temperature_centi_c(word) == centi_c
    assert decode.humidity_centi_pct(word) == centi_pct


@given(word=st.integers(0, 0xFFFFF))
def test_values_of_any_word_are_half_a_unit_from_the_float_formula(word: int) -> None:
    """For every word the integers are the data sheet's formula, rounded."""
    assert abs(decode.temperature_centi_c(word) - 100 * (word / 2**20 * 200 - 50)) <= 0.5 + 1e-9
    assert abs(decode.humidity_centi_pct(word) - 100 * (word / 2**20 * 100)) <= 0.5 + 1e-9


@pytest.mark.parametrize(
    ("status", "busy", "calibrated"), [(0x18, False, True), (0x98, True, True), (0x10, False, False)]
)
def test_status_bits_are_told_apart(status: int, busy: bool, calibrated: bool) -> None:  # noqa: FBT001  (parameters of the test)
    assert (decode.is_busy(status), decode.is_calibrated(status)) == (busy, calibrated)
