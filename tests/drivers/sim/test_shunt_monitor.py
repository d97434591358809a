"""The simulated INA219 and INA226, by their registers."""

from decimal import Decimal

import pytest

from drivers.sim.ina219 import Ina219Chip
from drivers.sim.ina226 import Ina226Chip
from drivers.sim.shunt_monitor import ShuntMonitorChip
from tests.support.slept_clock import SleptClock

Kind = type[Ina219Chip] | type[Ina226Chip]


def _word(chip: ShuntMonitorChip, register: int) -> int:
    chip.write(bytes([register]))
    return int.from_bytes(chip.read(2), "big")


def _write(chip: ShuntMonitorChip, register: int, word: int) -> None:
    chip.write(bytes([register, word >> 8, word & 0xFF]))


@pytest.mark.parametrize(("kind", "word"), [(Ina219Chip, 0x399F), (Ina226Chip, 0x4127)])
def test_configuration_after_a_reset_is_that_of_the_data_sheet(kind: Kind, word: int) -> None:
    chip = kind(mono_ns=SleptClock().mono_ns)
    _write(chip, 0x00, 0x0000)
    _write(chip, 0x05, 0x1000)
    _write(chip, 0x00, 0x8000)
    assert (_word(chip, 0x00), _word(chip, 0x05)) == (word, 0)


def test_ina226_tells_maker_and_die() -> None:
    chip = Ina226Chip()
    assert (_word(chip, 0xFE), _word(chip, 0xFF)) == (0x5449, 0x2260)


def test_ina226_with_the_worked_example_has_its_registers() -> None:
    """SBOS547, page 16, table 1."""
    clock = SleptClock()
    chip = Ina226Chip(shunt_ohm=Decimal("0.002"), mono_ns=clock.mono_ns)
    chip.set(bus_v=Decimal("11.98"), current_a=10)
    _write(chip, 0x05, 2560)
    clock.jump(0.003)
    assert [_word(chip, register) for register in (1, 2, 4, 3)] == [8000, 9584, 10_000, 4792]


@pytest.mark.parametrize(("kind", "flags"), [(Ina219Chip, 0x02), (Ina226Chip, 0x06)])
def test_triggered_measurement_ends_once_with_what_is_measured_then(kind: Kind, flags: int) -> None:
    clock = SleptClock()
    chip = kind(mono_ns=clock.mono_ns)
    setting = 0x3E63 if kind is Ina219Chip else 0x4523
    _write(chip, 0x00, setting)
    ready = 0x02 if kind is Ina219Chip else 0x08
    assert not _word(chip, flags) & ready
    clock.jump(0.04)
    chip.set(current_a=0.5)
    assert _word(chip, flags) & ready
    first = _word(chip, 0x01)
    chip.set(current_a=0.25)
    clock.jump(1)
    assert _word(chip, 0x01) == first


def test_ina219_power_register_read_clears_the_ready_flag() -> None:
    clock = SleptClock()
    chip = Ina219Chip(mono_ns=clock.mono_ns)
    _write(chip, 0x00, 0x399B)
    clock.jump(0.01)
    assert _word(chip, 0x02) & 0x02
    _word(chip, 0x03)
    assert not _word(chip, 0x02) & 0x02


def test_ina226_mask_read_clears_the_ready_flag() -> None:
    clock = SleptClock()
    chip = Ina226Chip(mono_ns=clock.mono_ns)
    _write(chip, 0x00, 0x4123)
    clock.jump(0.01)
    assert [_word(chip, 0x06), _word(chip, 0x06)] == [0x0008, 0x0000]


def test_calibration_too_large_for_the_load_sets_the_overflow_flag() -> None:
    clock = SleptClock()
    chip = Ina219Chip(mono_ns=clock.mono_ns)
    chip.set(bus_v=20, current_a=3)
    _write(chip, 0x05, 0xFFFE)
    clock.jump(0.01)
    assert _word(chip, 0x02) & 0x01


@pytest.mark.parametrize(
    ("config", "milliseconds"), [(0x399B, 1.064), (0x3803, 0.168), (0x3FFB, 136.2), (0x3FF9, 68.1), (0x3E62, 8.51)]
)
def test_ina219_measures_as_long_as_its_table_says(config: int, milliseconds: float) -> None:
    clock = SleptClock()
    chip = Ina219Chip(mono_ns=clock.mono_ns)
    _write(chip, 0x00, config)
    clock.jump(milliseconds / 1000 - 0.0001)
    assert not _word(chip, 0x02) & 0x02
    clock.jump(0.0002)
    assert _word(chip, 0x02) & 0x02


def test_read_only_registers_cannot_be_written() -> None:
    chip = Ina219Chip(mono_ns=SleptClock().mono_ns)
    _write(chip, 0x01, 0x1234)
    assert _word(chip, 0x01) == 0
