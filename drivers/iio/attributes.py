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

from drivers.sysfs import HUMIDITY, MILLI, TEMPERATURE, Kind

CHIP: Final = "iio"
FOLDER: Final = "bus/iio/devices"
PREFIX: Final = "iio:device"
_DEGREES: Final = (31_415_926_535_897_932, 180 * 10**16)
"""One degree in radians: pi / 180."""

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "accel": Kind("Acceleration", "m/s2", exponent=-6, within=(-5 * 10**9, 5 * 10**9), quantity="Acceleration"),
        "angl": Kind("Angle", "rad", exponent=-6, within=(-7_000_000, 7_000_000), quantity="Angle"),
        # The registry of SenML has no radian a second; a radian is one.
        "anglvel": Kind(
            "Angular velocity in radians a second",
            "1/s",
            exponent=-6,
            within=(-(10**9), 10**9),
            quantity="AngularVelocity",
        ),
        "capacitance": Kind(
            "Capacitance", "F", exponent=-15, within=(-(10**15), 10**15), ratio=(1, 10**9), quantity="Capacitance"
        ),
        "concentration": Kind("Concentration", "ppm", exponent=-3, within=(0, 10**9), ratio=(10_000, 1)),
        "current": Kind(
            "Electric current", "A", exponent=-6, within=(-(10**10), 10**10), ratio=MILLI, quantity="ElectricCurrent"
        ),
        "distance": Kind("Distance", "m", exponent=-4, within=(0, 10**8), quantity="Distance"),
        "electricalconductivity": Kind("Electrical conductivity", "S/m", exponent=-6, within=(0, 10**9)),
        "gravity": Kind(
            "Acceleration of gravity", "m/s2", exponent=-6, within=(-20_000_000, 20_000_000), quantity="Acceleration"
        ),
        "humidityrelative": HUMIDITY,
        "illuminance": Kind("Illuminance", "lx", exponent=-3, within=(0, 200_000_000), quantity="Illuminance"),
        "incli": Kind(
            "Inclination", "rad", exponent=-6, within=(-7_000_000, 7_000_000), ratio=_DEGREES, quantity="Angle"
        ),
        "intensity": Kind("Light, without a unit", "/", exponent=0, within=(0, 2**32)),
        "magn": Kind(
            "Magnetic flux density",
            "T",
            exponent=-10,
            within=(-(10**10), 10**10),
            ratio=(1, 10_000),
            quantity="MagneticFluxDensity",
        ),
        "massconcentration": Kind(
            "Mass of particles in the air", "ug/m3", exponent=-3, within=(0, 10**8), quantity="MassConcentration"
        ),
        "ph": Kind("pH", "pH", exponent=-3, within=(-2_000, 16_000)),
        "power": Kind(
            "Electric power", "W", exponent=-6, within=(-(10**12), 10**12), ratio=MILLI, quantity="ElectricPower"
        ),
        "pressure": Kind(
            "Pressure", "Pa", exponent=-2, within=(-20_000_000, 10**10), ratio=(1000, 1), quantity="Pressure"
        ),
        "resistance": Kind("Electric resistance", "Ohm", exponent=-3, within=(0, 10**13), quantity="Resistance"),
        "rot": Kind("Rotation", "rad", exponent=-6, within=(-7_000_000, 7_000_000), ratio=_DEGREES, quantity="Angle"),
        "temp": TEMPERATURE,
        "uvindex": Kind("UV index", "/", exponent=-3, within=(0, 50_000)),
        "voltage": Kind("Voltage", "V", exponent=-6, within=(-(10**10), 10**10), ratio=MILLI, quantity="Voltage"),
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
