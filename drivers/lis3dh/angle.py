"""The angle between two directions, in integers. Pure.

In: two vectors of integers. Out: tenths of a degree. Never: a float, so that every machine says the same.

The arc tangent is CORDIC in vectoring mode (J. E. Volder, "The CORDIC Trigonometric Computing Technique", IRE
Transactions on Electronic Computers, 1959): eighteen turns leave less than 0.0005 degrees.
"""

from math import isqrt
from typing import Final

Vector = tuple[int, int, int]

_UNIT: Final = 10**9
_TURNS: Final = (
    45_000_000_000,
    26_565_051_177,
    14_036_243_468,
    7_125_016_349,
    3_576_334_375,
    1_789_910_608,
    895_173_710,
    447_614_171,
    223_810_500,
    111_905_677,
    55_952_892,
    27_976_453,
    13_988_227,
    6_994_114,
    3_497_057,
    1_748_528,
    874_264,
    437_132,
)
"""Arc tangents of 1, 1/2, 1/4 and so on, in 1e-9 degrees."""
_HEADROOM_BITS: Final = 24


def between_deci_deg(first: Vector, second: Vector) -> int:
    """Return the angle between two directions, 0 to 1800 tenths of a degree; neither may be zero."""
    across = isqrt(sum(part * part for part in _cross(first, second)))
    along = sum(one * other for one, other in zip(first, second, strict=True))
    if along < 0:
        return 1800 - _angle_deci_deg(across, -along)
    return _angle_deci_deg(across, along)


def _cross(first: Vector, second: Vector) -> Vector:
    (a, b, c), (x, y, z) = first, second
    return b * z - c * y, c * x - a * z, a * y - b * x


def _angle_deci_deg(across: int, along: int) -> int:
    """Return the arc tangent of across / along, both not negative and not both zero."""
    x, y, angle = along << _HEADROOM_BITS, across << _HEADROOM_BITS, 0
    for shift, turn in enumerate(_TURNS):
        if y > 0:
            x, y, angle = x + (y >> shift), y - (x >> shift), angle + turn
        else:
            x, y, angle = x - (y >> shift), y + (x >> shift), angle - turn
    return (max(angle, 0) + _UNIT // 20) // (_UNIT // 10)
