"""What all simulated sensors share: how a physical value is given, and how an exact one is rounded.

In: fractions. Out: integers. Never: anything of a driver, a chip's formula.
"""

from decimal import Decimal
from fractions import Fraction

Physical = int | float | Decimal | Fraction
"""A quantity as a test or a demonstration gives it, in the unit that the parameter's name says."""


def half_up(value: Fraction) -> int:
    """Return the nearest integer, halves upwards."""
    return (value + Fraction(1, 2)).__floor__()
