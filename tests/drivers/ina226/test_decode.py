"""The INA226's arithmetic, against Texas Instruments' worked example."""

import pytest

from drivers.errors import InvalidData
from drivers.ina226.decode import Ticks, ticks, values
from drivers.power_monitor import Words


def test_values_of_the_worked_example_are_10_a_and_119_8_w() -> None:
    """SBOS547, pages 15 and 16, table 1: 1F40h over 2 mΩ, 2570h on the bus; the chip's own power is 4792 * 25 mW."""
    sample = ticks(Words(mono_ns=0, flags=8, shunt=0x1F40, bus=0x2570))
    found = values(sample, shunt_uohm=2000)
    assert found == {
        "bus_voltage": 1_198_000,
        "shunt_voltage": 200_000,
        "current": 10_000_000,
        "power": 119_800_000,
    }
    assert abs((found["power"] or 0) - 4792 * 25_000) <= 25_000


def test_ticks_of_the_shunt_are_signed() -> None:
    assert ticks(Words(mono_ns=0, flags=4, shunt=0x8001, bus=0x7FFF)) == Ticks(
        bus=32_767, shunt=-32_767, overflow=True
    )


def test_ticks_of_a_negative_bus_voltage_are_refused() -> None:
    with pytest.raises(InvalidData, match="negative bus voltage"):
        ticks(Words(mono_ns=0, flags=8, shunt=0, bus=0x8000))


@pytest.mark.parametrize("shunt", [32_767, -32_767, -32_768])
def test_values_at_full_scale_are_not_available(shunt: int) -> None:
    found = values(Ticks(bus=8, shunt=shunt, overflow=False), shunt_uohm=100_000)
    assert found == {"bus_voltage": 1000, "shunt_voltage": None, "current": None, "power": None}


def test_values_with_a_flagged_overflow_have_voltages_only() -> None:
    found = values(Ticks(bus=8, shunt=-4, overflow=True), shunt_uohm=100_000)
    assert found == {"bus_voltage": 1000, "shunt_voltage": -100, "current": None, "power": None}
