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
            accuracy="BMP388: ±0.3 °C at 25 °C, ±0.5 °C from 0 to 65 °C, typical (BST-BMP388-DS001-07, table 2); "
            "BMP390 unverified",
        ),
        Channel(
            name="pressure",
            title="Air pressure at the sensor",
            property="http://qudt.org/vocab/quantitykind/AtmosphericPressure",
            unit="Pa",
            exponent=-1,
            minimum=300_000,
            maximum=1_250_000,
            accuracy="BMP388: ±50 Pa typical from 300 to 1100 hPa and -20 to 65 °C (BST-BMP388-DS001-07, table 2); "
            "BMP390 unverified",
        ),
    ),
)
"""What the registry and the configuration checker know of both chips: registers and formulas are the same."""
