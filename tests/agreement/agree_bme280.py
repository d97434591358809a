"""RPi.bme280 reads the simulated BME280 and gets what it shows."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from drivers.sim.bme280 import TYPICAL, Bme280Chip

pytestmark = pytest.mark.hardware("bme280", pressure=0.01)


@pytest.mark.parametrize(("celsius", "humidity", "pascal"), [(25, 40, 101325), (-12.5, 91, 98710), (48, 8, 95000)])
def test_rpi_bme280_reads_what_the_simulated_chip_shows(
    celsius: float,
    humidity: float,
    pascal: float,
    stage: Callable[..., Any],
    foreign: Callable[[str], Any],
    agree: Callable[..., None],
) -> None:
    chip = Bme280Chip(TYPICAL)
    chip.set(temperature_c=Decimal(str(celsius)), humidity_pct=Decimal(humidity), pressure_pa=Decimal(pascal))
    bus = stage(0x76, chip).smbus
    library = foreign("bme280")
    calibration = library.load_calibration_params(bus, 0x76)
    sample = library.sample(bus, 0x76, calibration)
    agree(
        "bme280",
        "RPi.bme280",
        shown={"temperature": celsius, "humidity": humidity, "pressure": pascal / 100},
        read={"temperature": sample.temperature, "humidity": sample.humidity, "pressure": sample.pressure},
        within={"temperature": 0.01, "humidity": 0.05, "pressure": 0.02},
    )
