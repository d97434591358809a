"""Adafruit's driver reads the simulated BMP388 and BMP390 and gets what they show."""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from drivers.sim.bmp388 import TRIMS, Bmp388Chip, Trim

pytestmark = pytest.mark.hardware("bmp388", pressure=0.01)


@pytest.mark.parametrize("chip_id", [0x50, 0x60], ids=["BMP388", "BMP390"])
@pytest.mark.parametrize("trim", TRIMS, ids=["typical", "other signs"])
@pytest.mark.parametrize(("celsius", "pascal"), [(25, 101325), (-12.5, 98710), (48, 35000)])
def test_adafruit_reads_what_the_simulated_chip_shows(
    celsius: float,
    pascal: float,
    trim: Trim,
    chip_id: int,
    stage: Callable[..., Any],
    slept: Callable[[], int],
    foreign: Callable[[str], Any],
    agree: Callable[..., None],
) -> None:
    chip = Bmp388Chip(trim, chip_id=chip_id, mono_ns=slept)
    shown = chip.set(temperature_c=Decimal(str(celsius)), pressure_pa=Decimal(pascal))
    sensor = foreign("adafruit_bmp3xx").BMP3XX_I2C(stage(0x77, chip).busio, 0x77)
    time.sleep(0.01)  # after the reset that it has sent
    agree(
        "bmp388",
        "adafruit-circuitpython-bmp3xx",
        shown={"temperature": (shown["temperature"] or 0) / 100, "pressure": (shown["pressure"] or 0) / 1000},
        read={"temperature": sensor.temperature, "pressure": sensor.pressure},
        within={"temperature": 0.0051, "pressure": 0.00051},
    )
