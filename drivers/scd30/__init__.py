"""Sensirion SCD30: carbon dioxide, temperature and humidity on I2C."""

from drivers.model import I2cModel
from drivers.reading import Channel
from drivers.scd30.commands import ADDRESS
from drivers.scd30.driver import Options, Scd30

MODEL = I2cModel(
    name="scd30",
    title="Sensirion SCD30",
    addresses=(ADDRESS,),
    create=Scd30,
    interval_s=10.0,
    fastest_s=2.0,
    timeout_s=10.0,
    options=Options,
    agreement=(
        "worked example of Sensirion: 439 ppm, 27.2 °C and 48.8 %RH (tests/drivers/scd30/test_decode.py)",
        "independent driver: sensirion-i2c-scd30 on the simulated chip (tests/agreement/agree_scd30.py)",
    ),
    channels=(
        Channel(
            name="co2",
            title="Carbon dioxide",
            property="http://dd.eionet.europa.eu/vocabulary/aq/pollutant/71",
            unit="ppm",
            minimum=1,
            maximum=40_000,
            accuracy="±(30 ppm + 3 %) from 400 to 10000 ppm (SCD30 data sheet 0.94, page 1)",
        ),
        Channel(
            name="temperature",
            title="Temperature at the carbon dioxide sensor",
            property="http://qudt.org/vocab/quantitykind/Temperature",
            unit="Cel",
            exponent=-2,
            minimum=-4000,
            maximum=7000,
            accuracy="unverified: ±(0.4 °C + 2.3 % of the distance to 25 °C) in resellers' tables",
        ),
        Channel(
            name="humidity",
            title="Relative humidity at the carbon dioxide sensor",
            property="http://qudt.org/vocab/quantitykind/RelativeHumidity",
            unit="%RH",
            exponent=-2,
            minimum=0,
            maximum=10_000,
            accuracy="unverified: ±3 %RH at 25 °C in resellers' tables",
        ),
    ),
)
"""What the registry and the configuration checker know of this sensor."""
