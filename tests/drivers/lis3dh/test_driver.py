"""The LIS3DH's driver: what every chip's driver does, tilt and vibration, and which knocks are knocks."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from drivers.bus.api import I2cDevice
from drivers.errors import InvalidData, NotReady, WrongChip
from drivers.lis3dh import MODEL
from drivers.lis3dh.driver import Options
from drivers.sim.lis3dh import Lis3dhChip
from tests.support.i2c_chips import DirectI2c, on_transcript, transcript
from tests.support.i2c_faults import ChipFaults, FaultCase, StuckLineFaults
from tests.support.slept_clock import SleptClock

CASE = FaultCase(model=MODEL, transcript="lis3dh", chip=lambda mono_ns: Lis3dhChip(mono_ns=mono_ns))


class TestFaults(ChipFaults, StuckLineFaults):
    case = CASE


async def test_driver_on_its_transcript_reports_tilt_vibration_and_a_knock() -> None:
    driver, bus = on_transcript(MODEL, transcript("lis3dh"), clock := SleptClock())
    await driver.open()
    assert clock.slept_s == [0.5]
    reading = await driver.sample()
    assert clock.slept_s == [0.5, 0.08]
    assert reading.values == {
        "x": 490,
        "y": 0,
        "z": 9807,
        "tilt": 29,
        "vibration_rms": 98,
        "vibration_peak": 98,
        "knocks": 1,
    }
    assert reading.raw == {"samples": 32, "click_src": 0x55, "saturated": 0}
    await driver.close()
    bus.assert_finished()


@pytest.mark.parametrize("range_g", [2, 4, 8, 16])
@pytest.mark.parametrize("rate_hz", [50, 100, 200, 400])
@pytest.mark.parametrize(
    "standing", [(0, 0, 1), (0.1, -0.2, 0.96), (0.7, 0, -0.7), (1, 0, 0), (0, 0, -1), (0.02, 0.03, 0.5)]
)
async def test_driver_however_the_pole_stands_reports_what_the_chip_presents(
    standing: tuple[float, float, float], rate_hz: int, range_g: int
) -> None:
    clock = SleptClock()
    chip = Lis3dhChip(mono_ns=clock.mono_ns)
    x, y, z = standing
    chip.set(x=x, y=y, z=z, tremble=0.05)
    options = Options(rate_hz=rate_hz, range_g=range_g)
    driver = MODEL.create(I2cDevice(DirectI2c(chip), 0x18), clock, options)
    await driver.open()
    for _ in range(2):
        assert (await driver.sample()).values == chip.presented
        clock.jump(1)


async def test_driver_forgets_the_knock_of_turning_on_and_tells_each_later_one_once() -> None:
    clock = SleptClock()
    chip = Lis3dhChip(mono_ns=clock.mono_ns)
    driver = CASE.drive(DirectI2c(chip), clock)
    await driver.open()
    told = [(await driver.sample()).values["knocks"]]
    chip.knock()
    clock.jump(30)
    chip.knock()
    told += [(await driver.sample()).values["knocks"], (await driver.sample()).values["knocks"]]
    assert told == [0, 1, 0]


@pytest.mark.parametrize(
    ("g", "ms", "knocks"), [(0.4, 10, 0), (0.6, 10, 1), (1.5, 49, 1), (1.5, 60, 0), (3, 5000, 0)]
)
async def test_knock_is_stronger_than_its_threshold_and_short(g: float, ms: int, knocks: int) -> None:
    clock = SleptClock()
    chip = Lis3dhChip(mono_ns=clock.mono_ns)
    driver = CASE.drive(DirectI2c(chip), clock)
    await driver.open()
    chip.knock(g=g, ms=ms)
    assert (await driver.sample()).values["knocks"] == knocks


@pytest.mark.parametrize(("range_g", "knock_mg"), [(2, 500), (4, 1000), (8, 2000), (16, 4000)])
async def test_knock_is_as_strong_as_was_said_at_every_range(range_g: int, knock_mg: int) -> None:
    """The steps of the threshold do not double from 8 to 16 g: they are three times as wide there."""
    for g, knocks in ((Fraction(knock_mg, 1050), 0), (Fraction(knock_mg, 950), 1)):
        clock = SleptClock()
        chip = Lis3dhChip(mono_ns=clock.mono_ns)
        device = I2cDevice(DirectI2c(chip), MODEL.addresses[0])
        driver = MODEL.create(device, clock, Options(range_g=range_g, knock_mg=knock_mg))
        await driver.open()
        chip.knock(g=g, ms=10)
        assert (await driver.sample()).values["knocks"] == knocks


async def test_driver_whose_chip_is_shaken_beyond_full_scale_reports_knocks_only() -> None:
    clock = SleptClock()
    chip = Lis3dhChip(mono_ns=clock.mono_ns)
    driver = CASE.drive(DirectI2c(chip), clock)
    await driver.open()
    chip.set(tremble=5)
    clock.jump(1)
    reading = await driver.sample()
    assert reading.raw["saturated"] == 1
    assert {name for name, value in reading.values.items() if value is not None} == {"knocks"}


async def test_driver_with_an_upright_of_its_own_tells_tilt_against_it() -> None:
    clock = SleptClock()
    chip = Lis3dhChip(mono_ns=clock.mono_ns)
    chip.set(x=0, y=-1, z=0)
    options = Options(upright=(Decimal("0.0"), Decimal("-9.81"), Decimal("0.02")))
    driver = MODEL.create(I2cDevice(DirectI2c(chip), 0x18), clock, options)
    await driver.open()
    assert (await driver.sample()).values["tilt"] == 1
    chip.set(x=Decimal("0.1736"), y=Decimal("-0.9848"))
    clock.jump(1)
    assert (await driver.sample()).values["tilt"] == 100


async def test_driver_whose_chip_lost_its_power_refuses_the_sample_and_opens_again() -> None:
    clock = SleptClock()
    chip = Lis3dhChip(mono_ns=clock.mono_ns)
    driver = CASE.drive(DirectI2c(chip), clock)
    await driver.open()
    chip.power_up()
    with pytest.raises(InvalidData, match="did not keep its settings"):
        await driver.sample()
    await driver.close()
    await driver.open()
    assert (await driver.sample()).values == chip.presented


async def test_driver_whose_chip_stops_measuring_is_not_ready() -> None:
    clock = SleptClock()
    chip = Lis3dhChip(mono_ns=clock.mono_ns)
    driver = CASE.drive(DirectI2c(chip), clock)
    await driver.open()
    await driver.sample()
    chip.hung = True
    with pytest.raises(NotReady, match="not measuring"):
        await driver.sample()


async def test_driver_with_another_chip_says_which_and_leaves_it_alone() -> None:
    driver, bus = on_transcript(MODEL, "0x18 W 0f R 32\n", SleptClock())
    with pytest.raises(WrongChip, match="expected id 0x33, found 0x32"):
        await driver.open()
    await driver.close()
    bus.assert_finished()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"rate_hz": 10}, "rate_hz must be one of 50"),
        ({"range_g": 3}, "range_g must be one of 2"),
        ({"knock_mg": 15}, "knock_mg must be 16 to 1984 with range_g = 2"),
        ({"knock_mg": 1985}, "knock_mg must be 16 to 1984"),
        ({"knock_mg": 7900, "range_g": 8}, "knock_mg must be 62 to 7874"),
        ({"knock_mg": 100, "range_g": 16}, "knock_mg must be 186 to 15814"),
        ({"upright": (Decimal(0), Decimal(0), Decimal(0))}, "not all of them zero"),
        ({"upright": (Decimal(0), Decimal("NaN"), Decimal(1))}, "as they are shown"),
        ({"upright": (Decimal(0), Decimal(1001), Decimal(1))}, "as they are shown"),
    ],
)
def test_options_that_the_chip_cannot_have_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Options(**options)


def test_channels_reach_as_far_as_the_range() -> None:
    reach = {channel.name: channel.maximum for channel in MODEL.fitted(Options(range_g=16)).channels}
    assert reach["x"] == 241_008
    assert {channel.name: channel.maximum for channel in MODEL.channels}["x"] == 20_084
