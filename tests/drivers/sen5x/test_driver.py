"""The SEN5x's driver: the faults of every I2C chip, settling, failures, the smaller products."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.bus.api import I2cDevice
from drivers.errors import DriverError, WrongChip
from drivers.model import Driver
from drivers.sen5x import MODEL
from drivers.sen5x.driver import Options
from drivers.sim.chip import SimulatedChip
from drivers.sim.sen5x import FAN_FAILED, GAS_FAILED, RHT_FAILED, Sen5xChip
from drivers.sim.sensirion_chip import Shown
from drivers.sim.sps30 import Sps30Chip
from tests.support.i2c_chips import DirectI2c, on_transcript, open_and_sample, transcript
from tests.support.i2c_faults import ChipFaults, FaultCase, StuckLineFaults
from tests.support.slept_clock import SleptClock

_AT_ONCE = Options(settle_s=0)


class TestFaults(ChipFaults, StuckLineFaults):
    case = FaultCase(model=MODEL, transcript="sen5x", chip=lambda now: Sen5xChip(mono_ns=now), options=_AT_ONCE)


def _drive(chip: SimulatedChip, clock: SleptClock, options: Options = _AT_ONCE) -> Driver:
    return MODEL.create(I2cDevice(DirectI2c(chip), 0x69), clock, options)


async def test_driver_reads_the_transcript_and_waits_as_told() -> None:
    clock = SleptClock()
    driver, _ = on_transcript(MODEL, transcript("sen5x"), clock, _AT_ONCE)
    await driver.open()
    reading = await driver.sample()
    assert reading.values["temperature"] == 21_345
    assert reading.raw["temperature"] == 4269
    assert reading.raw["status"] == 0
    assert clock.slept_s == [0.02, 0.2, 0.05, 1.0, 0.02, 0.02, 0.02]


async def test_driver_reports_only_temperature_and_humidity_until_the_sensor_has_settled() -> None:
    clock = SleptClock()
    chip = Sen5xChip(mono_ns=clock.mono_ns)
    driver = _drive(chip, clock, Options())
    await driver.open()
    clock.jump(59.5)
    early = (await driver.sample()).values
    assert {name for name, value in early.items() if value is not None} == {"temperature", "humidity"}
    clock.jump(1)
    late = (await driver.sample()).values
    assert late == chip.presented
    assert None not in late.values()


@given(
    particles=st.floats(0, 6000), humidity=st.floats(0, 100), temperature=st.floats(-40, 85), index=st.floats(1, 500)
)
def test_driver_in_any_air_reports_exactly_what_the_chip_presents(
    particles: float, humidity: float, temperature: float, index: float
) -> None:
    clock, log = SleptClock(), list[Shown]()
    chip = Sen5xChip(mono_ns=clock.mono_ns, on_readout=log.append)
    clock.jump(20)
    presented = chip.set(
        pm1_0=particles,
        pm2_5=particles,
        pm4_0=particles,
        pm10=particles,
        humidity=humidity,
        temperature=temperature,
        voc_index=index,
        nox_index=index,
    )
    assert asyncio.run(open_and_sample(_drive(chip, clock))) == presented
    assert log == [presented]
    assert None not in presented.values()


@pytest.mark.parametrize(
    ("product", "lacking"),
    [("SEN54", {"nox_index"}), ("SEN50", {"nox_index", "voc_index", "temperature", "humidity"})],
)
async def test_driver_of_a_smaller_product_has_the_rest_as_not_available(product: str, lacking: set[str]) -> None:
    clock = SleptClock()
    chip = Sen5xChip(product=product, mono_ns=clock.mono_ns)
    clock.jump(60)
    values = await open_and_sample(_drive(chip, clock))
    assert values == chip.presented
    assert {name for name, value in values.items() if value is None} == lacking


@pytest.mark.parametrize(
    ("status", "lost"),
    [
        (FAN_FAILED, {"pm1_0", "pm2_5", "pm4_0", "pm10"}),
        (RHT_FAILED, {"temperature", "humidity"}),
        (GAS_FAILED, {"voc_index", "nox_index"}),
    ],
    ids=["fan", "rht", "gas"],
)
async def test_driver_with_a_failed_part_reports_the_others(status: int, lost: set[str]) -> None:
    clock = SleptClock()
    chip = Sen5xChip(mono_ns=clock.mono_ns)
    chip.status = status
    clock.jump(60)
    values = await open_and_sample(_drive(chip, clock))
    assert values == chip.presented
    assert {name for name, value in values.items() if value is None} == lost


async def test_driver_with_another_product_of_the_maker_says_so_and_starts_nothing() -> None:
    clock = SleptClock()
    chip = Sen5xChip(product="SEN66", mono_ns=clock.mono_ns)
    driver = _drive(chip, clock)
    with pytest.raises(WrongChip, match="expected id 0x50 or 0x54 or 0x55, found 0x66"):
        await driver.open()
    await driver.close()
    assert not chip.measuring


async def test_driver_with_an_sps30_at_its_address_leaves_it_alone() -> None:
    clock = SleptClock()
    sps30 = Sps30Chip(mono_ns=clock.mono_ns)
    sps30.write(bytes.fromhex("00100300ac"))
    clock.jump(1)
    driver = _drive(sps30, clock)
    with pytest.raises(DriverError):
        await driver.open()
    await driver.close()
    assert sps30.measuring
