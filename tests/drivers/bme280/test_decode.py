"""The BME280's arithmetic, against published numbers, the data sheet's float formulas, and the simulator's copy."""

import struct
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from drivers import bosch_pressure
from drivers.bme280 import decode
from drivers.bme280.decode import Calibration, Ticks, Values
from drivers.errors import InvalidData
from drivers.sim.bme280 import NEGATIVE, TRIMS, TYPICAL, WORKED_EXAMPLE, Trim, ticks_for

_S16 = st.integers(-(1 << 15), (1 << 15) - 1)
_S12 = st.integers(-2048, 2047)
_S8 = st.integers(-128, 127)
_U8 = st.integers(0, 255)
_U16 = st.integers(1, (1 << 16) - 1)
_TICK_20 = st.integers(0, (1 << 20) - 1)
_TICK_16 = st.integers(0, (1 << 16) - 1)
_T_FINE = st.integers(-40 * 5120, 85 * 5120)

any_trim = st.builds(
    lambda t, p, h: Trim(t=t, p=p, h=h),
    st.tuples(_U16, _S16, _S16),
    st.tuples(_U16, _S16, _S16, _S16, _S16, _S16, _S16, _S16, _S16),
    st.tuples(_U8, _S16, _U8, _S12, _S12, _S8),
)


def _calibration(trim: Trim) -> Calibration:
    blocks = trim.blocks()
    return decode.calibration(blocks[0x88], blocks[0xE1])


def _t_fine(cal: Calibration, adc_t: int) -> int:
    return bosch_pressure.fine_temperature(cal.t1, cal.t2, cal.t3, adc_t)


def _with_humidity(h: tuple[int, int, int, int, int, int]) -> Calibration:
    h1, h2, h3, h4, h5, h6 = h
    return replace(_calibration(WORKED_EXAMPLE), h1=h1, h2=h2, h3=h3, h4=h4, h5=h5, h6=h6)


# The double-precision formulas of BST-BME280-DS002-15, appendix 8.1, page 49, transcribed for these tests only.


def _float_t_fine(cal: Calibration, adc_t: int) -> float:
    var1 = (adc_t / 16384.0 - cal.t1 / 1024.0) * cal.t2
    var2 = (adc_t / 131072.0 - cal.t1 / 8192.0) * (adc_t / 131072.0 - cal.t1 / 8192.0) * cal.t3
    return var1 + var2


def _float_pressure(cal: Calibration, adc_p: int, t_fine: int) -> float:
    var1 = t_fine / 2.0 - 64000.0
    var2 = var1 * var1 * cal.p6 / 32768.0
    var2 = var2 + var1 * cal.p5 * 2.0
    var2 = var2 / 4.0 + cal.p4 * 65536.0
    var1 = (cal.p3 * var1 * var1 / 524288.0 + cal.p2 * var1) / 524288.0
    var1 = (1.0 + var1 / 32768.0) * cal.p1
    p = 1048576.0 - adc_p
    p = (p - var2 / 4096.0) * 6250.0 / var1
    var1 = cal.p9 * p * p / 2147483648.0
    var2 = p * cal.p8 / 32768.0
    return p + (var1 + var2 + cal.p7) / 16.0


def _float_humidity(cal: Calibration, adc_h: int, t_fine: int) -> float:
    var = t_fine - 76800.0
    var = (adc_h - (cal.h4 * 64.0 + cal.h5 / 16384.0 * var)) * (
        cal.h2 / 65536.0 * (1.0 + cal.h6 / 67108864.0 * var * (1.0 + cal.h3 / 67108864.0 * var))
    )
    var = var * (1.0 - cal.h1 * var / 524288.0)
    return min(max(var, 0.0), 100.0)


def test_fine_temperature_of_the_worked_example_is_the_published_one() -> None:
    assert _t_fine(_calibration(WORKED_EXAMPLE), 519888) == 128422


def test_temperature_of_the_worked_example_is_25_08_degrees() -> None:
    assert bosch_pressure.temperature_centi_c(128422) == 2508


def test_pressure_of_the_worked_example_is_within_the_documented_bound_of_the_published_one() -> None:
    pressure = bosch_pressure.pressure_q24_8(_calibration(WORKED_EXAMPLE), adc_p=415148, t_fine=128422)
    assert pressure is not None
    assert pressure / 256 == pytest.approx(100653.27, abs=0.02)


def test_values_of_the_worked_example_show_as_1006_53_hectopascal() -> None:
    cal = _calibration(WORKED_EXAMPLE)
    values = decode.values(cal, Ticks(pressure=415148, temperature=519888, humidity=25000))
    assert values == Values(temperature_centi_c=2508, humidity_centi_pct=2078, pressure_deci_pa=1006533)
    assert f"{1006533 / 1000:.2f}" == "1006.53"


