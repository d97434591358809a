"""The heater's settings, against Bosch's floating-point formula and the simulated chip's resistance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.bme680 import heater
from drivers.bme680.calibration import Calibration, calibration
from drivers.sim.bme680_trim import TRIMS, Trim


def _calibration(trim: Trim) -> Calibration:
    blocks = trim.blocks()
    return calibration(blocks[0x8A], blocks[0xE1], blocks[0x00])


def _bosch(cal: Calibration, target_c: int, ambient_c: int) -> float:
    """BME68x_SensorAPI, calc_res_heat in floating point, before it is cut off."""
    var1 = cal.gh1 / 16.0 + 49.0
    var2 = cal.gh2 / 32768.0 * 0.0005 + 0.00235
    var3 = cal.gh3 / 1024.0
    var5 = var1 * (1.0 + var2 * target_c) + var3 * ambient_c
    return 3.4 * (var5 * (4 / (4 + cal.res_heat_range)) * (1 / (1 + cal.res_heat_val * 0.002)) - 25)


@pytest.mark.parametrize("trim", TRIMS, ids=["typical", "other signs"])
@given(target_c=st.integers(200, 400), ambient_c=st.integers(-40, 85))
def test_resistance_is_boschs_rounded(trim: Trim, target_c: int, ambient_c: int) -> None:
    cal = _calibration(trim)
    assert (
        abs(heater.resistance(cal, target_c=target_c, ambient_c=ambient_c) - _bosch(cal, target_c, ambient_c)) < 0.51
    )


@given(low=st.binary(min_size=23, max_size=23), high=st.binary(min_size=14, max_size=14), val=st.integers(0, 255))
def test_resistance_of_any_calibration_fits_the_register(low: bytes, high: bytes, val: int) -> None:
    """Whatever the words, the setting is one byte."""
    cal = calibration(b"\x01" + low[1:4] + b"\x01" + low[5:], high[:8] + b"\x01" + high[9:], bytes([val, 0, 0, 0, 1]))
    assert 0 <= heater.resistance(cal, target_c=400, ambient_c=-40) <= 255


@pytest.mark.parametrize(
    ("milliseconds", "setting"),
    [(1, 0x01), (63, 0x3F), (64, 0x50), (150, 0x65), (252, 0x7F), (1000, 0xBE), (4032, 0xFF)],
)
def test_wait_is_six_bits_and_a_power_of_four(milliseconds: int, setting: int) -> None:
    assert heater.wait(milliseconds) == setting


@given(milliseconds=st.integers(1, 4032))
def test_wait_is_never_longer_than_asked_for_and_at_most_a_step_shorter(milliseconds: int) -> None:
    setting = heater.wait(milliseconds)
    factor = 4 ** (setting >> 6)
    assert (setting & 0x3F) * factor <= milliseconds < ((setting & 0x3F) + 1) * factor
