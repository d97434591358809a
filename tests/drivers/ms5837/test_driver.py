"""The MS5837's driver: the faults of every chip, and what is its own."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.errors import ChecksumMismatch, ChipError, InvalidData
from drivers.ms5837 import MODEL
from drivers.ms5837.commands import Variant
from drivers.ms5837.driver import Options
from drivers.sim.bme280 import Bme280Chip
from drivers.sim.ms5837 import EXAMPLE_02BA, TRIMS, Ms5837Chip, Trim
from tests.support.i2c_chips import DirectI2c, on_adapter, on_transcript, open_and_sample, transcript
from tests.support.i2c_faults import CalibratedChipFaults, ChipFaults, FaultCase, StuckLineFaults
from tests.support.slept_clock import SleptClock, StoppableClock

_NAMES = ["30BA", "02BA"]


class TestFaults(ChipFaults, StuckLineFaults, CalibratedChipFaults):
    case = FaultCase(
        model=MODEL,
        transcript="ms5837",
        chip=lambda now: Ms5837Chip(mono_ns=now),
        another=lambda now: Ms5837Chip(EXAMPLE_02BA, mono_ns=now),
        closing=0,
    )


@pytest.fixture
def clock() -> SleptClock:
    return SleptClock()


async def test_driver_reports_the_data_sheets_example(clock: SleptClock) -> None:
    driver, _ = on_transcript(MODEL, transcript("ms5837"), clock)
    await driver.open()
    reading = await driver.sample()
    assert reading.values == {"pressure": 399_980, "temperature": 1981}
    assert reading.raw == {"D1": 4958179, "D2": 6815414}
    assert clock.slept_s == [0.010, 0.010, 0.021, 0.021]


async def test_driver_of_an_02ba_reports_whole_pascals(clock: SleptClock, tmp_path: Path) -> None:
    chip = Ms5837Chip(EXAMPLE_02BA, mono_ns=clock.mono_ns)
    chip.set(pressure_pa=123_457, temperature_c=7)
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, _, _bus):
        assert await open_and_sample(driver) == chip.presented == {"pressure": 123_457, "temperature": 700}


async def test_driver_configured_for_the_other_variant_refuses_the_sensor(clock: SleptClock, tmp_path: Path) -> None:
    chip = Ms5837Chip(EXAMPLE_02BA, mono_ns=clock.mono_ns)
    async with on_adapter(MODEL, chip, clock, tmp_path, Options(variant=Variant.BA30)) as (driver, _, _bus):
        with pytest.raises(InvalidData, match="MS5837-02BA"):
            await driver.open()


@pytest.mark.parametrize("byte", [0, 1])
async def test_driver_with_a_disturbed_line_refuses_the_calibration_then_recovers(
    byte: int, clock: SleptClock, tmp_path: Path
) -> None:
    chip = Ms5837Chip(mono_ns=clock.mono_ns)
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, adapter, _bus):
        adapter.faults.flip(0x76, byte=byte, mask=0x10, times=3)  # the reset, and the first two words
        with pytest.raises(ChecksumMismatch):
            await driver.open()
        adapter.faults.clear()
        await driver.close()
        assert await open_and_sample(driver) == chip.presented


async def test_driver_whose_sensor_does_not_convert_refuses_the_sample(clock: SleptClock, tmp_path: Path) -> None:
    chip = Ms5837Chip(mono_ns=clock.mono_ns)
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, _, _bus):
        await driver.open()
        chip.lame = True
        with pytest.raises(InvalidData, match="did not convert"):
            await driver.sample()


async def test_driver_with_a_bme280_at_its_address_does_not_open(clock: SleptClock, tmp_path: Path) -> None:
    async with on_adapter(MODEL, Bme280Chip(mono_ns=clock.mono_ns), clock, tmp_path) as (driver, _, _bus):
        with pytest.raises(ChipError):
            await driver.open()


@pytest.mark.parametrize(
    ("variant", "top_pa"), [(Variant.AUTO, 3_000_000), (Variant.BA30, 3_000_000), (Variant.BA02, 200_000)]
)
def test_model_fitted_to_a_variant_has_its_range(variant: Variant, top_pa: int) -> None:
    pressure = MODEL.fitted(Options(variant=variant)).channel("pressure")
    assert pressure is not None
    assert pressure.maximum == top_pa


async def test_driver_cancelled_while_the_chip_measures_can_sample_again(tmp_path: Path) -> None:
    clock = StoppableClock()
    chip = Ms5837Chip(mono_ns=clock.mono_ns)
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, _, _bus):
        await driver.open()
        assert (await driver.sample()).values == chip.presented
        for skip in range(3):
            await clock.cancel_in_sleep(driver.sample(), skip=skip)
            chip.set(temperature_c=7 + skip)
            assert (await driver.sample()).values == chip.presented


@pytest.mark.parametrize("trim", TRIMS, ids=_NAMES)
@given(pressure=st.integers(0, 3_000_000), temperature=st.floats(-30, 90))
@settings(deadline=None, max_examples=40)
async def test_driver_in_any_water_reports_exactly_what_the_sensor_presents(
    trim: Trim, pressure: int, temperature: float
) -> None:
    """For both variants and all water, in range or not, the reading is what the simulator's own formulas say."""
    clock = SleptClock()
    chip = Ms5837Chip(trim, mono_ns=clock.mono_ns)
    presented = chip.set(pressure_pa=pressure, temperature_c=temperature)
    case = FaultCase(model=MODEL, transcript="ms5837", chip=lambda _now: chip)
    assert await open_and_sample(case.drive(DirectI2c(chip), clock)) == presented
