"""Adafruit's driver reads the simulated ADS1115 and gets what it shows."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from drivers.sim.ads1115 import Ads1115Chip

pytestmark = pytest.mark.hardware("ads1115")


@pytest.mark.parametrize("volts", [("1.8", "0.6", "3.15", "0"), ("-0.1", "4.0", "2.5", "0.0001")])
def test_adafruit_reads_what_the_simulated_chip_shows(
    volts: tuple[str, str, str, str],
    stage: Callable[..., Any],
    foreign: Callable[[str], Any],
    agree: Callable[..., None],
) -> None:
    chip = Ads1115Chip()
    shown = chip.set(*(Decimal(text) for text in volts))
    library = foreign("adafruit_ads1x15")
    converter = library.ADS1115(stage(0x48, chip).busio, data_rate=860)
    agree(
        "ads1115",
        "adafruit-circuitpython-ads1x15",
        shown={name: (value or 0) / 10_000 for name, value in shown.items()},
        read={f"a{number}": library.AnalogIn(converter, number).voltage for number in range(4)},
        within=dict.fromkeys(shown, 0.0001),
    )


@pytest.mark.parametrize("gain", [2 / 3, 1, 2, 4, 8, 16])
def test_adafruit_reads_the_same_at_every_gain(
    gain: float, stage: Callable[..., Any], foreign: Callable[[str], Any], agree: Callable[..., None]
) -> None:
    chip = Ads1115Chip()
    chip.set(a1=Decimal("0.2"))
    library = foreign("adafruit_ads1x15")
    converter = library.ADS1115(stage(0x49, chip).busio, address=0x49, gain=gain, data_rate=860)
    read = {"a1": library.AnalogIn(converter, 1).voltage}
    agree("ads1115", "adafruit-circuitpython-ads1x15", shown={"a1": 0.2}, read=read, within={"a1": 0.0001})
