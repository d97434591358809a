"""Sensirion SCD40 and SCD41: carbon dioxide, temperature and humidity on I2C."""

from drivers.model import I2cModel
from drivers.reading import Channel
from drivers.scd4x.commands import ADDRESS
from drivers.scd4x.driver import Options, Scd4x

MODEL = I2cModel(
    name="scd4x",
    title="Sensirion SCD40, SCD41",
    addresses=(ADDRESS,),
    create=Scd4x,
    interval_s=10.0,
    fastest_s=5.0,
    timeout_s=15.0,
    options=Options,
    agreement=("independent driver: sensirion-i2c-scd4x on the simulated chip (tests/agreement/agree_scd4x.py)",),
    channels=(
        Channel(
            name="co2",
            title="Carbon dioxide",
            property="http://dd.eionet.europa.eu/vocabulary/aq/pollutant/71",
            unit="ppm",
            minimum=1,
            maximum=40_000,
            accuracy="SCD41 ±(50 ppm + 2.5 %) from 400 to 1000 ppm, ±(50 ppm + 3 %) to 2000 ppm, ±(40 ppm + 5 %) to "
            "5000 ppm; SCD40 ±(50 ppm + 5 %) from 400 to 2000 ppm (SCD4x data sheet 1.5, page 3)",
        ),
        Channel(
            name="temperature",
            title="Temperature at the carbon dioxide sensor",
            property="http://qudt.org/vocab/quantitykind/Temperature",
            unit="Cel",
            exponent=-2,
            minimum=-1000,
            maximum=6000,
            accuracy="typically ±0.8 °C from 15 to 35 °C, ±1.5 °C from -10 to 60 °C (SCD4x data sheet 1.5, page 3)",
        ),
        Channel(
            name="humidity",
            title="Relative humidity at the carbon dioxide sensor",
            property="http://qudt.org/vocab/quantitykind/RelativeHumidity",
            unit="%RH",
            exponent=-2,
            minimum=0,
            maximum=10_000,
            accuracy="typically ±6 %RH from 20 to 65 %RH and 15 to 35 °C, ±9 %RH from -10 to 60 °C "
            "(SCD4x data sheet 1.5, page 3)",
        ),
    ),
)
"""What the registry and the configuration checker know of this chip."""
