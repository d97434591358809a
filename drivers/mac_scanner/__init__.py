"""A travel-time scanner that reports radio addresses on a serial line."""

from drivers.mac_scanner.driver import NO_LIMIT_S, MacScanner, Options
from drivers.mac_scanner.lines import STRONGEST_DBM, WEAKEST_DBM
from drivers.model import Delivery, SerialModel
from drivers.reading import Channel, Sensitivity

_GROUP = "devices"

MODEL = SerialModel(
    name="mac_scanner",
    title="Bluetooth or Wi-Fi travel-time scanner",
    agreement=(
        "the form in which two public Wi-Fi sniffers print a sighting (tests/drivers/mac_scanner/test_lines.py)",
    ),
    channels=(
        Channel(
            name="mac",
            title="Address of a device in range",
            unit="",
            sensitivity=Sensitivity.IDENTIFIER,
            group=_GROUP,
        ),
        Channel(
            name="rssi",
            title="Signal strength of a device in range",
            unit="dBm",
            minimum=WEAKEST_DBM,
            maximum=STRONGEST_DBM,
            group=_GROUP,
        ),
    ),
    delivery=Delivery.PUSHED,
    quiet=True,
    interval_s=1.0,
    fastest_s=0.001,
    timeout_s=NO_LIMIT_S + 1.0,  # so that the driver can say first what is wrong
    options=Options,
    baudrate=115_200,
    create=MacScanner,
)
"""What the registry and the configuration checker know of this sensor."""
