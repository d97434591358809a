"""The kernel's hardware monitoring: types of channels, their units, and which files one channel has.

In: nothing. Out: numbers and names. Never: input, output.

Source: Linux Documentation/hwmon/sysfs-interface.rst, commit 2555693d, read in github.com/torvalds/linux: "All sysfs
values are fixed point numbers", the unit of each, `*_fault`, and ENODATA of a channel that is disabled. Ranges are
ours: wide enough for any sensor of the type.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from drivers.sysfs import HUMIDITY, MICRO, MILLI, TEMPERATURE, Kind

CHIP: Final = "hwmon"
FOLDER: Final = "class/hwmon"
PREFIX: Final = "hwmon"

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "curr": Kind(
            "Electric current", "A", exponent=-3, within=(-(10**7), 10**7), ratio=MILLI, quantity="ElectricCurrent"
        ),
        "energy": Kind("Energy since the start", "J", exponent=-6, within=(0, 2**63), ratio=MICRO, quantity="Energy"),
        # SenML advises against its revolution a minute, 1/min.
        "fan": Kind(
            "Speed of a fan in revolutions a second",
            "1/s",
            exponent=-3,
            within=(0, 2_000_000),
            ratio=(1, 60),
            quantity="RotationalVelocity",
        ),
        "humidity": HUMIDITY,
        "in": Kind("Voltage", "V", exponent=-3, within=(-(10**7), 10**7), ratio=MILLI, quantity="Voltage"),
        "power": Kind(
            "Electric power", "W", exponent=-6, within=(-(10**12), 10**12), ratio=MICRO, quantity="ElectricPower"
        ),
        "temp": TEMPERATURE,
    }
)
"""What can be bridged: a millidegree times 1/1000 is a degree, a microwatt times 1/1000000 a watt."""

VALUES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({"power": ("input", "average")})
"""Files with the value of a type, the first that is there; `input` of all others."""

KNOWN: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "ina219": ("in0", "in1", "curr1", "power1"),
        "ina220": ("in0", "in1", "curr1", "power1"),
        "ina226": ("in0", "in1", "curr1", "power1"),
        "ina230": ("in0", "in1", "curr1", "power1"),
        "ina231": ("in0", "in1", "curr1", "power1"),
        "sht3x": ("temp1", "humidity1"),
    }
)
"""Channels of devices whose page in Documentation/hwmon was read: what a sensor has that lists none."""
