"""Sensirion SEN50, SEN54 and SEN55: particles, temperature, humidity and gas indices on I2C."""

from drivers.model import I2cModel
from drivers.reading import Channel
from drivers.sen5x.commands import ADDRESS
from drivers.sen5x.driver import Options, Sen5x
from drivers.sensirion_fan import SAMPLE_TIMEOUT_S

_SHEET = "SEN5x data sheet 2, page"
_POLLUTANT = "http://dd.eionet.europa.eu/vocabulary/aq/pollutant/"
_QUDT = "http://qudt.org/vocab/quantitykind/"
_FINE = f"±(5 µg/m3 + 5 %) to 100 µg/m3, ±10 % above, between sensors ({_SHEET} 6)"
_COARSE = f"±25 µg/m3 to 100 µg/m3, ±25 % above, between sensors ({_SHEET} 6)"


def _mass(name: str, size: str, accuracy: str, address: str) -> Channel:
    return Channel(
        name=name,
        title=f"PM{size}",
        property=address,
        unit="ug/m3",
        exponent=-1,
        minimum=0,
        maximum=10_000,
        accuracy=accuracy,
    )


def _index(name: str, title: str, accuracy: str) -> Channel:
    # SenML has no unit for an index; "/" is its dimensionless one.
    return Channel(
        name=name,
        title=title,
        property=f"{_QUDT}Dimensionless",
        unit="/",
        exponent=-1,
        minimum=10,
        maximum=5000,
        accuracy=accuracy,
    )


MODEL = I2cModel(
    name="sen5x",
    title="Sensirion SEN50, SEN54, SEN55",
    addresses=(ADDRESS,),
    create=Sen5x,
    interval_s=10.0,
    fastest_s=1.0,
    timeout_s=SAMPLE_TIMEOUT_S,
    options=Options,
    warm_up_s=21_600,  # of the slowest, the NOx index; the VOC index takes an hour, particles 30 s
    agreement=("independent driver: sensirion-i2c-sen5x on the simulated chip (tests/agreement/agree_sen5x.py)",),
    channels=(
        _mass("pm1_0", "1.0", _FINE, f"{_POLLUTANT}6002"),
        _mass("pm2_5", "2.5", _FINE, f"{_POLLUTANT}6001"),
        _mass("pm4_0", "4.0", _COARSE, f"{_QUDT}MassConcentration"),
        _mass("pm10", "10", _COARSE, f"{_POLLUTANT}5"),
        Channel(
            name="humidity",
            title="Relative humidity, self-heating compensated",
            property=f"{_QUDT}RelativeHumidity",
            unit="%RH",
            exponent=-2,
            minimum=0,
            maximum=10_000,
            accuracy=f"typically ±4.5 %RH from 30 to 70 %RH at 25 °C ({_SHEET} 7)",
        ),
        Channel(
            name="temperature",
            title="Air temperature, self-heating compensated",
            property=f"{_QUDT}Temperature",
            unit="Cel",
            exponent=-3,
            minimum=-40_000,
            maximum=85_000,
            accuracy=f"typically ±0.45 °C from 15 to 30 °C at 50 %RH ({_SHEET} 7)",
        ),
        _index("voc_index", "VOC index, 100 is usual here", f"±15 or ±15 %, between sensors ({_SHEET} 8)"),
        _index("nox_index", "NOx index, 1 is usual here", f"±50 or ±50 %, between sensors ({_SHEET} 8)"),
    ),
)
"""What the registry and the configuration checker know of this sensor."""
