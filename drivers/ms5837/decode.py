"""From the MS5837's PROM and conversions to quantities: pure, in integers only.

In: seven PROM words and two conversions. Out: calibration, values. Never: input, output, a clock.

First order: the flow charts of the data sheets (MS5837-30BA rev. C2, page 11; MS5837-02BA 09/2017, page 7). Second
order: as in Blue Robotics' ``ms5837.py``, which cites the pages that follow (not opened). TE's own C driver has it
for the 30BA too, but above 20 degrees takes (TEMP + 1500) where Blue Robotics take (TEMP - 2000): its pressure jumps
by 9 mbar at 20 degrees, so that is not followed here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from drivers.crc import crc4_prom
from drivers.decoding import reject_dead
from drivers.errors import ChecksumMismatch, InvalidData
from drivers.ms5837.commands import CHIP, VARIANTS, Variant

_REFERENCE_CENTI_C = 2000
_VERY_LOW_CENTI_C = -1500


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The words C1 to C6 of one sensor, named as in the data sheet, and which variant they are for."""

    variant: Variant
    c1: int
    c2: int
    c3: int
    c4: int
    c5: int
    c6: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """One sample in the units of the model's channels.

    Attributes:
        pressure_pa: pascal.
        temperature_centi_c: 0.01 degree Celsius.
    """

    pressure_pa: int
    temperature_centi_c: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Correction:
    """What the second order takes away from temperature, offset and sensitivity."""

    temperature: int
    offset: int
    sensitivity: int


def calibration(words: Sequence[int], *, wanted: Variant) -> Calibration:
    """Return the calibration in the seven PROM words.

    Args:
        words: as they were read.
        wanted: the variant that the configuration names.

    Raises:
        InvalidData: nobody drove the line, a word is zero, or the variant is another one or cannot be told.
        ChecksumMismatch: the words were disturbed, or another kind of chip answers.
    """
    reject_dead(CHIP, b"".join(word.to_bytes(2, "big") for word in words), "the calibration PROM")
    if crc4_prom(words) != words[0] >> 12:
        raise ChecksumMismatch(CHIP, "the calibration PROM")
    c1, c2, c3, c4, c5, c6 = words[1:7]
    if 0 in (c1, c2, c3, c4, c5, c6):
        raise InvalidData(CHIP, "a calibration word is zero: it is another chip, or it lost its calibration")
    return Calibration(variant=_variant(words[0], wanted), c1=c1, c2=c2, c3=c3, c4=c4, c5=c5, c6=c6)


def conversion(data: bytes, what: str) -> int:
    """Return the 24-bit result of a conversion.

    Raises:
        InvalidData: nobody drove the line, or nothing was converted.
    """
    if not any(data):
        raise InvalidData(CHIP, f"the {what} is 0x000000: it did not convert, or the data line is stuck")
    reject_dead(CHIP, data, f"the {what}")
    return int.from_bytes(data, "big")


def values(cal: Calibration, *, d1: int, d2: int) -> Values:
    """Return the sample that a pressure conversion `d1` and a temperature conversion `d2` stand for."""
    dt = d2 - (cal.c5 << 8)
    temperature = _REFERENCE_CENTI_C + (dt * cal.c6 >> 23)
    correction = _correction(cal.variant, dt=dt, temperature=temperature)
    wide = cal.variant is Variant.BA02  # its words stand for twice as much, its steps for a tenth
    offset = (cal.c2 << 16 + wide) + (cal.c4 * dt >> 7 - wide) - correction.offset
    sensitivity = (cal.c1 << 15 + wide) + (cal.c3 * dt >> 8 - wide) - correction.sensitivity
    steps = ((d1 * sensitivity >> 21) - offset) >> (15 if wide else 13)
    return Values(pressure_pa=steps if wide else steps * 10, temperature_centi_c=temperature - correction.temperature)


def _correction(variant: Variant, *, dt: int, temperature: int) -> _Correction:
    square = (temperature - _REFERENCE_CENTI_C) ** 2
    cold = temperature < _REFERENCE_CENTI_C
    if variant is Variant.BA02:
        if not cold:
            return _Correction(temperature=0, offset=0, sensitivity=0)
        return _Correction(temperature=11 * dt * dt >> 35, offset=31 * square >> 3, sensitivity=63 * square >> 5)
    if not cold:
        return _Correction(temperature=2 * dt * dt >> 37, offset=square >> 4, sensitivity=0)
    deep = (temperature - _VERY_LOW_CENTI_C) ** 2 if temperature < _VERY_LOW_CENTI_C else 0
    return _Correction(
        temperature=3 * dt * dt >> 33, offset=(3 * square >> 1) + 7 * deep, sensitivity=(5 * square >> 3) + 4 * deep
    )


def _variant(first_word: int, wanted: Variant) -> Variant:
    """Return the variant: the one the chip names, or where it names none, the one that is wanted.

    A wrong one shows a pressure that is wrong by a factor of twenty, and possible.
    """
    named = VARIANTS.get(first_word >> 5 & 0x7F)
    if named is None and wanted is Variant.AUTO:
        raise InvalidData(CHIP, 'it does not say which variant it is: set the option variant to "30ba" or "02ba"')
    if named is None or wanted in (named, Variant.AUTO):
        return named or wanted
    raise InvalidData(
        CHIP, f'it is an MS5837-{named.upper()}, the configuration says variant = "{wanted}": correct it'
    )
