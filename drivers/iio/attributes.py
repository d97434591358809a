"""The kernel's Industrial I/O: types of channels, their units, and which files one channel has.

In: nothing. Out: numbers and names. Never: input, output.

Sources: Linux Documentation/ABI/testing/sysfs-bus-iio, commit 01bb1292 (units, "(raw + offset) * scale"), and
drivers/iio/industrialio-core.c, commit 0207483b (how files are named and numbers written), both read in
github.com/torvalds/linux; include/uapi/linux/iio/types.h for types that the first has no text for. Ranges are ours:
wide enough for any sensor of the type.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from drivers.sysfs import HUMIDITY, TEMPERATURE, Kind

CHIP: Final = "iio"
FOLDER: Final = "bus/iio/devices"
PREFIX: Final = "iio:device"
_QUDT: Final = "http://qudt.org/vocab/quantitykind/"
_RADIANS: Final = (31_415_926_535_897_932, 180 * 10**16)
"""One degree in radians."""

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "accel": Kind(
            title="Acceleration",
            unit="m/s2",
            exponent=-6,
            minimum=-5_000_000_000,
            maximum=5_000_000_000,
            property=f"{_QUDT}Acceleration",
        ),
        "angl": Kind(
            title="Angle", unit="rad", exponent=-6, minimum=-7_000_000, maximum=7_000_000, property=f"{_QUDT}Angle"
        ),
        # The registry of SenML has no radian a second; a radian is one.
        "anglvel": Kind(
            title="Angular velocity in radians a second",
            unit="1/s",
            exponent=-6,
            minimum=-1_000_000_000,
            maximum=1_000_000_000,
            property=f"{_QUDT}AngularVelocity",
        ),
        "capacitance": Kind(
            title="Capacitance",
            unit="F",
            exponent=-15,
            minimum=-(10**15),
            maximum=10**15,
            denominator=10**9,
            property=f"{_QUDT}Capacitance",
        ),
        "concentration": Kind(
            title="Concentration", unit="ppm", exponent=-3, minimum=0, maximum=10**9, numerator=10_000
        ),
        "current": Kind(
            title="Electric current",
            unit="A",
            exponent=-6,
            minimum=-(10**10),
            maximum=10**10,
            denominator=1000,
            property=f"{_QUDT}ElectricCurrent",
        ),
        "distance": Kind(
            title="Distance", unit="m", exponent=-4, minimum=0, maximum=10**8, property=f"{_QUDT}Distance"
        ),
        "electricalconductivity": Kind(
            title="Electrical conductivity", unit="S/m", exponent=-6, minimum=0, maximum=10**9
        ),
        "gravity": Kind(
            title="Acceleration of gravity",
            unit="m/s2",
            exponent=-6,
            minimum=-20_000_000,
            maximum=20_000_000,
            property=f"{_QUDT}Acceleration",
        ),
        "humidityrelative": HUMIDITY,
        "illuminance": Kind(
            title="Illuminance",
            unit="lx",
            exponent=-3,
            minimum=0,
            maximum=200_000_000,
            property=f"{_QUDT}Illuminance",
        ),
        "incli": Kind(
            title="Inclination",
            unit="rad",
            exponent=-6,
            minimum=-7_000_000,
            maximum=7_000_000,
            numerator=_RADIANS[0],
            denominator=_RADIANS[1],
            property=f"{_QUDT}Angle",
        ),
        "intensity": Kind(title="Light, without a unit", unit="/", exponent=0, minimum=0, maximum=2**32),
        "magn": Kind(
            title="Magnetic flux density",
            unit="T",
            exponent=-10,
            minimum=-(10**10),
            maximum=10**10,
            denominator=10_000,
            property=f"{_QUDT}MagneticFluxDensity",
        ),
        "massconcentration": Kind(
            title="Mass of particles in the air",
            unit="ug/m3",
            exponent=-3,
            minimum=0,
            maximum=10**8,
            property=f"{_QUDT}MassConcentration",
        ),
        "ph": Kind(title="pH", unit="pH", exponent=-3, minimum=-2_000, maximum=16_000),
        "power": Kind(
            title="Electric power",
            unit="W",
            exponent=-6,
            minimum=-(10**12),
            maximum=10**12,
            denominator=1000,
            property=f"{_QUDT}ElectricPower",
        ),
        "pressure": Kind(
            title="Pressure",
            unit="Pa",
            exponent=-2,
            minimum=-20_000_000,
            maximum=10**10,
            numerator=1000,
            property=f"{_QUDT}Pressure",
        ),
        "resistance": Kind(
            title="Electric resistance",
            unit="Ohm",
            exponent=-3,
            minimum=0,
            maximum=10**13,
            property=f"{_QUDT}Resistance",
        ),
        "rot": Kind(
            title="Rotation",
            unit="rad",
            exponent=-6,
            minimum=-7_000_000,
            maximum=7_000_000,
            numerator=_RADIANS[0],
            denominator=_RADIANS[1],
            property=f"{_QUDT}Angle",
        ),
        "temp": TEMPERATURE,
        "uvindex": Kind(title="UV index", unit="/", exponent=-3, minimum=0, maximum=50_000),
        "voltage": Kind(
            title="Voltage",
            unit="V",
            exponent=-6,
            minimum=-(10**10),
            maximum=10**10,
            denominator=1000,
            property=f"{_QUDT}Voltage",
        ),
    }
)
"""What can be bridged. A millivolt times 1/1000 is a volt; a kilopascal times 1000 is a pascal."""

OF_PEOPLE: Final = frozenset({"activity", "count", "energy", "index", "proximity", "steps", "velocity"})
"""Types that tell of whoever is near, or of who wears the device (sysfs-bus-iio: "the user"): never bridged."""

UNSCALED: Final = frozenset({"current", "intensity", "uvindex"})
"""Types whose raw value stands for itself where there is no scale."""

KNOWN: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "bh1750": ("illuminance",),
        "bme280": ("temp", "pressure", "humidityrelative"),
        "bmp280": ("temp", "pressure"),
        "htu21": ("temp", "humidityrelative"),
        "mlx90614": ("temp_ambient", "temp_object"),
        "scd30": ("concentration_co2", "temp", "humidityrelative"),
        "sps30": (
            "massconcentration_pm1",
            "massconcentration_pm2p5",
            "massconcentration_pm4",
            "massconcentration_pm10",
        ),
    }
)
"""Channels of devices whose kernel driver was read: what a sensor has that lists none."""


def shared(channel: str, kind: str) -> tuple[str, ...]:
    """Return what the names of a channel's files begin with, its own first.

    Its own, those of its type, of everything that comes in, of everything (`__iio_device_attr_init`).
    """
    of_type = f"{kind}-{kind}" if "-" in channel else kind
    return f"in_{channel}_", f"in_{of_type}_", "in_", ""
