"""Sensirion's own driver, sensirion-i2c-scd4x, reads the simulated SCD4x and gets what it shows."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from drivers.sim.scd4x import Scd4xChip
from tests.agreement.sensirion import channel

pytestmark = pytest.mark.hardware("scd4x")


@pytest.mark.parametrize(
    ("co2", "celsius", "humidity"), [(415, "-9.5", "95.5"), (812, "21.34", "48.17"), (39_999, "60", "0")]
)
def test_sensirions_driver_reads_what_the_simulated_chip_shows(
    co2: int,
    celsius: str,
    humidity: str,
    stage: Callable[..., Any],
    foreign: Callable[[str], Any],
    slept: Callable[[], int],
    agree: Callable[..., None],
) -> None:
    chip = Scd4xChip(mono_ns=slept)
    chip.set(co2_ppm=co2, temperature_c=Decimal(celsius), humidity_pct=Decimal(humidity))
    sensor = foreign("sensirion_i2c_scd4x.device").Scd4xDevice(channel(stage(0x62, chip).smbus, 0x62))
    sensor.stop_periodic_measurement()
    sensor.start_periodic_measurement()
    while not sensor.get_data_ready_status():
        foreign("time").sleep(0.1)
    read = sensor.read_measurement()
    agree(
        "scd4x",
        "sensirion-i2c-scd4x",
        shown={"co2": co2, "temperature": float(celsius), "humidity": float(humidity)},
        read=dict(zip(("co2", "temperature", "humidity"), (signal.value for signal in read), strict=True)),
        within={"co2": 0, "temperature": 0.005, "humidity": 0.005},
    )


@pytest.mark.simulated("it changes settings")
def test_sensirions_driver_identifies_and_sets_the_simulated_chip(
    stage: Callable[..., Any], foreign: Callable[[str], Any], slept: Callable[[], int]
) -> None:
    chip = Scd4xChip(mono_ns=slept)
    sensor = foreign("sensirion_i2c_scd4x.device").Scd4xDevice(channel(stage(0x62, chip).smbus, 0x62))
    sensor.stop_periodic_measurement()
    assert sensor.get_serial_number() == 0xF896_9F07_3BBE
    sensor.set_ambient_pressure(101_300)
    sensor.set_sensor_altitude(35)
    assert (chip.settings.altitude_m, chip.settings.ambient_pressure_hpa) == (35, None)
