"""adafruit_tfmini reads the simulated TFmini's frames and gets what they show."""

import io
from collections.abc import Callable
from typing import Any

import pytest

from drivers.sim.tfmini import SimulatedTfmini


class _Uart(io.BytesIO):
    """What CircuitPython's busio.UART is to its drivers: a stream with a speed."""

    baudrate = 0

    def reset_input_buffer(self) -> None:
        """Do nothing: what is there has just come."""


@pytest.mark.parametrize(("centimetres", "strength"), [(30, 200), (123, 1000), (1199, 40_000)])
def test_adafruit_tfmini_reads_what_the_simulated_sensor_shows(
    centimetres: int, strength: int, foreign: Callable[[str], Any], agree: Callable[..., None]
) -> None:
    simulated = SimulatedTfmini()
    simulated.set(distance_cm=centimetres, strength=strength)
    lidar = foreign("adafruit_tfmini").TFmini(_Uart(b"\x59\x00" + simulated.frame() * 3))
    read = {"distance": lidar.distance, "strength": lidar.strength}
    agree(
        "tfmini",
        "adafruit-circuitpython-tfmini",
        shown={"distance": centimetres, "strength": strength},
        read=read,
        within={"distance": 0, "strength": 0},
    )
