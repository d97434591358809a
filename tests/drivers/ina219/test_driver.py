"""The INA219's driver: what every chip's driver does, loads and ids; the rest is in test_power_monitor."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import InvalidData, WrongChip
from drivers.ina219 import MODEL
from drivers.ina219.driver import Options
from drivers.sim.ina219 import Ina219Chip
from drivers.sim.ina226 import Ina226Chip
from tests.support.i2c_chips import DirectI2c, on_transcript, open_and_sample, run_once, transcript
from tests.support.i2c_faults import ChipFaults, FaultCase, StuckLineFaults
from tests.support.slept_clock import SleptClock

CASE = FaultCase(model=MODEL, transcript="ina219", chip=lambda mono_ns: Ina219Chip(mono_ns=mono_ns))


class TestFaults(ChipFaults, StuckLineFaults):
    case = CASE


async def test_driver_on_its_transcript_reports_volts_amperes_and_watts() -> None:
    driver, bus = on_transcript(MODEL, transcript("ina219"), clock := SleptClock())
    await driver.open()
    reading = await driver.sample()
    assert reading.values == {
        "bus_voltage": 12_104,
        "shunt_voltage": 15_000,
        "current": 1_500_000,
        "power": 18_156_000,
    }
    assert reading.raw == {"bus": 3026, "shunt": 15_000, "overflow": 0}
    assert clock.slept_s == [0.019]
    await driver.close()
    bus.assert_finished()


@given(
    bus=st.decimals(0, 26, places=3),
    current=st.decimals(-4, 4, places=4),
    range_mv=st.sampled_from([40, 80, 160, 320]),
)
def test_driver_at_any_load_reports_exactly_what_the_chip_presents(
    bus: Decimal, current: Decimal, range_mv: int
) -> None:
    """For every load, in range or beyond, the reading is what the simulator's own formulas say."""
    clock = SleptClock()
    chip = Ina219Chip(shunt_ohm=Decimal("0.05"), mono_ns=clock.mono_ns)
    chip.set(bus_v=bus, current_a=current)
    options = Options(shunt_uohm=50_000, range_mv=range_mv)
    assert run_once(MODEL, chip, clock, options) == chip.presented


async def test_driver_whose_chip_does_not_keep_its_setting_refuses_the_sample() -> None:
    script = "0x40 W 00 80 00\n0x40 W 00 R 39 9f\n0x40 W 05 10 00\n0x40 W 00 3e 63\n0x40 W 00 R 39 9f\n"
    driver, _ = on_transcript(MODEL, script, SleptClock())
    with pytest.raises(InvalidData, match="did not keep its setting"):
        await open_and_sample(driver)


async def test_driver_with_an_ina226_names_it_and_leaves_it_alone() -> None:
    clock = SleptClock()
    driver = CASE.drive(bus := DirectI2c(Ina226Chip(mono_ns=clock.mono_ns)), clock)
    with pytest.raises(WrongChip, match=r'expected id 0x399f, found 0x4127 .*model = "ina226"'):
        await driver.open()
    before = bus.transfers
    await driver.close()
    assert bus.transfers == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"shunt_uohm": 99}, "shunt_uohm must be 100 to 10000000"),
        ({"shunt_uohm": 10_000_001}, "R100 on the board is 100000"),
        ({"range_mv": 100}, "range_mv must be one of 40, 80, 160 and 320, found 100"),
    ],
)
def test_options_that_the_chip_cannot_have_are_refused(options: dict[str, int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Options(**options)


def test_channels_reach_as_far_as_resistor_and_range_say() -> None:
    fitted = MODEL.fitted(Options(shunt_uohm=10_000, range_mv=40))
    reach = {channel.name: (channel.minimum, channel.maximum) for channel in fitted.channels}
    assert reach["shunt_voltage"] == (-3999, 3999)
    assert reach["current"] == (-3_999_000, 3_999_000)
    assert reach["power"] == (-103_974_000, 103_974_000)
    assert {channel.name: channel.maximum for channel in MODEL.channels}["current"] == 3_199_900
