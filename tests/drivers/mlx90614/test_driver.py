"""The MLX90614's driver: the faults of every chip, and what is its own."""

from pathlib import Path

import pytest

from drivers.bus.api import I2cDevice
from drivers.errors import ChecksumMismatch, ChipError
from drivers.mlx90614 import MODEL
from drivers.sim.bme280 import Bme280Chip
from drivers.sim.mlx90614 import Mlx90614Chip
from tests.support.i2c_chips import DirectI2c, on_adapter, on_transcript, open_and_sample, transcript
from tests.support.i2c_faults import ChipFaults, FaultCase, StuckLineFaults
from tests.support.slept_clock import SleptClock


class TestFaults(ChipFaults, StuckLineFaults):
    case = FaultCase(model=MODEL, transcript="mlx90614", chip=lambda _now: Mlx90614Chip(), closing=0)


@pytest.fixture
def clock() -> SleptClock:
    return SleptClock()


async def test_driver_reports_the_data_sheets_example(clock: SleptClock) -> None:
    driver, _ = on_transcript(MODEL, transcript("mlx90614"), clock)
    await driver.open()
    reading = await driver.sample()
    assert reading.values == {"object_temperature": 2801, "ambient_temperature": 2463}
    assert reading.raw == {"Tobj1": 0x3AD2, "Ta": 0x3A29}
    assert clock.slept_s == [0.27]


async def test_driver_over_smbus2_follows_the_surface(clock: SleptClock, tmp_path: Path) -> None:
    chip = Mlx90614Chip()
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, _, _bus):
        await driver.open()
        for ambient_c, object_c in [(-18.5, -22.34), (35, 61.9), (85, 382)]:
            presented = chip.set(ambient_c=ambient_c, object_c=object_c)
            assert (await driver.sample()).values == presented


async def test_driver_whose_sensor_flags_an_error_keeps_the_other_temperature(
    clock: SleptClock, tmp_path: Path
) -> None:
    chip = Mlx90614Chip()
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, _, _bus):
        await driver.open()
        chip.object_error = True
        assert (await driver.sample()).values == {"object_temperature": None, "ambient_temperature": 2001}


async def test_driver_at_another_address_counts_it_into_the_code(clock: SleptClock) -> None:
    chip = Mlx90614Chip(address=0x5C)
    device = I2cDevice(DirectI2c(chip), 0x5C)
    assert await open_and_sample(MODEL.create(device, clock, MODEL.options())) == chip.presented


async def test_driver_with_a_bad_code_refuses_the_sample_and_recovers(clock: SleptClock, tmp_path: Path) -> None:
    chip = Mlx90614Chip()
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, _, _bus):
        await driver.open()
        chip.bad_codes = 1
        with pytest.raises(ChecksumMismatch, match="the ambient temperature"):
            await driver.sample()
        await driver.close()
        assert await open_and_sample(driver) == chip.presented


@pytest.mark.parametrize("byte", range(3))
async def test_driver_with_any_byte_disturbed_on_the_line_refuses_the_sample(
    byte: int, clock: SleptClock, tmp_path: Path
) -> None:
    async with on_adapter(MODEL, Mlx90614Chip(), clock, tmp_path) as (driver, adapter, _bus):
        await driver.open()
        adapter.faults.flip(0x5A, byte=byte, mask=0x08)
        with pytest.raises(ChecksumMismatch):
            await driver.sample()


async def test_driver_with_another_chip_at_its_address_does_not_open(clock: SleptClock, tmp_path: Path) -> None:
    async with on_adapter(MODEL, Bme280Chip(mono_ns=clock.mono_ns), clock, tmp_path) as (driver, _, _bus):
        with pytest.raises(ChipError):
            await driver.open()
