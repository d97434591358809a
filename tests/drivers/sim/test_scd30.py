"""The simulated SCD30, by its commands and times."""

import pytest

from drivers.sim.chip import NotAcknowledged
from drivers.sim.scd30 import Scd30Chip
from tests.support.slept_clock import SleptClock

_START = bytes.fromhex("0010000081")


def _ask(chip: Scd30Chip, clock: SleptClock, command: str, length: int) -> bytes:
    chip.write(bytes.fromhex(command))
    clock.jump(0.003)
    return chip.read(length)


def test_sample_is_ready_two_seconds_after_the_start_and_read_once() -> None:
    clock = SleptClock()
    chip = Scd30Chip(mono_ns=clock.mono_ns)
    chip.write(_START)
    clock.jump(1.9)
    assert _ask(chip, clock, "0202", 3).hex() == "000081"
    clock.jump(0.1)
    assert _ask(chip, clock, "0202", 3).hex() == "0001b0"
    assert len(_ask(chip, clock, "0300", 18)) == 18
    assert _ask(chip, clock, "0202", 3).hex() == "000081"
    with pytest.raises(NotAcknowledged):
        _ask(chip, clock, "0300", 18)


def test_sample_is_of_the_air_at_its_own_time() -> None:
    clock = SleptClock()
    shown: list[object] = []
    chip = Scd30Chip(mono_ns=clock.mono_ns, on_readout=shown.append)
    before = chip.set(co2_ppm=500, temperature_c=1, humidity_pct=2)
    chip.write(_START)
    clock.jump(2)
    chip.set(co2_ppm=600, temperature_c=3, humidity_pct=4)
    _ask(chip, clock, "0300", 18)
    assert shown == [before]


@pytest.mark.parametrize("command", ["dead", "00100000", "0010000080", "001002bb00", "4600000081", "460000 01b0"])
def test_command_that_is_unknown_malformed_or_out_of_range_is_refused(command: str) -> None:
    with pytest.raises(NotAcknowledged):
        Scd30Chip().write(bytes.fromhex(command))


def test_read_within_three_milliseconds_is_out_of_step() -> None:
    clock = SleptClock()
    chip = Scd30Chip(mono_ns=clock.mono_ns)
    chip.write(bytes.fromhex("d100"))
    clock.jump(0.0029)
    early = chip.read(3)
    clock.jump(0.0001)
    assert (early.hex(), _ask(chip, clock, "d100", 3).hex()) == ("81a179", "0342f3")


def test_settings_outlast_a_reset() -> None:
    clock = SleptClock()
    chip = Scd30Chip(mono_ns=clock.mono_ns)
    chip.write(bytes.fromhex("5306 0001b0"))
    clock.jump(0.003)
    chip.write(bytes.fromhex("d304"))
    clock.jump(2)
    assert _ask(chip, clock, "5306", 3).hex() == "0001b0"
