"""Sensirion's own driver, sensirion-i2c-sht, reads the simulated SHT4x and gets what it shows."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from drivers.sim.sht import Sht4xChip
from tests.agreement.sensirion import connection

pytestmark = pytest.mark.hardware("sht4x")


@pytest.mark.parametrize("repeatability", [1, 2, 3], ids=["high", "medium", "low"])
@pytest.mark.parametrize(("celsius", "humidity"), [("-39.5", "97.25"), ("0", "0"), ("21.34", "48.17"), ("85", "100")])
def test_sensirions_driver_reads_what_the_simulated_chip_shows(
    celsius: str,
    humidity: str,
    repeatability: int,
    stage: Callable[..., Any],
    foreign: Callable[[str], Any],
    slept: Callable[[], int],
    agree: Callable[..., None],
) -> None:
    chip = Sht4xChip(mono_ns=slept)
    chip.set(temperature_c=Decimal(celsius), humidity_pct=Decimal(humidity))
    place = stage(0x44, chip)
    sensor = foreign("sensirion_i2c_sht.sht4x").Sht4xI2cDevice(connection(place.smbus), 0x44)
    sensor.soft_reset()
    serial_number = sensor.read_serial_number()
    assert place.real or serial_number == 0x0F15_B1D7
    temperature, relative_humidity = sensor.single_shot_measurement(repeatability)
    agree(
        "sht4x",
        "sensirion-i2c-sht",
        shown={"temperature": float(celsius), "humidity": float(humidity)},
        read={"temperature": temperature.degrees_celsius, "humidity": relative_humidity.percent_rh},
        within={"temperature": 0.005, "humidity": 0.005},
    )
