"""The simulated BME280, by its registers."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sim.bme280 import NEGATIVE, TRIMS, WORKED_EXAMPLE, Bme280Chip, Shown, Trim, presented_by, ticks_for

_FORCED_ALL = bytes([0xF2, 0x05, 0xF4, 0x55])


class _Time:
    def __init__(self) -> None:
        self.now_ns = 1_000_000_000

    def __call__(self) -> int:
        return self.now_ns

    def pass_ms(self, milliseconds: int) -> None:
        self.now_ns += milliseconds * 1_000_000


def _chip(trim: Trim = WORKED_EXAMPLE) -> tuple[Bme280Chip, _Time, list[Shown]]:
    shown: list[Shown] = []
    time = _Time()
    return Bme280Chip(trim, mono_ns=time, on_readout=shown.append), time, shown


def _register(chip: Bme280Chip, register: int, length: int = 1) -> bytes:
    chip.write(bytes([register]))
    return chip.read(length)


def test_id_of_the_chip_is_0x60() -> None:
    chip, _, _ = _chip()
    assert _register(chip, 0xD0) == b"\x60"


def test_burst_across_registers_counts_up() -> None:
    chip, _, _ = _chip()
    low = _register(chip, 0x88, 26)
    assert low == WORKED_EXAMPLE.blocks()[0x88]
    chip.write(b"\x88")
    assert chip.read(2) + chip.read(2) == low[:4]


def test_reset_word_clears_settings_and_is_busy_for_a_moment() -> None:
    chip, time, _ = _chip()
    chip.write(bytes([0xF4, 0x54]))
    chip.write(bytes([0xE0, 0xB6]))
    assert _register(chip, 0xF3) == b"\x01"
    time.pass_ms(2)
    assert _register(chip, 0xF3, 2) == b"\x00\x00"


def test_reset_register_with_another_word_does_nothing() -> None:
    chip, time, _ = _chip()
    time.pass_ms(2)
    chip.write(bytes([0xF4, 0x54]))
    chip.write(bytes([0xE0, 0xB5]))
    assert _register(chip, 0xF4) == b"\x54"


def test_data_after_reset_are_the_skipped_values() -> None:
    chip, _, shown = _chip()
    assert _register(chip, 0xF7, 8) == bytes([0x80, 0, 0, 0x80, 0, 0, 0x80, 0])
    assert shown == [{"temperature": None, "humidity": None, "pressure": None}]


def test_forced_measurement_shows_busy_then_new_data_then_sleeps() -> None:
    chip, time, shown = _chip()
    chip.set(temperature_c=21.5, humidity_pct=40, pressure_pa=99000)
    chip.write(_FORCED_ALL)
    assert _register(chip, 0xF3)[0] & 0x08
    assert _register(chip, 0xF7, 3) == b"\x80\x00\x00"
    time.pass_ms(71)
    assert _register(chip, 0xF3) == b"\x00"
    assert _register(chip, 0xF4) == b"\x54"
    _register(chip, 0xF7, 8)
    assert shown == [chip.presented]


def test_measurement_ends_with_the_air_of_that_moment_not_of_its_reading() -> None:
    chip, time, shown = _chip()
    before = chip.set(temperature_c=10)
    chip.write(_FORCED_ALL)
    time.pass_ms(80)
    chip.set(temperature_c=30)
    _register(chip, 0xF7, 8)
    assert shown == [before]


def test_humidity_setting_counts_only_after_ctrl_meas_is_written() -> None:
    chip, time, shown = _chip()
    chip.write(bytes([0xF4, 0x55, 0xF2, 0x05]))
    time.pass_ms(80)
    _register(chip, 0xF7, 8)
    assert shown[0]["humidity"] is None
    assert shown[0]["temperature"] == 2000


def test_skipped_temperature_makes_nothing_available() -> None:
    chip, time, shown = _chip()
    chip.write(bytes([0xF2, 0x05, 0xF4, 0x15]))
    time.pass_ms(80)
    assert _register(chip, 0xF7, 8)[3:6] == b"\x80\x00\x00"
    assert set(shown[0].values()) == {None}


def test_normal_mode_shows_the_newest_air_without_being_asked() -> None:
    chip, time, shown = _chip()
    chip.write(bytes([0xF2, 0x05, 0xF4, 0x57]))
    time.pass_ms(100)
    second = chip.set(temperature_c=-5.25)
    _register(chip, 0xF7, 8)
    assert shown == [second]


def test_hung_chip_stays_busy() -> None:
    chip, time, _ = _chip()
    chip.hung = True
    chip.write(_FORCED_ALL)
    time.pass_ms(10_000)
    assert _register(chip, 0xF3)[0] & 0x08


def test_calibration_registers_cannot_be_written() -> None:
    chip, _, _ = _chip()
    chip.write(bytes([0x88, 0x00, 0xD0, 0x00]))
    assert _register(chip, 0x88, 26) == WORKED_EXAMPLE.blocks()[0x88]
    assert _register(chip, 0xD0) == b"\x60"


def test_empty_write_leaves_the_chip_as_it_is() -> None:
    chip, _, _ = _chip()
    chip.write(b"\xd0")
    chip.write(b"")
    chip.stop()
    assert chip.read(1) == b"\x60"


@pytest.mark.parametrize("trim", TRIMS, ids=["worked", "typical", "negative"])
@given(
    temperature=st.decimals(-40, 85, places=2),
    humidity=st.decimals(8, 95, places=2),
    pressure=st.decimals(30_000, 110_000, places=1),
)
def test_presented_for_any_air_within_range_is_next_to_it(
    trim: Trim, temperature: Decimal, humidity: Decimal, pressure: Decimal
) -> None:
    """What is shown differs from what was asked for by no more than a step of the converter."""
    ticks = ticks_for(trim, temperature_c=temperature, humidity_pct=humidity, pressure_pa=pressure)
    shown = presented_by(trim, ticks)
    assert abs((shown["temperature"] or 0) - temperature * 100) <= 1
    assert abs((shown["humidity"] or 0) - humidity * 100) <= 2
    assert abs((shown["pressure"] or 0) - pressure * 10) <= 5


@pytest.mark.parametrize("trim", TRIMS, ids=["worked", "typical", "negative"])
@given(temperature=st.floats(-200, 200), humidity=st.floats(-10, 110), pressure=st.floats(0, 200_000))
def test_ticks_for_any_air_never_look_skipped(
    trim: Trim, temperature: float, humidity: float, pressure: float
) -> None:
    ticks = ticks_for(trim, temperature_c=temperature, humidity_pct=humidity, pressure_pa=pressure)
    assert 0x80000 not in (ticks.temperature, ticks.pressure)
    assert ticks.humidity != 0x8000
    assert max(ticks.temperature, ticks.pressure) <= 0xFFFFF
    assert ticks.humidity <= 0xFFFF


@pytest.mark.parametrize("trim", TRIMS, ids=["worked", "typical", "negative"])
@given(temperature=st.decimals(-40, 85, places=2), pressure=st.decimals(30_000, 110_000, places=1))
def test_ticks_for_any_air_have_no_nearer_neighbour(trim: Trim, temperature: Decimal, pressure: Decimal) -> None:
    ticks = ticks_for(trim, temperature_c=temperature, humidity_pct=50, pressure_pa=pressure)
    t_fine = trim.t_fine(ticks.temperature)
    for step in (-1, 0, 1):
        assert abs(t_fine - temperature * 5120) <= abs(trim.t_fine(ticks.temperature + step) - temperature * 5120)
        found, other = (trim.pressure(ticks.pressure + at, t_fine) for at in (0, step))
        assert abs(found - pressure * 256) <= abs(other - pressure * 256)


def test_trim_with_negative_words_puts_their_sign_bits_into_the_registers() -> None:
    high = NEGATIVE.blocks()[0xE1]
    assert high[3] & 0x80
    assert high[5] & 0x80
    assert high[6] & 0x80
