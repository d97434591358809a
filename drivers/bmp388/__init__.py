"""Bosch Sensortec BMP388 and BMP390: pressure and temperature on I2C."""

from drivers.bmp388.driver import Bmp388
from drivers.model import I2cModel
from drivers.reading import Channel

MODEL = I2cModel(
    name="bmp388",
    title="Bosch Sensortec BMP388, BMP390",
    addresses=(0x76, 0x77),
    create=Bmp388,
    interval_s=10.0,
    timeout_s=2.0,
    agreement=("independent driver: adafruit-circuitpython-bmp3xx (tests/agreement/agree_bmp388.py)",),
    channels=(
        Channel(
            name="temperature",
            title="Temperature at the pressure sensor",
            property="http://qudt.org/vocab/quantitykind/Temperature",
            unit="Cel",
            exponent=-2,
            minimum=-4000,
            maximum=8500,
            accuracy="unverified: ±0.5 °C at 25 °C (BMP390) in a summary of BST-BMP390-DS002-07",
        ),
        Channel(
            name="pressure",
            title="Air pressure at the sensor",
            property="http://qudt.org/vocab/quantitykind/AtmosphericPressure",
            unit="Pa",
            exponent=-1,
            minimum=300_000,
            maximum=1_250_000,
            accuracy="unverified: ±50 Pa typical (BMP390) in a summary of BST-BMP390-DS002-07",
        ),
    ),
)
"""What the registry and the configuration checker know of both chips: registers and formulas are the same."""
