"""Arithmetic that many decoders share, at its edges."""

import math
import struct
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.decoding import reject_dead, rounded, scaled_single, signed
from drivers.errors import InvalidData


@pytest.mark.parametrize("data", [b"\x00", b"\xff", b"\x00\x00\x00", b"\xff\xff"], ids=bytes.hex)
def test_reject_dead_line_that_nobody_drives_is_invalid(data: bytes) -> None:
    with pytest.raises(InvalidData, match=f"chip: the id is all 0x{data[0]:02x}"):
        reject_dead("chip", data, "the id")


@pytest.mark.parametrize("data", [b"\x01", b"\x00\xff", b"\xff\xff\xfe"], ids=bytes.hex)
def test_reject_dead_any_other_content_passes(data: bytes) -> None:
    reject_dead("chip", data, "the id")


@pytest.mark.parametrize(
    ("word", "bits", "value"),
    [(0x000, 12, 0), (0x7FF, 12, 2047), (0x800, 12, -2048), (0xFFF, 12, -1), (0x80, 8, -128), (0x7FFF, 16, 32767)],
    ids=str,
)
def test_signed_at_the_edges_is_twos_complement(word: int, bits: int, value: int) -> None:
    assert signed(word, bits) == value


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_rounded_is_the_nearest_integer_halves_upwards(numerator: int, denominator: int) -> None:
    assert rounded(numerator, denominator) == (Fraction(numerator, denominator) + Fraction(1, 2)).__floor__()


@given(st.integers(0, 0xFFFF_FFFF), st.sampled_from([1, 10, 100, 1000]))
def test_scaled_single_of_any_bits_is_the_exact_product_rounded_half_up(bits: int, factor: int) -> None:
    (value,) = struct.unpack(">f", bits.to_bytes(4, "big"))
    if math.isfinite(value):
        assert scaled_single(bits, factor) == (Fraction(value) * factor + Fraction(1, 2)).__floor__()
    else:
        assert scaled_single(bits, factor) is None


@pytest.mark.parametrize(
    ("bits", "factor", "value"),
    [
        (0x43DB8C2E, 10, 4391),
        (0x41D9E7FF, 100, 2724),
        (0xC1200000, 10, -100),
        (0x80000000, 10, 0),
        (0x00000001, 1, 0),
    ],
    ids=["439.1", "27.24", "-10", "minus zero", "smallest"],
)
def test_scaled_single_of_known_bits(bits: int, factor: int, value: int) -> None:
    assert scaled_single(bits, factor) == value
