"""Exact arithmetic on scaled integers: no floats, one rounding, the same on every machine."""

from dataclasses import dataclass
from math import isqrt
from typing import Self

Exact = tuple[int, int]
"""A fraction: numerator and positive denominator, not reduced."""


def divide_half_even(numerator: int, denominator: int) -> int:
    """Return the integer nearest to the fraction, the even one of two that are equally near."""
    quotient, rest = divmod(numerator, denominator)
    twice = 2 * rest
    return quotient + (twice > denominator or (twice == denominator and quotient % 2 == 1))


def root_half_even(numerator: int, denominator: int) -> int:
    """Return the integer nearest to the square root of a fraction, the even one of two that are equally near.

    The root lies in ``[below, below + 1)``; which end is nearer shows in the square of the middle, without rounding.
    """
    below = isqrt(numerator // denominator)
    beyond = 4 * numerator - denominator * (2 * below + 1) ** 2
    return below + (beyond > 0 or (beyond == 0 and below % 2 == 1))


def whole(exact: Exact, exponent: int) -> int:
    """Return how many whole ones are in a fraction of units of ``10 ** exponent``, rounded down."""
    numerator, denominator = exact
    if exponent >= 0:
        return numerator * int(10**exponent) // denominator
    return numerator // (denominator * int(10**-exponent))


@dataclass(frozen=True, slots=True)
class Scale:
    """From fractions of one power of ten to multiples of a resolution in another.

    Attributes:
        up: what the numerator is multiplied with.
        down: what the denominator is multiplied with.
        resolution: rounding step, in released units.
    """

    up: int
    down: int
    resolution: int

    @classmethod
    def between(cls, source: int, released: int, *, resolution: int) -> Self:
        """Return the scale from units of ``10 ** source`` to multiples of `resolution` of ``10 ** released``."""
        shift = source - released
        return cls(10 ** max(shift, 0), 10 ** max(-shift, 0) * resolution, resolution)

    def apply(self, exact: Exact) -> int:
        """Return the nearest multiple of the resolution, half to even; the only rounding there is."""
        return self.resolution * divide_half_even(exact[0] * self.up, exact[1] * self.down)

    def apply_root(self, square: Exact) -> int:
        """Return the multiple of the resolution that is nearest to the root of a fraction of squared units."""
        return self.resolution * root_half_even(square[0] * self.up**2, square[1] * self.down**2)
