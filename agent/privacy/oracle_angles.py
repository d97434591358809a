"""Mean directions for the oracle, computed another way than the filter's: decimal digits in place of binary ones.

Vectors of 10^-10, 10^-9 and so on up to 10 degrees are made once, each by turning ten times by the one before. An
angle is put together from their digits, and a direction is read by turning back digit by digit. Slow, and exact to
far more digits than are asked for.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final

_SCALE: Final = 10**60
_PI: Final = 3_141_592_653_589_793_238_462_643_383_279_502_884_197_169_399_375_105_820_974_944
"""Times 10^-60."""
_FINEST: Final = 10

Vector = tuple[int, int]


def mean_direction(angles: Sequence[int], decimals: int) -> int | None:
    """Return the direction of the angles' sum in billionths of a degree, None when they point nowhere together.

    Args:
        angles: in units of ``10 ** -decimals`` degrees, from 0 to 360.
        decimals: at most 6.
    """
    east = north = 0
    for angle in angles:
        cosine, sine = _vector(angle * int(10 ** (_FINEST - decimals)))
        east, north = east + cosine, north + sine
    if 1_000_000 * (east * east + north * north) < (len(angles) * _SCALE) ** 2:
        return None
    return (_read(east, north) + 5) // 10 % 360_000_000_000


def _turn(vector: Vector, by: Vector) -> Vector:
    cosine, sine = by
    return (vector[0] * cosine - vector[1] * sine) // _SCALE, (vector[0] * sine + vector[1] * cosine) // _SCALE


def _back(by: Vector) -> Vector:
    return by[0], -by[1]


@cache
def _tens() -> tuple[Vector, ...]:
    """Return the vectors of 10 degrees, of 1 degree and so on."""
    small = _PI // (180 * 10**_FINEST)
    vector = (_SCALE - small * small // (2 * _SCALE), small - small * small * small // (6 * _SCALE * _SCALE))
    found = [vector]
    for _ in range(_FINEST + 1):
        unit, vector = vector, (_SCALE, 0)
        for _ in range(10):
            vector = _turn(vector, unit)
        found.append(vector)
    return tuple(reversed(found))


def _vector(angle: int) -> Vector:
    """Return the vector of an angle in the finest unit, up to a full turn."""
    right_angles, rest = divmod(angle, 90 * 10**_FINEST)
    vector = (_SCALE, 0)
    for _ in range(right_angles):
        vector = (-vector[1], vector[0])
    for power, ten in zip(range(_FINEST + 1, -1, -1), _tens(), strict=True):
        digit, rest = divmod(rest, 10**power)
        for _ in range(digit):
            vector = _turn(vector, ten)
    return vector


def _read(east: int, north: int) -> int:
    """Return the direction of a vector in the finest unit, rounded down."""
    angle = 0
    while not (east > 0 and north >= 0):  # ends: the caller has seen that there is a direction
        east, north = north, -east
        angle += 90 * 10**_FINEST
    for power, (cosine, sine) in zip(range(_FINEST + 1, -1, -1), _tens(), strict=True):
        while north * cosine >= east * sine:
            east, north = _turn((east, north), _back((cosine, sine)))
            angle += 10**power
    return angle
