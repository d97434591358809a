"""Pimoroni's and Adafruit's drivers read the simulated BMP280 and get what it shows.

They calculate in floating point; the integer formula drops the last three bits of the temperature, which makes up to
0.5 Pa of the pressure that it corrects.
"""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from drivers.sim.bme280 import TRIMS, Trim
from drivers.sim.bmp280 import Bmp280Chip

pytestmark = pytest.mark.hardware("bmp280", pressure=0.01)

_AIR = [(25, 101325), (-12.5, 98710), (48, 35000)]


@pytest.mark.parametrize("trim", TRIMS, ids=["worked", "typical", "negative"])
@pytest.mark.parametrize(("celsius", "pascal"), _AIR)
def test_pimoroni_reads_what_the_simulated_chip_shows(
    celsius: float,
    pascal: float,
    trim: Trim,
    stage: Callable[..., Any],
    slept: Callable[[], int],
    foreign: Callable[[str], Any],
    agree: Callable[..., None],
) -> None:
    chip = Bmp280Chip(trim, mono_ns=slept)
    shown = chip.set(temperature_c=Decimal(str(celsius)), pressure_pa=Decimal(pascal))
    sensor = foreign("bmp280").BMP280(i2c_addr=0x76, i2c_dev=stage(0x76, chip).smbus)
    sensor.setup(mode="forced")
    sensor.update_sensor()
    agree(
        "bmp280",
        "bmp280",
        shown={"temperature": (shown["temperature"] or 0) / 100, "pressure": (shown["pressure"] or 0) / 1000},
        read={"temperature": sensor.temperature, "pressure": sensor.pressure},
        within={"temperature": 0.01, "pressure": 0.005},
    )


@pytest.mark.parametrize("trim", TRIMS, ids=["worked", "typical", "negative"])
@pytest.mark.parametrize(("celsius", "pascal"), _AIR)
def test_adafruit_reads_what_the_simulated_chip_shows(
    celsius: float,
    pascal: float,
    trim: Trim,
    stage: Callable[..., Any],
    slept: Callable[[], int],
    foreign: Callable[[str], Any],
    agree: Callable[..., None],
) -> None:
    chip = Bmp280Chip(trim, mono_ns=slept)
    shown = chip.set(temperature_c=Decimal(str(celsius)), pressure_pa=Decimal(pascal))
    library = foreign("adafruit_bmp280")
    library.sleep = time.sleep
    sensor = library.Adafruit_BMP280_I2C(stage(0x77, chip).busio, 0x77)
    agree(
        "bmp280",
        "adafruit-circuitpython-bmp280",
        shown={"temperature": (shown["temperature"] or 0) / 100, "pressure": (shown["pressure"] or 0) / 1000},
        read={"temperature": sensor.temperature, "pressure": sensor.pressure},
        within={"temperature": 0.01, "pressure": 0.005},
    )
