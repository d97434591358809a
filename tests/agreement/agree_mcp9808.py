"""Adafruit's driver reads the simulated MCP9808 and gets what it shows."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from drivers.sim.mcp9808 import Mcp9808Chip

pytestmark = pytest.mark.hardware("mcp9808")


@pytest.mark.parametrize("celsius", [25.25, 0, -0.0625, -40, 124.9375])
def test_adafruit_mcp9808_reads_what_the_simulated_chip_shows(
    celsius: float,
    stage: Callable[..., Any],
    foreign: Callable[[str], Any],
    agree: Callable[..., None],
    slept: Callable[[], int],
) -> None:
    chip = Mcp9808Chip(mono_ns=slept)
    chip.set(temperature_c=celsius)
    sensor = foreign("adafruit_mcp9808").MCP9808(stage(0x18, chip).busio)
    time.sleep(0.25)
    agree(
        "mcp9808",
        "adafruit-circuitpython-mcp9808",
        shown={"temperature": celsius},
        read={"temperature": sensor.temperature},
        within={"temperature": 1e-9},
    )
