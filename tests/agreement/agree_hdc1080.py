"""The senseBox project's driver reads the simulated HDC1080 and gets what it shows."""

from collections.abc import Callable
from typing import Any

import pytest

from drivers.sim.hdc1080 import Hdc1080Chip

pytestmark = pytest.mark.hardware("hdc1080")


@pytest.mark.parametrize(("celsius", "humidity"), [(21.5, 48.25), (-17.75, 90.5), (49.125, 5)])
def test_circuitpython_hdc1080_reads_what_the_simulated_chip_shows(
    celsius: float,
    humidity: float,
    stage: Callable[..., Any],
    foreign: Callable[[str], Any],
    agree: Callable[..., None],
    slept: Callable[[], int],
) -> None:
    chip = Hdc1080Chip(mono_ns=slept)
    chip.set(temperature_c=celsius, humidity_pct=humidity)
    sensor = foreign("hdc1080").HDC1080(stage(0x40, chip).busio)
    agree(
        "hdc1080",
        "circuitpython-hdc1080",
        shown={"temperature": celsius, "humidity": humidity},
        read={"temperature": sensor.temperature, "humidity": sensor.humidity},
        within={"temperature": 0.006, "humidity": 0.004},
    )
