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
            accuracy="±0.5 °C from 0 to 65 °C; not guaranteed: ±1.25 °C from -20 °C, ±1.5 °C from -40 °C "
            "(BST-BME280-DS001-23, pages 11 and 12)",
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
            accuracy="±1 hPa from 0 to 65 °C, ±1.7 hPa from -20 to 0 °C, RMS noise 1.3 Pa unfiltered "
            "(BST-BME280-DS001-23, page 11)",
        ),
    ),
)
"""What the registry and the configuration checker know of this chip."""
