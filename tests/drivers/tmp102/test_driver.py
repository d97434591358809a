"""The TMP102's driver: strict transcripts, each cut short, and the real smbus2 over the simulated chip."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import InvalidData
from drivers.sim.lm75 import Lm75Chip
from drivers.sim.tmp102 import Tmp102Chip
from drivers.tmp102 import MODEL
from tests.support.i2c_chips import DirectI2c, on_transcript, open_and_sample, transcript
from tests.support.i2c_faults import ChipFaults, FaultCase, StuckLineFaults, TriggeredChipFaults
from tests.support.slept_clock import SleptClock

_CASE = FaultCase(model=MODEL, transcript="tmp102", chip=lambda now: Tmp102Chip(mono_ns=now), closing=0)


class TestFaults(ChipFaults, StuckLineFaults, TriggeredChipFaults):
    case = _CASE


async def test_driver_waits_until_the_measurement_is_done() -> None:
    clock = SleptClock()
    driver, _ = on_transcript(MODEL, transcript("tmp102"), clock)
    await driver.open()
    reading = await driver.sample()
    assert (reading.values, reading.raw) == ({"temperature": -2500}, {"Temperature": -400})
    assert clock.slept_s == [0.04, 0.01]


@pytest.mark.parametrize("configuration", ["40 a0", "20 a0", "60 a1", "60 a8"])
async def test_driver_with_a_configuration_that_no_tmp102_has_refuses_it_and_writes_nothing(
    configuration: str,
) -> None:
    driver, bus = on_transcript(MODEL, f"0x48 W 01 R {configuration}\n", SleptClock())
    with pytest.raises(InvalidData, match="not that of a TMP102"):
        await driver.open()
    await driver.close()
    bus.assert_finished()


async def test_driver_with_an_lm75_refuses_it_and_names_the_model() -> None:
    clock = SleptClock()
    chip = Lm75Chip(mono_ns=clock.mono_ns)
    chip.write(b"\x01\x02")
    with pytest.raises(InvalidData, match="LM75"):
        await _CASE.drive(DirectI2c(chip), clock).open()


async def test_driver_with_a_chip_that_forgets_its_settings_refuses_it() -> None:
    driver, _ = on_transcript(MODEL, "0x48 W 01 R 60 a0\n0x48 W 01 01 90\n0x48 W 01 R 60 a0\n", SleptClock())
    with pytest.raises(InvalidData, match="does not keep its settings"):
        await driver.open()


async def test_driver_with_a_word_of_the_normal_form_understands_it() -> None:
    steps = transcript("tmp102").text().replace("R f3 81", "R e7 00")
    driver, _ = on_transcript(MODEL, steps, SleptClock())
    assert await open_and_sample(driver) == {"temperature": -2500}


@pytest.mark.parametrize("celsius", [0, -0.0625, 149.9375])
async def test_driver_at_temperatures_that_the_normal_form_has_trouble_with_reports_them(celsius: float) -> None:
    clock = SleptClock()
    chip = Tmp102Chip(mono_ns=clock.mono_ns)
    chip.set(temperature_c=celsius)
    assert await open_and_sample(_CASE.drive(DirectI2c(chip), clock)) == {"temperature": round(celsius * 100)}


async def test_driver_whose_chip_lost_its_power_between_samples_measures_right_again() -> None:
    clock = SleptClock()
    chip = Tmp102Chip(mono_ns=clock.mono_ns)
    driver = _CASE.drive(DirectI2c(chip), clock)
    await open_and_sample(driver)
    chip.restart()
    chip.set(temperature_c=140)
    assert (await driver.sample()).values == {"temperature": 14_000}


@given(temperature=st.floats(-300, 300))
async def test_driver_at_any_temperature_reports_exactly_what_the_chip_presents(temperature: float) -> None:
    """For all temperatures, in range or not, the reading is what the simulator's own formula says."""
    clock = SleptClock()
    chip = Tmp102Chip(mono_ns=clock.mono_ns)
    chip.set(temperature_c=temperature)
    assert await open_and_sample(_CASE.drive(DirectI2c(chip), clock)) == chip.presented
