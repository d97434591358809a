"""Melexis MLX90614: surface temperature without contact, on SMBus."""

from drivers.mlx90614.commands import ADDRESSES, VALID_S
from drivers.mlx90614.driver import Mlx90614
from drivers.model import I2cModel
from drivers.reading import Channel

MODEL = I2cModel(
    name="mlx90614",
    title="Melexis MLX90614",
    addresses=ADDRESSES,
    create=Mlx90614,
    interval_s=10.0,
    timeout_s=2.0,
    warm_up_s=VALID_S,
    agreement=(
        "worked example of Melexis: word 0x3AD2 has packet error code 0x30 (tests/drivers/mlx90614/test_decode.py)",
        "independent driver: adafruit-circuitpython-mlx90614 (tests/agreement/agree_mlx90614.py)",
    ),
    channels=(
        Channel(
            name="object_temperature",
            title="Mean temperature of the surface in view",
            property="http://qudt.org/vocab/quantitykind/Temperature",
            unit="Cel",
            exponent=-2,
            minimum=-7000,
            maximum=38_000,
            accuracy="±0.5 °C with sensor and surface from 0 to 50 °C, emissivity 1 (data sheet 3901090614, page 1)",
        ),
        Channel(
            name="ambient_temperature",
            title="Temperature of the sensor itself",
            property="http://qudt.org/vocab/quantitykind/Temperature",
            unit="Cel",
            exponent=-2,
            minimum=-4000,
            maximum=12_500,
            accuracy="±0.5 °C from 0 to 50 °C (data sheet 3901090614, page 1)",
        ),
    ),
)
"""What the registry and the configuration checker know of this chip."""
