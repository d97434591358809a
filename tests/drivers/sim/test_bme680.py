"""The simulated BME680 and BME688, by their registers."""

import pytest

from drivers.sim.bme680 import Bme680Chip, Shown
from drivers.sim.bme680_trim import TYPICAL
from tests.support.slept_clock import SleptClock

_HEAT = bytes([0x5A, 0x77, 0x64, 0x65, 0x70, 0x00, 0x71, 0x10])
_FORCED = bytes([0x72, 0x02, 0x74, 0x55])


def _chip(*, gas_high: bool = False) -> tuple[Bme680Chip, SleptClock, list[Shown]]:
    shown: list[Shown] = []
    clock = SleptClock()
    return Bme680Chip(gas_high=gas_high, mono_ns=clock.mono_ns, on_readout=shown.append), clock, shown


def _register(chip: Bme680Chip, register: int, length: int = 1) -> bytes:
    chip.write(bytes([register]))
    return chip.read(length)


@pytest.mark.parametrize("gas_high", [False, True], ids=["BME680", "BME688"])
def test_registers_after_power_up_are_id_variant_and_calibration(*, gas_high: bool) -> None:
    chip, _, _ = _chip(gas_high=gas_high)
    assert _register(chip, 0xD0) == b"\x61"
    assert _register(chip, 0xF0) == bytes([gas_high])
    for first, block in TYPICAL.blocks().items():
        assert _register(chip, first, len(block)) == block


def test_measurement_is_of_the_air_first_then_of_gas_then_there() -> None:
    chip, clock, shown = _chip()
    chip.write(_HEAT + _FORCED)
    clock.jump(0.044)
    assert _register(chip, 0x1D) == b"\x20"
    clock.jump(0.001)
    assert _register(chip, 0x1D) == b"\x40"
    clock.jump(0.147)
    assert _register(chip, 0x1D) == b"\x40"
    clock.jump(0.001)
    assert _register(chip, 0x1D) == b"\x80"
    assert _register(chip, 0x74) == b"\x54"
    assert _register(chip, 0x1D, 17)[13:15] != bytes(2)
    assert shown == [chip.presented]
    chip.write(_FORCED)
    assert _register(chip, 0x1D) == b"\x20"


def test_gas_of_the_bme688_is_where_it_belongs_and_needs_its_own_bit() -> None:
    chip, clock, shown = _chip(gas_high=True)
    chip.write(_HEAT + _FORCED)
    clock.jump(1)
    assert _register(chip, 0x1D, 17)[16] & 0x30 == 0
    chip.write(_HEAT[:-1] + b"\x20" + _FORCED)
    clock.jump(1)
    data = _register(chip, 0x1D, 17)
    assert (data[14] & 0x30, data[16] & 0x30) == (0, 0x30)
    assert [bool(one["gas_resistance"]) for one in shown] == [False, True]


@pytest.mark.parametrize(
    ("settings", "flags"),
    [
        (bytes([0x70, 0x08]), 0x00),
        (bytes([0x71, 0x00]), 0x00),
        (bytes([0x64, 0x0A]), 0x20),
    ],
    ids=["heater off", "no gas", "too short"],
)
def test_gas_without_enough_heat_is_not_good(settings: bytes, flags: int) -> None:
    chip, clock, shown = _chip()
    chip.write(_HEAT + settings + _FORCED)
    clock.jump(1)
    assert _register(chip, 0x1D, 17)[14] & 0x30 == flags
    assert shown[0]["gas_resistance"] is None


def test_faults_of_heater_and_gas_show_in_their_own_bits() -> None:
    chip, clock, _ = _chip()
    chip.weak_heater = True
    chip.write(_HEAT + _FORCED)
    clock.jump(1)
    assert _register(chip, 0x1D, 17)[14] & 0x30 == 0x20
    chip.weak_heater, chip.invalid_gas = False, True
    chip.write(_FORCED)
    clock.jump(1)
    assert _register(chip, 0x1D, 17)[14] & 0x30 == 0x10


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        (bytes([0x72, 0x00, 0x74, 0x55]), {"humidity"}),
        (bytes([0x72, 0x02, 0x74, 0x41]), {"pressure"}),
        (bytes([0x72, 0x02, 0x74, 0x15]), {"temperature", "humidity", "pressure"}),
    ],
    ids=["no humidity", "no pressure", "no temperature"],
)
def test_skipped_quantity_is_not_available(settings: bytes, names: set[str]) -> None:
    chip, clock, shown = _chip()
    chip.write(_HEAT + settings)
    clock.jump(1)
    _register(chip, 0x1D, 17)
    assert {name for name, value in shown[0].items() if value is None} == names


def test_reset_word_clears_settings_and_sleep_ends_a_measurement() -> None:
    chip, clock, _ = _chip()
    chip.write(_HEAT + _FORCED)
    chip.write(bytes([0x74, 0x54]))
    clock.jump(1)
    assert _register(chip, 0x1D) == b"\x00"
    chip.write(bytes([0xE0, 0xB5]))
    assert _register(chip, 0x5A) == b"\x77"
    chip.write(bytes([0xE0, 0xB6]))
    assert _register(chip, 0x5A) == b"\x00"
    assert _register(chip, 0x1F, 8) == bytes([0x80, 0, 0, 0x80, 0, 0, 0x80, 0])
