"""From the SCD30's words to quantities: pure, in integers only.

In: the six words of one sample. Out: values. Never: input, output, a clock.

Each quantity is an IEEE 754 single in two words, the high one first (sensirion-i2c-scd30: ``>fff``).
"""

from collections.abc import Sequence

from drivers.decoding import scaled_single
from drivers.sensirion import doubles

CHANNELS = ("co2", "temperature", "humidity")
_FACTORS = (1, 100, 100)


def ticks(words: Sequence[int]) -> dict[str, int]:
    """Return the bits of the three numbers."""
    return dict(zip(CHANNELS, doubles(words), strict=True))


def values(bits: dict[str, int]) -> dict[str, int | None]:
    """Return carbon dioxide in ppm, temperature in 0.01 degree Celsius, humidity in 0.01 %RH.

    What is no number is not available, nor is a concentration that is not positive: the sensor has none yet.
    """
    found = {name: scaled_single(bits[name], factor) for name, factor in zip(CHANNELS, _FACTORS, strict=True)}
    if (found["co2"] or 0) <= 0:
        found["co2"] = None
    return found
