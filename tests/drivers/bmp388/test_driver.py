"""The BMP388's driver: the faults of every chip, and what is its own."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.bmp388 import MODEL
from drivers.errors import DriverError, InvalidData, WrongChip
from drivers.sim.bme280 import Bme280Chip
from drivers.sim.bmp388 import OTHER_SIGNS, TRIMS, Bmp388Chip, Shown, Trim
from tests.support.i2c_chips import DirectI2c, on_adapter, on_transcript, open_and_sample, transcript
from tests.support.i2c_faults import FaultCase, ForcedChipFaults
from tests.support.slept_clock import SleptClock


class TestFaults(ForcedChipFaults):
    case = FaultCase(
        model=MODEL,
        transcript="bmp388",
        chip=lambda now: Bmp388Chip(OTHER_SIGNS, mono_ns=now),
        another=lambda now: Bmp388Chip(mono_ns=now),
    )


@pytest.fixture
def clock() -> SleptClock:
    return SleptClock()


async def test_driver_waits_until_both_data_are_ready(clock: SleptClock) -> None:
    driver, _ = on_transcript(MODEL, transcript("bmp388"), clock)
    await driver.open()
    reading = await driver.sample()
    assert reading.values == {"temperature": 2500, "pressure": 1013250}
    assert reading.raw == {"temperature": 8526764, "pressure": 6484212}
    assert clock.slept_s == [0.002, 0.042, 0.005]


@pytest.mark.parametrize("chip_id", [0x50, 0x60], ids=["BMP388", "BMP390"])
async def test_driver_takes_both_chips(chip_id: int, clock: SleptClock, tmp_path: Path) -> None:
    chip = Bmp388Chip(chip_id=chip_id, mono_ns=clock.mono_ns)
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, _, _bus):
        assert await open_and_sample(driver) == chip.presented


async def test_driver_with_another_chip_says_its_id_and_writes_nothing(clock: SleptClock) -> None:
    driver, bus = on_transcript(MODEL, "0x76 W 00 R 58\n", clock)
    with pytest.raises(WrongChip, match="expected id 0x50 or 0x60, found 0x58"):
        await driver.open()
    await driver.close()
    bus.assert_finished()


async def test_driver_with_a_bme280_on_the_bus_does_not_open(clock: SleptClock, tmp_path: Path) -> None:
    async with on_adapter(MODEL, Bme280Chip(mono_ns=clock.mono_ns), clock, tmp_path) as (driver, _, _bus):
        with pytest.raises(DriverError):
            await driver.open()


async def test_driver_with_a_chip_in_fatal_error_refuses_it(clock: SleptClock, tmp_path: Path) -> None:
    chip = Bmp388Chip(mono_ns=clock.mono_ns)
    chip.fatal = True
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, _, _bus):
        with pytest.raises(InvalidData, match="fatal error"):
            await driver.open()


@pytest.mark.parametrize("trim", TRIMS, ids=["typical", "other signs"])
@given(temperature=st.floats(-60, 100), pressure=st.floats(20_000, 130_000))
@settings(deadline=None)
async def test_driver_in_any_air_reports_exactly_what_the_chip_presents(
    trim: Trim, temperature: float, pressure: float
) -> None:
    """For every calibration and all air, in range or not, the reading is what the simulator's own formulas say."""
    clock = SleptClock()
    log: list[Shown] = []
    chip = Bmp388Chip(trim, mono_ns=clock.mono_ns, on_readout=log.append)
    presented = chip.set(temperature_c=temperature, pressure_pa=pressure)
    case = FaultCase(model=MODEL, transcript="bmp388", chip=lambda _now: chip)
    assert await open_and_sample(case.drive(DirectI2c(chip), clock)) == presented
    assert log == [presented]
