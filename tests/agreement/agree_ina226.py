"""pamoja-sensors configures the simulated INA226 and makes of its words what it shows.

Its driver opens a device node by itself, below Python, where our adapter is not; so smbus2 carries the words, and
every number in them is pamoja's: identification, configuration, calibration, flags, and what the results mean.
"""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from drivers.sim.ina226 import Ina226Chip

pytestmark = pytest.mark.hardware("ina226")


@pytest.mark.parametrize(
    ("volts", "amperes", "milliohm"), [("12.1", "0.5", 100), ("24", "-3.25", 10), ("11.98", "10", 2), ("0", "0", 100)]
)
def test_pamoja_reads_what_the_simulated_chip_shows(
    volts: str,
    amperes: str,
    milliohm: int,
    stage: Callable[..., Any],
    slept: Callable[[], int],
    foreign: Callable[[str], Any],
    agree: Callable[..., None],
) -> None:
    chip = Ina226Chip(shunt_ohm=Decimal(milliohm) / 1000, mono_ns=slept)
    shown = chip.set(bus_v=Decimal(volts), current_a=Decimal(amperes))
    library = foreign("pamoja.sensors")
    codec, bus = library.ina226, stage(0x40, chip).smbus

    def word(register: int) -> int:
        data = bus.read_i2c_block_data(0x40, register, 2)
        return int(data[0]) << 8 | int(data[1])

    def write(register: int, value: int) -> None:
        bus.write_i2c_block_data(0x40, register, [value >> 8, value & 0xFF])

    def signed(value: int) -> int:
        return value - 0x10000 if value & 0x8000 else value

    codec.identify(word(codec.REGISTER_MANUFACTURER_ID), word(codec.REGISTER_DIE_ID))
    step_ua = 1000 if milliohm < 100 else 100
    write(codec.REGISTER_CALIBRATION, codec.calibration(step_ua, milliohm))
    setting = library.Ina226Config(averaging=2, mode=3)
    write(codec.REGISTER_CONFIGURATION, codec.config_to_register(setting))
    time.sleep(codec.update_micros(setting) / 1e6)  # the clock that the chip goes by, and no other
    flags = codec.mask_enable_from_register(word(codec.REGISTER_MASK_ENABLE))
    assert (flags.conversion_ready_flag, flags.math_overflow) == (True, False)
    read = {
        "bus_voltage": codec.bus_microvolts(word(codec.REGISTER_BUS_VOLTAGE)) / 1e6,
        "shunt_voltage": codec.shunt_nanovolts(signed(word(codec.REGISTER_SHUNT_VOLTAGE))) / 1e9,
        "current": codec.current_microamps(signed(word(codec.REGISTER_CURRENT)), step_ua) / 1e6,
        "power": codec.power_microwatts(word(codec.REGISTER_POWER), step_ua) / 1e6,
    }
    agree(
        "ina226",
        "pamoja-sensors",
        shown={
            "bus_voltage": (shown["bus_voltage"] or 0) / 1e5,
            "shunt_voltage": (shown["shunt_voltage"] or 0) / 1e7,
            "current": (shown["current"] or 0) / 1e6,
            "power": abs(shown["power"] or 0) / 1e6,
        },
        read=read,
        within={"bus_voltage": 1e-9, "shunt_voltage": 1e-9, "current": step_ua / 1e6, "power": 25 * step_ua / 1e6},
    )
