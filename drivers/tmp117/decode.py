"""From the TMP117's word to a temperature: pure, in integers only.

In: the two bytes of the temperature register. Out: ticks, degrees. Never: input, output, a clock.
"""

from drivers.decoding import rounded, signed
from drivers.errors import InvalidData
from drivers.tmp117.registers import CHIP, NOT_MEASURED


def ticks(data: bytes) -> int:
    """Return the temperature in 1/128 degree Celsius.

    Raises:
        InvalidData: the chip has not measured since its reset.
    """
    word = int.from_bytes(data, "big")
    if word == NOT_MEASURED:
        raise InvalidData(CHIP, "the temperature is that of a chip which has not measured: it has restarted")
    return signed(word, 16)


def temperature_milli_c(word: int) -> int:
    """Return the temperature in 0.001 degree Celsius, halves upwards."""
    return rounded(word * 1000, 128)
