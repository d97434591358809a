"""The simulated DS3231, by its registers."""

from datetime import UTC, datetime

from drivers.sim.ds3231 import Ds3231Chip
from tests.support.slept_clock import SleptClock


def _read(chip: Ds3231Chip, register: int, length: int) -> str:
    chip.write(bytes([register]))
    return chip.read(length).hex()


def test_clock_goes_on_from_what_it_was_set_to() -> None:
    clock = SleptClock()
    chip = Ds3231Chip(mono_ns=clock.mono_ns)
    chip.set(utc=datetime(2027, 12, 31, 23, 59, 58, tzinfo=UTC))
    clock.jump(1.5)
    assert _read(chip, 0x00, 7) == "59592305311227"
    clock.jump(1)
    assert _read(chip, 0x00, 7) == "00000006010128"


def test_flag_of_standing_still_is_set_until_the_clock_is_set_or_it_is_cleared() -> None:
    clock = SleptClock()
    chip = Ds3231Chip(mono_ns=clock.mono_ns)
    assert _read(chip, 0x0F, 1) == "88"
    chip.write(bytes([0x0F, 0x08]))
    assert _read(chip, 0x0F, 1) == "08"
    chip.lose_battery()
    chip.set(utc=datetime(2026, 1, 1, tzinfo=UTC))
    assert _read(chip, 0x0F, 1) == "08"


def test_flag_of_standing_still_cannot_be_set_by_writing() -> None:
    chip = Ds3231Chip(mono_ns=SleptClock().mono_ns)
    chip.set(utc=datetime(2026, 1, 1, tzinfo=UTC))
    chip.write(bytes([0x0F, 0x88]))
    assert _read(chip, 0x0F, 1) == "08"


def test_temperature_is_in_quarters_from_the_highest_bit_on() -> None:
    chip = Ds3231Chip(mono_ns=SleptClock().mono_ns)
    chip.set(temperature_c=-0.25)
    assert _read(chip, 0x11, 2) == "ffc0"


def test_control_word_is_kept() -> None:
    chip = Ds3231Chip(mono_ns=SleptClock().mono_ns)
    chip.write(bytes([0x0E, 0x04]))
    assert _read(chip, 0x0E, 1) == "04"
