"""From the LM75's word to a temperature: pure, in integers only.

In: the two bytes of the temperature register. Out: ticks, degrees. Never: input, output, a clock.

The word is left-justified: whatever its resolution, 256 of its units are a degree. Bits below the resolution are
undefined in an LM75 (SNIS153B, page 11) and are dropped.
"""

from drivers.decoding import rounded, signed
from drivers.lm75.registers import WORD_BITS

_PER_DEGREE = 256


def ticks(data: bytes, *, bits: int) -> int:
    """Return the temperature in the steps of a chip with a resolution of `bits` bits."""
    return signed(int.from_bytes(data, "big"), WORD_BITS) >> (WORD_BITS - bits)


def temperature_centi_c(steps: int, *, bits: int) -> int:
    """Return the temperature in 0.01 degree Celsius, halves upwards."""
    return rounded((steps << (WORD_BITS - bits)) * 100, _PER_DEGREE)


def is_doubtful(data: bytes) -> bool:
    """Return whether a line on which nobody speaks would show the same: 0 degrees is all zeros."""
    return data in (b"\x00\x00", b"\xff\xff")
