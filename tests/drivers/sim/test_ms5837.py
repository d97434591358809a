"""The simulated MS5837, by its commands."""

import pytest

from drivers.sim.ms5837 import EXAMPLE_30BA, TRIMS, Ms5837Chip, Trim
from tests.support.slept_clock import SleptClock


def _chip() -> tuple[Ms5837Chip, SleptClock]:
    """Return a sensor that was reset once, as after each power-up, and its clock."""
    clock = SleptClock()
    chip = Ms5837Chip(mono_ns=clock.mono_ns)
    chip.write(b"\x1e")
    return chip, clock


def _ask(chip: Ms5837Chip, command: int, length: int) -> bytes:
    chip.write(bytes([command]))
    return chip.read(length)


def test_prom_is_seven_words_and_a_zero() -> None:
    chip, _ = _chip()
    words = [int.from_bytes(_ask(chip, command, 2), "big") for command in range(0xA0, 0xB0, 2)]
    assert tuple(words) == EXAMPLE_30BA.prom()
    assert (words[1:7], words[7]) == ([34982, 36352, 20328, 22354, 26646, 26146], 0)


@pytest.mark.parametrize(("command", "index"), [(0x4A, 0), (0x5A, 1)], ids=["D1", "D2"])
def test_conversion_is_there_after_its_time_and_only_once(command: int, index: int) -> None:
    chip, clock = _chip()
    chip.write(bytes([command]))
    clock.jump(0.0181)
    assert _ask(chip, 0x00, 3) == chip.ticks[index].to_bytes(3, "big")
    assert _ask(chip, 0x00, 3) == bytes(3)


def test_conversion_before_the_first_reset_is_zero() -> None:
    clock = SleptClock()
    chip = Ms5837Chip(mono_ns=clock.mono_ns)
    chip.write(b"\x4a")
    clock.jump(1)
    assert _ask(chip, 0x00, 3) == bytes(3)


def test_conversion_read_too_early_is_zero_and_spoilt() -> None:
    chip, clock = _chip()
    chip.write(b"\x4a")
    clock.jump(0.017)
    assert _ask(chip, 0x00, 3) == bytes(3)
    clock.jump(1)
    assert _ask(chip, 0x00, 3) == bytes(3)


def test_conversion_with_less_oversampling_is_quicker() -> None:
    chip, clock = _chip()
    chip.write(b"\x40")
    clock.jump(0.0006)
    assert _ask(chip, 0x00, 3) != bytes(3)


def test_reset_ends_a_conversion() -> None:
    chip, clock = _chip()
    chip.write(b"\x4a")
    chip.write(b"\x1e")
    clock.jump(1)
    assert _ask(chip, 0x00, 3) == bytes(3)


def test_unknown_command_and_empty_write_change_nothing() -> None:
    chip, _ = _chip()
    chip.write(b"\xa2")
    chip.write(b"")
    chip.write(b"\x99")
    chip.stop()
    assert chip.read(2) == b"\x88\xa6"


@pytest.mark.parametrize("trim", TRIMS, ids=["30BA", "02BA"])
def test_presented_for_water_within_range_is_next_to_it(trim: Trim) -> None:
    chip = Ms5837Chip(trim)
    for pressure_pa, temperature_c in [(95_000, -1), (120_000, 4.5), (199_000, 31)]:
        shown = chip.set(pressure_pa=pressure_pa, temperature_c=temperature_c)
        assert abs(shown["pressure"] - pressure_pa) <= 10
        assert abs(shown["temperature"] - temperature_c * 100) <= 1
