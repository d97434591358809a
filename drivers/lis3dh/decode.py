"""Samples of the LIS3DH to acceleration, tilt and vibration. Pure.

In: the FIFO's bytes. Out: values. Never: input, output, a clock.

A block of samples is taken as one still picture: its mean is gravity (and whatever pulls steadily), what differs from
the mean is vibration. Root mean square and peak are of the length of that difference, over all three axes.
"""

import struct
from collections.abc import Mapping, Sequence
from math import isqrt
from typing import Final

from drivers.decoding import rounded
from drivers.lis3dh import registers
from drivers.lis3dh.angle import Vector, between_deci_deg

_G_UM_S2: Final = 9_806_650
"""Standard gravity in micrometres a second squared (9.80665 m/s2, by definition)."""
_OUTPUT_UNITS: Final = 16
_MG: Final = 1000
_NEAR_GRAVITY_MG: Final = (800, 1200)
"""A mean outside of this is no gravity alone: the pole is falling, or being shaken; it says nothing of the tilt."""


def samples(data: bytes) -> list[Vector]:
    """Return the samples of a read from the FIFO: x, y and z in the output's units."""
    return [(x, y, z) for x, y, z in struct.iter_unpack("<hhh", data)]


def saturated(block: Sequence[Vector]) -> bool:
    """Return whether any axis of any sample is at its end."""
    return any(abs(axis) >= registers.SATURATED for sample in block for axis in sample)


def values(block: Sequence[Vector], *, range_g: int, upright: Vector) -> Mapping[str, int | None]:
    """Return acceleration, vibration and tilt of one block; all of them not available when an axis was at its end."""
    if saturated(block):
        return dict.fromkeys(("x", "y", "z", "tilt", "vibration_rms", "vibration_peak"))
    total = _total(block)
    count = len(block)
    unit = registers.MG_PER_DIGIT[range_g]
    squares, largest = _spread(block, total)
    return {
        **{name: _mm_s2(axis, count, unit) for name, axis in zip("xyz", total, strict=True)},
        "tilt": between_deci_deg(total, upright) if _is_gravity(total, count=count, unit=unit) else None,
        "vibration_rms": _root_mm_s2(squares, count**3, unit),
        "vibration_peak": _root_mm_s2(largest, count**2, unit),
    }


def _total(block: Sequence[Vector]) -> Vector:
    xs, ys, zs = zip(*block, strict=True)
    return sum(xs), sum(ys), sum(zs)


def _spread(block: Sequence[Vector], total: Vector) -> tuple[int, int]:
    """Return the sum of the squared distances from the mean, and the largest of them, both times count squared."""
    count = len(block)
    squared = [sum((count * axis - mean) ** 2 for axis, mean in zip(sample, total, strict=True)) for sample in block]
    return sum(squared), max(squared)


def _is_gravity(total: Vector, *, count: int, unit: int) -> bool:
    length = isqrt(sum(axis * axis for axis in total)) * unit
    low, high = _NEAR_GRAVITY_MG
    return low * count * _OUTPUT_UNITS <= length <= high * count * _OUTPUT_UNITS


def _mm_s2(total: int, count: int, unit: int) -> int:
    """Return the mean in 1e-3 m/s2 of outputs whose sum is `total`."""
    return rounded(total * unit * _G_UM_S2, count * _OUTPUT_UNITS * _MG * 1000)


def _root_mm_s2(square: int, divisor: int, unit: int) -> int:
    """Return the root of square / divisor, both of outputs, in 1e-3 m/s2, rounded."""
    numerator = square * (unit * _G_UM_S2) ** 2
    denominator = divisor * (_OUTPUT_UNITS * _MG * 1000) ** 2
    return (isqrt(4 * numerator // denominator) + 1) // 2
