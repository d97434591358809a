"""The simulated ADS1115, by its registers."""

from decimal import Decimal

import pytest

from drivers.sim.ads1115 import Ads1115Chip
from tests.support.slept_clock import SleptClock


def _chip() -> tuple[Ads1115Chip, SleptClock]:
    clock = SleptClock()
    return Ads1115Chip(mono_ns=clock.mono_ns), clock


def _word(chip: Ads1115Chip, register: int) -> int:
    chip.write(bytes([register]))
    return int.from_bytes(chip.read(2), "big")


def _write(chip: Ads1115Chip, register: int, word: int) -> None:
    chip.write(bytes([register, word >> 8, word & 0xFF]))


def test_registers_after_power_up_are_those_of_the_data_sheet() -> None:
    chip, _ = _chip()
    assert [_word(chip, register) for register in range(4)] == [0, 0x8583, 0x8000, 0x7FFF]


def test_single_shot_is_busy_then_done_and_does_not_go_on() -> None:
    chip, clock = _chip()
    chip.set(a2=1)
    _write(chip, 0x01, 0xE383)
    assert _word(chip, 0x01) == 0x6383
    clock.jump(0.008)
    assert (_word(chip, 0x01), _word(chip, 0x00)) == (0xE383, 8000)
    chip.set(a2=2)
    clock.jump(1)
    assert _word(chip, 0x00) == 8000


def test_setting_without_the_start_bit_converts_nothing() -> None:
    chip, clock = _chip()
    chip.set(a0=1)
    _write(chip, 0x01, 0x4383)
    clock.jump(1)
    assert (_word(chip, 0x01), _word(chip, 0x00)) == (0xC383, 0)


def test_continuous_mode_shows_the_newest_voltage() -> None:
    chip, clock = _chip()
    _write(chip, 0x01, 0x4283)
    chip.set(a0=1)
    clock.jump(0.01)
    assert _word(chip, 0x00) == 8000
    chip.set(a0=2)
    clock.jump(0.01)
    assert _word(chip, 0x00) == 16_000


@pytest.mark.parametrize(("mux", "steps"), [(0, 8000), (1, 12_000), (2, 4000), (3, -4000), (4, 16_000), (7, 4000)])
def test_multiplexer_takes_pairs_and_single_inputs(mux: int, steps: int) -> None:
    chip, clock = _chip()
    chip.set(a0=2, a1=1, a2=0, a3=Decimal("0.5"))
    _write(chip, 0x01, 0x8383 | mux << 12)
    clock.jump(0.01)
    assert _word(chip, 0x00) == steps & 0xFFFF


def test_input_beyond_full_scale_stays_at_the_ends() -> None:
    chip, clock = _chip()
    chip.set(a0=3, a1=-3)
    for source, end in ((0xC, 0x7FFF), (0xD, 0x8000)):
        _write(chip, 0x01, source << 12 | 0x0583)
        clock.jump(0.01)
        assert _word(chip, 0x00) == end


def test_hung_chip_stays_busy() -> None:
    chip, clock = _chip()
    chip.hung = True
    _write(chip, 0x01, 0xC383)
    clock.jump(10)
    assert not _word(chip, 0x01) & 0x8000
