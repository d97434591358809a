"""Adafruit's driver reads the simulated TMP117 and gets what it shows."""

from collections.abc import Callable
from typing import Any

import pytest

from drivers.sim.tmp117 import Tmp117Chip

pytestmark = pytest.mark.hardware("tmp117")


@pytest.mark.parametrize("celsius", [25.25, 0, -0.0078125, -40, 124.9375])
def test_adafruit_tmp117_reads_what_the_simulated_chip_shows(
    celsius: float,
    stage: Callable[..., Any],
    foreign: Callable[[str], Any],
    agree: Callable[..., None],
    slept: Callable[[], int],
) -> None:
    chip = Tmp117Chip(mono_ns=slept)
    chip.set(temperature_c=celsius)
    sensor = foreign("adafruit_tmp117").TMP117(stage(0x48, chip).busio)
    agree(
        "tmp117",
        "adafruit-circuitpython-tmp117",
        shown={"temperature": celsius},
        read={"temperature": sensor.temperature},
        within={"temperature": 1e-9},
    )
