"""Sensirion SHT40, SHT41, SHT43 and SHT45: temperature and humidity on I2C."""

from drivers.model import I2cModel
from drivers.reading import Channel
from drivers.sht import Options
from drivers.sht4x.commands import ADDRESSES
from drivers.sht4x.driver import create

MODEL = I2cModel(
    name="sht4x",
    title="Sensirion SHT40, SHT41, SHT43, SHT45",
    addresses=ADDRESSES,
    create=create,
    interval_s=10.0,
    timeout_s=2.0,
    options=Options,
    agreement=("independent driver: sensirion-i2c-sht on the simulated chip (tests/agreement/agree_sht4x.py)",),
    channels=(
        Channel(
            name="temperature",
            title="Air temperature",
            property="http://qudt.org/vocab/quantitykind/Temperature",
            unit="Cel",
            exponent=-2,
            minimum=-4000,
            maximum=12_500,
            accuracy="SHT45 ±0.1 °C (SHT4x data sheet 6, page 1); SHT40 and SHT41 ±0.2 °C (unverified)",
        ),
        Channel(
            name="humidity",
            title="Relative humidity",
            property="http://qudt.org/vocab/quantitykind/RelativeHumidity",
            unit="%RH",
            exponent=-2,
            minimum=0,
            maximum=10_000,
            accuracy="SHT45 ±1.0 %RH (SHT4x data sheet 6, page 1); SHT40 and SHT41 ±1.8 %RH (unverified)",
        ),
    ),
)
"""What the registry and the configuration checker know of this chip."""
