"""The BH1750's driver: strict transcripts, each cut short, and the real smbus2 over the simulated chip."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.bh1750 import MODEL
from drivers.bh1750.driver import Options
from drivers.sim.bh1750 import Bh1750Chip
from tests.support.i2c_chips import DirectI2c, on_transcript, open_and_sample, transcript
from tests.support.i2c_faults import ChipFaults, FaultCase
from tests.support.slept_clock import SleptClock

_BRIGHT = FaultCase(model=MODEL, transcript="bh1750", chip=lambda now: Bh1750Chip(mono_ns=now))
_DARK = FaultCase(model=MODEL, transcript="bh1750_dark", chip=lambda now: Bh1750Chip(mono_ns=now))


class TestFaults(ChipFaults):
    """A stuck line cannot be told: all zeros are darkness, all ones are too much light (see below)."""

    case = _BRIGHT


class TestFaultsInTheDark(ChipFaults):
    case = _DARK


async def test_driver_in_bright_light_measures_once_with_the_shortest_time() -> None:
    clock = SleptClock()
    driver, _ = on_transcript(MODEL, transcript("bh1750"), clock)
    await driver.open()
    reading = await driver.sample()
    assert reading.values == {"illuminance": 6_247_097}
    assert reading.raw == {"count": 33_680, "MTreg": 31}
    assert [round(slept * 1000) for slept in clock.slept_s] == [81]


async def test_driver_in_the_dark_measures_again_with_the_longest_time() -> None:
    clock = SleptClock()
    driver, _ = on_transcript(MODEL, transcript("bh1750_dark"), clock)
    await driver.open()
    reading = await driver.sample()
    assert reading.values == {"illuminance": 939}
    assert reading.raw == {"count": 83, "MTreg": 254}
    assert [round(slept * 1000) for slept in clock.slept_s] == [81, 663]


async def test_driver_with_a_time_of_its_own_measures_once_whatever_the_light() -> None:
    script = "0x23 W 01\n0x23 W 07\n0x23 W 42\n0x23 W 65\n0x23 W 20\n0x23 R 00 01\n0x23 W 00\n"
    driver, bus = on_transcript(MODEL, script, SleptClock(), Options(measurement_time=69))
    assert await open_and_sample(driver) == {"illuminance": 83}
    await driver.close()
    bus.assert_finished()


async def test_driver_when_the_light_comes_on_between_two_measurements_reports_the_first() -> None:
    script = transcript("bh1750_dark").text().replace("R 00 53", "R ff ff")
    driver, _ = on_transcript(MODEL, script, SleptClock())
    assert await open_and_sample(driver) == {"illuminance": 927}


async def test_driver_with_more_light_than_fits_reports_not_available() -> None:
    script = transcript("bh1750").text().replace("R 83 90", "R ff ff")
    driver, _ = on_transcript(MODEL, script, SleptClock())
    assert await open_and_sample(driver) == {"illuminance": None}


async def test_driver_in_complete_darkness_reports_zero() -> None:
    clock = SleptClock()
    chip = Bh1750Chip(mono_ns=clock.mono_ns)
    chip.set(illuminance_lux=0)
    assert await open_and_sample(_BRIGHT.drive(DirectI2c(chip), clock)) == {"illuminance": 0}


async def test_driver_whose_chip_lost_its_power_between_samples_measures_right_again() -> None:
    clock = SleptClock()
    chip = Bh1750Chip(mono_ns=clock.mono_ns)
    driver = _BRIGHT.drive(DirectI2c(chip), clock)
    await open_and_sample(driver)
    chip.restart()
    chip.set(illuminance_lux=40_000)
    assert (await driver.sample()).values == chip.presented
    assert chip.presented["illuminance"] == pytest.approx(4_000_000, rel=1e-4)


async def test_driver_closed_leaves_the_chip_powered_down() -> None:
    clock = SleptClock()
    chip = Bh1750Chip(mono_ns=clock.mono_ns)
    driver = _BRIGHT.drive(DirectI2c(chip), clock)
    await driver.open()
    assert chip.powered
    await driver.close()
    assert not chip.powered


@pytest.mark.parametrize("time", [30, 255, 0, -1])
def test_options_out_of_range_are_refused_in_plain_words(time: int) -> None:
    with pytest.raises(ValueError, match=f"measurement_time must be 31 to 254, found {time}"):
        Options(measurement_time=time)


@given(lux=st.floats(0, 121_000))
async def test_driver_in_any_light_reports_what_the_chip_presents_within_a_step_of_the_light(lux: float) -> None:
    """From darkness to the sun, the reading is the chip's, and no further from the light than a step."""
    clock = SleptClock()
    chip = Bh1750Chip(mono_ns=clock.mono_ns)
    chip.set(illuminance_lux=lux)
    values = await open_and_sample(_BRIGHT.drive(DirectI2c(chip), clock))
    assert values == chip.presented
    assert values["illuminance"] == pytest.approx(lux * 100, abs=7 if lux < 3_700 else 94)
