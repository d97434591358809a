from pathlib import Path

import pytest
from lamppost_driver_si7021 import MODEL
from simulated_si7021 import Si7021Chip
from support import Bus, Clock, driver

from drivers.bus.api import I2cDevice
from drivers.bus.playback import PlaybackI2c
from drivers.bus.transcript import Failure, parse_i2c
from drivers.errors import BusError, ChecksumMismatch, InvalidData, NoAcknowledge, NotReady, WrongChip
from drivers.model import Driver

TRANSCRIPT = (Path(__file__).parent / "si7021.txt").read_text()
STEPS = len(parse_i2c(TRANSCRIPT).steps)


@pytest.mark.parametrize(("celsius", "percent"), [(21.5, 43.0), (-35.0, 98.5), (84.9, 0.5), (0.0, 100.0)])
async def test_sample_is_the_air_that_the_chip_is_in(celsius: float, percent: float) -> None:
    sensor = driver(Bus(Si7021Chip(temperature_c=celsius, humidity_pct=percent)))
    await sensor.open()
    values = (await sensor.sample()).values
    await sensor.close()
    assert values["temperature"] == pytest.approx(celsius * 100, abs=2)
    assert values["humidity"] == pytest.approx(percent * 100, abs=2)


async def test_sample_says_on_the_wire_what_the_transcript_says() -> None:
    bus = PlaybackI2c(TRANSCRIPT)
    sensor = MODEL.create(I2cDevice(bus, 0x40), Clock(), MODEL.options())
    await sensor.open()
    reading = await sensor.sample()
    await sensor.close()
    bus.assert_finished()
    assert reading.values == {"humidity": 4300, "temperature": 2150}


async def _once(sensor: Driver) -> None:
    await sensor.open()
    await sensor.sample()


@pytest.mark.parametrize("failure", [Failure.NACK, Failure.FAULT, Failure.GONE, Failure.TIMEOUT])
@pytest.mark.parametrize("at", range(STEPS))
async def test_bus_that_fails_at_any_step_fails_the_sample_and_close_stays_safe(at: int, failure: Failure) -> None:
    bus = PlaybackI2c(parse_i2c(TRANSCRIPT).cut(at, failure))
    sensor = MODEL.create(I2cDevice(bus, 0x40), Clock(), MODEL.options())
    with pytest.raises(BusError):
        await _once(sensor)
    await sensor.close()


@pytest.mark.parametrize(("chip_id", "hint"), [(0x14, "this is a Si7020"), (0x0D, "a Si7013"), (0x32, "no Si7021")])
async def test_open_of_another_chip_says_which(chip_id: int, hint: str) -> None:
    chip = Si7021Chip()
    chip.chip_id = chip_id
    with pytest.raises(WrongChip, match=hint):
        await driver(Bus(chip)).open()


@pytest.mark.parametrize("chip_id", [0x00, 0xFF])
async def test_open_on_a_dead_line_says_so(chip_id: int) -> None:
    chip = Si7021Chip()
    chip.chip_id = chip_id
    with pytest.raises(InvalidData, match="stuck or open"):
        await driver(Bus(chip)).open()


async def test_sample_with_a_broken_checksum_is_refused() -> None:
    chip = Si7021Chip()
    sensor = driver(Bus(chip))
    await sensor.open()
    chip.broken_sum = True
    with pytest.raises(ChecksumMismatch):
        await sensor.sample()


async def test_sample_of_a_chip_that_never_finishes_fails() -> None:
    chip = Si7021Chip()
    sensor = driver(Bus(chip))
    await sensor.open()
    chip.busy_reads = 100
    with pytest.raises(NoAcknowledge):
        await sensor.sample()


async def test_sample_before_open_is_not_ready() -> None:
    with pytest.raises(NotReady):
        await driver(Bus(Si7021Chip())).sample()
