"""The mean direction of bearings, in integers only, so that every machine finds the same one.

A bearing is a unit vector, and the mean direction is that of the sum of the vectors (Mardia and Jupp, "Directional
Statistics", 2000, section 2.2): 359 and 1 degrees have the mean 0. Where the vectors cancel there is none.

Vectors are fixed-point integers with 80 binary digits, cosine and sine each by their Taylor series at an angle of at
most 45 degrees, where 15 terms reach the last digit. Each is within 2^-72 of the truth. A resultant shorter than a
thousandth of its samples counts as none, so a mean direction is off by less than ``1000 * sqrt(2) * 2^-72`` radians,
below 10^-15 degrees. It is given to a billionth of a degree, so that a direction which lies exactly between two steps
of the released resolution does so here too.
"""

from typing import Final

from agent.privacy.rounding import Exact
from agent.quality import Quality

BINARY_DIGITS: Final = 80
ONE: Final = 1 << BINARY_DIGITS
HALF_PI: Final = 1_898_976_236_818_169_290_393_996
"""Half of pi in units of 2^-80, rounded down."""
SHORTEST: Final = 1000
"""A resultant shorter than this part of its samples has no direction."""
_DIRECTION_DIGITS: Final = 9
_LAST_QUARTER: Final = 3
_QUARTER: Final = 90 * 10**_DIRECTION_DIGITS

Vector = tuple[int, int]
"""Cosine and sine: east and north of a mathematician, north and east of a compass."""


def unit_vector(angle: int, turn: int) -> Vector:
    """Return the direction of ``angle / turn`` of a full turn in units of 2^-80; `turn` is a multiple of 4."""
    quarter = turn // 4
    quarters, rest = divmod(angle % turn, quarter)
    if 2 * rest > quarter:
        sine, cosine = _series((quarter - rest) * HALF_PI // quarter)
    else:
        cosine, sine = _series(rest * HALF_PI // quarter)
    for _ in range(quarters):
        cosine, sine = -sine, cosine
    return cosine, sine


def _series(angle: int) -> Vector:
    """Return cosine and sine of an angle from 0 to 45 degrees, given in radians of 2^-80."""
    square = angle * angle >> BINARY_DIGITS
    return _alternating(ONE, square, 1), _alternating(angle, square, 2)


def _alternating(term: int, square: int, divisor: int) -> int:
    """Return the sum of a series whose terms grow by ``-square / (divisor * (divisor + 1))``, then two further."""
    total, sign = term, -1
    while term:
        term = (term * square >> BINARY_DIGITS) // (divisor * (divisor + 1))
        total += sign * term
        sign, divisor = -sign, divisor + 2
    return total


def direction(east: int, north: int) -> int:
    """Return the direction of a vector in billionths of a degree, the nearest one, from 0 up to a full turn.

    A vector of no length has none; what is returned for it means nothing.
    """
    quarters = 0
    while quarters < _LAST_QUARTER and not (east > 0 and north >= 0):
        east, north = north, -east
        quarters += 1
    low, high = 0, 2 * _QUARTER
    while high - low > 1:
        middle = (low + high) // 2
        cosine, sine = unit_vector(middle, 8 * _QUARTER)
        low, high = (middle, high) if cosine * north >= sine * east else (low, middle)
    return (quarters * _QUARTER + (low + 1) // 2) % (4 * _QUARTER)


class MeanDirection:
    """The direction of the sum of the samples' vectors."""

    __slots__ = ("_decimals", "_east", "_north", "_samples", "_turn")

    def __init__(self, exponent: int) -> None:
        """Begin with nothing.

        Args:
            exponent: samples are integers in units of ``10 ** exponent`` degrees, from -6 to 0.
        """
        self._decimals = -exponent
        self._turn = 360 * int(10**self._decimals)
        self._east = 0
        self._north = 0
        self._samples = 0

    @property
    def reason(self) -> Quality | None:
        """`NO_DATA` when the samples point nowhere together."""
        return Quality.NO_DATA if self._samples and self._is_short() else None

    def add(self, sample: int, /) -> None:
        """Take one sample; 360 degrees are 0."""
        cosine, sine = unit_vector(sample, self._turn)
        self._east += cosine
        self._north += sine
        self._samples += 1

    def result(self) -> Exact | None:
        """Return the mean direction from 0 up to a full turn, None when there is none."""
        if not self._samples or self._is_short():
            return None
        return direction(self._east, self._north), int(10 ** (_DIRECTION_DIGITS - self._decimals))

    def _is_short(self) -> bool:
        return SHORTEST**2 * (self._east**2 + self._north**2) < (self._samples * ONE) ** 2
