"""What Bosch's pressure chips share, where the tests of one chip do not show it: words, ticks, quotients."""

import struct
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import bosch_pressure
from drivers.errors import InvalidData

_WORDS = (27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000)
"""Those of Bosch's worked example."""


def _trim() -> bosch_pressure.PressureTrim:
    t1, t2, t3, p1, p2, p3, p4, p5, p6, p7, p8, p9 = _WORDS
    return bosch_pressure.PressureTrim(
        t1=t1, t2=t2, t3=t3, p1=p1, p2=p2, p3=p3, p4=p4, p5=p5, p6=p6, p7=p7, p8=p8, p9=p9
    )


def test_worked_example_has_its_published_t_fine_temperature_and_pressure() -> None:
    t_fine = bosch_pressure.fine_temperature(*_WORDS[:3], 519888)
    assert t_fine == 128422
    assert bosch_pressure.temperature_centi_c(t_fine) == 2508
    q24_8 = bosch_pressure.pressure_q24_8(_trim(), adc_p=415148, t_fine=t_fine)
    assert q24_8 is not None
    assert abs(Fraction(q24_8, 256) - Fraction("100653.27")) < Fraction("0.02")
    assert bosch_pressure.pressure_deci_pa(q24_8) == 1_006_533


def test_trim_words_are_two_unsigned_and_ten_signed_ones() -> None:
    assert bosch_pressure.trim_words("chip", struct.pack("<HhhHhhhhhhhh", *_WORDS)) == _WORDS


@pytest.mark.parametrize(("block", "says"), [(bytes(24), "all 0x00"), (b"\xff" * 24, "all 0xff")], ids=["0", "f"])
def test_trim_words_of_a_dead_line_are_refused(block: bytes, says: str) -> None:
    with pytest.raises(InvalidData, match=f"chip: the calibration at 0x88 is {says}"):
        bosch_pressure.trim_words("chip", block)


def test_tick_drops_four_bits_and_the_skipped_value_is_none() -> None:
    assert bosch_pressure.tick_20_bit(b"\x65\x5a\xcf") == 0x655AC
    assert bosch_pressure.measured(bosch_pressure.tick_20_bit(b"\x80\x00\x00")) is None
    assert bosch_pressure.measured(0x80001) == 0x80001


@pytest.mark.parametrize(("q24_8", "deci_pa"), [(None, None), (0, 0), (12, 0), (13, 1), (256, 10)])
def test_pressure_in_deci_pascal_is_rounded_half_up(q24_8: int | None, deci_pa: int | None) -> None:
    assert bosch_pressure.pressure_deci_pa(q24_8) == deci_pa


@given(numerator=st.integers(), denominator=st.integers().filter(bool))
def test_divided_cuts_off_towards_zero(numerator: int, denominator: int) -> None:
    assert bosch_pressure.divided(numerator, denominator) == int(Fraction(numerator, denominator))
