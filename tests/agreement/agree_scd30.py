"""Sensirion's own driver, sensirion-i2c-scd30, reads the simulated SCD30 and gets what it shows."""

from collections.abc import Callable
from typing import Any

import pytest

from drivers.sim.scd30 import Scd30Chip
from tests.agreement.sensirion import channel

pytestmark = pytest.mark.hardware("scd30")


@pytest.mark.parametrize(("co2", "celsius", "humidity"), [(415, -9.5, 95.5), (812.25, 21.34, 48.17), (39_999, 60, 0)])
def test_sensirions_driver_reads_what_the_simulated_chip_shows(
    co2: float,
    celsius: float,
    humidity: float,
    stage: Callable[..., Any],
    foreign: Callable[[str], Any],
    slept: Callable[[], int],
    agree: Callable[..., None],
) -> None:
    chip = Scd30Chip(mono_ns=slept)
    chip.set(co2_ppm=co2, temperature_c=celsius, humidity_pct=humidity)
    sensor = foreign("sensirion_i2c_scd30.device").Scd30Device(channel(stage(0x61, chip).smbus, 0x61))
    sensor.stop_periodic_measurement()
    sensor.start_periodic_measurement(0)
    read = sensor.blocking_read_measurement_data()
    agree(
        "scd30",
        "sensirion-i2c-scd30",
        shown={"co2": co2, "temperature": celsius, "humidity": humidity},
        read=dict(zip(("co2", "temperature", "humidity"), read, strict=True)),
        within={"co2": 0.01, "temperature": 0.001, "humidity": 0.001},
    )


@pytest.mark.simulated("it changes settings that the sensor keeps")
def test_sensirions_driver_identifies_and_sets_the_simulated_chip(
    stage: Callable[..., Any], foreign: Callable[[str], Any], slept: Callable[[], int]
) -> None:
    chip = Scd30Chip(mono_ns=slept)
    sensor = foreign("sensirion_i2c_scd30.device").Scd30Device(channel(stage(0x61, chip).smbus, 0x61))
    sensor.stop_periodic_measurement()
    assert sensor.read_firmware_version() == (3, 0x42)
    assert sensor.read_serial_number() == "1234"
    sensor.set_measurement_interval(4)
    sensor.set_altitude_compensation(440)
    sensor.activate_auto_calibration(1)
    settings = (
        sensor.get_measurement_interval(),
        sensor.get_altitude_compensation(),
        sensor.get_auto_calibration_status(),
    )
    assert settings == (4, 440, 1)
    sensor.start_periodic_measurement(953)
    assert chip.ambient_pressure_hpa == 953
