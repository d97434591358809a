"""The simulated BMP280, by its registers."""

import pytest

from drivers.sim.bme280 import WORKED_EXAMPLE
from drivers.sim.bmp280 import Bmp280Chip, Shown
from tests.support.slept_clock import SleptClock


def _chip() -> tuple[Bmp280Chip, SleptClock, list[Shown]]:
    shown: list[Shown] = []
    clock = SleptClock()
    return Bmp280Chip(mono_ns=clock.mono_ns, on_readout=shown.append), clock, shown


def _register(chip: Bmp280Chip, register: int, length: int = 1) -> bytes:
    chip.write(bytes([register]))
    return chip.read(length)


def test_registers_of_the_chip_are_an_id_and_a_calibration_without_humidity() -> None:
    chip, _, _ = _chip()
    assert _register(chip, 0xD0) == b"\x58"
    assert _register(chip, 0x88, 24) == WORKED_EXAMPLE.blocks()[0x88][:24]
    assert _register(chip, 0xE1, 7) == bytes(7)


def test_registers_that_are_read_only_stay_as_they_are() -> None:
    chip, _, _ = _chip()
    chip.write(bytes([0x88, 0x00, 0xD0, 0x00]))
    assert _register(chip, 0x88, 24) == WORKED_EXAMPLE.blocks()[0x88][:24]
    assert _register(chip, 0xD0) == b"\x58"


def test_forced_measurement_shows_busy_then_new_data_then_sleeps() -> None:
    chip, clock, shown = _chip()
    chip.set(temperature_c=21.5, pressure_pa=99_000)
    chip.write(bytes([0xF4, 0x55]))
    assert _register(chip, 0xF3) == b"\x09"
    assert _register(chip, 0xF7, 6) == bytes([0x80, 0, 0, 0x80, 0, 0])
    clock.jump(0.038)
    assert _register(chip, 0xF3) == b"\x00"
    assert _register(chip, 0xF4) == b"\x54"
    _register(chip, 0xF7, 6)
    assert shown == [{"temperature": None, "pressure": None}, chip.presented]


def test_normal_mode_goes_on_measuring() -> None:
    chip, clock, shown = _chip()
    chip.write(bytes([0xF4, 0x57]))
    clock.jump(0.1)
    assert _register(chip, 0xF3)[0] & 0x08
    chip.set(temperature_c=-5.25)
    clock.jump(0.1)
    _register(chip, 0xF7, 6)
    assert shown == [chip.presented]


@pytest.mark.parametrize(("control", "names"), [(0x15, {"temperature", "pressure"}), (0x41, {"pressure"})])
def test_skipped_quantity_is_not_available(control: int, names: set[str]) -> None:
    chip, clock, shown = _chip()
    chip.write(bytes([0xF4, control]))
    clock.jump(0.1)
    _register(chip, 0xF7, 6)
    assert {name for name, value in shown[0].items() if value is None} == names


def test_sleep_written_during_a_measurement_ends_it() -> None:
    chip, clock, shown = _chip()
    chip.write(bytes([0xF4, 0x55]))
    chip.write(bytes([0xF4, 0x54]))
    clock.jump(1)
    _register(chip, 0xF7, 6)
    assert shown == [{"temperature": None, "pressure": None}]


def test_reset_word_clears_settings_and_another_word_does_not() -> None:
    chip, clock, _ = _chip()
    chip.write(bytes([0xF4, 0x54, 0xF5, 0x10]))
    chip.write(bytes([0xE0, 0xB5]))
    assert _register(chip, 0xF4, 2) == b"\x54\x10"
    chip.write(bytes([0xE0, 0xB6]))
    assert _register(chip, 0xF3, 3) == b"\x01\x00\x00"
    clock.jump(0.002)
    assert _register(chip, 0xF3) == b"\x00"
