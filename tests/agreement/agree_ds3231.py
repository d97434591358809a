"""Adafruit's driver reads the simulated DS3231 and gets what it shows."""

import calendar
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from drivers.sim.ds3231 import Ds3231Chip

pytestmark = pytest.mark.hardware("ds3231")


@pytest.mark.parametrize(
    ("moment", "celsius"),
    [((2026, 4, 15, 13, 5, 59), 25.25), ((2028, 2, 29, 0, 0, 0), -12.75), ((2031, 12, 31, 23, 59, 58), 0.0)],
)
def test_adafruit_reads_what_the_simulated_chip_shows(
    moment: tuple[int, int, int, int, int, int],
    celsius: float,
    stage: Callable[..., Any],
    slept: Callable[[], int],
    foreign: Callable[[str], Any],
    agree: Callable[..., None],
) -> None:
    chip = Ds3231Chip(mono_ns=slept)
    place = stage(0x68, chip)
    clock = foreign("adafruit_ds3231").DS3231(place.busio)
    assert place.real or clock.lost_power
    chip.set(utc=datetime(*moment, tzinfo=UTC), temperature_c=celsius)
    time.sleep(3)  # the clock that the chip goes by, and no other
    shown = chip.presented
    agree(
        "ds3231",
        "adafruit-circuitpython-ds3231",
        shown={
            "utc": (shown["utc"] or 0) / 1000,
            "temperature": (shown["temperature"] or 0) / 100,
            "oscillator_stopped": shown["oscillator_stopped"] or 0,
        },
        read={
            "utc": calendar.timegm(clock.datetime),
            "temperature": clock.temperature,
            "oscillator_stopped": int(clock.lost_power),
        },
        within={"utc": 0, "temperature": 0, "oscillator_stopped": 0},
    )
