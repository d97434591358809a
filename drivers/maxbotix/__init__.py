"""MaxBotix ultrasonic sensors: distance, and water level under a bridge, on a serial line."""

from drivers.maxbotix.driver import RANGE_TIMEOUT_S, Maxbotix
from drivers.maxbotix.options import Options
from drivers.model import Delivery, SerialModel
from drivers.reading import Channel

_FARTHEST_MM = 9998
_HIGHEST_MM = 20_000

MODEL = SerialModel(
    name="maxbotix",
    title="MaxBotix HRXL-, XL- and HR-MaxSonar",
    agreement=("worked example of MaxBotix: 480 mm (tests/drivers/maxbotix/test_lines.py)",),
    channels=(
        Channel(
            name="distance",
            title="Distance from the sensor's face to the water, the snow or what else reflects",
            property="http://qudt.org/vocab/quantitykind/Distance",
            unit="mm",
            minimum=20,
            maximum=_FARTHEST_MM,
            accuracy="1 % or better, typical, HRXL-MaxSonar-WRS (datasheet PD12593g, page 1); others: unverified",
        ),
        Channel(
            name="level",
            title="Level above the zero of the gauge",
            property="http://qudt.org/vocab/quantitykind/Height",
            unit="mm",
            minimum=-_FARTHEST_MM,
            maximum=_HIGHEST_MM,
            accuracy="that of the distance and of the height that was measured",
        ),
    ),
    delivery=Delivery.PUSHED,
    interval_s=1.0,
    fastest_s=0.1,
    timeout_s=RANGE_TIMEOUT_S + 1.0,  # so that the driver can say first what is wrong
    options=Options,
    baudrate=9600,
    create=Maxbotix,
)
"""What the registry and the configuration checker know of this sensor."""
