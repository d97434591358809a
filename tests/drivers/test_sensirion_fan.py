"""Particle sensors with a fan on I2C, the SPS30 and the SEN5x: cleaning, restarts, disturbed words."""

from collections.abc import Callable

import pytest

from drivers.bus.api import I2cDevice
from drivers.errors import ChecksumMismatch, NotReady
from drivers.model import Driver, I2cModel
from drivers.sen5x import MODEL as SEN5X
from drivers.sen5x.driver import Options as Sen5xOptions
from drivers.sim.sen5x import Sen5xChip
from drivers.sim.sps30 import Sps30Chip
from drivers.sps30 import MODEL as SPS30
from drivers.sps30_output import Options as Sps30Options
from tests.support.i2c_chips import DirectI2c, open_and_sample
from tests.support.slept_clock import SleptClock

Chip = Sen5xChip | Sps30Chip


class Bench:
    """One sensor whose values are told at once, and its driver."""

    def __init__(self, model: I2cModel, chip: Callable[[Callable[[], int]], Chip], options: object) -> None:
        self.clock = SleptClock()
        self.chip = chip(self.clock.mono_ns)
        self.driver: Driver = model.create(I2cDevice(DirectI2c(self.chip), 0x69), self.clock, options)
        self.timeout_s = model.timeout_s


@pytest.fixture(params=["sps30", "sen5x"])
def bench(request: pytest.FixtureRequest) -> Bench:
    if request.param == "sps30":
        return Bench(SPS30, lambda now: Sps30Chip(mono_ns=now), Sps30Options(settle_s=0))
    return Bench(SEN5X, lambda now: Sen5xChip(mono_ns=now), Sen5xOptions(settle_s=0))


async def test_run_waits_while_the_fan_is_cleaned(bench: Bench) -> None:
    await bench.driver.open()
    bench.clock.jump(1)
    bench.chip.write(bytes.fromhex("5607"))
    bench.clock.jump(0.02)
    before_ns = bench.clock.now_ns
    assert (await bench.driver.sample()).values == bench.chip.presented
    assert 9.9 <= (bench.clock.now_ns - before_ns) / 1e9 < 11


async def test_run_of_a_sensor_that_restarted_is_not_ready_in_time_then_recovers(bench: Bench) -> None:
    await open_and_sample(bench.driver)
    bench.chip.halt()
    before_ns = bench.clock.now_ns
    with pytest.raises(NotReady, match="no new sample for 15 s"):
        await bench.driver.sample()
    assert (bench.clock.now_ns - before_ns) / 1e9 < bench.timeout_s
    await bench.driver.close()
    assert await open_and_sample(bench.driver) == bench.chip.presented


async def test_run_with_a_bad_checksum_refuses_the_sample_and_goes_on_with_the_next(bench: Bench) -> None:
    await bench.driver.open()
    bench.chip.bad_checksums = 1
    with pytest.raises(ChecksumMismatch, match="read data-ready flag"):
        await bench.driver.sample()
    assert (await bench.driver.sample()).values == bench.chip.presented


@pytest.mark.parametrize("options", [Sps30Options, Sen5xOptions], ids=["sps30", "sen5x"])
def test_options_with_a_negative_time_are_refused(options: Callable[..., object]) -> None:
    with pytest.raises(ValueError, match="settle_s must be 0 or more seconds, found -1"):
        options(settle_s=-1)
