"""Sensirion's own driver, sensirion-i2c-sen5x, reads the simulated SEN5x and gets what it shows."""

from collections.abc import Callable
from typing import Any

import pytest

from drivers.sim.sen5x import Sen5xChip
from tests.agreement.sensirion import connection

pytestmark = pytest.mark.hardware("sen5x")

_AIRS = [
    {
        "pm1_0": 5.2,
        "pm2_5": 9.5,
        "pm4_0": 12.6,
        "pm10": 13.3,
        "humidity": 48.17,
        "temperature": 21.345,
        "voc_index": 104.0,
        "nox_index": 1.0,
    },
    {
        "pm1_0": 999.9,
        "pm2_5": 1000.0,
        "pm4_0": 1000.0,
        "pm10": 6553.4,
        "humidity": 100.0,
        "temperature": -39.995,
        "voc_index": 500.0,
        "nox_index": 499.9,
    },
]


@pytest.mark.parametrize("air", _AIRS, ids=["ordinary", "extreme"])
def test_sensirions_driver_reads_what_the_simulated_sensor_shows(
    air: dict[str, float],
    stage: Callable[..., Any],
    foreign: Callable[[str], Any],
    slept: Callable[[], int],
    agree: Callable[..., None],
) -> None:
    chip = Sen5xChip(mono_ns=slept)
    chip.set(**air)
    sensor = foreign("sensirion_i2c_sen5x").Sen5xI2cDevice(connection(stage(0x69, chip).smbus))
    sensor.stop_measurement()
    foreign("time").sleep(10)
    sensor.start_measurement()
    foreign("time").sleep(30)  # until particle values have settled
    while not sensor.read_data_ready():
        foreign("time").sleep(0.1)
    values = sensor.read_measured_values()
    agree(
        "sen5x",
        "sensirion-i2c-sen5x",
        shown=air,
        read={
            "pm1_0": values.mass_concentration_1p0.physical,
            "pm2_5": values.mass_concentration_2p5.physical,
            "pm4_0": values.mass_concentration_4p0.physical,
            "pm10": values.mass_concentration_10p0.physical,
            "humidity": values.ambient_humidity.percent_rh,
            "temperature": values.ambient_temperature.degrees_celsius,
            "voc_index": values.voc_index.scaled,
            "nox_index": values.nox_index.scaled,
        },
        within=dict.fromkeys(air, 0.001),
    )


@pytest.mark.simulated("it sets faults")
def test_sensirions_driver_identifies_the_simulated_sensor_and_reads_its_faults(
    stage: Callable[..., Any], foreign: Callable[[str], Any], slept: Callable[[], int]
) -> None:
    chip = Sen5xChip(mono_ns=slept)
    sensor = foreign("sensirion_i2c_sen5x").Sen5xI2cDevice(connection(stage(0x69, chip).smbus))
    assert sensor.get_product_name() == "SEN55"
    assert not sensor.read_device_status().flags
    chip.status = 1 << 4 | 1 << 21
    assert sensor.read_device_status().flags == ["fan_error", "fan_speed_out_of_specs"]
