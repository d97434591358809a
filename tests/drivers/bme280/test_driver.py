"""The BME280's driver: the faults of every chip, and what is its own."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.bme280 import MODEL
from drivers.bus.transcript import parse_i2c
from drivers.errors import DriverError, NoAcknowledge, WrongChip
from drivers.sim.bme280 import NEGATIVE, TRIMS, TYPICAL, Bme280Chip, Shown, Trim
from drivers.sim.bmp280 import Bmp280Chip
from drivers.sim.scd4x import Scd4xChip
from tests.support.i2c_chips import on_adapter, on_transcript, open_and_sample, run_once, transcript
from tests.support.i2c_faults import FaultCase, ForcedChipFaults
from tests.support.slept_clock import SleptClock

_NAMES = ["worked", "typical", "negative"]


class TestFaults(ForcedChipFaults):
    case = FaultCase(
        model=MODEL,
        transcript="bme280",
        chip=lambda now: Bme280Chip(TYPICAL, mono_ns=now),
        another=lambda now: Bme280Chip(NEGATIVE, mono_ns=now),
    )


@pytest.fixture
def clock() -> SleptClock:
    return SleptClock()


async def test_driver_reports_the_worked_example_and_its_ticks(clock: SleptClock) -> None:
    driver, _ = on_transcript(MODEL, transcript("bme280"), clock)
    await driver.open()
    reading = await driver.sample()
    assert reading.values == {"temperature": 2508, "humidity": 2078, "pressure": 1006533}
    assert reading.raw == {"adc_T": 519888, "adc_H": 25000, "adc_P": 415148}
    assert clock.slept_s == [0.002, 0.081]


async def test_driver_with_a_slow_chip_waits_and_takes_skipped_humidity_as_not_available(clock: SleptClock) -> None:
    driver, bus = on_transcript(MODEL, transcript("bme280_busy"), clock)
    await driver.open()
    reading = await driver.sample()
    await driver.close()
    bus.assert_finished()
    assert reading.values == {"temperature": 2508, "humidity": None, "pressure": 1006533}
    assert "adc_H" not in reading.raw
    assert clock.slept_s == [0.002, 0.002, 0.002, 0.081, 0.005, 0.005]


async def test_driver_with_a_bmp280_names_it_and_writes_nothing(clock: SleptClock) -> None:
    driver, bus = on_transcript(MODEL, transcript("bme280_bmp280"), clock)
    with pytest.raises(WrongChip, match="this is a BMP280") as caught:
        await driver.open()
    await driver.close()
    bus.assert_finished()
    assert (caught.value.expected, caught.value.found) == ((0x60,), 0x58)


async def test_driver_with_an_unknown_chip_says_which_id_it_found(clock: SleptClock) -> None:
    driver, _ = on_transcript(MODEL, "0x76 W d0 R 55\n", clock)
    with pytest.raises(WrongChip, match="expected id 0x60, found 0x55"):
        await driver.open()


async def test_driver_whose_chip_was_swapped_for_a_bmp280_between_samples_names_it(
    clock: SleptClock, tmp_path: Path
) -> None:
    async with on_adapter(MODEL, Bme280Chip(mono_ns=clock.mono_ns), clock, tmp_path) as (driver, adapter, _):
        await open_and_sample(driver)
        adapter.chips[0x76] = Bmp280Chip(mono_ns=clock.mono_ns)
        with pytest.raises(WrongChip, match="this is a BMP280"):
            await driver.sample()


async def test_driver_opened_again_after_a_failure_starts_from_scratch(clock: SleptClock) -> None:
    whole = transcript("bme280")
    failing = whole.steps[:4] + parse_i2c("0x76 NACK\n").steps
    driver, bus = on_transcript(MODEL, type(whole)(failing + whole.steps), clock)
    with pytest.raises(NoAcknowledge):
        await driver.open()
    await driver.close()
    await open_and_sample(driver)
    await driver.close()
    bus.assert_finished()


@pytest.mark.parametrize("trim", TRIMS, ids=_NAMES)
async def test_driver_over_smbus2_reports_what_the_chip_presents(
    trim: Trim, clock: SleptClock, tmp_path: Path
) -> None:
    log: list[Shown] = []
    chip = Bme280Chip(trim, mono_ns=clock.mono_ns, on_readout=log.append)
    readings = []
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, _, bus):
        await driver.open()
        for temperature_c, humidity_pct, pressure_pa in [(-39.5, 12, 30_100), (0, 50.5, 101_325), (84, 95, 109_000)]:
            presented = chip.set(temperature_c=temperature_c, humidity_pct=humidity_pct, pressure_pa=pressure_pa)
            readings.append((await driver.sample()).values)
            assert readings[-1] == presented
        await driver.close()
        assert bus.simulated
    assert readings == log


@pytest.mark.parametrize("trim", TRIMS, ids=_NAMES)
@given(
    temperature=st.floats(-60, 100),
    humidity=st.floats(-5, 105),
    pressure=st.floats(20_000, 120_000),
)
@settings(deadline=None)
def test_driver_in_any_air_reports_exactly_what_the_chip_presents(
    trim: Trim, temperature: float, humidity: float, pressure: float
) -> None:
    """For every calibration and all air, in range or not, the reading is what the simulator's own formulas say."""
    clock = SleptClock()
    chip = Bme280Chip(trim, mono_ns=clock.mono_ns)
    presented = chip.set(temperature_c=temperature, humidity_pct=humidity, pressure_pa=pressure)
    assert run_once(MODEL, chip, clock) == presented


async def test_driver_with_an_scd4x_at_its_address_does_not_open(clock: SleptClock, tmp_path: Path) -> None:
    async with on_adapter(MODEL, Scd4xChip(mono_ns=clock.mono_ns), clock, tmp_path) as (driver, _, _bus):
        with pytest.raises(DriverError):
            await driver.open()
        await driver.close()
