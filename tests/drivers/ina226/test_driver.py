"""The INA226's driver: what every chip's driver does, loads and ids; the rest is in test_power_monitor."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import InvalidData, WrongChip
from drivers.ina226 import MODEL
from drivers.ina226.driver import Options
from drivers.sim.ina226 import Ina226Chip
from tests.support.i2c_chips import on_transcript, run_once, transcript
from tests.support.i2c_faults import ChipFaults, FaultCase, StuckLineFaults
from tests.support.slept_clock import SleptClock

CASE = FaultCase(model=MODEL, transcript="ina226", chip=lambda mono_ns: Ina226Chip(mono_ns=mono_ns))


class TestFaults(ChipFaults, StuckLineFaults):
    case = CASE


async def test_driver_on_its_transcript_reports_the_worked_example() -> None:
    driver, bus = on_transcript(MODEL, transcript("ina226"), clock := SleptClock(), Options(shunt_uohm=2000))
    await driver.open()
    reading = await driver.sample()
    assert reading.values == {
        "bus_voltage": 1_198_000,
        "shunt_voltage": 200_000,
        "current": 10_000_000,
        "power": 119_800_000,
    }
    assert reading.raw == {"bus": 9584, "shunt": 8000, "overflow": 0}
    assert clock.slept_s == [0.039, 0.002]
    await driver.close()
    bus.assert_finished()


@given(bus=st.decimals(0, 36, places=3), current=st.decimals(-2, 2, places=5))
def test_driver_at_any_load_reports_exactly_what_the_chip_presents(bus: Decimal, current: Decimal) -> None:
    """For every load, in range or beyond, the reading is what the simulator's own formulas say."""
    clock = SleptClock()
    chip = Ina226Chip(shunt_ohm=Decimal("0.05"), mono_ns=clock.mono_ns)
    chip.set(bus_v=bus, current_a=current)
    assert run_once(MODEL, chip, clock, Options(shunt_uohm=50_000)) == chip.presented


async def test_driver_with_an_ina219_names_it_and_writes_nothing() -> None:
    script = "0x40 W fe R 00 00\n"
    driver, _ = on_transcript(MODEL, script, SleptClock())
    with pytest.raises(InvalidData, match="0x00"):
        await driver.open()
    script = "0x40 W fe R 54 49\n0x40 W ff R 39 9f\n0x40 W 00 R 39 9f\n"
    driver, bus = on_transcript(MODEL, script, SleptClock())
    with pytest.raises(WrongChip, match=r'expected id 0x2260, found 0x399f .*model = "ina219"'):
        await driver.open()
    await driver.close()
    bus.assert_finished()


async def test_driver_with_another_makers_chip_says_which_number_it_found() -> None:
    driver, bus = on_transcript(MODEL, "0x40 W fe R 12 34\n0x40 W 00 R 10 00\n", SleptClock())
    with pytest.raises(WrongChip, match=r"expected id 0x5449, found 0x1234 .check the address"):
        await driver.open()
    await driver.close()
    bus.assert_finished()


def test_driver_takes_any_revision_of_the_die() -> None:
    clock = SleptClock()
    chip = Ina226Chip(mono_ns=clock.mono_ns)
    chip.registers[0xFF] = 0x2261
    assert run_once(MODEL, chip, clock) == chip.presented


def test_channels_reach_as_far_as_the_resistor_says() -> None:
    fitted = MODEL.fitted(Options(shunt_uohm=1000))
    assert {channel.name: channel.maximum for channel in fitted.channels}["current"] == 81_915_000
    assert {channel.name: channel.maximum for channel in MODEL.channels}["current"] == 819_150
