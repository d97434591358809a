"""Adafruit's driver reads the simulated VEML7700 and gets what it shows.

Its automatic ranging corrects every count above 100 at gain 1/8, Vishay only what is above 1000 lx; compared are
lights at which both do the same, and without correction what a count is worth.
"""

import time
from collections.abc import Callable
from typing import Any

import pytest

from drivers.sim.veml7700 import Veml7700Chip

pytestmark = pytest.mark.hardware("veml7700")


@pytest.mark.parametrize(
    ("lux", "half_a_step"), [(0.5, 0.0021), (7, 0.017), (40, 0.14), (2_500, 0.5), (20_000, 4), (110_000, 20)]
)
def test_adafruit_veml7700_ranging_by_itself_reads_what_the_simulated_chip_shows(
    lux: float,
    half_a_step: float,
    stage: Callable[..., Any],
    foreign: Callable[[str], Any],
    agree: Callable[..., None],
    slept: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library = foreign("adafruit_veml7700")
    monkeypatch.setattr(library.VEML7700, "milliseconds", staticmethod(lambda: slept() / 1e6))
    chip = Veml7700Chip(mono_ns=slept)
    chip.set(illuminance_lux=lux)
    sensor = library.VEML7700(stage(0x10, chip).busio)
    agree(
        "veml7700",
        "adafruit-circuitpython-veml7700",
        shown={"illuminance": lux},
        read={"illuminance": sensor.autolux},
        within={"illuminance": half_a_step},
    )


@pytest.mark.parametrize(("gain", "integration"), [("ALS_GAIN_1_8", "ALS_25MS"), ("ALS_GAIN_1", "ALS_100MS")])
def test_adafruit_veml7700_with_a_setting_of_its_own_reads_what_the_simulated_chip_shows(
    gain: str,
    integration: str,
    stage: Callable[..., Any],
    foreign: Callable[[str], Any],
    agree: Callable[..., None],
    slept: Callable[[], int],
) -> None:
    chip = Veml7700Chip(mono_ns=slept)
    chip.set(illuminance_lux=430.08)
    sensor = foreign("adafruit_veml7700").VEML7700(stage(0x10, chip).busio)
    sensor.light_gain = getattr(sensor, gain)
    sensor.light_integration_time = getattr(sensor, integration)
    time.sleep(0.3)
    agree(
        "veml7700",
        "adafruit-circuitpython-veml7700",
        shown={"illuminance": 430.08},
        read={"illuminance": sensor.lux},
        within={"illuminance": 1e-6},
    )
