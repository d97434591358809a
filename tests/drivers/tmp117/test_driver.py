"""The TMP117's driver: strict transcripts, each cut short, and the real smbus2 over the simulated chip."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import InvalidData, WrongChip
from drivers.sim.tmp117 import Tmp117Chip
from drivers.tmp117 import MODEL
from tests.support.i2c_chips import DirectI2c, on_transcript, open_and_sample, transcript
from tests.support.i2c_faults import ChipFaults, FaultCase, StuckLineFaults, TriggeredChipFaults
from tests.support.slept_clock import SleptClock

_CASE = FaultCase(model=MODEL, transcript="tmp117", chip=lambda now: Tmp117Chip(mono_ns=now))


class TestFaults(ChipFaults, StuckLineFaults, TriggeredChipFaults):
    case = _CASE


async def test_driver_waits_until_the_measurement_is_done() -> None:
    clock = SleptClock()
    driver, _ = on_transcript(MODEL, transcript("tmp117"), clock)
    await driver.open()
    reading = await driver.sample()
    assert (reading.values, reading.raw) == ({"temperature": -25_000}, {"Temp_Result": -3200})
    assert clock.slept_s == [0.003, 0.14, 0.01]


async def test_driver_with_another_chip_says_which_id_it_found_and_writes_nothing() -> None:
    driver, bus = on_transcript(MODEL, "0x48 W 0f R 01 90\n", SleptClock())
    with pytest.raises(WrongChip, match="expected id 0x117, found 0x190"):
        await driver.open()
    await driver.close()
    bus.assert_finished()


async def test_driver_with_a_tmp119_takes_it() -> None:
    clock = SleptClock()
    chip = Tmp117Chip(device_id=0x2117, mono_ns=clock.mono_ns)
    assert await open_and_sample(_CASE.drive(DirectI2c(chip), clock)) == {"temperature": 20_000}


@pytest.mark.parametrize("celsius", [0, -0.0078125], ids=["all zeros", "all ones"])
async def test_driver_at_a_temperature_that_looks_like_a_silent_line_believes_it(celsius: float) -> None:
    clock = SleptClock()
    chip = Tmp117Chip(mono_ns=clock.mono_ns)
    chip.set(temperature_c=celsius)
    assert await open_and_sample(_CASE.drive(DirectI2c(chip), clock)) == {"temperature": round(celsius * 1000)}


async def test_driver_whose_chip_restarted_while_it_was_read_refuses_the_sample() -> None:
    opening = "0x48 W 0f R 01 17\n0x48 W 01 00 02\n"
    steps = opening + "0x48 W 0f R 01 17\n0x48 W 01 0c 20\n0x48 W 01 R 24 20\n0x48 W 00 R 80 00\n"
    driver, _ = on_transcript(MODEL, steps, SleptClock())
    with pytest.raises(InvalidData, match="restarted"):
        await open_and_sample(driver)


async def test_driver_whose_chip_lost_its_power_between_samples_measures_right_again() -> None:
    clock = SleptClock()
    chip = Tmp117Chip(mono_ns=clock.mono_ns)
    driver = _CASE.drive(DirectI2c(chip), clock)
    await open_and_sample(driver)
    chip.reset()
    chip.set(temperature_c=33)
    assert (await driver.sample()).values == {"temperature": 33_000}


async def test_driver_closed_leaves_a_chip_that_sleeps() -> None:
    clock = SleptClock()
    chip = Tmp117Chip(mono_ns=clock.mono_ns)
    driver = _CASE.drive(DirectI2c(chip), clock)
    await driver.open()
    await driver.close()
    assert chip.registers[0x01] >> 10 & 0b11 == 0b01


@given(temperature=st.floats(-300, 300))
async def test_driver_at_any_temperature_reports_exactly_what_the_chip_presents(temperature: float) -> None:
    """For all temperatures, in range or not, the reading is what the simulator's own formula says."""
    clock = SleptClock()
    chip = Tmp117Chip(mono_ns=clock.mono_ns)
    chip.set(temperature_c=temperature)
    assert await open_and_sample(_CASE.drive(DirectI2c(chip), clock)) == chip.presented
