"""The AHT20's driver: strict transcripts, each cut short, and the real smbus2 over the simulated chip."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.aht20 import MODEL
from drivers.errors import ChecksumMismatch, NotReady
from drivers.sim.aht20 import Aht20Chip
from tests.support.i2c_chips import DirectI2c, on_transcript, open_and_sample, transcript
from tests.support.i2c_faults import ChipFaults, FaultCase, StuckLineFaults
from tests.support.slept_clock import SleptClock

_CASE = FaultCase(model=MODEL, transcript="aht20", chip=lambda now: Aht20Chip(mono_ns=now), closing=0)


class TestFaults(ChipFaults, StuckLineFaults):
    case = _CASE


async def test_driver_reads_a_real_chips_bytes_and_waits_as_told() -> None:
    clock = SleptClock()
    driver, _ = on_transcript(MODEL, transcript("aht20"), clock)
    await driver.open()
    reading = await driver.sample()
    assert reading.values == {"temperature": 2827, "humidity": 1508}
    assert reading.raw == {"S_T": 410_343, "S_RH": 158_119}
    assert clock.slept_s == [0.02, 0.08]


async def test_driver_with_an_uncalibrated_slow_chip_loads_the_calibration_and_waits() -> None:
    clock = SleptClock()
    driver, bus = on_transcript(MODEL, transcript("aht20_uncalibrated"), clock)
    assert await open_and_sample(driver) == {"temperature": 2827, "humidity": 1508}
    bus.assert_finished()
    assert clock.slept_s == [0.02, 0.01, 0.08, 0.01, 0.01]


async def test_driver_with_a_chip_that_cannot_load_its_calibration_is_not_ready() -> None:
    clock = SleptClock()
    chip = Aht20Chip(calibrated=False, mono_ns=clock.mono_ns)
    chip.broken = True
    with pytest.raises(NotReady, match="replace it"):
        await _CASE.drive(DirectI2c(chip), clock).open()


async def test_driver_whose_chip_restarted_uncalibrated_refuses_the_sample_and_recovers() -> None:
    clock = SleptClock()
    chip = Aht20Chip(mono_ns=clock.mono_ns)
    driver = _CASE.drive(DirectI2c(chip), clock)
    await driver.open()
    chip.calibrated = False
    with pytest.raises(NotReady, match="calibration"):
        await driver.sample()
    assert await open_and_sample(driver) == chip.presented


async def test_driver_with_a_chip_that_hangs_is_not_ready_within_its_timeout_then_recovers() -> None:
    clock = SleptClock()
    chip = Aht20Chip(mono_ns=clock.mono_ns)
    driver = _CASE.drive(DirectI2c(chip), clock)
    await driver.open()
    chip.hung = True
    before_ns = clock.now_ns
    with pytest.raises(NotReady, match="stays busy"):
        await driver.sample()
    assert (clock.now_ns - before_ns) / 1e9 < MODEL.timeout_s
    assert await open_and_sample(driver) == chip.presented


async def test_driver_with_a_bad_checksum_refuses_the_sample_and_recovers() -> None:
    clock = SleptClock()
    chip = Aht20Chip(mono_ns=clock.mono_ns)
    driver = _CASE.drive(DirectI2c(chip), clock)
    await driver.open()
    chip.bad_checksums = 1
    with pytest.raises(ChecksumMismatch):
        await driver.sample()
    assert await open_and_sample(driver) == chip.presented


@given(temperature=st.floats(-60, 160), humidity=st.floats(-10, 110))
async def test_driver_in_any_air_reports_exactly_what_the_chip_presents(temperature: float, humidity: float) -> None:
    """For all air, in range or not, the reading is what the simulator's own formulas say."""
    clock = SleptClock()
    chip = Aht20Chip(mono_ns=clock.mono_ns)
    chip.set(temperature_c=temperature, humidity_pct=humidity)
    assert await open_and_sample(_CASE.drive(DirectI2c(chip), clock)) == chip.presented
