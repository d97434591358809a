"""The sensors that are really there, as a BUSFILE lists them: in `[bus.*]` and `[sensor.*]`, as a unit's own file.

In: the path of a file: what `lamppost scan` printed, or the whole configuration of a unit, whose other sections are
not read. Out: its sensors, or every mistake in it by file, line and key. Never: a bus opened.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec import Struct

from agent.config.catalogue import installed
from agent.config.check_bus import check_buses
from agent.config.check_mux import check_addresses
from agent.config.check_sensor import check_sensors
from agent.config.model_sensors import Bus, Sensor
from agent.config.model_values import Name
from agent.config.plans import BusPlan, SensorPlan
from agent.config.resolve import resolve_sensors
from agent.errors import ConfigurationError
from agent.tomlfile import Document, Report, Unusable, check, read
from drivers.bus.mux import Hop


class _Sections(Struct, frozen=True, kw_only=True):
    """What may stand in the file; only the first two are read."""

    bus: dict[Name, Bus] = {}
    sensor: dict[Name, Sensor]
    unit: dict[str, Any] = {}
    stream: dict[str, Any] = {}
    uplink: dict[str, Any] = {}
    buffer: dict[str, Any] = {}
    budget: dict[str, Any] = {}
    clock: dict[str, Any] = {}
    control: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Listed:
    """One sensor of a BUSFILE.

    Attributes:
        plan: what is listed.
        buses: all buses of the file, by name.
    """

    plan: SensorPlan
    buses: Mapping[str, BusPlan]

    @property
    def node(self) -> str:
        """The device node that it is reached by."""
        name = self.plan.bus
        while (channel := self.buses[name].channel) is not None:
            name = channel.bus
        return self.buses[name].path

    @property
    def hops(self) -> tuple[Hop, ...]:
        """The channels of multiplexers between the node and the sensor, from the node outwards."""
        hops: list[Hop] = []
        name = self.plan.bus
        while (channel := self.buses[name].channel) is not None:
            hops.insert(0, Hop(channel.address, channel.number))
            name = channel.bus
        return tuple(hops)


@dataclass(frozen=True, slots=True)
class BusFile:
    """A BUSFILE without mistakes.

    Attributes:
        name: as the caller named it.
        sensors: in the order of the file.
        warnings: what it warns of, in words; empty for nothing.
    """

    name: str
    sensors: tuple[Listed, ...]
    warnings: str


def read_busfile(path: Path) -> BusFile:
    """Return what a file lists.

    Raises:
        ConfigurationError: with every mistake, each at its place.
    """
    try:
        return _checked(read(path), folder=path.absolute().parent)
    except Unusable as error:
        raise ConfigurationError(str(error)) from error


def _checked(document: Document, *, folder: Path) -> BusFile:
    report = Report()
    root = check(document, _Sections, report=report)
    buses = check_buses(root)
    sensors = check_sensors(root, buses, installed(folder))
    check_addresses(root, buses, sensors)
    if report.errors():
        raise ConfigurationError(report.text())
    placed, plans = resolve_sensors(buses, sensors)
    return BusFile(document.name, tuple(Listed(plan, placed) for plan in plans), report.text())
