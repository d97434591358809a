"""The MS5837's arithmetic, against TE's worked examples and the simulator's copy of the data sheets."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import ChecksumMismatch, ChipError, InvalidData
from drivers.ms5837 import decode
from drivers.ms5837.commands import Variant
from drivers.ms5837.decode import Calibration, Values
from drivers.sim.ms5837 import EXAMPLE_02BA, EXAMPLE_30BA, TRIMS, Trim

_TICK = st.integers(1, (1 << 24) - 1)
_WORD = st.integers(1, 0xFFFF)
_NAMES = ["30BA", "02BA"]


def _calibration(trim: Trim, wanted: Variant = Variant.AUTO) -> Calibration:
    return decode.calibration(trim.prom()[:7], wanted=wanted)


def test_values_of_the_30ba_example_are_3999_8_millibar_and_19_81_degrees() -> None:
    """MS5837-30BA, rev. C2, page 11; the second order takes nothing away so near to 20 degrees."""
    values = decode.values(_calibration(EXAMPLE_30BA), d1=4958179, d2=6815414)
    assert values == Values(pressure_pa=399_980, temperature_centi_c=1981)


def test_values_of_the_02ba_example_are_1100_02_millibar_and_20_degrees() -> None:
    """MS5837-02BA, 09/2017, page 7; there is no second order at 20 degrees."""
    values = decode.values(_calibration(EXAMPLE_02BA), d1=6465444, d2=8077636)
    assert values == Values(pressure_pa=110_002, temperature_centi_c=2000)


# Blue Robotics' ms5837.py, which does not round, transcribed for these tests only: pressure in Pa, temperature in
# 0.01 degree.


def _blue_robotics(cal: Calibration, d1: int, d2: int) -> tuple[float, float]:
    d_t = d2 - cal.c5 * 256
    wide = cal.variant is Variant.BA02
    sens = cal.c1 * (65536 if wide else 32768) + cal.c3 * d_t / (128 if wide else 256)
    off = cal.c2 * (131072 if wide else 65536) + cal.c4 * d_t / (64 if wide else 128)
    temperature = 2000 + d_t * cal.c6 / 8388608
    below = (temperature - 2000) ** 2
    t_i = off_i = sens_i = 0.0
    if wide:
        if temperature < 2000:
            t_i, off_i, sens_i = 11 * d_t * d_t / 34359738368, 31 * below / 8, 63 * below / 32
        return ((d1 * (sens - sens_i)) / 2097152 - (off - off_i)) / 32768, temperature - t_i
    if temperature < 2000:
        t_i, off_i, sens_i = 3 * d_t * d_t / 8589934592, 3 * below / 2, 5 * below / 8
        if temperature < -1500:
            off_i += 7 * (temperature + 1500) ** 2
            sens_i += 4 * (temperature + 1500) ** 2
    else:
        t_i, off_i = 2 * d_t * d_t / 137438953472, below / 16
    return ((d1 * (sens - sens_i)) / 2097152 - (off - off_i)) / 8192 * 10, temperature - t_i


@pytest.mark.parametrize("trim", TRIMS, ids=_NAMES)
@given(d1=st.integers(3_000_000, 9_000_000), d2=st.integers(5_000_000, 9_500_000))
def test_values_are_within_their_steps_of_blue_robotics_unrounded_ones(trim: Trim, d1: int, d2: int) -> None:
    values = decode.values(_calibration(trim), d1=d1, d2=d2)
    pascal, centi_c = _blue_robotics(_calibration(trim), d1, d2)
    assert abs(values.temperature_centi_c - centi_c) <= 2
    step = 1 if trim is EXAMPLE_02BA else 10
    assert abs(values.pressure_pa - pascal) <= 20 * step


@given(bar=st.sampled_from([30, 2]), c=st.tuples(_WORD, _WORD, _WORD, _WORD, _WORD, _WORD), d1=_TICK, d2=_TICK)
def test_values_of_any_words_are_the_simulators(
    bar: int, c: tuple[int, int, int, int, int, int], d1: int, d2: int
) -> None:
    """Two transcriptions of the formulas give the same integers for every word and conversion."""
    trim = Trim(bar=bar, code=0x1A if bar == 30 else 0x15, c=c)
    values = decode.values(_calibration(trim), d1=d1, d2=d2)
    assert values.pressure_pa == trim.pressure(d1, d2)
    assert values.temperature_centi_c == trim.temperature(d2)


def test_values_of_the_30ba_do_not_jump_where_the_second_order_changes() -> None:
    cal = _calibration(EXAMPLE_30BA)
    at_20 = (cal.c5 << 8) + 1
    below, above = (decode.values(cal, d1=4958179, d2=at_20 + step) for step in (-400, 400))
    assert (below.temperature_centi_c, above.temperature_centi_c) == (1998, 2001)
    assert abs(below.pressure_pa - above.pressure_pa) <= 100


@pytest.mark.parametrize("trim", TRIMS, ids=_NAMES)
def test_calibration_takes_the_variant_from_the_sensor(trim: Trim) -> None:
    named = Variant.BA30 if trim is EXAMPLE_30BA else Variant.BA02
    assert _calibration(trim).variant is named
    assert _calibration(trim, named).variant is named


@pytest.mark.parametrize("code", [0x00, 0x7F], ids=["no code", "unknown code"])
def test_calibration_of_a_sensor_without_a_known_code_needs_to_be_told(code: int) -> None:
    trim = replace(EXAMPLE_30BA, code=code)
    with pytest.raises(InvalidData, match='set the option variant to "30ba" or "02ba"'):
        _calibration(trim)
    assert _calibration(trim, Variant.BA02).variant is Variant.BA02


@pytest.mark.parametrize(
    ("trim", "wanted", "says"),
    [
        (EXAMPLE_30BA, Variant.BA02, 'it is an MS5837-30BA, the configuration says variant = "02ba"'),
        (EXAMPLE_02BA, Variant.BA30, 'it is an MS5837-02BA, the configuration says variant = "30ba"'),
    ],
    ids=_NAMES,
)
def test_calibration_of_the_other_variant_is_refused(trim: Trim, wanted: Variant, says: str) -> None:
    with pytest.raises(InvalidData, match=says):
        _calibration(trim, wanted)


@pytest.mark.parametrize("bit", range(112))
def test_calibration_with_any_bit_disturbed_is_refused(bit: int) -> None:
    words = list(EXAMPLE_30BA.prom()[:7])
    words[bit // 16] ^= 1 << bit % 16
    with pytest.raises(ChecksumMismatch, match="calibration PROM"):
        decode.calibration(words, wanted=Variant.AUTO)


@pytest.mark.parametrize("at", range(6))
def test_calibration_with_a_word_of_zero_is_refused(at: int) -> None:
    words = list(EXAMPLE_30BA.c)
    words[at] = 0
    trim = Trim(bar=30, code=0x1A, c=(words[0], words[1], words[2], words[3], words[4], words[5]))
    with pytest.raises(InvalidData, match="calibration word is zero"):
        _calibration(trim)


@pytest.mark.parametrize("value", [0x0000, 0xFFFF])
def test_calibration_of_a_dead_line_is_refused(value: int) -> None:
    with pytest.raises(InvalidData, match=f"all 0x{value & 0xFF:02x}"):
        decode.calibration([value] * 7, wanted=Variant.AUTO)


@pytest.mark.parametrize(("data", "says"), [(bytes(3), "did not convert"), (b"\xff" * 3, "all 0xff")], ids=["0", "f"])
def test_conversion_that_is_none_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(InvalidData, match=says):
        decode.conversion(data, "pressure conversion")


def test_conversion_is_24_bits_high_byte_first() -> None:
    assert decode.conversion(b"\x4b\xa7\xe3", "pressure conversion") == 4958179


@given(
    words=st.lists(st.integers(0, 0xFFFF), min_size=7, max_size=7),
    data=st.binary(min_size=3, max_size=3),
    wanted=st.sampled_from(Variant),
)
def test_decode_of_any_words_refuses_them_or_gives_integers(words: list[int], data: bytes, wanted: Variant) -> None:
    """Whatever the sensor answers, decoding raises a ChipError or returns integers."""
    try:
        cal = decode.calibration(words, wanted=wanted)
        tick = decode.conversion(data, "conversion")
    except ChipError:
        return
    assert isinstance(decode.values(cal, d1=tick, d2=tick).pressure_pa, int)
