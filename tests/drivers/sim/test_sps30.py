"""The simulated SPS30 on I2C, by its commands, modes and times."""

import pytest

from drivers.sim.chip import NotAcknowledged
from drivers.sim.sensirion_chip import checksum
from drivers.sim.sps30 import FIELDS, Sps30Chip, particles, presented_by
from tests.support.slept_clock import SleptClock

_START = bytes.fromhex("00100300ac")
_WAKE = bytes.fromhex("1103")


def _ask(chip: Sps30Chip, command: str, length: int) -> bytes:
    chip.write(bytes.fromhex(command))
    return chip.read(length)


def test_measured_values_come_a_second_after_the_start_and_stay_readable() -> None:
    clock = SleptClock()
    chip = Sps30Chip(mono_ns=clock.mono_ns)
    chip.write(_START)
    clock.jump(0.99)
    assert _ask(chip, "0202", 3).hex() == "000081"
    clock.jump(0.01)
    assert chip.read(3).hex() == "000081", "the reply was made when it was asked for"
    assert _ask(chip, "0202", 3).hex() == "0001b0"
    first = _ask(chip, "0300", 60)
    assert _ask(chip, "0202", 3).hex() == "000081"
    assert _ask(chip, "0300", 60) == first


def test_integers_come_in_the_other_format() -> None:
    clock = SleptClock()
    chip = Sps30Chip(mono_ns=clock.mono_ns)
    chip.set(pm2_5=12.5, typical_size=0.83)
    chip.write(bytes([0x00, 0x10, 0x05, 0x00, checksum(0x05, 0x00)]))
    clock.jump(1)
    data = _ask(chip, "0300", 30)
    assert [data[at] << 8 | data[at + 1] for at in range(0, 30, 3)] == [0, 13, 0, 0, 0, 0, 0, 0, 0, 830]


def test_asleep_only_the_second_of_two_wake_ups_within_a_tenth_of_a_second_is_taken() -> None:
    clock = SleptClock()
    chip = Sps30Chip(mono_ns=clock.mono_ns)
    chip.write(bytes.fromhex("1001"))
    clock.jump(1)
    with pytest.raises(NotAcknowledged):
        chip.write(_WAKE)
    clock.jump(0.2)
    with pytest.raises(NotAcknowledged):
        chip.write(_WAKE)
    clock.jump(0.05)
    chip.write(_WAKE)
    assert not chip.asleep


def test_cleaning_takes_ten_seconds_without_new_values_and_only_while_measuring() -> None:
    clock = SleptClock()
    chip = Sps30Chip(mono_ns=clock.mono_ns)
    chip.write(bytes.fromhex("5607"))
    assert chip.cleaning_until_ns == 0
    clock.jump(1)
    chip.write(_START)
    clock.jump(1)
    chip.write(bytes.fromhex("5607"))
    clock.jump(9.9)
    assert _ask(chip, "0202", 3).hex() == "000081"
    clock.jump(0.1)
    assert _ask(chip, "0202", 3).hex() == "0001b0"


@pytest.mark.parametrize("command", ["1103", "1001", "d206", "d210"])
def test_command_of_a_newer_firmware_is_refused(command: str) -> None:
    with pytest.raises(NotAcknowledged):
        Sps30Chip(firmware=0x0100).write(bytes.fromhex(command))


def test_interval_of_the_cleaning_is_kept() -> None:
    clock = SleptClock()
    chip = Sps30Chip(mono_ns=clock.mono_ns)
    chip.write(bytes.fromhex("8004"))
    clock.jump(1)
    week = chip.read(6)
    assert (week[0] << 24 | week[1] << 16 | week[3] << 8 | week[4]) == 604_800
    chip.write(bytes.fromhex("8004 000081 000081"))
    clock.jump(1)
    chip.write(bytes.fromhex("8004"))
    clock.jump(1)
    assert chip.read(6).hex() == "000081000081"


def test_presented_by_rounds_to_hundredths_and_nanometres() -> None:
    sample = particles({"pm1_0": 0.125, "n10": 2999.25, "typical_size": 0.5625})
    shown = presented_by(sample, failed=False)
    assert (shown["pm1_0"], shown["n10"], shown["typical_size"]) == (13, 299_925, 563)
    assert presented_by(sample, failed=True) == dict.fromkeys(FIELDS)
