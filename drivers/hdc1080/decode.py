"""From the HDC1080's words to quantities: pure, in integers only.

In: the four bytes of a measurement. Out: ticks, values. Never: input, output, a clock.

Conversions as in TI's data sheet SNAS672A, page 14, section 8.6: temperature is the word by 2**16 in 165 degrees,
less 40; humidity the word by 2**16 in 100 %RH.
"""

from dataclasses import dataclass

from drivers.decoding import reject_dead, rounded
from drivers.hdc1080.registers import CHIP

_SCALE = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """The two words of a measurement; the lowest two bits of each mean nothing."""

    temperature: int
    humidity: int


def ticks(data: bytes) -> Ticks:
    """Return the words of a measurement.

    Raises:
        InvalidData: nobody drove the line.
    """
    reject_dead(CHIP, data, "the measurement")
    return Ticks(temperature=int.from_bytes(data[:2], "big"), humidity=int.from_bytes(data[2:4], "big"))


def temperature_centi_c(word: int) -> int:
    """Return the temperature in 0.01 degree Celsius, halves upwards."""
    return rounded(word * 16_500, _SCALE) - 4_000


def humidity_centi_pct(word: int) -> int:
    """Return the relative humidity in 0.01 %RH, halves upwards."""
    return rounded(word * 10_000, _SCALE)
