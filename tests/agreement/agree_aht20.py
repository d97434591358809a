"""Adafruit's driver reads the simulated AHT20 and gets what it shows."""

from collections.abc import Callable
from typing import Any

import pytest

from drivers.sim.aht20 import Aht20Chip

pytestmark = pytest.mark.hardware("aht20")


@pytest.mark.parametrize(("celsius", "humidity"), [(21.5, 48.25), (-17.75, 90.5), (49.125, 5)])
def test_adafruit_ahtx0_reads_what_the_simulated_chip_shows(
    celsius: float,
    humidity: float,
    stage: Callable[..., Any],
    foreign: Callable[[str], Any],
    agree: Callable[..., None],
    slept: Callable[[], int],
) -> None:
    chip = Aht20Chip(mono_ns=slept)
    chip.set(temperature_c=celsius, humidity_pct=humidity)
    sensor = foreign("adafruit_ahtx0").AHTx0(stage(0x38, chip).busio)
    agree(
        "aht20",
        "adafruit-circuitpython-ahtx0",
        shown={"temperature": celsius, "humidity": humidity},
        read={"temperature": sensor.temperature, "humidity": sensor.relative_humidity},
        within={"temperature": 0.001, "humidity": 0.001},
    )
