"""Where readings enter: the listed channels of one sensor are taken, everything else is dropped and counted.

In: one reading's values. Out: samples added to the open window. Never: a value that its channel's type or plausible
range does not allow, a position that is not snapped, an identifier outside a keyed hash.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from agent.privacy.counters import FilterCounters
from agent.privacy.grid import Grid
from agent.privacy.spec import ReleasedChannel, Rule
from agent.privacy.window import Window
from drivers.reading import Channel, Sensitivity, Value

LATITUDE: Final = "latitude"
"""The channel that a longitude is snapped with; it comes in the same reading, with the same exponent."""
LONGEST_IDENTIFIER: Final = 64


class _Port(Protocol):
    """One channel of the sensor, and the columns it feeds."""

    group: str | None

    def take(self, values: Mapping[str, Value], window: Window, counters: FilterCounters) -> None: ...


class NumberPort:
    """Takes plausible integers."""

    __slots__ = ("_columns", "_high", "_low", "_source", "group")

    def __init__(self, source: Channel, columns: tuple[int, ...], group: str | None) -> None:
        self.group = group
        self._source = source.name
        self._low = source.minimum
        self._high = source.maximum
        self._columns = columns

    def take(self, values: Mapping[str, Value], window: Window, counters: FilterCounters) -> None:
        """Add the reading's sample to each column; None is not available, any other type is refused."""
        sample = values.get(self._source)
        if type(sample) is not int:
            counters.refused_values += sample is not None
        elif self._low <= sample <= self._high:
            numbers = window.numbers
            for column in self._columns:
                numbers[column].add(sample)
        else:
            counters.out_of_range_values += 1
            window.outside.update(self._columns)


class PlacePort:
    """Takes coordinates and heights; what it adds is snapped already."""

    __slots__ = ("_columns", "_grid", "_source", "group")

    def __init__(self, source: Channel, columns: tuple[int, ...], grid_m: int) -> None:
        self.group: str | None = None
        self._source = source
        self._columns = columns
        self._grid = Grid(grid_m, source.exponent)

    def take(self, values: Mapping[str, Value], window: Window, counters: FilterCounters) -> None:
        """Add the reading's snapped coordinate to each column; a longitude needs its latitude."""
        source = self._source
        sample = values.get(source.name)
        latitude = values.get(LATITUDE) if source.unit == "lon" else 0
        if type(sample) is not int or type(latitude) is not int:
            counters.refused_values += sample is not None and latitude is not None
        elif source.minimum <= sample <= source.maximum and self._grid.has_latitude(latitude):
            snapped = self._snap(sample, latitude)
            for column in self._columns:
                window.numbers[column].add(snapped)
        else:
            counters.out_of_range_values += 1
            window.outside.update(self._columns)

    def _snap(self, sample: int, latitude: int) -> int:
        match self._source.unit:
            case "lat":
                return self._grid.latitude(sample)
            case "lon":
                return self._grid.longitude(sample, latitude=latitude)
            case _:
                return self._grid.height(sample)


class IdentifierPort:
    """Takes identifiers into keyed hashes."""

    __slots__ = ("_columns", "_source", "group")

    def __init__(self, source: Channel, columns: tuple[int, ...], group: str | None) -> None:
        self.group = group
        self._source = source.name
        self._columns = columns

    def take(self, values: Mapping[str, Value], window: Window, counters: FilterCounters) -> bool:
        """Count the reading's identifier in each column; returns whether there was one."""
        identifier = values.get(self._source)
        if type(identifier) is not bytes or not 0 < len(identifier) <= LONGEST_IDENTIFIER:
            counters.refused_values += identifier is not None
            return False
        counters.identifiers_withheld += 1
        for column in self._columns:
            window.crowds[column].add(identifier)
        return True


class Intake:
    """All ports of one sensor into one stream."""

    __slots__ = ("_identifiers", "_personal", "_plain", "_sources")

    def __init__(self, channels: Sequence[tuple[int, ReleasedChannel]]) -> None:
        fed: dict[str, list[int]] = {}
        for column, channel in channels:
            fed.setdefault(channel.source.name, []).append(column)
        firsts = {channel.source.name: channel for _, channel in reversed(channels)}
        self._sources = tuple(fed)
        self._identifiers: list[IdentifierPort] = []
        self._personal: list[_Port] = []
        self._plain: list[_Port] = []
        named = {channel.group for _, channel in channels if channel.rule is Rule.COUNT_DISTINCT}
        for source, columns in fed.items():
            channel = firsts[source]
            if channel.rule is Rule.COUNT_DISTINCT:
                self._identifiers.append(IdentifierPort(channel.source, tuple(columns), channel.group))
            elif channel.group in named and channel.source.sensitivity is Sensitivity.MEASUREMENT:
                self._personal.append(NumberPort(channel.source, tuple(columns), channel.group))
            else:
                self._plain.append(_port(channel, tuple(columns)))

    def pour(self, values: Mapping[str, Value], window: Window, counters: FilterCounters) -> None:
        """Take one reading. What describes one person is taken only if that person is counted as well."""
        counters.dropped_fields += len(values)
        for source in self._sources:
            if source in values:
                counters.dropped_fields -= 1
        for port in self._plain:
            port.take(values, window, counters)
        if self._identifiers:
            self._pour_sighting(values, window, counters)

    def _pour_sighting(self, values: Mapping[str, Value], window: Window, counters: FilterCounters) -> None:
        counted = [port.group for port in self._identifiers if port.take(values, window, counters)]
        for port in self._personal:
            if port.group in counted:
                port.take(values, window, counters)
            else:
                counters.unattributed_values += 1


def _port(channel: ReleasedChannel, columns: tuple[int, ...]) -> _Port:
    if channel.rule is Rule.GRID and channel.grid_m is not None:
        return PlacePort(channel.source, columns, channel.grid_m)
    return NumberPort(channel.source, columns, channel.group)
