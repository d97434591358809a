"""The simulated SEN5x, by its commands and times."""

import pytest

from drivers.sim.chip import NotAcknowledged
from drivers.sim.sen5x import Sen5xChip
from tests.support.slept_clock import SleptClock

_START = bytes.fromhex("0021")
_UNKNOWN = [0xFFFF] * 4 + [0x7FFF] * 4


def _ask(chip: Sen5xChip, clock: SleptClock, command: str, count: int) -> list[int]:
    chip.write(bytes.fromhex(command))
    clock.jump(0.02)
    data = chip.read(3 * count)
    return [data[at] << 8 | data[at + 1] for at in range(0, 3 * count, 3)]


def test_values_are_unknown_until_a_second_after_the_start_and_then_stay() -> None:
    clock = SleptClock()
    chip = Sen5xChip(mono_ns=clock.mono_ns)
    chip.write(_START)
    clock.jump(0.9)
    assert _ask(chip, clock, "0202", 1) == [0]
    assert _ask(chip, clock, "03c4", 8) == _UNKNOWN
    clock.jump(0.1)
    assert _ask(chip, clock, "0202", 1) == [1]
    first = _ask(chip, clock, "03c4", 8)
    assert first != _UNKNOWN
    assert _ask(chip, clock, "0202", 1) == [0]
    assert _ask(chip, clock, "03c4", 8) == first


def test_nox_index_is_unknown_in_the_first_ten_seconds_of_power() -> None:
    clock = SleptClock()
    chip = Sen5xChip(mono_ns=clock.mono_ns)
    assert chip.presented["nox_index"] is None
    clock.jump(10)
    assert chip.presented["nox_index"] == 10


def test_measurement_without_particles_has_none() -> None:
    clock = SleptClock()
    chip = Sen5xChip(mono_ns=clock.mono_ns)
    chip.write(bytes.fromhex("0037"))
    clock.jump(1)
    assert _ask(chip, clock, "03c4", 8)[:4] == [0xFFFF] * 4


def test_temperature_below_zero_is_twos_complement_of_two_hundredths() -> None:
    clock = SleptClock()
    chip = Sen5xChip(mono_ns=clock.mono_ns)
    assert chip.set(temperature=-10)["temperature"] == -10_000
    chip.write(_START)
    clock.jump(1)
    assert _ask(chip, clock, "03c4", 8)[5] == 0xF830


def test_cleaning_shows_in_the_status() -> None:
    clock = SleptClock()
    chip = Sen5xChip(mono_ns=clock.mono_ns)
    chip.write(_START)
    clock.jump(1)
    chip.write(bytes.fromhex("5607"))
    clock.jump(0.02)
    assert _ask(chip, clock, "d206", 2) == [0x0008, 0]
    clock.jump(10)
    assert _ask(chip, clock, "d206", 2) == [0, 0]


@pytest.mark.parametrize("command", ["dead", "d002", "002100", "0010030 0ac"])
def test_command_of_another_sensor_is_refused(command: str) -> None:
    with pytest.raises(NotAcknowledged):
        Sen5xChip().write(bytes.fromhex(command.replace(" ", "")))


def test_start_while_measuring_is_refused() -> None:
    clock = SleptClock()
    chip = Sen5xChip(mono_ns=clock.mono_ns)
    chip.write(_START)
    clock.jump(1)
    with pytest.raises(NotAcknowledged):
        chip.write(_START)
