"""Bosch Sensortec BMP280: temperature and pressure on I2C."""

from drivers.bmp280.driver import Bmp280
from drivers.model import I2cModel
from drivers.reading import Channel

MODEL = I2cModel(
    name="bmp280",
    title="Bosch Sensortec BMP280",
    addresses=(0x76, 0x77),
    create=Bmp280,
    interval_s=10.0,
    timeout_s=2.0,
    agreement=(
        "worked example of Bosch: 25.08 °C and 1006.53 hPa (tests/drivers/bmp280/test_decode.py)",
        "independent drivers: bmp280, adafruit-circuitpython-bmp280 (tests/agreement/agree_bmp280.py)",
    ),
    channels=(
        Channel(
            name="temperature",
            title="Temperature at the pressure sensor",
            property="http://qudt.org/vocab/quantitykind/Temperature",
            unit="Cel",
            exponent=-2,
            minimum=-4000,
            maximum=8500,
            accuracy="±0.5 °C at 25 °C, ±1 °C from 0 to 65 °C, typical (BST-BMP280-DS001-11, page 8)",
        ),
        Channel(
            name="pressure",
            title="Air pressure at the sensor",
            property="http://qudt.org/vocab/quantitykind/AtmosphericPressure",
            unit="Pa",
            exponent=-1,
            minimum=300_000,
            maximum=1_100_000,
            accuracy="±1 hPa typical from 950 to 1050 hPa and 0 to 40 °C (BST-BMP280-DS001-11, page 2)",
        ),
    ),
)
"""What the registry and the configuration checker know of this chip."""
