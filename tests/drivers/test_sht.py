"""Sensirion's humidity sensors, SHT3x and SHT4x: any air in every mode, disturbed words, a heater left on."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.bus.api import I2cDevice
from drivers.errors import ChecksumMismatch
from drivers.model import I2cModel
from drivers.sht import Options, Repeatability
from drivers.sht3x import MODEL as SHT3X
from drivers.sht4x import MODEL as SHT4X
from drivers.sim.sensirion_chip import Shown
from drivers.sim.sht import Sht3xChip, Sht4xChip
from tests.support.i2c_chips import DirectI2c, open_and_sample, run_once
from tests.support.slept_clock import SleptClock

Chip = type[Sht3xChip] | type[Sht4xChip]
both = pytest.mark.parametrize(("model", "kind"), [(SHT3X, Sht3xChip), (SHT4X, Sht4xChip)], ids=["sht3x", "sht4x"])


@both
@pytest.mark.parametrize("repeatability", Repeatability)
@given(temperature=st.floats(-60, 140), humidity=st.floats(-10, 130))
def test_driver_in_any_air_and_mode_reports_exactly_what_the_chip_presents(
    model: I2cModel, kind: Chip, repeatability: Repeatability, temperature: float, humidity: float
) -> None:
    clock, log = SleptClock(), list[Shown]()
    chip = kind(mono_ns=clock.mono_ns, on_readout=log.append)
    presented = chip.set(temperature_c=temperature, humidity_pct=humidity)
    assert run_once(model, chip, clock, Options(repeatability=repeatability)) == presented
    assert log == [presented]


@both
async def test_driver_with_a_bad_checksum_refuses_the_sample_and_goes_on_with_the_next(
    model: I2cModel, kind: Chip
) -> None:
    clock = SleptClock()
    chip = kind(mono_ns=clock.mono_ns)
    driver = model.create(I2cDevice(DirectI2c(chip), 0x44), clock, model.options())
    await driver.open()
    chip.bad_checksums = 1
    with pytest.raises(ChecksumMismatch, match="word 0 of measure, high repeatability"):
        await driver.sample()
    assert (await driver.sample()).values == chip.presented


@both
def test_driver_turns_off_a_heater_that_was_left_on(model: I2cModel, kind: Chip) -> None:
    clock = SleptClock()
    chip = kind(mono_ns=clock.mono_ns)
    chip.heater = True
    driver = model.create(I2cDevice(DirectI2c(chip), 0x44), clock, model.options())
    asyncio.run(open_and_sample(driver))
    assert not chip.heater
