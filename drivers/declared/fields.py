"""Numbers inside bytes: where they stand, how they are written, which of their bits count. Pure.

In: bytes and a description. Out: an integer, or a fraction as two integers for a floating-point number, or None for
one that is no number (NaN, infinity: IEEE 754). Never: a float, a unit, a scale.
"""

import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from drivers.decoding import signed

Ratio = tuple[int, int]
"""A numerator and a denominator above zero."""
Raw = int | Ratio | None


class Kind(StrEnum):
    """How a number is written."""

    U8 = "u8"
    I8 = "i8"
    U16 = "u16"
    I16 = "i16"
    S16 = "s16"
    """A sign in the highest bit, and a magnitude in the others."""
    U24 = "u24"
    I24 = "i24"
    U32 = "u32"
    I32 = "i32"
    U64 = "u64"
    I64 = "i64"
    F32 = "f32"
    F64 = "f64"

    @property
    def length(self) -> int:
        """Bytes that it takes."""
        return int(self.value[1:]) // 8

    @property
    def signed(self) -> bool:
        """Whether it is written in two's complement."""
        return self.value[0] == "i"

    @property
    def floating(self) -> bool:
        """Whether it is an IEEE 754 number."""
        return self.value[0] == "f"


class Order(StrEnum):
    """Which byte of a number comes first, A being the highest: makers mix up bytes and 16-bit words in all ways."""

    ABCD = "ABCD"
    BADC = "BADC"
    """The words high first, the bytes of each low first."""
    CDAB = "CDAB"
    """The words low first, the bytes of each high first."""
    DCBA = "DCBA"


_FORMS: Final = {Kind.F32: ">f", Kind.F64: ">d"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One number.

    Attributes:
        at: offset of its first byte.
        kind: how it is written.
        order: order of its bytes.
        bits: highest and lowest bit that count, 0 being the lowest of all; None for all of them. A signed kind is
            then signed in its highest bit that counts.
    """

    at: int
    kind: Kind
    order: Order = Order.ABCD
    bits: tuple[int, int] | None = None

    @property
    def end(self) -> int:
        """Offset of the byte behind it."""
        return self.at + self.kind.length

    def read(self, data: bytes) -> Raw:
        """Return the number; `data` must reach to its end."""
        content = arranged(data[self.at : self.end], self.order)
        if self.kind.floating:
            return _fraction(struct.unpack(_FORMS[self.kind], content)[0])
        word, bits = int.from_bytes(content, "big"), 8 * len(content)
        if self.bits is not None:
            high, low = self.bits
            bits = high - low + 1
            word = word >> low & (1 << bits) - 1
        if self.kind is Kind.S16:
            magnitude = word & (1 << bits - 1) - 1
            return -magnitude if word >> bits - 1 else magnitude
        return signed(word, bits) if self.kind.signed else word


def arranged(content: bytes, order: Order) -> bytes:
    """Return the bytes of one number, highest first."""
    if order is Order.ABCD or len(content) == 1:
        return content
    if order is Order.DCBA:
        return content[::-1]
    words = [content[at : at + 2] for at in range(0, len(content), 2)]
    if order is Order.CDAB:
        return b"".join(reversed(words))
    return b"".join(word[::-1] for word in words)


def _fraction(number: float) -> Ratio | None:
    try:
        return number.as_integer_ratio()
    except (ValueError, OverflowError):  # NaN, infinity
        return None
