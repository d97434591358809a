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
