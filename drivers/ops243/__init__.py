"""OmniPreSense OPS243-A: vehicles and their speeds, by radar, on a serial line."""

from drivers.model import Delivery, SerialModel
from drivers.ops243.driver import NO_LIMIT_S, Ops243, Options
from drivers.reading import Channel, Sensitivity

_GROUP = "vehicles"
_COUNT = "http://qudt.org/vocab/quantitykind/Count"
_FASTEST_CM_S = 7000


def _count(name: str, title: str) -> Channel:
    return Channel(
        name=name,
        title=title,
        property=_COUNT,
        unit="count",
        minimum=0,
        maximum=1,
        sensitivity=Sensitivity.COUNT,
        group=_GROUP,
        accuracy="unverified; vehicles that follow each other closely are one",
    )


MODEL = SerialModel(
    name="ops243",
    title="OmniPreSense OPS243-A",
    agreement=(
        "examples in OmniPreSense's manuals (tests/drivers/ops243/test_lines.py)",
        "independent driver: omnipresense on the simulated radar (tests/agreement/agree_ops243.py)",
    ),
    channels=(
        _count("vehicles", "Vehicles that have passed"),
        _count("inbound", "Vehicles that came towards the sensor"),
        _count("outbound", "Vehicles that went away from the sensor"),
        Channel(
            name="speed",
            title="Speed of a vehicle at its fastest",
            property="http://qudt.org/vocab/quantitykind/Speed",
            unit="m/s",
            exponent=-2,
            minimum=0,
            maximum=_FASTEST_CM_S,
            group=_GROUP,
            accuracy="unverified; resolution 0.061 m/s at 10 000 samples a second (UM-003-A, page 7); too low by the "
            "cosine of the angle between street and beam",
        ),
    ),
    delivery=Delivery.PUSHED,
    quiet=True,
    interval_s=1.0,
    fastest_s=0.05,
    timeout_s=NO_LIMIT_S + 1.0,  # so that the driver can say first what is wrong
    options=Options,
    baudrate=19_200,
    create=Ops243,
)
"""What the registry and the configuration checker know of this sensor.

`speed` is a measurement in the group: a count's own sum is taken for the number of contributors, a speed's is none.
"""
