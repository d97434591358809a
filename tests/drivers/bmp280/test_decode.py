"""The BMP280's arithmetic, against Bosch's worked example and the simulator's copy of the data sheet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.bmp280 import decode
from drivers.bmp280.decode import Ticks, Values
from drivers.errors import InvalidData
from drivers.sim.bme280 import TRIMS, WORKED_EXAMPLE, Trim

_TICK = st.integers(0, (1 << 20) - 1).filter(lambda tick: tick != 0x80000)


def _block(trim: Trim) -> bytes:
    return trim.blocks()[0x88][:24]


def test_values_of_the_worked_example_are_25_08_degrees_and_1006_53_hectopascal() -> None:
    trim = decode.calibration(_block(WORKED_EXAMPLE))
    values = decode.values(trim, Ticks(pressure=415148, temperature=519888))
    assert values == Values(temperature_centi_c=2508, pressure_deci_pa=1006533)


def test_ticks_of_a_burst_are_pressure_then_temperature() -> None:
    assert decode.ticks(bytes([0x65, 0x5A, 0xC0, 0x7E, 0xED, 0x00])) == Ticks(pressure=415148, temperature=519888)


def test_ticks_of_skipped_measurements_are_not_available() -> None:
    ticks = decode.ticks(bytes([0x80, 0, 0, 0x80, 0, 0]))
    assert ticks == Ticks(pressure=None, temperature=None)
    trim = decode.calibration(_block(WORKED_EXAMPLE))
    assert decode.values(trim, ticks) == Values(temperature_centi_c=None, pressure_deci_pa=None)


def test_values_with_pressure_skipped_keep_the_temperature() -> None:
    trim = decode.calibration(_block(WORKED_EXAMPLE))
    values = decode.values(trim, Ticks(pressure=None, temperature=519888))
    assert values == Values(temperature_centi_c=2508, pressure_deci_pa=None)


@pytest.mark.parametrize("value", [0x00, 0xFF])
def test_bytes_of_a_dead_line_are_refused(value: int) -> None:
    with pytest.raises(InvalidData, match=f"all 0x{value:02x}"):
        decode.calibration(bytes([value]) * 24)
    with pytest.raises(InvalidData, match=f"all 0x{value:02x}"):
        decode.ticks(bytes([value]) * 6)


@pytest.mark.parametrize("at", [0, 6], ids=["dig_T1", "dig_P1"])
def test_calibration_without_a_scale_is_refused(at: int) -> None:
    block = bytearray(_block(WORKED_EXAMPLE))
    block[at : at + 2] = b"\x00\x00"
    with pytest.raises(InvalidData, match="lost its calibration"):
        decode.calibration(bytes(block))


@pytest.mark.parametrize("words", TRIMS, ids=["worked", "typical", "negative"])
@given(temperature=_TICK, pressure=_TICK)
def test_values_of_any_ticks_are_the_simulators(words: Trim, temperature: int, pressure: int) -> None:
    """Two transcriptions of the data sheet give the same integers for every tick."""
    values = decode.values(decode.calibration(_block(words)), Ticks(pressure=pressure, temperature=temperature))
    t_fine = words.t_fine(temperature)
    assert values.temperature_centi_c == (t_fine * 5 + 128) >> 8
    assert values.pressure_deci_pa == (words.pressure(pressure, t_fine) * 10 + 128) >> 8


@given(block=st.binary(min_size=24, max_size=24), data=st.binary(min_size=6, max_size=6))
def test_decode_of_any_bytes_refuses_them_or_gives_integers(block: bytes, data: bytes) -> None:
    """Whatever the registers hold, decoding raises InvalidData or returns integers or None."""
    try:
        values = decode.values(decode.calibration(block), decode.ticks(data))
    except InvalidData:
        return
    assert isinstance(values.pressure_deci_pa, int | None)
