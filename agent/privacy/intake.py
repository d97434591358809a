"""Where readings enter: the listed channels of one sensor are taken, everything else is dropped and counted.

In: one reading's values. Out: samples added to the open window. Never: a value that its channel's type or plausible
range does not allow, a position that is not snapped, an identifier outside a keyed hash, any content at all.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, Protocol

from agent.privacy.counters import FilterCounters
from agent.privacy.grid import Grid
from agent.privacy.spec import IDENTIFYING, ReleasedChannel, Rule
from agent.privacy.tripped import Tripwire
from agent.privacy.window import Window
from drivers.reading import Channel, Sensitivity, Value

LATITUDE: Final = "latitude"
"""The channel that a longitude is snapped with; it comes in the same reading, with the same exponent."""
LONGEST_IDENTIFIER: Final = 64

_Columns = Sequence[tuple[int, ReleasedChannel]]
"""Channels with the numbers of their columns."""


class _Port(Protocol):
    """One channel of the sensor, and the columns it feeds."""

    group: str | None

    def take(
        self, values: Mapping[str, Value], window: Window, counters: FilterCounters, *, by: bytes | None = None
    ) -> None: ...


class NumberPort:
    """Takes plausible integers."""

    __slots__ = ("_bins", "_columns", "_high", "_low", "_source", "group")

    def __init__(self, source: Channel, columns: tuple[int, ...], bins: tuple[int, ...], group: str | None) -> None:
        self.group = group
        self._source = source.name
        self._low = source.minimum
        self._high = source.maximum
        self._columns = columns
        self._bins = bins

    def take(
        self, values: Mapping[str, Value], window: Window, counters: FilterCounters, *, by: bytes | None = None
    ) -> None:
        """Add the reading's sample to each column and to the histogram, and to that whose it is, where that is known.

        None is not available, any other type is refused.
        """
        sample = values.get(self._source)
        if type(sample) is not int:
            counters.refused_values += sample is not None
        elif self._low <= sample <= self._high:
            numbers = window.numbers
            for column in self._columns:
                numbers[column].add(sample)
            if self._bins:
                window.bins[self._bins[0]].histogram.add(sample, by)
        else:
            counters.out_of_range_values += 1
            window.outside.update(self._columns, self._bins)


class EventsPort(NumberPort):
    """Takes numbers of events that noise will be added to: one event more changes what is added by one at most.

    An implausible number cannot just be dropped: where the plausible range ends, one event more would take all the
    others with it. Beyond, a number counts for less and less, and at twice the bound for nothing, so that what a
    broken sensor says does not count either.
    """

    __slots__ = ()

    def take(
        self,
        values: Mapping[str, Value],
        window: Window,
        counters: FilterCounters,
        *,
        by: bytes | None = None,  # noqa: ARG002  a sensor that counts by itself does not say whom
    ) -> None:
        """Add the reading's number to each column."""
        sample = values.get(self._source)
        if type(sample) is not int:
            counters.refused_values += sample is not None
            return
        counters.out_of_range_values += not self._low <= sample <= self._high
        for column in self._columns:
            window.numbers[column].add(max(0, min(sample, 2 * self._high - sample)))


class PlacePort:
    """Takes coordinates and heights; what it adds is snapped already."""

    __slots__ = ("_columns", "_grid", "_source", "group")

    def __init__(self, source: Channel, columns: tuple[int, ...], grid_m: int) -> None:
        self.group: str | None = None
        self._source = source
        self._columns = columns
        self._grid = Grid(grid_m, source.exponent)

    def take(
        self,
        values: Mapping[str, Value],
        window: Window,
        counters: FilterCounters,
        *,
        by: bytes | None = None,  # noqa: ARG002  a position is nobody's: one in a group has no releasable form
    ) -> None:
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

    __slots__ = ("_columns", "_source", "_stays", "group")

    def __init__(self, source: Channel, columns: tuple[int, ...], stays: tuple[int, ...], group: str | None) -> None:
        self.group = group
        self._source = source.name
        self._columns = columns
        self._stays = stays

    def take(
        self, values: Mapping[str, Value], window: Window, counters: FilterCounters, *, at_ms: int
    ) -> bytes | None:
        """Count the reading's identifier and note when it was seen; return it, if there was one, for this reading."""
        identifier = values.get(self._source)
        if type(identifier) is not bytes or not 0 < len(identifier) <= LONGEST_IDENTIFIER:
            counters.refused_values += identifier is not None
            return None
        counters.identifiers_withheld += 1
        for column in self._columns:
            window.crowds[column].add(identifier)
        for column in self._stays:
            window.stays[column].add(identifier, at_ms - window.start_ms)
        return identifier


