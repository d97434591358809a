"""SparkFun's driver reads the simulated TMP102 and gets what it shows, in both word forms.

Below zero it does not: it extends the sign with ``|= 0xF000``, which in Python, where integers have no width, gives a
large positive number (SBOS397C, page 6: two's complement). There Adafruit's driver of the PCT2075, whose word is that
of a TMP102 in normal mode with one bit less, stands in for it.
"""

import time
from collections.abc import Callable
from typing import Any

import pytest

from drivers.sim.tmp102 import Tmp102Chip

pytestmark = pytest.mark.hardware("tmp102")

_EXTENDED = b"\x01\x60\xb0"


class _Qwiic:
    """What SparkFun's driver uses of its own I2C library, on smbus2."""

    def __init__(self, bus: Any) -> None:
        self._bus = bus

    def write_command(self, address: int, register: int) -> None:
        self._bus.write_byte(address, register)

    def read_block(self, address: int, register: int, length: int) -> list[int]:
        return list(self._bus.read_i2c_block_data(address, register, length))

    writeCommand, readBlock = write_command, read_block  # noqa: N815 - their names


@pytest.mark.parametrize(("extended", "celsius"), [(False, 25.0625), (False, 127.9375), (True, 0.0625), (True, 150)])
def test_sparkfun_tmp102_reads_what_the_simulated_chip_shows(
    extended: bool,  # noqa: FBT001 - a parameter of the test
    celsius: float,
    stage: Callable[..., Any],
    foreign: Callable[[str], Any],
    agree: Callable[..., None],
    slept: Callable[[], int],
) -> None:
    chip = Tmp102Chip(mono_ns=slept)
    if extended:
        chip.write(_EXTENDED)
    chip.set(temperature_c=celsius)
    time.sleep(0.05)
    sensor = foreign("qwiic_tmp102").QwiicTmp102Sensor(0x48, _Qwiic(stage(0x48, chip).smbus))
    agree(
        "tmp102",
        "sparkfun-qwiic-tmp102",
        shown={"temperature": celsius},
        read={"temperature": sensor.read_temp_c()},
        within={"temperature": 1e-9},
    )


@pytest.mark.simulated("its driver knows one of the chip's two word forms, and ours leaves the other")
@pytest.mark.parametrize("celsius", [-0.125, -25, -54.875])
def test_adafruit_pct2075_reads_the_simulated_tmp102_below_zero(
    celsius: float,
    stage: Callable[..., Any],
    foreign: Callable[[str], Any],
    agree: Callable[..., None],
    slept: Callable[[], int],
) -> None:
    chip = Tmp102Chip(mono_ns=slept)
    chip.set(temperature_c=celsius)
    time.sleep(0.05)
    agree(
        "tmp102",
        "adafruit-circuitpython-pct2075",
        shown={"temperature": celsius},
        read={"temperature": foreign("adafruit_pct2075").PCT2075(stage(0x48, chip).busio, 0x48).temperature},
        within={"temperature": 1e-9},
    )
