"""Adafruit's driver reads the simulated INA219 and gets what it shows."""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from drivers.sim.ina219 import Ina219Chip

pytestmark = pytest.mark.hardware("ina219")


@pytest.mark.parametrize(("volts", "amperes"), [("12.1", "1.5"), ("5", "-0.25"), ("19.996", "3.1"), ("0", "0")])
def test_adafruit_reads_what_the_simulated_chip_shows(
    volts: str,
    amperes: str,
    stage: Callable[..., Any],
    slept: Callable[[], int],
    foreign: Callable[[str], Any],
    agree: Callable[..., None],
) -> None:
    chip = Ina219Chip(mono_ns=slept)
    shown = chip.set(bus_v=Decimal(volts), current_a=Decimal(amperes))
    sensor = foreign("adafruit_ina219").INA219(stage(0x40, chip).busio, 0x40)
    time.sleep(0.2)  # the clock that the chip goes by, and no other
    assert not sensor.overflow
    agree(
        "ina219",
        "adafruit-circuitpython-ina219",
        shown={
            "bus_voltage": (shown["bus_voltage"] or 0) / 1000,
            "shunt_voltage": (shown["shunt_voltage"] or 0) / 100_000,
            "current": (shown["current"] or 0) / 1_000_000,
            "power": abs(shown["power"] or 0) / 1_000_000,
        },
        read={
            "bus_voltage": sensor.bus_voltage,
            "shunt_voltage": sensor.shunt_voltage,
            "current": sensor.current / 1000,
            "power": sensor.power,
        },
        within={"bus_voltage": 1e-6, "shunt_voltage": 1e-6, "current": 1e-6, "power": 0.002},
    )
