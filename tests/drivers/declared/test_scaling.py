from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.declared.scaling import Scaling, number

SMALL = st.integers(-(10**9), 10**9)


@given(SMALL, SMALL, SMALL, st.integers(1, 10**9), st.integers(1, 10**6))
def test_value_is_the_exact_quotient_rounded_half_upwards(
    raw: int, factor: int, offset: int, divisor: int, denominator: int
) -> None:
    scaling = Scaling(factor=factor, offset=offset, divisor=divisor)
    exact = (Fraction(raw) * factor + offset) / divisor
    assert scaling.value(raw) == floor(exact + Fraction(1, 2))
    part = (Fraction(raw, denominator) * factor + offset) / divisor
    assert scaling.value((raw, denominator)) == floor(part + Fraction(1, 2))


def test_value_is_none_for_what_is_no_number_and_for_what_stands_for_none() -> None:
    scaling = Scaling(unavailable=(0x7FFF, -1))
    assert scaling.value(None) is None
    assert scaling.value(0x7FFF) is None
    assert scaling.value((-1, 1)) is None
    assert scaling.value(0x7FFE) == 0x7FFE


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6))
def test_number_of_a_decimal_text_is_exact(value: Decimal) -> None:
    read = number(f"  {value:f} ".encode())
    assert read is not None
    assert (Fraction(*read) if isinstance(read, tuple) else Fraction(read)) == Fraction(value)


@given(st.text(alphabet="+-.eE0123456789 x", max_size=12))
def test_number_accepts_nothing_that_decimal_refuses(text: str) -> None:
    read = number(text.encode())
    try:
        expected = Decimal(text.strip())
    except InvalidOperation:
        assert read is None
        return
    if read is not None:
        assert (Fraction(*read) if isinstance(read, tuple) else Fraction(read)) == Fraction(expected)


@pytest.mark.parametrize("text", ["", " ", "-", ".", "1e", "1.2.3", "0x10", "1_000", "\u0661", "nan", "inf", "1e100"])
def test_number_is_none_for_other_texts(text: str) -> None:
    assert number(text.encode()) is None


@pytest.mark.parametrize(("text", "expected"), [("002.74", (274, 100)), (".5", (5, 10)), ("7.", 7), ("-3e2", -300)])
def test_number_takes_the_forms_that_devices_write(text: str, expected: object) -> None:
    assert number(text.encode()) == expected
