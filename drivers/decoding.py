"""The arithmetic that decoders of many chips share: exact, in integers.

In: words and bytes from a wire. Out: signed words, rounded quotients. Never: input, output, a chip's formula.
"""

from drivers.errors import InvalidData


def reject_dead(chip: str, data: bytes, what: str) -> None:
    """Raise if every byte is 0x00 or every byte is 0xFF: then no chip is driving the line.

    Raises:
        InvalidData: the line is stuck.
    """
    if data in (bytes(len(data)), b"\xff" * len(data)):
        raise InvalidData(
            chip, f"{what} is all 0x{data[0]:02x}: the data line is stuck or open; check wiring and power"
        )


def signed(word: int, bits: int) -> int:
    """Return an unsigned word of `bits` bits as the two's complement number that it stands for."""
    return word - (1 << bits) if word >> (bits - 1) & 1 else word


def rounded(numerator: int, denominator: int) -> int:
    """Return the quotient rounded to the nearest integer, halves upwards; the denominator is positive."""
    return (2 * numerator + denominator) // (2 * denominator)


def scaled_single(bits: int, factor: int) -> int | None:
    """Return an IEEE 754 single times `factor`, rounded to the nearest integer, halves upwards; exact until then.

    None for infinities and for what is not a number.
    """
    exponent, fraction = bits >> 23 & 0xFF, bits & 0x7F_FFFF
    if exponent == 0xFF:  # noqa: PLR2004 - all ones
        return None
    mantissa = (fraction | 0x80_0000) if exponent else fraction
    product = (-mantissa if bits >> 31 else mantissa) * factor
    shift = max(exponent, 1) - 150
    return product << shift if shift >= 0 else rounded(product, 1 << -shift)
