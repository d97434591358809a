"""From the VEML7700's count to illuminance, and which range to try next: pure, in integers only.

In: counts and settings. Out: lux, ranges. Never: input, output, a clock, a float.

Above 1000 lx the chip shows too little; Vishay's application note (document 84323, page 5, as quoted in a review of
Adafruit's driver) corrects it by a polynomial, whose coefficients are given here as integers. The correction begins
abruptly: 1000 lx stay 1000 lx, what is just above becomes 1075 lx. Beyond 140 000 lx, the end of the maker's range,
the polynomial rises without bound, and the result is not available.
"""

from drivers.decoding import rounded
from drivers.veml7700.registers import FEW, MANY, RANGES, START, TOP, Setting

_CORRECTED_ABOVE_E4 = 1000 * 10_000
_END_CENTI_LUX = 140_000 * 100
_DENOMINATOR = 10**31
_LINEAR = 10_023 * 10**25
_SQUARE = 81_488 * 10**16
_CUBE = -93_924 * 10**8
_FOURTH = 60_135
"""1.0023 x + 8.1488e-5 x**2 - 9.3924e-9 x**3 + 6.0135e-13 x**4, of x in 0.0001 lx, giving 0.01 lx."""


def illuminance_centi_lux(count: int, setting: Setting) -> int | None:
    """Return the illuminance in 0.01 lx, halves upwards; None when there was more light than can be measured."""
    if count == TOP:
        return None
    value = corrected_centi_lux(count * setting.lux_e4)
    return value if value <= _END_CENTI_LUX else None


def corrected_centi_lux(x: int) -> int:
    """Return the illuminance in 0.01 lx of an uncorrected one in 0.0001 lx."""
    if x <= _CORRECTED_ABOVE_E4:
        return rounded(x, 100)
    return rounded((((_FOURTH * x + _CUBE) * x + _SQUARE) * x + _LINEAR) * x, _DENOMINATOR)


def next_range(index: int, count: int) -> int:
    """Return the number of the range to measure with next; `index` itself when its count is the result.

    The brightest range is always the last to be tried, so every search ends after four measurements at most.
    """
    if index == 0:
        return index
    if count == TOP or (index == START and count > MANY):
        return 0
    if count <= FEW and index + 1 < len(RANGES):
        return index + 1
    return index


def is_doubtful(count: int) -> bool:
    """Return whether a silent line would show the same: night is all zeros, too much light all ones."""
    return count in (0, TOP)
