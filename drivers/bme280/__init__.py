"""Bosch Sensortec BME280: temperature, humidity and pressure on I2C."""

from drivers.bme280.driver import Bme280
from drivers.model import I2cModel
from drivers.reading import Channel

MODEL = I2cModel(
    name="bme280",
    title="Bosch Sensortec BME280",
    addresses=(0x76, 0x77),
    create=Bme280,
    interval_s=10.0,
    timeout_s=2.0,
    agreement=(
        "worked example of Bosch: 25.08 °C and 1006.53 hPa (tests/drivers/bme280/test_decode.py)",
        "independent driver: RPi.bme280 on the simulated chip (tests/agreement/agree_bme280.py)",
    ),
    channels=(
        Channel(
            name="temperature",
            title="Air temperature",
            property="http://qudt.org/vocab/quantitykind/Temperature",
            unit="Cel",
            exponent=-2,
            minimum=-4000,
            maximum=8500,
            accuracy="unverified; operating range -40 to 85 °C (BST-BME280-DS002-15, page 9)",
        ),
        Channel(
            name="humidity",
            title="Relative humidity",
            property="http://qudt.org/vocab/quantitykind/RelativeHumidity",
            unit="%RH",
            exponent=-2,
            minimum=0,
            maximum=10_000,
            accuracy="±3 %RH from 20 to 80 %RH at 25 °C, hysteresis included (BST-BME280-DS002-15, page 9)",
        ),
        Channel(
            name="pressure",
            title="Air pressure at the sensor",
            property="http://qudt.org/vocab/quantitykind/AtmosphericPressure",
            unit="Pa",
            exponent=-1,
            minimum=300_000,
            maximum=1_100_000,
            accuracy="unverified; RMS noise 0.2 Pa, operating range 300 to 1100 hPa (BST-BME280-DS001-18, page 2)",
        ),
    ),
)
"""What the registry and the configuration checker know of this chip."""
