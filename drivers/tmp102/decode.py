"""From the TMP102's word to a temperature: pure, in integers only.

In: the two bytes of the temperature register. Out: ticks, degrees. Never: input, output, a clock.

The word says by itself in which form it is (SBOS397C, page 6): 12 bits, or in extended mode 13 bits and a 1 at the
end. In extended mode no temperature is all zeros or all ones, so a silent line is never taken for one.
"""

from drivers.decoding import reject_dead, rounded, signed
from drivers.tmp102.registers import CHIP, EXTENDED_FLAG


def ticks(data: bytes) -> int:
    """Return the temperature in 1/16 degree Celsius, of either form.

    Raises:
        InvalidData: nobody drove the line.
    """
    reject_dead(CHIP, data, "the temperature")
    word = int.from_bytes(data, "big")
    return signed(word >> 3, 13) if word & EXTENDED_FLAG else signed(word >> 4, 12)


def temperature_centi_c(sixteenths: int) -> int:
    """Return the temperature in 0.01 degree Celsius, halves upwards."""
    return rounded(sixteenths * 100, 16)
