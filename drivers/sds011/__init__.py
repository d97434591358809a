"""Nova Fitness SDS011, SDS018 and SDS021: particulate matter on a serial line."""

from drivers.model import Delivery, SerialModel
from drivers.reading import Channel
from drivers.sds011.driver import REPORT_TIMEOUT_S, Options, Sds011

_ACCURACY = "unverified: relative error 10 % in a reseller's table; 5 % in the specification V1.0, 2014-08-05"
_HIGHEST_DECI_UG_M3 = 9999

MODEL = SerialModel(
    name="sds011",
    title="Nova Fitness SDS011/018/021",
    agreement=(
        "capture of a real sensor (tests/captures/sds01x.hexdump)",
        "independent driver: pypms on the simulated sensor (tests/agreement/agree_serial_air.py)",
    ),
    channels=(
        Channel(
            name="pm2_5",
            title="PM2.5",
            property="http://dd.eionet.europa.eu/vocabulary/aq/pollutant/6001",
            unit="ug/m3",
            exponent=-1,
            minimum=0,
            maximum=_HIGHEST_DECI_UG_M3,
            accuracy=_ACCURACY,
        ),
        Channel(
            name="pm10",
            title="PM10",
            property="http://dd.eionet.europa.eu/vocabulary/aq/pollutant/5",
            unit="ug/m3",
            exponent=-1,
            minimum=0,
            maximum=_HIGHEST_DECI_UG_M3,
            accuracy=_ACCURACY,
        ),
    ),
    delivery=Delivery.PUSHED,
    interval_s=1.0,
    fastest_s=1.0,
    timeout_s=REPORT_TIMEOUT_S + 1.0,  # so that the driver can say first what is wrong
    options=Options,
    baudrate=9600,
    create=Sds011,
)
"""What the registry and the configuration checker know of this sensor."""