@pytest.mark.parametrize(
    ("shared_bytes", "h4", "h5"),
    [
        (b"\x00\x00\x00", 0, 0),
        (b"\x13\x29\x03", 0x139, 0x032),
        (b"\x80\x00\x00", -2048, 0),
        (b"\x00\x00\x80", 0, -2048),
        (b"\xff\x0f\x00", -1, 0),
        (b"\x00\xf0\xff", 0, -1),
        (b"\x7f\xff\x7f", 2047, 2047),
        (b"\xfe\xdc\xba", (0xFEC - 0x1000), (0xBAD - 0x1000)),
    ],
)
def test_calibration_of_the_shared_bytes_splits_and_signs_both_words(shared_bytes: bytes, h4: int, h5: int) -> None:
    low = WORKED_EXAMPLE.blocks()[0x88]
    cal = decode.calibration(low, b"\x6a\x01\x00" + shared_bytes + b"\x1e")
    assert (cal.h4, cal.h5) == (h4, h5)


@given(any_trim)
def test_calibration_of_any_words_reads_back_every_one(trim: Trim) -> None:
    """Whatever words a chip carries, reading its two blocks gives the same words."""
    blocks = trim.blocks()
    assume(blocks[0xE1] not in (bytes(7), b"\xff" * 7))
    cal = decode.calibration(blocks[0x88], blocks[0xE1])
    assert (cal.t1, cal.t2, cal.t3) == trim.t
    assert (cal.p1, cal.p2, cal.p3, cal.p4, cal.p5, cal.p6, cal.p7, cal.p8, cal.p9) == trim.p
    assert (cal.h1, cal.h2, cal.h3, cal.h4, cal.h5, cal.h6) == trim.h


@pytest.mark.parametrize("value", [0x00, 0xFF])
@pytest.mark.parametrize("block", ["low", "high"])
def test_calibration_of_a_dead_line_is_refused(block: str, value: int) -> None:
    blocks = WORKED_EXAMPLE.blocks()
    low = bytes([value]) * 26 if block == "low" else blocks[0x88]
    high = bytes([value]) * 7 if block == "high" else blocks[0xE1]
    with pytest.raises(InvalidData, match=f"all 0x{value:02x}"):
        decode.calibration(low, high)


@pytest.mark.parametrize("at", [0, 6], ids=["dig_T1", "dig_P1"])
def test_calibration_without_a_scale_is_refused(at: int) -> None:
    low = bytearray(WORKED_EXAMPLE.blocks()[0x88])
    low[at : at + 2] = b"\x00\x00"
    with pytest.raises(InvalidData, match="lost its calibration"):
        decode.calibration(bytes(low), WORKED_EXAMPLE.blocks()[0xE1])


def test_ticks_of_a_burst_are_twenty_twenty_and_sixteen_bits() -> None:
    data = bytes([0x65, 0x5A, 0xC0, 0x7E, 0xED, 0x00, 0x61, 0xA8])
    assert decode.ticks(data) == Ticks(pressure=415148, temperature=519888, humidity=25000)


def test_ticks_of_skipped_measurements_are_not_available() -> None:
    data = bytes([0x80, 0x00, 0x00, 0x80, 0x00, 0x00, 0x80, 0x00])
    assert decode.ticks(data) == Ticks(pressure=None, temperature=None, humidity=None)


@pytest.mark.parametrize("value", [0x00, 0xFF])
def test_ticks_of_a_dead_line_are_refused(value: int) -> None:
    with pytest.raises(InvalidData):
        decode.ticks(bytes([value]) * 8)


def test_values_without_a_temperature_are_all_not_available() -> None:
    values = decode.values(_calibration(TYPICAL), Ticks(pressure=415148, temperature=None, humidity=25000))
    assert values == Values(temperature_centi_c=None, humidity_centi_pct=None, pressure_deci_pa=None)


def test_values_with_humidity_and_pressure_skipped_keep_the_temperature() -> None:
    values = decode.values(_calibration(WORKED_EXAMPLE), Ticks(pressure=None, temperature=519888, humidity=None))
    assert values == Values(temperature_centi_c=2508, humidity_centi_pct=None, pressure_deci_pa=None)


def test_pressure_where_the_formula_would_divide_by_zero_is_not_available() -> None:
    cal = _calibration(Trim(t=TYPICAL.t, p=(1, -32768, 0, 0, 0, 0, 0, 0, 0), h=TYPICAL.h))
    assert bosch_pressure.pressure_q24_8(cal, adc_p=400000, t_fine=128000 + (1 << 20)) is None


@pytest.mark.parametrize("trim", TRIMS, ids=["worked", "typical", "negative"])
@given(adc=_TICK_20)
def test_temperature_of_any_tick_is_within_a_hundredth_of_the_float_formula(trim: Trim, adc: int) -> None:
    cal = _calibration(trim)
    exact = _float_t_fine(cal, adc) / 5120 * 100
    assert abs(bosch_pressure.temperature_centi_c(_t_fine(cal, adc)) - exact) <= 1


