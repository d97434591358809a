import math
import struct
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.declared.fields import Field, Kind, Order, arranged

STRUCT = {
    Kind.U8: "B",
    Kind.I8: "b",
    Kind.U16: "H",
    Kind.I16: "h",
    Kind.U32: "I",
    Kind.I32: "i",
    Kind.U64: "Q",
    Kind.I64: "q",
}


@given(st.sampled_from(sorted(STRUCT)), st.binary(min_size=8, max_size=8), st.booleans())
def test_integers_read_as_the_standard_library_does(kind: Kind, data: bytes, low_first: bool) -> None:  # noqa: FBT001
    field = Field(at=0, kind=kind, order=Order.DCBA if low_first else Order.ABCD)
    (expected,) = struct.unpack_from(("<" if low_first else ">") + STRUCT[kind], data)
    assert field.read(data) == expected


@given(st.sampled_from([(Kind.F32, ">f"), (Kind.F64, ">d")]), st.binary(min_size=8, max_size=8))
def test_floats_are_exact_fractions_and_nothing_where_they_are_no_numbers(
    form: tuple[Kind, str], data: bytes
) -> None:
    kind, code = form
    (expected,) = struct.unpack_from(code, data)
    read = Field(at=0, kind=kind).read(data)
    if math.isfinite(expected):
        assert isinstance(read, tuple)
        assert Fraction(*read) == Fraction(expected)
    else:
        assert read is None


@given(st.binary(min_size=3, max_size=3))
def test_three_bytes_are_read_with_their_sign(data: bytes) -> None:
    assert Field(at=0, kind=Kind.U24).read(data) == int.from_bytes(data, "big")
    assert Field(at=0, kind=Kind.I24).read(data) == int.from_bytes(data, "big", signed=True)


@pytest.mark.parametrize(("word", "expected"), [(0x8065, -101), (0x0065, 101), (0x8000, 0), (0x7FFF, 32767)])
def test_sign_and_magnitude_is_no_twos_complement(word: int, expected: int) -> None:
    assert Field(at=0, kind=Kind.S16).read(word.to_bytes(2, "big")) == expected


@pytest.mark.parametrize(
    ("order", "wire"),
    [(Order.ABCD, "01020304"), (Order.BADC, "02010403"), (Order.CDAB, "03040102"), (Order.DCBA, "04030201")],
)
def test_orders_of_bytes_and_words_are_those_that_their_letters_say(order: Order, wire: str) -> None:
    assert Field(at=0, kind=Kind.U32, order=order).read(bytes.fromhex(wire)) == 0x01020304


@given(st.binary(min_size=2, max_size=8).filter(lambda data: len(data) % 2 == 0), st.sampled_from(list(Order)))
def test_arranging_twice_gives_back_what_there_was(data: bytes, order: Order) -> None:
    assert arranged(arranged(data, order), order) == data


@given(st.binary(min_size=4, max_size=4), st.integers(0, 31), st.integers(0, 31))
def test_bits_are_cut_out_and_signed_in_their_own_highest_bit(data: bytes, one: int, other: int) -> None:
    high, low = max(one, other), min(one, other)
    word = int.from_bytes(data, "big")
    text = f"{word:032b}"[31 - high : 32 - low]
    assert Field(at=0, kind=Kind.U32, bits=(high, low)).read(data) == int(text, 2)
    expected = int(text, 2) - (1 << len(text) if text[0] == "1" else 0)
    assert Field(at=0, kind=Kind.I32, bits=(high, low)).read(data) == expected


def test_offset_is_where_the_number_begins() -> None:
    field = Field(at=3, kind=Kind.U16)
    assert field.end == 5
    assert field.read(bytes.fromhex("ffffff0102ff")) == 0x0102
