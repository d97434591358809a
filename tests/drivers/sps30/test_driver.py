"""The SPS30's driver on I2C: the faults of every I2C chip, settling, sleep, failures, old firmware."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.bus.api import I2cDevice
from drivers.errors import DriverError, NoAcknowledge, WrongChip
from drivers.model import Driver
from drivers.sim.chip import SimulatedChip
from drivers.sim.sen5x import Sen5xChip
from drivers.sim.sensirion_chip import Shown
from drivers.sim.sps30 import FAN_FAILED, FIELDS, LASER_FAILED, Sps30Chip
from drivers.sps30 import MODEL
from drivers.sps30_output import Options, unavailable
from tests.support.i2c_chips import DirectI2c, on_transcript, open_and_sample, transcript
from tests.support.i2c_faults import ChipFaults, FaultCase, StuckLineFaults
from tests.support.slept_clock import SleptClock

_AT_ONCE = Options(settle_s=0)


class TestFaults(ChipFaults, StuckLineFaults):
    case = FaultCase(
        model=MODEL, transcript="sps30", chip=lambda now: Sps30Chip(mono_ns=now), closing=1, options=_AT_ONCE
    )


def _drive(chip: SimulatedChip, clock: SleptClock, options: Options = _AT_ONCE) -> Driver:
    return MODEL.create(I2cDevice(DirectI2c(chip), 0x69), clock, options)


async def test_driver_reads_a_real_sensors_bytes_and_waits_as_told() -> None:
    clock = SleptClock()
    driver, _ = on_transcript(MODEL, transcript("sps30"), clock, _AT_ONCE)
    await driver.open()
    reading = await driver.sample()
    assert list(reading.values.values()) == [16, 26, 34, 35, 89, 118, 129, 132, 132, 720]
    assert reading.raw["status"] == 0
    assert clock.slept_s == [0.001, 0.001, 0.02, 0.02, 1.0, 0.001, 0.001, 0.001]


async def test_driver_says_nothing_until_the_sensor_has_settled_but_keeps_the_ticks() -> None:
    clock = SleptClock()
    chip = Sps30Chip(mono_ns=clock.mono_ns)
    driver = _drive(chip, clock, Options())
    await driver.open()
    clock.jump(29.9)
    early = await driver.sample()
    clock.jump(1)
    assert (early.values, early.raw["pm1_0"] > 0) == (unavailable(), True)
    assert (await driver.sample()).values == chip.presented


@given(st.dictionaries(st.sampled_from(FIELDS), st.floats(0, 3000, width=32)))
def test_driver_in_any_air_reports_exactly_what_the_chip_presents(air: dict[str, float]) -> None:
    clock, log = SleptClock(), list[Shown]()
    chip = Sps30Chip(mono_ns=clock.mono_ns, on_readout=log.append)
    presented = chip.set(**air)
    assert asyncio.run(open_and_sample(_drive(chip, clock))) == presented
    assert log == [presented]


@pytest.mark.parametrize("status", [FAN_FAILED, LASER_FAILED], ids=["fan", "laser"])
async def test_driver_with_a_failed_sensor_has_no_values(status: int) -> None:
    clock = SleptClock()
    chip = Sps30Chip(mono_ns=clock.mono_ns)
    chip.status = status
    assert await open_and_sample(_drive(chip, clock)) == unavailable() == chip.presented


async def test_driver_with_old_firmware_does_not_ask_for_a_status_that_is_not_there() -> None:
    clock = SleptClock()
    chip = Sps30Chip(firmware=0x0100, mono_ns=clock.mono_ns)
    assert await open_and_sample(_drive(chip, clock)) == chip.presented


async def test_driver_wakes_a_sensor_that_slept_when_it_is_opened_again() -> None:
    clock = SleptClock()
    chip = Sps30Chip(mono_ns=clock.mono_ns)
    chip.asleep = True
    driver = _drive(chip, clock)
    with pytest.raises(NoAcknowledge):
        await driver.open()
    await driver.close()
    assert await open_and_sample(driver) == chip.presented


async def test_driver_with_another_product_at_its_address_leaves_it_alone() -> None:
    clock = SleptClock()
    sen5x = Sen5xChip(mono_ns=clock.mono_ns)
    sen5x.write(bytes.fromhex("0021"))
    clock.jump(1)
    driver = _drive(sen5x, clock)
    for _ in range(2):
        with pytest.raises(DriverError):
            await driver.open()
        await driver.close()
    assert sen5x.measuring


async def test_driver_with_another_product_type_says_so() -> None:
    driver, bus = on_transcript(MODEL, "0x69 W d0 02\n0x69 R 30 30 f6 30 38 4f 30 31 c7 30 30 f6\n", SleptClock())
    with pytest.raises(WrongChip, match="no SPS30"):
        await driver.open()
    await driver.close()
    bus.assert_finished()
