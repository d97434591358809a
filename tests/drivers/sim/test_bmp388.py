"""The simulated BMP388, by its registers."""

import pytest

from drivers.sim.bmp388 import TYPICAL, Bmp388Chip, Shown
from tests.support.slept_clock import SleptClock

_FORCED = bytes([0x1C, 0x0C, 0x1B, 0x13])


def _chip() -> tuple[Bmp388Chip, SleptClock, list[Shown]]:
    shown: list[Shown] = []
    clock = SleptClock()
    return Bmp388Chip(mono_ns=clock.mono_ns, on_readout=shown.append), clock, shown


def _register(chip: Bmp388Chip, register: int, length: int = 1) -> bytes:
    chip.write(bytes([register]))
    return chip.read(length)


def test_registers_after_power_up_are_id_calibration_and_no_data() -> None:
    chip, clock, _ = _chip()
    assert _register(chip, 0x00) == b"\x50"
    assert _register(chip, 0x03) == b"\x00"
    clock.jump(0.002)
    assert _register(chip, 0x02, 2) == b"\x00\x10"
    assert _register(chip, 0x31, 21) == TYPICAL.block()
    assert _register(chip, 0x04, 6) == bytes([0, 0, 0x80, 0, 0, 0x80])


def test_forced_measurement_is_ready_once_and_then_sleeps() -> None:
    chip, clock, shown = _chip()
    chip.set(temperature_c=21.5, pressure_pa=99_000)
    chip.write(_FORCED)
    clock.jump(0.036)
    assert _register(chip, 0x03) == b"\x10"
    clock.jump(0.001)
    assert _register(chip, 0x03) == b"\x70"
    assert _register(chip, 0x1B) == b"\x03"
    _register(chip, 0x04, 6)
    assert shown == [chip.presented]
    assert _register(chip, 0x03) == b"\x10"


def test_normal_mode_goes_on_measuring() -> None:
    chip, clock, shown = _chip()
    chip.write(bytes([0x1B, 0x33]))
    clock.jump(0.1)
    _register(chip, 0x03)
    chip.set(temperature_c=-5.25)
    clock.jump(0.1)
    _register(chip, 0x04, 6)
    assert shown == [chip.presented]


@pytest.mark.parametrize(("control", "names"), [(0x11, {"temperature", "pressure"}), (0x12, {"pressure"})])
def test_quantity_that_is_off_is_not_available(control: int, names: set[str]) -> None:
    chip, clock, shown = _chip()
    chip.write(bytes([0x1B, control]))
    clock.jump(0.1)
    _register(chip, 0x04, 6)
    assert {name for name, value in shown[0].items() if value is None} == names


def test_reset_word_clears_settings_and_another_word_does_not() -> None:
    chip, clock, _ = _chip()
    chip.write(bytes([0x1C, 0x0C, 0x1F, 0x02]))
    chip.write(bytes([0x7E, 0xB5]))
    assert _register(chip, 0x1C) == b"\x0c"
    chip.write(bytes([0x7E, 0xB6]))
    assert _register(chip, 0x1C, 4) == b"\x02\x00\x00\x00"
    clock.jump(0.002)
    assert _register(chip, 0x03) == b"\x10"


def test_registers_that_are_read_only_stay_as_they_are() -> None:
    chip, _, _ = _chip()
    chip.write(bytes([0x00, 0x99, 0x31, 0x00]))
    assert _register(chip, 0x00) == b"\x50"
    assert _register(chip, 0x31, 21) == TYPICAL.block()
