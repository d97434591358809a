"""From the MCP9808's word to a temperature: pure, in integers only.

In: the two bytes of the temperature register. Out: ticks, degrees. Never: input, output, a clock.
"""

from drivers.decoding import rounded, signed
from drivers.mcp9808.registers import TEMPERATURE_BITS

_MASK = (1 << TEMPERATURE_BITS) - 1


def ticks(data: bytes) -> int:
    """Return the temperature in 1/16 degree Celsius, without the three flags above it (DS25095A, page 24)."""
    return signed(int.from_bytes(data, "big") & _MASK, TEMPERATURE_BITS)


def temperature_centi_c(sixteenths: int) -> int:
    """Return the temperature in 0.01 degree Celsius, halves upwards."""
    return rounded(sixteenths * 100, 16)


def is_doubtful(data: bytes) -> bool:
    """Return whether a line on which nobody speaks would show the same: 0 degrees is all zeros."""
    return data in (b"\x00\x00", b"\xff\xff")
