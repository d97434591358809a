"""Sensirion's own driver, sensirion-i2c-sht, reads the simulated SHT3x and gets what it shows."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from drivers.sim.sht import Sht3xChip
from tests.agreement.sensirion import connection

pytestmark = pytest.mark.hardware("sht3x")


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
    chip = Sht3xChip(mono_ns=slept)
    chip.set(temperature_c=Decimal(celsius), humidity_pct=Decimal(humidity))
    sensor = foreign("sensirion_i2c_sht.sht3x").Sht3xI2cDevice(connection(stage(0x45, chip).smbus), 0x45)
    sensor.soft_reset()
    temperature, relative_humidity = sensor.single_shot_measurement(repeatability)
    agree(
        "sht3x",
        "sensirion-i2c-sht",
        shown={"temperature": float(celsius), "humidity": float(humidity)},
        read={"temperature": temperature.degrees_celsius, "humidity": relative_humidity.percent_rh},
        within={"temperature": 0.005, "humidity": 0.005},
    )


@pytest.mark.simulated("it heats the chip")
def test_sensirions_driver_identifies_and_heats_the_simulated_chip(
    stage: Callable[..., Any], foreign: Callable[[str], Any], slept: Callable[[], int]
) -> None:
    chip = Sht3xChip(mono_ns=slept)
    sensor = foreign("sensirion_i2c_sht.sht3x").Sht3xI2cDevice(connection(stage(0x45, chip).smbus), 0x45)
    sensor.soft_reset()
    assert sensor.read_serial_number() == 0x0F15_B1D7
    sensor.heater_on()
    foreign("time").sleep(0.001)
    assert sensor.read_status_register().heater_status
    sensor.heater_off()
    foreign("time").sleep(0.001)
    assert not sensor.read_status_register().heater_status
