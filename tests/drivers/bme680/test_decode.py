"""The BME680's arithmetic, against Bosch's 32-bit formulas and the simulator's exact fractions."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.bme680 import decode
from drivers.bme680.calibration import Calibration, calibration
from drivers.bme680.decode import Ticks, Values
from drivers.bosch_pressure import fine_temperature
from drivers.errors import InvalidData
from drivers.sim.bme680_trim import OTHER_SIGNS, TRIMS, TYPICAL, Trim

_TICK_20 = st.integers(0, (1 << 20) - 1)
_TICK_16 = st.integers(0, (1 << 16) - 1)
_GAS = st.integers(0, 1023)
_RANGE = st.integers(0, 15)
_T_FINE = st.integers(-40 * 5120, 85 * 5120)
_NAMES = ["typical", "other signs"]


def _calibration(trim: Trim) -> Calibration:
    blocks = trim.blocks()
    return calibration(blocks[0x8A], blocks[0xE1], blocks[0x00])


# Bosch's BME68x_SensorAPI, the versions for 32-bit integers, transcribed for these tests only; `_cut` divides as C
# does.


def _cut(numerator: int, denominator: int) -> int:
    quotient = abs(numerator) // abs(denominator)
    return quotient if (numerator < 0) == (denominator < 0) else -quotient


def _bosch_pa(cal: Calibration, adc: int, t_fine: int) -> int:
    var1 = (t_fine >> 1) - 64000
    var2 = ((((var1 >> 2) * (var1 >> 2)) >> 11) * cal.p6) >> 2
    var2 += (var1 * cal.p5) << 1
    var2 = (var2 >> 2) + (cal.p4 << 16)
    var1 = (((((var1 >> 2) * (var1 >> 2)) >> 13) * (cal.p3 << 5)) >> 3) + ((cal.p2 * var1) >> 1)
    var1 = ((32768 + (var1 >> 18)) * cal.p1) >> 15
    p = (1048576 - adc - (var2 >> 12)) * 3125
    p = _cut(p, var1) << 1 if p >= 0x40000000 else _cut(p << 1, var1)
    bend = (cal.p9 * (((p >> 3) * (p >> 3)) >> 13)) >> 12
    bend += ((p >> 2) * cal.p8) >> 13
    bend += ((p >> 8) ** 3 * cal.p10) >> 17
    return p + ((bend + (cal.p7 << 7)) >> 4)


def _bosch_milli_pct(cal: Calibration, adc: int, t_fine: int) -> int:
    centi_c = (t_fine * 5 + 128) >> 8
    var1 = adc - cal.h1 * 16 - (_cut(centi_c * cal.h3, 100) >> 1)
    var2 = _cut(centi_c * cal.h4, 100) + _cut((centi_c * _cut(centi_c * cal.h5, 100)) >> 6, 100) + (1 << 14)
    var3 = var1 * (cal.h2 * var2 >> 10)
    var4 = ((cal.h6 << 7) + _cut(centi_c * cal.h7, 100)) >> 4
    var5 = ((var3 >> 14) * (var3 >> 14)) >> 10
    return min(max((((var3 + (var4 * var5 >> 1)) >> 10) * 1000) >> 12, 0), 100_000)


_BOSCH_TABLE_1 = {5: 2126008810, 7: 2130303777, 10: 2143188679, 11: 2136746228, 13: 2126008810}
_BOSCH_TABLE_2 = (
    4096000000, 2048000000, 1024000000, 512000000, 255744255, 127110228, 64000000, 32258064,
    16016016, 8000000, 4000000, 2000000, 1000000, 500000, 250000, 125000,
)  # fmt: skip


def _bosch_gas_low(cal: Calibration, adc: int, gas_range: int) -> int:
    var1 = ((1340 + 5 * cal.range_sw_err) * _BOSCH_TABLE_1.get(gas_range, 2147483647)) >> 16
    var2 = (adc << 15) - 16777216 + var1
    var3 = (_BOSCH_TABLE_2[gas_range] * var1) >> 9
    return (var3 + (var2 >> 1)) // var2


@pytest.mark.parametrize("trim", TRIMS, ids=_NAMES)
@given(t_fine=_T_FINE, adc=st.integers(200_000, 950_000))
def test_pressure_is_within_the_documented_bound_of_boschs_integers(trim: Trim, t_fine: int, adc: int) -> None:
    cal = _calibration(trim)
    found = decode.pressure_deci_pa(cal, adc_p=adc, t_fine=t_fine)
    assert found is not None
    if 300_000 <= found <= 1_100_000:
        assert abs(found / 10 - _bosch_pa(cal, adc, t_fine)) <= 12


@pytest.mark.parametrize("trim", TRIMS, ids=_NAMES)
@given(t_fine=_T_FINE, adc=_TICK_16)
def test_humidity_is_within_the_documented_bound_of_boschs_integers(trim: Trim, t_fine: int, adc: int) -> None:
    cal = _calibration(trim)
    found = decode.humidity_centi_pct(cal, adc_h=adc, t_fine=t_fine)
    assert 0 <= found <= 10_000
    if 12_000 <= adc <= 35_000:
        assert abs(found - _bosch_milli_pct(cal, adc, t_fine) / 10) <= 10


@pytest.mark.parametrize("trim", TRIMS, ids=_NAMES)
@given(adc=_GAS, gas_range=_RANGE)
def test_gas_resistance_is_within_the_documented_bound_of_boschs_integers(
    trim: Trim, adc: int, gas_range: int
) -> None:
    cal = _calibration(trim)
    found = decode.gas_low_ohm(cal, adc=adc, gas_range=gas_range)
    assert abs(found - _bosch_gas_low(cal, adc, gas_range)) <= max(1, found // 1000)


@given(adc=_GAS, gas_range=_RANGE)
def test_gas_resistance_of_the_bme688_is_boschs_quotient_rounded(adc: int, gas_range: int) -> None:
    exact = Fraction(1_000_000 * (262_144 >> gas_range), 4096 + 3 * (adc - 512))
    assert abs(decode.gas_high_ohm(adc=adc, gas_range=gas_range) - exact) <= Fraction(1, 2)


@pytest.mark.parametrize("trim", TRIMS, ids=_NAMES)
@given(temperature=_TICK_20, pressure=_TICK_20, humidity=_TICK_16, gas=_GAS, gas_range=_RANGE, gas_high=st.booleans())
def test_values_of_any_ticks_are_the_simulators_fractions_rounded(
    trim: Trim, temperature: int, pressure: int, humidity: int, gas: int, gas_range: int, *, gas_high: bool
) -> None:
    """Two transcriptions of the formulas give the same quantities for every tick."""
    ticks = Ticks(temperature=temperature, pressure=pressure, humidity=humidity, gas=gas, gas_range=gas_range)
    cal = _calibration(trim)
    values = decode.values(cal, ticks, gas_high=gas_high)
    t_fine = trim.t_fine(temperature)
    assert fine_temperature(cal.t1, cal.t2, cal.t3 << 4, temperature) == t_fine
    assert values.temperature_centi_c == (t_fine * 5 + 128) >> 8
    pct = min(max(trim.humidity(humidity, t_fine), Fraction(0)), Fraction(100))
    assert abs((values.humidity_centi_pct or 0) - pct * 100) <= Fraction(1, 2)
    assert abs((values.pressure_deci_pa or 0) - trim.pressure(pressure, t_fine) * 10) <= Fraction(1, 2)
    assert abs((values.gas_ohm or 0) - trim.gas(gas, gas_range, high=gas_high)) <= Fraction(1, 2)


_UNSIGNED = replace(TYPICAL, p=(*TYPICAL.p[:9], 200), h=(*TYPICAL.h[:5], 200, -1))
"""Two words of one byte have no sign."""


@pytest.mark.parametrize("trim", [*TRIMS, _UNSIGNED], ids=[*_NAMES, "large unsigned bytes"])
def test_calibration_reads_every_word_with_its_sign(trim: Trim) -> None:
    cal = _calibration(trim)
    assert (cal.t1, cal.t2, cal.t3) == trim.t
    assert (cal.p1, cal.p2, cal.p3, cal.p4, cal.p5, cal.p6, cal.p7, cal.p8, cal.p9, cal.p10) == trim.p
    assert (cal.h1, cal.h2, cal.h3, cal.h4, cal.h5, cal.h6, cal.h7) == trim.h
    assert (cal.gh1, cal.gh2, cal.gh3) == trim.g
    assert (cal.res_heat_val, cal.res_heat_range, cal.range_sw_err) == trim.heat


def _burst(*, gas: bytes = bytes(2), gas_high: bytes = bytes(2)) -> bytes:
    return b"\x80\x00" + bytes.fromhex("5684a0 791080 50a6 000000") + gas + gas_high


def test_ticks_of_a_burst_are_twenty_twenty_sixteen_and_ten_bits() -> None:
    ticks = decode.ticks(_burst(gas=b"\x8e\x36"), gas_high=False)
    assert ticks == Ticks(pressure=354378, temperature=495880, humidity=20646, gas=568, gas_range=6)


@pytest.mark.parametrize("gas_high", [False, True], ids=["BME680", "BME688"])
def test_ticks_of_each_variant_have_their_gas_at_its_own_place(*, gas_high: bool) -> None:
    data = _burst(gas=b"\x01\x31", gas_high=b"\x02\x32")
    ticks = decode.ticks(data, gas_high=gas_high)
    assert (ticks.gas, ticks.gas_range) == ((8, 2) if gas_high else (4, 1))


@pytest.mark.parametrize(
    "low_byte", [0x06, 0x16, 0x26], ids=["neither", "heater stable, not valid", "valid, heater not stable"]
)
def test_ticks_without_a_valid_gas_or_a_stable_heater_have_no_gas(low_byte: int) -> None:
    ticks = decode.ticks(_burst(gas=bytes([0x8E, low_byte])), gas_high=False)
    assert ticks.gas is None
    assert decode.values(_calibration(TYPICAL), ticks, gas_high=False).gas_ohm is None


def test_values_of_what_was_not_measured_are_not_available() -> None:
    data = b"\x80\x00\x80\x00\x00\x80\x00\x00\x80\x00" + bytes(7)
    values = decode.values(_calibration(TYPICAL), decode.ticks(data, gas_high=False), gas_high=False)
    assert values == Values()


def test_values_without_a_temperature_keep_the_gas() -> None:
    ticks = Ticks(temperature=None, pressure=1, humidity=1, gas=568, gas_range=6)
    assert decode.values(_calibration(TYPICAL), ticks, gas_high=False) == Values(gas_ohm=120021)


def test_pressure_where_the_formula_would_divide_by_zero_is_not_available() -> None:
    cal = replace(_calibration(TYPICAL), p2=-32768, p3=0)
    assert decode.pressure_deci_pa(cal, adc_p=1, t_fine=128_000 + (1 << 20)) is None


@pytest.mark.parametrize("value", [0x00, 0xFF])
@pytest.mark.parametrize("block", [0x8A, 0xE1, 0x00], ids=hex)
def test_calibration_of_a_dead_line_is_refused(block: int, value: int) -> None:
    blocks = dict(TYPICAL.blocks())
    blocks[block] = bytes([value]) * len(blocks[block])
    with pytest.raises(InvalidData, match=f"all 0x{value:02x}"):
        calibration(blocks[0x8A], blocks[0xE1], blocks[0x00])


@pytest.mark.parametrize(("block", "at"), [(0xE1, 8), (0x8A, 4)], ids=["par_t1", "par_p1"])
def test_calibration_without_a_scale_is_refused(block: int, at: int) -> None:
    blocks = {first: bytearray(content) for first, content in OTHER_SIGNS.blocks().items()}
    blocks[block][at : at + 2] = b"\x00\x00"
    with pytest.raises(InvalidData, match="lost its calibration"):
        calibration(bytes(blocks[0x8A]), bytes(blocks[0xE1]), bytes(blocks[0x00]))


@pytest.mark.parametrize("value", [0x00, 0xFF])
def test_ticks_of_a_dead_line_are_refused(value: int) -> None:
    with pytest.raises(InvalidData, match=f"all 0x{value:02x}"):
        decode.ticks(bytes([value]) * 17, gas_high=False)


@given(
    low=st.binary(min_size=23, max_size=23),
    high=st.binary(min_size=14, max_size=14),
    heater=st.binary(min_size=5, max_size=5),
    data=st.binary(min_size=17, max_size=17),
    gas_high=st.booleans(),
)
def test_decode_of_any_bytes_refuses_them_or_gives_a_humidity_from_0_to_100(
    low: bytes, high: bytes, heater: bytes, data: bytes, *, gas_high: bool
) -> None:
    """Whatever the registers hold, decoding raises InvalidData or returns integers with the humidity clamped."""
    try:
        cal = calibration(low, high, heater)
        values = decode.values(cal, decode.ticks(data, gas_high=gas_high), gas_high=gas_high)
    except InvalidData:
        return
    assert values.humidity_centi_pct is None or 0 <= values.humidity_centi_pct <= 10_000
    assert values.gas_ohm is None or values.gas_ohm > 0
