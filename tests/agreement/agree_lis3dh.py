"""Adafruit's driver reads the simulated LIS3DH, and hears its knocks.

It takes 16380 units for 1 g at 2 g full scale, where ST's own driver has 16 units for each thousandth of g: it reads
2.3 percent less. The chip's sensitivity is no better known than that; the simulated chip follows ST.
"""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from drivers.sim.lis3dh import Lis3dhChip

pytestmark = pytest.mark.hardware("lis3dh")

_G = 9.80665


@pytest.mark.parametrize(("x", "y", "z"), [("0", "0", "1"), ("0.5", "-0.7", "0.5"), ("-1", "0.02", "0")])
def test_adafruit_reads_what_the_simulated_chip_shows(
    x: str,
    y: str,
    z: str,
    stage: Callable[..., Any],
    slept: Callable[[], int],
    foreign: Callable[[str], Any],
    agree: Callable[..., None],
) -> None:
    chip = Lis3dhChip(mono_ns=slept)
    chip.set(x=Decimal(x), y=Decimal(y), z=Decimal(z))
    sensor = foreign("adafruit_lis3dh").LIS3DH_I2C(stage(0x18, chip).busio, address=0x18)
    time.sleep(0.1)  # the clock that the chip goes by, and no other
    agree(
        "lis3dh",
        "adafruit-circuitpython-lis3dh",
        shown={"x": float(x) * _G, "y": float(y) * _G, "z": float(z) * _G},
        read=sensor.acceleration._asdict(),
        within=dict.fromkeys("xyz", 0.024 * _G),
    )


@pytest.mark.simulated("it knocks on the chip")
def test_adafruit_hears_a_knock_once_and_its_own_turning_on(
    stage: Callable[..., Any],
    slept: Callable[[], int],
    foreign: Callable[[str], Any],
    agree: Callable[..., None],
) -> None:
    chip = Lis3dhChip(mono_ns=slept)
    sensor = foreign("adafruit_lis3dh").LIS3DH_I2C(stage(0x19, chip).busio, address=0x19)
    sensor.set_tap(1, 60)
    time.sleep(0.1)
    _ = sensor.tapped
    heard = [sensor.tapped]
    chip.knock(g=1, ms=10)
    heard += [sensor.tapped, sensor.tapped]
    shown = {"knocks": 0b010}
    read = {"knocks": sum(bit << place for place, bit in enumerate(reversed(heard)))}
    agree("lis3dh", "adafruit-circuitpython-lis3dh", shown=shown, read=read, within={"knocks": 0})
