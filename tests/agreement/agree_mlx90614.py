"""Adafruit's driver reads the simulated MLX90614 and gets what it shows."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from drivers.sim.mlx90614 import Mlx90614Chip

pytestmark = pytest.mark.hardware("mlx90614")


@pytest.mark.parametrize(("ambient", "surface"), [(20, 12), (-18.5, -22.34), (41, 63.9)])
def test_adafruit_reads_what_the_simulated_chip_shows(
    ambient: float,
    surface: float,
    stage: Callable[..., Any],
    foreign: Callable[[str], Any],
    agree: Callable[..., None],
) -> None:
    chip = Mlx90614Chip()
    shown = chip.set(ambient_c=Decimal(str(ambient)), object_c=Decimal(str(surface)))
    sensor = foreign("adafruit_mlx90614").MLX90614(stage(0x5A, chip).busio)
    agree(
        "mlx90614",
        "adafruit-circuitpython-mlx90614",
        shown={name: (value or 0) / 100 for name, value in shown.items()},
        read={name: getattr(sensor, name) for name in shown},
        within=dict.fromkeys(shown, 0.001),
    )
