"""A GNSS receiver that speaks NMEA 0183: fix, position, time."""

from drivers.gnss.driver import EPOCH_TIMEOUT_S, Gnss
from drivers.model import Delivery, SerialModel
from drivers.reading import Channel, Sensitivity

_MS_1980 = 315_532_800_000
_MS_2080 = 3_471_292_800_000

MODEL = SerialModel(
    name="gnss",
    title="GNSS receiver, NMEA 0183",
    agreement=("captures of real receivers (tests/captures/gnss-*.log)",),
    channels=(
        Channel(
            name="latitude",
            title="Latitude, WGS 84",
            property="http://www.w3.org/2003/01/geo/wgs84_pos#lat",
            unit="lat",
            exponent=-7,
            minimum=-900_000_000,
            maximum=900_000_000,
            sensitivity=Sensitivity.LOCATION,
        ),
        Channel(
            name="longitude",
            title="Longitude, WGS 84",
            property="http://www.w3.org/2003/01/geo/wgs84_pos#long",
            unit="lon",
            exponent=-7,
            minimum=-1_800_000_000,
            maximum=1_800_000_000,
            sensitivity=Sensitivity.LOCATION,
        ),
        Channel(
            name="altitude",
            title="Altitude above mean sea level",
            property="http://qudt.org/vocab/quantitykind/Altitude",
            unit="m",
            exponent=-1,
            minimum=-5_000,
            maximum=180_000,
            sensitivity=Sensitivity.LOCATION,
        ),
        # SenML has no unit for a code; "/" is its dimensionless one ("e.g. value of a switch").
        Channel(
            name="fix",
            title="Fix quality of GGA: 0 none, 1 autonomous, 2, 9 differential, 4, 5 RTK, 6 estimated, 8 simulator",
            unit="/",
            minimum=0,
            maximum=9,
        ),
        Channel(
            name="satellites",
            title="Satellites in use",
            property="http://qudt.org/vocab/quantitykind/Count",
            unit="count",
            minimum=0,
            maximum=99,
        ),
        Channel(
            name="hdop", title="Horizontal dilution of precision", unit="/", exponent=-2, minimum=0, maximum=9899
        ),
        Channel(
            name="utc",
            title="Time since 1970 in UTC; not available within a leap second",
            property="http://qudt.org/vocab/quantitykind/Time",
            unit="s",
            exponent=-3,
            minimum=_MS_1980,
            maximum=_MS_2080,
        ),
    ),
    delivery=Delivery.PUSHED,
    interval_s=1.0,
    fastest_s=0.1,
    timeout_s=EPOCH_TIMEOUT_S + 1.0,  # so that the driver can say first what is wrong
    baudrate=9600,
    create=Gnss,
)
"""What the registry and the configuration checker know of this sensor."""