@pytest.mark.parametrize("trim", TRIMS, ids=["worked", "typical", "negative"])
@given(temperature=st.decimals(-40, 85, places=2), pressure=st.decimals(30_000, 110_000, places=1))
def test_pressure_over_the_whole_range_is_within_the_documented_bound_of_the_float_formula(
    trim: Trim, temperature: Decimal, pressure: Decimal
) -> None:
    ticks = ticks_for(trim, temperature_c=temperature, humidity_pct=50, pressure_pa=pressure)
    cal = _calibration(trim)
    t_fine = _t_fine(cal, ticks.temperature)
    found = bosch_pressure.pressure_q24_8(cal, adc_p=ticks.pressure, t_fine=t_fine)
    assert found is not None
    assert abs(found / 256 - _float_pressure(cal, ticks.pressure, t_fine)) <= 0.02


@given(
    h=st.tuples(_U8, st.integers(-400, 400), st.integers(0, 5), _S12, _S12, st.integers(-10, 40)),
    adc_h=_TICK_16,
    t_fine=_T_FINE,
)
@example(h=(75, 362, 0, -2048, -2048, 30), adc_h=0, t_fine=128422)
@example(h=(75, 362, 0, 2047, 2047, -10), adc_h=65535, t_fine=-204800)
@example(h=(75, -362, 0, 2047, -1, 30), adc_h=40000, t_fine=128422)
def test_humidity_for_words_as_chips_carry_is_within_a_hundredth_of_the_float_formula(
    h: tuple[int, int, int, int, int, int], adc_h: int, t_fine: int
) -> None:
    """The fixed-point humidity is never further than 0.01 %RH from the double-precision one, whatever the signs."""
    cal = _with_humidity(h)
    found = decode.humidity_q22_10(cal, adc_h=adc_h, t_fine=t_fine) / 1024
    assert abs(found - _float_humidity(cal, adc_h, t_fine)) <= 0.01


@given(h=st.tuples(_U8, st.integers(-700, 700), _U8, _S12, _S12, _S8), adc_h=_TICK_16, t_fine=_T_FINE)
def test_humidity_for_extreme_words_is_within_the_documented_bound_of_the_float_formula(
    h: tuple[int, int, int, int, int, int], adc_h: int, t_fine: int
) -> None:
    """No dig_H1, dig_H3, dig_H4, dig_H5 and dig_H6 take the fixed-point humidity 0.1 %RH away from the other one."""
    cal = _with_humidity(h)
    found = decode.humidity_q22_10(cal, adc_h=adc_h, t_fine=t_fine) / 1024
    assert abs(found - _float_humidity(cal, adc_h, t_fine)) <= 0.1


def test_humidity_with_the_sign_bits_ignored_would_be_far_off() -> None:
    """The positive control: reading dig_H4 and dig_H5 without their signs changes the result by many percent."""
    right = _calibration(NEGATIVE)
    wrong = replace(right, h4=right.h4 + 4096, h5=right.h5 + 4096)
    found = [decode.humidity_q22_10(cal, adc_h=10_000, t_fine=128_422) / 1024 for cal in (right, wrong)]
    assert abs(found[0] - found[1]) > 10


@given(any_trim, _TICK_20, _TICK_20, _TICK_16)
def test_compensation_of_any_calibration_agrees_with_the_simulators_own_copy(
    trim: Trim, adc_t: int, adc_p: int, adc_h: int
) -> None:
    """Two transcriptions of the data sheet give the same integers for every word and tick."""
    blocks = trim.blocks()
    assume(blocks[0xE1] not in (bytes(7), b"\xff" * 7))
    cal = decode.calibration(blocks[0x88], blocks[0xE1])
    t_fine = trim.t_fine(adc_t)
    assert _t_fine(cal, adc_t) == t_fine
    assert decode.humidity_q22_10(cal, adc_h=adc_h, t_fine=t_fine) == trim.humidity(adc_h, t_fine)
    assert (bosch_pressure.pressure_q24_8(cal, adc_p=adc_p, t_fine=t_fine) or 0) == trim.pressure(adc_p, t_fine)


@given(
    low=st.binary(min_size=26, max_size=26),
    high=st.binary(min_size=7, max_size=7),
    data=st.binary(min_size=8, max_size=8),
)
def test_decode_of_any_bytes_refuses_them_or_gives_a_humidity_from_0_to_100(
    low: bytes, high: bytes, data: bytes
) -> None:
    """Whatever the registers hold, decoding raises InvalidData or returns integers with the humidity clamped."""
    try:
        values = decode.values(decode.calibration(low, high), decode.ticks(data))
    except InvalidData:
        return
    assert values.humidity_centi_pct is None or 0 <= values.humidity_centi_pct <= 10_000


def test_errors_of_the_decoder_carry_no_register_content() -> None:
    low = struct.pack("<13H", *([0] + [0xBEEF] * 12))
    with pytest.raises(InvalidData) as caught:
        decode.calibration(low, b"\x11\x22\x33\x44\x55\x66\x77")
    assert "beef" not in str(caught.value).lower()
