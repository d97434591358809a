"""The SHT4X's driver: the faults of every I2C chip, its own waits, and all air."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.bus.api import I2cDevice
from drivers.errors import ChecksumMismatch
from drivers.sht import Options, Repeatability
from drivers.sht4x import MODEL
from drivers.sim.sensirion_chip import Shown
from drivers.sim.sht import Sht4xChip
from tests.support.i2c_chips import (
    ChipFaults,
    DirectI2c,
    FaultCase,
    SleptClock,
    StuckLineFaults,
    on_transcript,
    open_and_sample,
    transcript,
)


class TestFaults(ChipFaults, StuckLineFaults):
    case = FaultCase(model=MODEL, transcript="sht4x", chip=lambda now: Sht4xChip(mono_ns=now), closing=0)


async def test_driver_reads_the_transcript_and_waits_as_told() -> None:
    clock = SleptClock()
    driver, _ = on_transcript(MODEL, transcript("sht4x"), clock)
    await driver.open()
    reading = await driver.sample()
    assert reading.values == {"temperature": 2500, "humidity": 5000}
    assert reading.raw == {"temperature": 0x6667, "humidity": 0x72B0}
    assert clock.slept_s == [0.001, 0.001, 0.01]


@pytest.mark.parametrize("repeatability", Repeatability)
def test_driver_in_any_air_and_mode_reports_exactly_what_the_chip_presents(repeatability: Repeatability) -> None:
    @given(temperature=st.floats(-60, 140), humidity=st.floats(-10, 130))
    def check(temperature: float, humidity: float) -> None:
        clock, log = SleptClock(), list[Shown]()
        chip = Sht4xChip(mono_ns=clock.mono_ns, on_readout=log.append)
        presented = chip.set(temperature_c=temperature, humidity_pct=humidity)
        driver = MODEL.create(I2cDevice(DirectI2c(chip), 0x44), clock, Options(repeatability=repeatability))
        assert asyncio.run(open_and_sample(driver)) == presented
        assert log == [presented]

    check()


async def test_driver_with_a_bad_checksum_refuses_the_sample_and_goes_on_with_the_next() -> None:
    clock = SleptClock()
    chip = Sht4xChip(mono_ns=clock.mono_ns)
    driver = MODEL.create(I2cDevice(DirectI2c(chip), 0x44), clock, MODEL.options())
    await driver.open()
    chip.bad_checksums = 1
    with pytest.raises(ChecksumMismatch, match="word 0 of measure, high repeatability"):
        await driver.sample()
    assert (await driver.sample()).values == chip.presented


async def test_driver_turns_off_a_heater_that_was_left_on() -> None:
    clock = SleptClock()
    chip = Sht4xChip(mono_ns=clock.mono_ns)
    chip.heater = True
    await MODEL.create(I2cDevice(DirectI2c(chip), 0x44), clock, MODEL.options()).open()
    assert not chip.heater
