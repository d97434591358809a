"""The SCD4x's driver: the faults of every chip, and what is its own."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.bus.transcript import parse_i2c
from drivers.errors import ChecksumMismatch, InvalidData, NoAcknowledge, NotReady
from drivers.scd4x import MODEL
from drivers.scd4x.driver import Options
from drivers.sim.bme280 import Bme280Chip
from drivers.sim.scd4x import Scd4xChip, Settings
from drivers.sim.sensirion_chip import Shown
from tests.support.i2c_chips import on_adapter, on_transcript, open_and_sample, transcript
from tests.support.i2c_faults import ChipFaults, FaultCase, StuckLineFaults
from tests.support.slept_clock import SleptClock, StoppableClock

_FROM_SERIAL = 3


class TestFaults(ChipFaults, StuckLineFaults):
    case = FaultCase(model=MODEL, transcript="scd4x", chip=lambda now: Scd4xChip(mono_ns=now))


@pytest.fixture
def clock() -> SleptClock:
    return SleptClock()


async def test_driver_on_its_transcript_waits_as_told(clock: SleptClock) -> None:
    driver, bus = on_transcript(MODEL, transcript("scd4x"), clock)
    await driver.open()
    assert clock.slept_s == [0.5, 0.001, 0.001, 0.001]
    reading = await driver.sample()
    assert clock.slept_s[4:] == [5.0, 0.001, 0.001]
    assert reading.mono_ns == clock.now_ns
    await driver.close()
    assert clock.slept_s[7:] == [0.5]
    bus.assert_finished()
    assert reading.values == {"co2": 500, "temperature": 2500, "humidity": 3700}
    assert reading.raw == {"co2": 0x01F4, "temperature": 0x6667, "humidity": 0x5EB9}


async def test_driver_with_options_sends_them_and_waits_until_data_are_ready(clock: SleptClock) -> None:
    options = Options(ambient_pressure_hpa=1013, automatic_self_calibration=False)
    driver, bus = on_transcript(MODEL, transcript("scd4x_options"), clock, options)
    await driver.open()
    reading = await driver.sample()
    await driver.close()
    bus.assert_finished()
    assert reading.values == {"co2": None, "temperature": 2500, "humidity": 3700}
    assert clock.slept_s.count(0.5) == 4


async def test_driver_that_did_not_identify_its_chip_sends_nothing_at_close(clock: SleptClock) -> None:
    driver, bus = on_transcript(MODEL, "0x62 W 3f 86\n0x62 W 36 82\n0x62 R ?? ?? ?? ?? ?? ?? ?? ?? ?? NACK\n", clock)
    with pytest.raises(NoAcknowledge):
        await driver.open()
    await driver.close()
    bus.assert_finished()


async def test_driver_that_failed_while_setting_up_stops_the_chip_at_close(clock: SleptClock) -> None:
    steps = transcript("scd4x").steps[:_FROM_SERIAL] + parse_i2c("0x62 NACK\n0x62 W 3f 86\n").steps
    driver, bus = on_transcript(MODEL, type(transcript("scd4x"))(steps), clock)
    with pytest.raises(NoAcknowledge):
        await driver.open()
    await driver.close()
    bus.assert_finished()


async def test_driver_over_smbus2_reports_what_the_chip_presents(clock: SleptClock, tmp_path: Path) -> None:
    log: list[Shown] = []
    chip = Scd4xChip(mono_ns=clock.mono_ns, on_readout=log.append)
    readings = []
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, _, bus):
        await driver.open()
        for co2_ppm, temperature_c, humidity_pct in [(415, -10, 95.5), (812, 21.34, 48.17), (40_000, 60, 0)]:
            presented = chip.set(co2_ppm=co2_ppm, temperature_c=temperature_c, humidity_pct=humidity_pct)
            clock.jump(5)
            readings.append((await driver.sample()).values)
            assert readings[-1] == presented
        clock.jump(60)
        await driver.close()
        assert bus.simulated
    assert readings == log
    assert not chip.measuring


async def test_driver_sampled_more_often_than_the_chip_measures_waits_for_new_data(
    clock: SleptClock, tmp_path: Path
) -> None:
    chip = Scd4xChip(mono_ns=clock.mono_ns)
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, _, _bus):
        await driver.open()
        times = [(await driver.sample()).mono_ns for _ in range(4)]
        steps = [later - earlier for earlier, later in pairwise(times)]
        assert all(4_500_000_000 <= step <= 5_600_000_000 for step in steps)


async def test_driver_with_a_measuring_chip_left_by_a_crash_opens(clock: SleptClock, tmp_path: Path) -> None:
    chip = Scd4xChip(mono_ns=clock.mono_ns)
    chip.write(bytes.fromhex("21b1"))
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, _, _bus):
        assert await open_and_sample(driver) == chip.presented


async def test_driver_with_an_altitude_leaves_no_pressure_of_an_earlier_configuration(
    clock: SleptClock, tmp_path: Path
) -> None:
    chip = Scd4xChip(mono_ns=clock.mono_ns)
    async with on_adapter(MODEL, chip, clock, tmp_path, Options(ambient_pressure_hpa=900)) as (driver, _, _bus):
        await driver.open()
        assert chip.settings == Settings(ambient_pressure_hpa=900)
        await driver.close()
    async with on_adapter(MODEL, chip, clock, tmp_path, Options(altitude_m=1050)) as (driver, _, _bus):
        await driver.open()
        assert chip.settings == Settings(altitude_m=1050)


async def test_driver_cancelled_anywhere_in_its_waits_opens_and_samples_again(tmp_path: Path) -> None:
    clock = StoppableClock()
    chip = Scd4xChip(mono_ns=clock.mono_ns)
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, _, _bus):
        for skip in range(4):
            await clock.cancel_in_sleep(driver.open(), skip=skip)
            clock.jump(1)
            await driver.close()
        await driver.open()
        for skip in range(2):
            await clock.cancel_in_sleep(driver.sample(), skip=skip)
            clock.jump(5)
        assert (await driver.sample()).values == chip.presented


async def test_driver_with_a_bad_checksum_refuses_the_sample_and_recovers(clock: SleptClock, tmp_path: Path) -> None:
    chip = Scd4xChip(mono_ns=clock.mono_ns)
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, _, _bus):
        await driver.open()
        clock.jump(5)
        chip.bad_checksums = 1
        with pytest.raises(ChecksumMismatch, match="get_data_ready_status"):
            await driver.sample()
        await driver.close()
        assert await open_and_sample(driver) == chip.presented


@pytest.mark.parametrize("byte", range(9))
async def test_driver_with_any_byte_disturbed_on_the_line_refuses_the_sample(
    byte: int, clock: SleptClock, tmp_path: Path
) -> None:
    chip = Scd4xChip(mono_ns=clock.mono_ns)
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, adapter, _bus):
        await driver.open()
        adapter.faults.flip(0x62, byte=byte, mask=0x10)
        with pytest.raises(ChecksumMismatch):
            await driver.sample()


async def test_driver_with_a_chip_that_stopped_measuring_is_not_ready_then_recovers(
    clock: SleptClock, tmp_path: Path
) -> None:
    chip = Scd4xChip(mono_ns=clock.mono_ns)
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, _, _bus):
        await driver.open()
        chip.lame = True
        before_ns = clock.now_ns
        with pytest.raises(NotReady, match="not measuring"):
            await driver.sample()
        assert (clock.now_ns - before_ns) / 1e9 < MODEL.timeout_s
        chip.lame = False
        await driver.close()
        assert await open_and_sample(driver) == chip.presented


async def test_driver_with_a_bme280_at_its_address_does_not_open(clock: SleptClock, tmp_path: Path) -> None:
    async with on_adapter(MODEL, Bme280Chip(mono_ns=clock.mono_ns), clock, tmp_path) as (driver, _, _bus):
        with pytest.raises((ChecksumMismatch, InvalidData)):
            await driver.open()


@pytest.mark.parametrize(
    ("given_options", "says"),
    [
        ({"altitude_m": -1}, "altitude_m must be 0 to 3000 metres above sea level, found -1"),
        ({"altitude_m": 3001}, "found 3001"),
        ({"ambient_pressure_hpa": 699}, "ambient_pressure_hpa must be 700 to 1200 hPa, found 699"),
        ({"ambient_pressure_hpa": 1201}, "found 1201"),
        ({"altitude_m": 10, "ambient_pressure_hpa": 1000}, "not both"),
    ],
    ids=["below sea", "too high", "too thin", "too thick", "both"],
)
def test_options_out_of_range_are_refused_in_plain_words(given_options: dict[str, int], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Options(**given_options)  # type: ignore[arg-type]  # the keys are chosen by the parameters above


@given(altitude=st.integers(0, 3000), pressure=st.integers(700, 1200))
def test_options_within_range_are_taken(altitude: int, pressure: int) -> None:
    assert Options(altitude_m=altitude).altitude_m == altitude
    assert Options(ambient_pressure_hpa=pressure).ambient_pressure_hpa == pressure
