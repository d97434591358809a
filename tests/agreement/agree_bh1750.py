"""Adafruit's driver reads the simulated BH1750 and gets what it shows."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from drivers.sim.bh1750 import Bh1750Chip

pytestmark = pytest.mark.hardware("bh1750")


@pytest.mark.parametrize("lux", [0, 12.5, 847.5, 25_000])
def test_adafruit_bh1750_reads_what_the_simulated_chip_shows(
    lux: float,
    stage: Callable[..., Any],
    foreign: Callable[[str], Any],
    agree: Callable[..., None],
    slept: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library = foreign("adafruit_bh1750")
    monkeypatch.setattr(library, "sleep", time.sleep)  # it has a name of its own for it
    chip = Bh1750Chip(mono_ns=slept)
    chip.set(illuminance_lux=lux)
    bus = stage(0x23, chip).busio
    for half in (b"\x42", b"\x65"):  # measurement time 69, as after power-up: it believes in that and does not set it
        bus.writeto(0x23, half)
    sensor = library.BH1750(bus)
    agree(
        "bh1750",
        "adafruit-circuitpython-bh1750",
        shown={"illuminance": lux},
        read={"illuminance": sensor.lux},
        within={"illuminance": 0.21},  # half a count
    )
