"""Hydreon RG-15: rain, by light, on a serial line."""

from drivers.model import SerialModel
from drivers.reading import Channel
from drivers.rg15.driver import ANSWER_TIMEOUT_S, ATTEMPTS, Rg15

_LENGTH = "http://qudt.org/vocab/quantitykind/Height"
_HIGHEST = 10_000_000

MODEL = SerialModel(
    name="rg15",
    title="Hydreon RG-15",
    agreement=("lines and values in the tests of waggle-sensor/plugin-raingauge (tests/drivers/rg15/test_lines.py)",),
    channels=(
        Channel(
            name="rain",
            title="Rain since the reading before",
            property=_LENGTH,
            unit="mm",
            exponent=-2,
            minimum=0,
            maximum=50_000,
        ),
        Channel(
            name="event",
            title="Rain since it began to rain",
            property=_LENGTH,
            unit="mm",
            exponent=-2,
            minimum=0,
            maximum=_HIGHEST,
        ),
        Channel(
            name="total",
            title="Rain since the sensor's counters were zero",
            property=_LENGTH,
            unit="mm",
            exponent=-2,
            minimum=0,
            maximum=_HIGHEST,
        ),
        Channel(
            name="intensity",
            title="How hard it rains",
            property="http://qudt.org/vocab/quantitykind/Velocity",
            unit="mm/h",
            exponent=-2,
            minimum=0,
            maximum=50_000,
        ),
    ),
    interval_s=60.0,
    fastest_s=5.0,
    timeout_s=2 * ATTEMPTS * ANSWER_TIMEOUT_S + 1.0,  # so that the driver can say first what is wrong
    baudrate=9600,
    create=Rg15,
)
"""What the registry and the configuration checker know of this sensor."""
