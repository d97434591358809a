"""The BMP388's arithmetic, against Bosch's 64-bit formulas and the simulator's exact fractions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.bmp388 import decode
from drivers.bmp388.decode import Calibration, Ticks, Values
from drivers.errors import InvalidData
from drivers.sim.bmp388 import OTHER_SIGNS, TRIMS, TYPICAL, Bmp388Chip, Trim

_TICK = st.integers(0, (1 << 24) - 1)
_S16 = st.integers(-(1 << 15), (1 << 15) - 1)
_S8 = st.integers(-128, 127)
_U16 = st.integers(0, (1 << 16) - 1)
_NAMES = ["typical", "other signs"]

any_trim = st.builds(
    lambda t, p: Trim(t=t, p=p),
    st.tuples(st.integers(1, 65535), st.integers(1, 65535), _S8),
    st.tuples(_S16, _S16, _S8, _S8, _U16, _U16, _S8, _S8, _S16, _S8, _S8),
)


# Bosch's BMP3_SensorAPI v2.0.1, compensate_temperature and compensate_pressure for 64-bit integers, transcribed for
# these tests only; `_cut` divides as C does.


def _cut(numerator: int, denominator: int) -> int:
    return abs(numerator) // denominator * (1 if numerator >= 0 else -1)


def _bosch_t_lin(cal: Calibration, adc_t: int) -> int:
    above = adc_t - 256 * cal.t1
    return _cut(cal.t2 * above * 262144 + above * above * cal.t3, 4294967296)


def _bosch_centi_pa(cal: Calibration, adc_p: int, t_lin: int) -> int:
    square = t_lin * t_lin
    cube = _cut(_cut(square, 64) * t_lin, 256)
    offset = cal.p5 * 140737488355328 + _cut(cal.p8 * cube, 32) + cal.p7 * square * 16 + cal.p6 * t_lin * 4194304
    sensitivity = (
        (cal.p1 - 16384) * 70368744177664
        + _cut(cal.p4 * cube, 32)
        + cal.p3 * square * 4
        + (cal.p2 - 16384) * t_lin * 2097152
    )
    linear = _cut(sensitivity, 16777216) * adc_p
    quadratic = _cut(adc_p * _cut(_cut((cal.p10 * t_lin + 65536 * cal.p9) * adc_p, 8192), 10), 512) * 10
    cubic = _cut(_cut(cal.p11 * adc_p * adc_p, 65536) * adc_p, 128)
    return _cut((_cut(offset, 4) + linear + quadratic + cubic) * 25, 1099511627776)


def _ticks(trim: Trim, temperature_c: float, pressure_pa: float) -> Ticks:
    chip = Bmp388Chip(trim)
    chip.set(temperature_c=temperature_c, pressure_pa=pressure_pa)
    temperature, pressure = chip._ticks()
    return Ticks(temperature=temperature, pressure=pressure)


@pytest.mark.parametrize("trim", TRIMS, ids=_NAMES)
@given(temperature=st.integers(-40, 85), pressure=st.integers(30_000, 125_000))
def test_values_over_the_whole_range_are_within_the_documented_bound_of_boschs_integers(
    trim: Trim, temperature: int, pressure: int
) -> None:
    cal = decode.calibration(trim.block())
    sample = _ticks(trim, temperature, pressure)
    values = decode.values(cal, sample)
    assert (values.temperature_centi_c, values.pressure_deci_pa) != (None, None)
    t_lin = _bosch_t_lin(cal, sample.temperature or 0)
    assert abs((values.temperature_centi_c or 0) - t_lin * 25 / 16384) <= 1
    assert abs((values.pressure_deci_pa or 0) - _bosch_centi_pa(cal, sample.pressure or 0, t_lin) / 10) <= 1


@given(trim=any_trim, temperature=_TICK, pressure=_TICK)
def test_values_of_any_calibration_are_the_simulators_fractions_rounded(
    trim: Trim, temperature: int, pressure: int
) -> None:
    """Two transcriptions of the formulas give the same integers for every word and tick."""
    cal = decode.calibration(trim.block())
    fine = decode.fine_temperature(cal, temperature)
    celsius = trim.temperature(temperature)
    assert fine == celsius * 2**48
    assert abs(decode.temperature_centi_c(fine) - celsius * 100) <= 0.5
    exact = trim.pressure(pressure, celsius) * 10
    assert abs(decode.pressure_deci_pa(cal, adc_p=pressure, fine=fine) - exact) <= 0.5


def test_calibration_reads_every_word_with_its_sign() -> None:
    cal = decode.calibration(OTHER_SIGNS.block())
    assert (cal.t1, cal.t2, cal.t3) == OTHER_SIGNS.t
    words = (cal.p1, cal.p2, cal.p3, cal.p4, cal.p5, cal.p6, cal.p7, cal.p8, cal.p9, cal.p10, cal.p11)
    assert words == OTHER_SIGNS.p


def test_ticks_of_a_burst_are_pressure_then_temperature_low_byte_first() -> None:
    ticks = decode.ticks(bytes([0x01, 0x02, 0x03, 0x04, 0x05, 0x06]))
    assert ticks == Ticks(pressure=0x030201, temperature=0x060504)


def test_values_of_what_was_not_measured_are_not_available() -> None:
    cal = decode.calibration(TYPICAL.block())
    neither = decode.ticks(bytes([0, 0, 0x80, 0, 0, 0x80]))
    assert decode.values(cal, neither) == Values(temperature_centi_c=None, pressure_deci_pa=None)
    no_pressure = Ticks(pressure=None, temperature=8526764)
    assert decode.values(cal, no_pressure) == Values(temperature_centi_c=2500, pressure_deci_pa=None)


@pytest.mark.parametrize("value", [0x00, 0xFF])
def test_bytes_of_a_dead_line_are_refused(value: int) -> None:
    with pytest.raises(InvalidData, match=f"all 0x{value:02x}"):
        decode.calibration(bytes([value]) * 21)
    with pytest.raises(InvalidData, match=f"all 0x{value:02x}"):
        decode.ticks(bytes([value]) * 6)


@pytest.mark.parametrize("at", [0, 2], ids=["par_t1", "par_t2"])
def test_calibration_without_a_scale_is_refused(at: int) -> None:
    block = bytearray(TYPICAL.block())
    block[at : at + 2] = b"\x00\x00"
    with pytest.raises(InvalidData, match="lost its calibration"):
        decode.calibration(bytes(block))


@given(block=st.binary(min_size=21, max_size=21), data=st.binary(min_size=6, max_size=6))
def test_decode_of_any_bytes_refuses_them_or_gives_integers(block: bytes, data: bytes) -> None:
    """Whatever the registers hold, decoding raises InvalidData or returns integers or None."""
    try:
        values = decode.values(decode.calibration(block), decode.ticks(data))
    except InvalidData:
        return
    assert isinstance(values.pressure_deci_pa, int | None)
