"""Pimoroni's and Adafruit's drivers read the simulated BME680 and BME688 and get what they show.

Two faults of theirs are left out. Both read range_sw_err, a signed word of four bits, without its sign (Bosch's
`bme68x.c` casts it to int8_t), so the gas resistance is compared where the word is positive. Adafruit's exchanges the
two halves of byte 0xE2, which belong to par_h1 and par_h2, so its humidity is not compared.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from drivers.sim.bme680 import Bme680Chip
from drivers.sim.bme680_trim import TRIMS, TYPICAL, Trim

pytestmark = pytest.mark.hardware("bme680", pressure=0.01)

_AIR = [(25, 40, 101325, 120_000), (-12.5, 91, 98710, 8_000), (48, 8, 75000, 1_500_000)]
_WITHIN = {"temperature": 0.011, "humidity": 0.06, "pressure": 0.06}
"""Pimoroni's pressure is Bosch's 32-bit version, in whole Pa; Adafruit's temperature is not rounded."""


def _show(chip: Bme680Chip, air: tuple[float, float, float, float]) -> dict[str, float]:
    celsius, humidity, pascal, ohm = (Decimal(str(value)) for value in air)
    shown = chip.set(temperature_c=celsius, humidity_pct=humidity, pressure_pa=pascal, gas_ohm=ohm)
    return {
        "temperature": (shown["temperature"] or 0) / 100,
        "humidity": (shown["humidity"] or 0) / 100,
        "pressure": (shown["pressure"] or 0) / 1000,
        "gas_resistance": shown["gas_resistance"] or 0,
    }


def _compared(shown: dict[str, float], *left_out: str) -> dict[str, float]:
    return {name: value for name, value in shown.items() if name not in left_out}


@pytest.mark.parametrize("gas_high", [False, True], ids=["BME680", "BME688"])
@pytest.mark.parametrize("trim", TRIMS, ids=["typical", "other signs"])
@pytest.mark.parametrize("air", _AIR)
def test_pimoroni_reads_what_the_simulated_chip_shows(
    air: tuple[float, float, float, float],
    trim: Trim,
    stage: Callable[..., Any],
    slept: Callable[[], int],
    foreign: Callable[[str], Any],
    agree: Callable[..., None],
    *,
    gas_high: bool,
) -> None:
    chip = Bme680Chip(trim, gas_high=gas_high, mono_ns=slept)
    shown = _show(chip, air)
    sensor = foreign("bme680").BME680(0x76, stage(0x76, chip).smbus)
    sensor.set_gas_heater_profile(320, 50)
    assert sensor.get_sensor_data()
    assert sensor.data.heat_stable
    read = {name: getattr(sensor.data, name) for name in shown}
    left_out = [] if gas_high or trim is TYPICAL else ["gas_resistance"]
    within = _WITHIN | {"gas_resistance": shown["gas_resistance"] / 500}
    agree("bme680", "bme680", shown=_compared(shown, *left_out), read=read, within=within)


@pytest.mark.parametrize("gas_high", [False, True], ids=["BME680", "BME688"])
@pytest.mark.parametrize("trim", TRIMS, ids=["typical", "other signs"])
@pytest.mark.parametrize("air", _AIR)
def test_adafruit_reads_what_the_simulated_chip_shows(
    air: tuple[float, float, float, float],
    trim: Trim,
    stage: Callable[..., Any],
    slept: Callable[[], int],
    foreign: Callable[[str], Any],
    agree: Callable[..., None],
    *,
    gas_high: bool,
) -> None:
    chip = Bme680Chip(trim, gas_high=gas_high, mono_ns=slept)
    shown = _show(chip, air)
    sensor = foreign("adafruit_bme680").Adafruit_BME680_I2C(stage(0x77, chip).busio, 0x77, refresh_rate=1)
    read = {"temperature": sensor.temperature, "pressure": sensor.pressure, "gas_resistance": sensor.gas}
    left_out = ["humidity"] if gas_high or trim is TYPICAL else ["humidity", "gas_resistance"]
    within = _WITHIN | {"gas_resistance": shown["gas_resistance"] / 500}
    agree("bme680", "adafruit-circuitpython-bme680", shown=_compared(shown, *left_out), read=read, within=within)
