"""The SCD30's driver: the faults of every I2C chip, its stored settings, its stretched clock."""

import asyncio
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.bus.api import I2cDevice
from drivers.errors import ChecksumMismatch, NotReady
from drivers.model import Driver
from drivers.scd30 import MODEL, commands
from drivers.scd30.driver import Options
from drivers.sensirion import Command, CommandPort
from drivers.sim.scd30 import Scd30Chip, Settings
from drivers.sim.sensirion_chip import Shown
from tests.support.i2c_chips import DirectI2c, on_transcript, open_and_sample, transcript
from tests.support.i2c_faults import ChipFaults, FaultCase, StuckLineFaults
from tests.support.slept_clock import SleptClock


def _set_up(mono_ns: Callable[[], int]) -> Scd30Chip:
    """Return a sensor in which nothing needs to be written, so that every open takes the same steps."""
    chip = Scd30Chip(mono_ns=mono_ns)
    chip.settings.automatic_self_calibration = 1
    return chip


class TestFaults(ChipFaults, StuckLineFaults):
    case = FaultCase(model=MODEL, transcript="scd30", chip=_set_up)


def _drive(chip: Scd30Chip, clock: SleptClock, options: Options | None = None) -> Driver:
    return MODEL.create(I2cDevice(DirectI2c(chip), 0x61), clock, options or Options())


async def test_driver_reads_the_makers_example_and_waits_as_told() -> None:
    clock = SleptClock()
    driver, _ = on_transcript(MODEL, transcript("scd30"), clock)
    await driver.open()
    reading = await driver.sample()
    assert reading.values == {"co2": 439, "temperature": 2724, "humidity": 4881}
    assert reading.raw == {"co2": 0x43DB8C2E, "temperature": 0x41D9E7FF, "humidity": 0x42433A1B}
    assert clock.slept_s == [0.01] * 6 + [2.0] + [0.01] * 2


async def test_driver_writes_the_settings_that_differ_and_no_others() -> None:
    clock = SleptClock()
    chip = Scd30Chip(mono_ns=clock.mono_ns)
    chip.settings.interval_s = 60
    driver = _drive(chip, clock, Options(altitude_m=440))
    for _ in range(3):
        await open_and_sample(driver)
        await driver.close()
    assert chip.settings == Settings(automatic_self_calibration=1, altitude_m=440, writes=3)
    assert chip.ambient_pressure_hpa == 0
    assert not chip.measuring


async def test_driver_with_a_pressure_starts_with_it_and_forgets_the_altitude() -> None:
    clock = SleptClock()
    chip = Scd30Chip(mono_ns=clock.mono_ns)
    chip.settings.altitude_m = 440
    await _drive(chip, clock, Options(ambient_pressure_hpa=953, automatic_self_calibration=False)).open()
    assert chip.ambient_pressure_hpa == 953
    assert chip.settings == Settings(writes=1)


async def test_driver_sampled_more_often_than_the_sensor_measures_waits_for_new_data() -> None:
    clock = SleptClock()
    driver = _drive(Scd30Chip(mono_ns=clock.mono_ns), clock)
    await driver.open()
    times = [(await driver.sample()).mono_ns for _ in range(4)]
    assert all(1_700_000_000 <= later - earlier <= 2_300_000_000 for earlier, later in pairwise(times))


async def test_driver_with_a_sensor_that_stopped_measuring_is_not_ready_then_recovers() -> None:
    clock = SleptClock()
    chip = Scd30Chip(mono_ns=clock.mono_ns)
    driver = _drive(chip, clock)
    await driver.open()
    chip.lame = True
    before_ns = clock.now_ns
    with pytest.raises(NotReady, match="no new sample for 3 s"):
        await driver.sample()
    assert (clock.now_ns - before_ns) / 1e9 < MODEL.timeout_s
    chip.lame = False
    await driver.close()
    assert await open_and_sample(driver) == chip.presented


async def test_driver_never_reads_while_the_sensor_stretches_the_clock() -> None:
    """What the wait is for: without it, the bits are out of step, and the checksum tells."""
    clock = SleptClock()
    chip = Scd30Chip(mono_ns=clock.mono_ns)
    hasty = Command(name="read firmware version", code=0xD100, delay_s=0.002, reply_words=1)
    port = CommandPort(commands.CHIP, I2cDevice(DirectI2c(chip), 0x61), clock)
    with pytest.raises(ChecksumMismatch):
        await port.call(hasty)
    clock.jump(1)
    assert await port.call(commands.READ_FIRMWARE_VERSION) == (0x0342,)


async def test_driver_with_a_bad_checksum_refuses_the_sample_and_recovers() -> None:
    clock = SleptClock()
    chip = Scd30Chip(mono_ns=clock.mono_ns)
    driver = _drive(chip, clock)
    await driver.open()
    chip.bad_checksums = 1
    with pytest.raises(ChecksumMismatch, match="get data ready"):
        await driver.sample()
    assert (await driver.sample()).values == chip.presented


@given(co2=st.floats(-5, 41_000), temperature=st.floats(-60, 100), humidity=st.floats(-5, 120))
def test_driver_in_any_air_reports_exactly_what_the_chip_presents(
    co2: float, temperature: float, humidity: float
) -> None:
    clock, log = SleptClock(), list[Shown]()
    chip = Scd30Chip(mono_ns=clock.mono_ns, on_readout=log.append)
    presented = chip.set(co2_ppm=co2, temperature_c=temperature, humidity_pct=humidity)
    assert asyncio.run(open_and_sample(_drive(chip, clock))) == presented
    assert log == [presented]


@pytest.mark.parametrize(
    ("given_options", "says"),
    [
        ({"altitude_m": -1}, "altitude_m must be 0 to 5000 metres above sea level, found -1"),
        ({"ambient_pressure_hpa": 699}, "ambient_pressure_hpa must be 700 to 1400 hPa, found 699"),
        ({"ambient_pressure_hpa": 1401}, "found 1401"),
        ({"altitude_m": 10, "ambient_pressure_hpa": 1000}, "not both"),
    ],
    ids=["below sea", "too thin", "too thick", "both"],
)
def test_options_out_of_range_are_refused_in_plain_words(given_options: dict[str, int], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Options(**given_options)  # type: ignore[arg-type]  # the keys are chosen by the parameters above
