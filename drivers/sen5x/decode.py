"""From the SEN5x's words to quantities: pure, in integers only.

In: the eight words of one sample, the status register, the product name. Out: values. Never: input, output, a clock.

Source: Sensirion, SEN5x data sheet, version 2, March 2022: pages 8 (an index is 1 to 500), 15 and 16 (status), 19
(scales).
The mark for "not available" is 0xFFFF for particles and 0x7FFF for the others in Sensirion's own driver,
sensirion-i2c-sen5x 0.1.1, and 0xFFFF for all in the data sheet; both are taken for it where neither can be a value.
"""

from collections.abc import Sequence

from drivers.decoding import signed
from drivers.sensirion_fan import FAN_FAILED, LASER_FAILED

PARTICLES = ("pm1_0", "pm2_5", "pm4_0", "pm10")
AIR = ("humidity", "temperature")
GASES = ("voc_index", "nox_index")
NAMES = PARTICLES + AIR + GASES
_UNKNOWN = 0xFFFF
_UNKNOWN_SIGNED = 0x7FFF
_RHT_FAILED = 1 << 6
_GAS_FAILED = 1 << 7
_MILLI_C_A_TICK = 5
"""A tick is 1/200 of a degree."""


def ticks(words: Sequence[int]) -> dict[str, int]:
    """Return the eight words by channel name."""
    return dict(zip(NAMES, words, strict=True))


def values(words: Sequence[int], *, status: int, settled: bool) -> dict[str, int | None]:
    """Return the eight quantities; None for what the product lacks, what has failed, and what has not settled.

    Particles in 0.1 µg/m3, humidity in 0.01 %RH, temperature in 0.001 degree Celsius, indices in tenths.
    """
    found = {name: _value(name, word) for name, word in ticks(words).items()}
    missing: list[str] = []
    if status & (FAN_FAILED | LASER_FAILED) or not settled:
        missing += PARTICLES
    if status & _RHT_FAILED:
        missing += AIR
    if status & _GAS_FAILED or not settled:
        missing += GASES
    return found | dict.fromkeys(missing)


def _value(name: str, word: int) -> int | None:
    if name in PARTICLES:
        return None if word == _UNKNOWN else word
    if word == _UNKNOWN_SIGNED:
        return None
    value = signed(word, 16)
    if name == "temperature":
        return value * _MILLI_C_A_TICK
    if name in GASES:
        return value if value > 0 else None  # 0 is what the algorithm gives before it has begun
    return value if value >= 0 else None


def product(name: str) -> int:
    """Return the two digits of a product name, as 0x55 for SEN55; 0 for what is no such name."""
    digits = name.removeprefix("SEN")
    return int(digits, 16) if name.startswith("SEN") and digits.isdigit() else 0
