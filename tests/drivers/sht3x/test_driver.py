"""The SHT3x's driver: the faults of every I2C chip, its own waits, a periodic mode; the rest is in test_sht."""

import pytest

from drivers.bus.api import I2cDevice
from drivers.errors import NoAcknowledge
from drivers.sht3x import MODEL
from drivers.sim.sht import Sht3xChip, Sht4xChip
from tests.support.i2c_chips import DirectI2c, on_transcript, open_and_sample, transcript
from tests.support.i2c_faults import ChipFaults, FaultCase, StuckLineFaults
from tests.support.slept_clock import SleptClock


class TestFaults(ChipFaults, StuckLineFaults):
    case = FaultCase(model=MODEL, transcript="sht3x", chip=lambda now: Sht3xChip(mono_ns=now), closing=0)


async def test_driver_reads_the_transcript_and_waits_as_told() -> None:
    clock = SleptClock()
    driver, _ = on_transcript(MODEL, transcript("sht3x"), clock)
    await driver.open()
    reading = await driver.sample()
    assert reading.values == {"temperature": 2500, "humidity": 5000}
    assert reading.raw == {"temperature": 0x6667, "humidity": 0x8000}
    assert clock.slept_s == [0.001, 0.002, 0.001, 0.016]


async def test_driver_with_a_chip_left_in_a_periodic_mode_opens() -> None:
    clock = SleptClock()
    chip = Sht3xChip(mono_ns=clock.mono_ns)
    chip.write(bytes.fromhex("2130"))
    clock.jump(1)
    driver = MODEL.create(I2cDevice(DirectI2c(chip), 0x44), clock, MODEL.options())
    assert await open_and_sample(driver) == chip.presented


async def test_driver_with_an_sht4x_at_its_address_does_not_open() -> None:
    clock = SleptClock()
    driver = MODEL.create(I2cDevice(DirectI2c(Sht4xChip(mono_ns=clock.mono_ns)), 0x44), clock, MODEL.options())
    with pytest.raises(NoAcknowledge):
        await driver.open()
