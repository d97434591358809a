"""Plantower PMS1003, PMS5003, PMS7003 and PMSA003: particulate matter on a serial line."""

from drivers.model import Delivery, SerialModel
from drivers.pmsx003.driver import FRAME_TIMEOUT_S, Options, Pmsx003
from drivers.reading import Channel

_ACCURACY = (
    "±10 % at 100 to 500 µg/m3, PM2.5 standard data, between sensors (PMS5003 data manual V2.3, technical index)"
)
_POLLUTANT = "http://dd.eionet.europa.eu/vocabulary/aq/pollutant/"
_PM = {"PM1.0": f"{_POLLUTANT}6002", "PM2.5": f"{_POLLUTANT}6001", "PM10": f"{_POLLUTANT}5"}
_HIGHEST_UG_M3 = 1000
_HIGHEST_WORD = 0xFFFF


def _mass(name: str, size: str, kind: str) -> Channel:
    return Channel(
        name=name,
        title=f"{size}, {kind}",
        property=_PM[size],
        unit="ug/m3",
        minimum=0,
        maximum=_HIGHEST_UG_M3,
        accuracy=_ACCURACY,
    )


def _particles(name: str, size: str) -> Channel:
    # SenML has no unit for counts per volume, so the volume stands in the title: what the sensor reports, unscaled.
    return Channel(
        name=name,
        title=f"Particles larger than {size} µm in 0.1 litre of air",
        property="http://qudt.org/vocab/quantitykind/Count",
        unit="count",
        minimum=0,
        maximum=_HIGHEST_WORD,
    )


MODEL = SerialModel(
    name="pmsx003",
    title="Plantower PMS1003/5003/7003/A003",
    agreement=("capture of a real sensor: tests/captures/pmsx003.hexdump",),
    channels=(
        _mass("pm1_0", "PM1.0", "atmospheric environment"),
        _mass("pm2_5", "PM2.5", "atmospheric environment"),
        _mass("pm10", "PM10", "atmospheric environment"),
        _mass("pm1_0_cf1", "PM1.0", "standard particle (factory environment)"),
        _mass("pm2_5_cf1", "PM2.5", "standard particle (factory environment)"),
        _mass("pm10_cf1", "PM10", "standard particle (factory environment)"),
        _particles("n0_3", "0.3"),
        _particles("n0_5", "0.5"),
        _particles("n1_0", "1.0"),
        _particles("n2_5", "2.5"),
        _particles("n5_0", "5.0"),
        _particles("n10", "10"),
    ),
    delivery=Delivery.PUSHED,
    interval_s=1.0,
    fastest_s=0.2,
    timeout_s=FRAME_TIMEOUT_S + 1.0,  # so that the driver can say first what is wrong
    options=Options,
    baudrate=9600,
    create=Pmsx003,
)
"""What the registry and the configuration checker know of this sensor."""
