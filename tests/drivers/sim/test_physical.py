"""How exact values become the integers that are presented."""

from fractions import Fraction

import pytest

from drivers.sim.physical import half_up


@pytest.mark.parametrize(("value", "rounded"), [("0.5", 1), ("-0.5", 0), ("1.49", 1), ("-1.51", -2)])
def test_half_up_rounds_halves_upwards(value: str, rounded: int) -> None:
    assert half_up(Fraction(value)) == rounded