class Intake:
    """All ports of one sensor into one stream."""

    __slots__ = ("_identifiers", "_personal", "_plain", "_sources", "_tripwire")

    def __init__(self, channels: _Columns, *, noisy: bool = False) -> None:
        fed: dict[str, list[tuple[int, ReleasedChannel]]] = {}
        for column, channel in channels:
            if channel.source.sensitivity is not Sensitivity.CONTENT:
                fed.setdefault(channel.source.name, []).append((column, channel))
        self._sources = tuple(fed)
        self._tripwire = Tripwire(channel.source for _, channel in channels)
        self._identifiers: list[IdentifierPort] = []
        self._personal: list[_Port] = []
        self._plain: list[_Port] = []
        named = {channel.group for _, channel in channels if channel.rule in IDENTIFYING}
        for columns in fed.values():
            channel = columns[0][1]
            if channel.rule in IDENTIFYING:
                self._identifiers.append(_identifier_port(columns))
            elif channel.group in named and channel.source.sensitivity is Sensitivity.MEASUREMENT:
                self._personal.append(_number_port(columns))
            else:
                self._plain.append(_port(columns, noisy=noisy))

    def pour(self, values: Mapping[str, Value], window: Window, counters: FilterCounters, *, at_ms: int) -> None:
        """Take one reading. What describes one person is taken only if that person is counted as well."""
        if self._tripwire.stops(values, counters):
            return
        counters.dropped_fields += len(values)
        for source in self._sources:
            if source in values:
                counters.dropped_fields -= 1
        for port in self._plain:
            port.take(values, window, counters)
        if self._identifiers:
            self._pour_sighting(values, window, counters, at_ms=at_ms)

    def _pour_sighting(
        self, values: Mapping[str, Value], window: Window, counters: FilterCounters, *, at_ms: int
    ) -> None:
        seen: dict[str | None, bytes] = {}
        for port in self._identifiers:
            identifier = port.take(values, window, counters, at_ms=at_ms)
            if identifier is not None:
                seen.setdefault(port.group, identifier)
        for personal in self._personal:
            by = seen.get(personal.group)
            if by is None:
                counters.unattributed_values += 1
            else:
                personal.take(values, window, counters, by=by)


def _port(columns: _Columns, *, noisy: bool) -> _Port:
    channel = columns[0][1]
    if noisy and channel.source.sensitivity is Sensitivity.COUNT:
        return EventsPort(channel.source, tuple(number for number, _ in columns), (), channel.group)
    if channel.rule is Rule.GRID and channel.grid_m is not None:
        return PlacePort(channel.source, _by_rule(columns, {Rule.GRID}), channel.grid_m)
    return _number_port(columns)


def _number_port(columns: _Columns) -> NumberPort:
    channel = columns[0][1]
    bins = _by_rule(columns, {Rule.HISTOGRAM})
    numbers = tuple(number for number, _ in columns if number not in bins)
    return NumberPort(channel.source, numbers, bins, channel.group)


def _identifier_port(columns: _Columns) -> IdentifierPort:
    channel = columns[0][1]
    counting, staying = _by_rule(columns, {Rule.COUNT_DISTINCT}), _by_rule(columns, {Rule.DWELL})
    return IdentifierPort(channel.source, counting, staying, channel.group)


def _by_rule(columns: _Columns, rules: Collection[Rule]) -> tuple[int, ...]:
    return tuple(number for number, channel in columns if channel.rule in rules)
