"""Sensirion's own driver, sensirion-i2c-sps30, reads the simulated SPS30 and gets what it shows."""

from collections.abc import Callable
from typing import Any

import pytest

from drivers.sim.sps30 import FIELDS, Sps30Chip
from tests.agreement.sensirion import channel

pytestmark = pytest.mark.hardware("sps30")

_AIR = {
    "pm1_0": 5.25,
    "pm2_5": 9.5,
    "pm4_0": 12.625,
    "pm10": 13.3,
    "n0_5": 26.31,
    "n1_0": 37.0,
    "n2_5": 41.52,
    "n4_0": 42.41,
    "n10": 2999.5,
    "typical_size": 0.83,
}


def test_sensirions_driver_reads_what_the_simulated_sensor_shows(
    stage: Callable[..., Any], foreign: Callable[[str], Any], slept: Callable[[], int], agree: Callable[..., None]
) -> None:
    chip = Sps30Chip(mono_ns=slept)
    chip.set(**_AIR)
    library = foreign("sensirion_i2c_sps30")
    sensor = library.Sps30Device(channel(stage(0x69, chip).smbus, 0x69))
    sensor.stop_measurement()
    sensor.start_measurement(foreign("sensirion_i2c_sps30.commands").OutputFormat.OUTPUT_FORMAT_FLOAT)
    foreign("time").sleep(30)  # until particle values have settled
    while not sensor.read_data_ready_flag():
        foreign("time").sleep(0.1)
    agree(
        "sps30",
        "sensirion-i2c-sps30",
        shown=_AIR,
        read=dict(zip(FIELDS, sensor.read_measurement_values_float(), strict=True)),
        within=dict.fromkeys(FIELDS, 0.001),
    )


@pytest.mark.simulated("its identity is made up")
def test_sensirions_driver_wakes_and_identifies_the_simulated_sensor(
    stage: Callable[..., Any], foreign: Callable[[str], Any], slept: Callable[[], int]
) -> None:
    chip = Sps30Chip(mono_ns=slept)
    sensor = foreign("sensirion_i2c_sps30").Sps30Device(channel(stage(0x69, chip).smbus, 0x69))
    sensor.sleep()
    assert chip.asleep
    foreign("time").sleep(1)
    for _ in range(2):  # the transceiver here raises what theirs would report, so that the first one is caught
        sensor.wake_up()
        foreign("time").sleep(0.01)
    assert not chip.asleep
    assert sensor.read_product_type() == "00080000"
    assert sensor.read_firmware_version() == (2, 2)
    assert sensor.read_auto_cleaning_interval() == 604_800
    assert sensor.read_device_status_register() == 0
