"""Adafruit's driver of the PCT2075, an LM75B by its registers, reads the simulated LM75 and gets what it shows."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from drivers.sim.lm75 import Lm75Chip

pytestmark = pytest.mark.hardware("lm75")


@pytest.mark.parametrize(
    ("bits", "celsius"), [(11, 25.125), (11, -0.125), (11, -54.875), (11, 124.875), (9, 20.5), (9, -0.5), (9, 0)]
)
def test_adafruit_pct2075_reads_what_the_simulated_chip_shows(
    bits: int,
    celsius: float,
    stage: Callable[..., Any],
    foreign: Callable[[str], Any],
    agree: Callable[..., None],
    slept: Callable[[], int],
) -> None:
    chip = Lm75Chip(bits=bits, mono_ns=slept)
    chip.set(temperature_c=celsius)
    sensor = foreign("adafruit_pct2075").PCT2075(stage(0x48, chip).busio, 0x48)
    time.sleep(0.1)
    agree(
        "lm75",
        "adafruit-circuitpython-pct2075",
        shown={"temperature": celsius},
        read={"temperature": sensor.temperature},
        within={"temperature": 1e-9},
    )
