"""Sensirion SHT30, SHT31 and SHT35: temperature and humidity on I2C."""

from drivers.model import I2cModel
from drivers.reading import Channel
from drivers.sht import Options
from drivers.sht3x.commands import ADDRESSES
from drivers.sht3x.driver import create

_SHEET = "SHT3x-DIS data sheet 6, page 2"

MODEL = I2cModel(
    name="sht3x",
    title="Sensirion SHT30, SHT31, SHT35",
    addresses=ADDRESSES,
    create=create,
    interval_s=10.0,
    timeout_s=2.0,
    options=Options,
    agreement=("independent driver: sensirion-i2c-sht on the simulated chip (tests/agreement/agree_sht3x.py)",),
    channels=(
        Channel(
            name="temperature",
            title="Air temperature",
            property="http://qudt.org/vocab/quantitykind/Temperature",
            unit="Cel",
            exponent=-2,
            minimum=-4000,
            maximum=12_500,
            accuracy="typically ±0.2 °C, SHT30 from 0 to 65 °C, SHT31 from 0 to 90 °C; SHT35 ±0.1 °C from 20 to "
            f"60 °C ({_SHEET})",
        ),
        Channel(
            name="humidity",
            title="Relative humidity",
            property="http://qudt.org/vocab/quantitykind/RelativeHumidity",
            unit="%RH",
            exponent=-2,
            minimum=0,
            maximum=10_000,
            accuracy=f"typically ±2 %RH, SHT35 ±1.5 %RH, at 25 °C ({_SHEET})",
        ),
    ),
)
"""What the registry and the configuration checker know of this chip."""
