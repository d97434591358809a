"""Aosong AHT20: temperature and humidity on I2C."""

from drivers.aht20.commands import ADDRESS
from drivers.aht20.driver import Aht20
from drivers.model import I2cModel
from drivers.reading import Channel

MODEL = I2cModel(
    name="aht20",
    title="Aosong AHT20, AHT21, DHT20",
    addresses=(ADDRESS,),
    create=Aht20,
    interval_s=10.0,
    fastest_s=2.0,
    timeout_s=2.0,
    agreement=(
        "independent driver: adafruit-circuitpython-ahtx0 on the simulated chip (tests/agreement/agree_aht20.py)",
        "a real chip's seven bytes, whose checksum holds (tests/drivers/aht20/test_decode.py)",
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
            accuracy="unverified: ±0.3 °C (DHT20: ±0.5 °C) in resellers' tables",
        ),
        Channel(
            name="humidity",
            title="Relative humidity",
            property="http://qudt.org/vocab/quantitykind/RelativeHumidity",
            unit="%RH",
            exponent=-2,
            minimum=0,
            maximum=10_000,
            accuracy="unverified: ±2 %RH (DHT20: ±3 %RH) at 25 °C in resellers' tables",
        ),
    ),
)
"""What the registry and the configuration checker know of this chip."""
