"""The VEML7700's driver: strict transcripts, each cut short, and the real smbus2 over the simulated chip."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import InvalidData
from drivers.sim.veml7700 import Veml7700Chip
from drivers.veml7700 import MODEL
from drivers.veml7700.driver import Options
from tests.support.i2c_chips import DirectI2c, on_transcript, open_and_sample, transcript
from tests.support.i2c_faults import ChipFaults, FaultCase, StuckLineFaults
from tests.support.slept_clock import SleptClock


def _night(now: object) -> Veml7700Chip:
    chip = Veml7700Chip(mono_ns=now)  # type: ignore[arg-type]  # a clock, as the case says
    chip.set(illuminance_lux=0)
    return chip


_DAY = FaultCase(model=MODEL, transcript="veml7700", chip=lambda now: Veml7700Chip(mono_ns=now))
_NIGHT = FaultCase(model=MODEL, transcript="veml7700_night", chip=_night)
_OPEN = "0x10 W 00 11 00\n0x10 W 03 00 00\n0x10 W 00 R 11 00\n"


class TestFaultsByDay(ChipFaults, StuckLineFaults):
    case = _DAY


class TestFaultsAtNight(ChipFaults, StuckLineFaults):
    case = _NIGHT


async def test_driver_by_day_measures_once_and_corrects() -> None:
    clock = SleptClock()
    driver, _ = on_transcript(MODEL, transcript("veml7700"), clock)
    await driver.open()
    reading = await driver.sample()
    assert reading.values == {"illuminance": 165_803}
    assert reading.raw == {"ALS": 2790, "ALS_CONF": 0x1010}
    assert clock.slept_s == [0.204]


async def test_driver_at_night_asks_whether_somebody_is_there_and_looks_longer() -> None:
    clock = SleptClock()
    driver, _ = on_transcript(MODEL, transcript("veml7700_night"), clock)
    await driver.open()
    assert (await driver.sample()).values == {"illuminance": 21}
    assert clock.slept_s == [0.204, 0.204, 1.604]


async def test_driver_with_a_setting_of_its_own_measures_once() -> None:
    script = _OPEN + "0x10 W 00 50 18\n0x10 W 04 R 01 00\n0x10 W 00 11 00\n"
    driver, bus = on_transcript(MODEL, script, SleptClock(), Options(gain="1/4", integration_ms=200))
    assert await open_and_sample(driver) == {"illuminance": 13}
    await driver.close()
    bus.assert_finished()


@pytest.mark.parametrize("silence", ["00 00", "ff ff"])
async def test_driver_with_zeros_or_ones_from_nobody_refuses_the_sample(silence: str) -> None:
    script = _OPEN + f"0x10 W 00 10 10\n0x10 W 04 R {silence}\n0x10 W 00 R {silence}\n"
    driver, _ = on_transcript(MODEL, script, SleptClock())
    with pytest.raises(InvalidData, match="stuck"):
        await open_and_sample(driver)


async def test_driver_whose_chip_restarts_while_it_measures_refuses_the_sample_and_recovers() -> None:
    script = _OPEN + "0x10 W 00 10 10\n0x10 W 04 R 00 00\n0x10 W 00 R 01 00\n"
    driver, _ = on_transcript(MODEL, script, SleptClock())
    with pytest.raises(InvalidData, match="it restarted"):
        await open_and_sample(driver)


async def test_driver_with_a_chip_that_does_not_keep_its_settings_does_not_open() -> None:
    script = "0x10 W 00 11 00\n0x10 W 03 00 00\n0x10 W 00 R 34 12\n"
    driver, bus = on_transcript(MODEL, script, SleptClock())
    with pytest.raises(InvalidData, match="does not keep its settings"):
        await driver.open()
    await driver.close()
    bus.assert_finished()


async def test_driver_when_the_light_comes_on_while_it_looks_long_takes_the_brightest_range() -> None:
    script = (
        transcript("veml7700_night")
        .text()
        .replace(
            "0x10 W 04 R 32 00\n",
            "0x10 W 04 R ff ff\n0x10 W 00 R d0 08\n0x10 W 00 10 13\n0x10 W 04 R 64 00\n",
        )
    )
    driver, bus = on_transcript(MODEL, script, SleptClock())
    assert await open_and_sample(driver) == {"illuminance": 21_504}
    await driver.close()
    bus.assert_finished()


@pytest.mark.parametrize("lux", [141_000, 1_000_000])
async def test_driver_with_more_light_than_can_be_measured_reports_not_available(lux: int) -> None:
    clock = SleptClock()
    chip = Veml7700Chip(mono_ns=clock.mono_ns)
    chip.set(illuminance_lux=lux)
    assert await open_and_sample(_DAY.drive(DirectI2c(chip), clock)) == {"illuminance": None}


async def test_driver_with_a_gain_that_is_too_high_reports_not_available() -> None:
    clock = SleptClock()
    chip = Veml7700Chip(mono_ns=clock.mono_ns)
    chip.set(illuminance_lux=5_000)
    case = FaultCase(model=MODEL, transcript="veml7700", chip=_DAY.chip, options=Options(gain="2"))
    assert await open_and_sample(case.drive(DirectI2c(chip), clock)) == {"illuminance": None}


async def test_driver_whose_chip_lost_its_power_between_samples_measures_right_again() -> None:
    clock = SleptClock()
    chip = Veml7700Chip(mono_ns=clock.mono_ns)
    driver = _DAY.drive(DirectI2c(chip), clock)
    await open_and_sample(driver)
    chip.restart()
    chip.set(illuminance_lux=800)
    assert (await driver.sample()).values == chip.presented
    assert chip.presented["illuminance"] == pytest.approx(80_000, abs=30)


@pytest.mark.parametrize(
    ("given_options", "says"),
    [
        ({"gain": "8"}, 'gain must be "auto", "1/8", "1/4", "1" or "2", found "8"'),
        ({"gain": "1", "integration_ms": 30}, "integration_ms must be 25, 50, 100, 200, 400 or 800, found 30"),
        ({"integration_ms": 100}, "give a gain, too"),
    ],
    ids=["gain", "time", "time without gain"],
)
def test_options_that_the_chip_does_not_have_are_refused_in_plain_words(
    given_options: dict[str, str | int], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        Options(**given_options)  # type: ignore[arg-type]  # the keys are chosen by the parameters above


@given(lux=st.floats(0, 139_000))
async def test_driver_in_any_light_reports_what_the_chip_presents_within_a_step_of_the_light(lux: float) -> None:
    """From darkness to the sun, the reading is the chip's, and no further from the light than a step of its range."""
    clock = SleptClock()
    chip = Veml7700Chip(mono_ns=clock.mono_ns)
    chip.set(illuminance_lux=lux)
    values = await open_and_sample(_DAY.drive(DirectI2c(chip), clock))
    assert values == chip.presented
    steps = ((3.3, 1), (53, 2.5), (999, 28), (1_076, 7_600), (1_000_000, lux / 5))
    assert values["illuminance"] == pytest.approx(lux * 100, abs=next(step for end, step in steps if lux < end))
