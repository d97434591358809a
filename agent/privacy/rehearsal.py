"""The windows that a stream's filter is rehearsed with before it may see the street: canaries instead of people.

Each scene is one window's readings for every sensor of the stream. Every reading also carries fields that no stream
lists, a text and an identifier, which must not come out in any form.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, cast

from agent.privacy.canaries import canary
from agent.privacy.histogram import Layout, layouts
from agent.privacy.oracle import Sighting
from agent.privacy.problem import origin
from agent.privacy.spec import ReleasedChannel, Rule, StreamSpec
from drivers.reading import Sensitivity, Value

STRANGER: Final = canary(1_000_000)
"""An identifier in a field that no stream lists."""
_SPARE: Final = 7
_LONGEST_DEGREE_M: Final = 111_694
"""Of latitude at the poles, and longer than any of longitude (WGS 84)."""
_DEGREE_AT_80_M: Final = 19_394
"""Of longitude at 80 degrees, rounded up."""
_SAMPLES: Final = 7
_STEPS: Final = 8
_THREE: Final = 3
_UNEVEN: Final = (-8, 7, -2, -7, 13, 2, -5)
"""Steps around the middle of a range: mean, median, ninth decile, deviation, smallest, largest and last differ."""
_FEWER: Final = (0, 6, 1, 0, 2, 0, 3)
"""How many less of a crowd there are at times; fewer than the spare ones."""
_OF_POSITION: Final = frozenset(
    {Rule.MEAN, Rule.MIN, Rule.MAX, Rule.SUM, Rule.LAST, Rule.MEDIAN, Rule.P90, Rule.GRID, Rule.CIRCULAR_MEAN}
)
"""Rules whose released range says where samples should lie."""

_Maker = Callable[[ReleasedChannel, int, int], Value]
"""Makes the value of a channel for one of so many people: channel, which person, how many."""
_ENDS: Final[Mapping[str, _Maker]] = {
    "above": lambda channel, *_: channel.source.maximum + 1,
    "below": lambda channel, *_: channel.source.minimum - 1,
    "end of": lambda channel, *_: channel.source.maximum,
    "start of": lambda channel, *_: channel.source.minimum,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One window.

    Attributes:
        name: what it rehearses.
        sightings: its readings.
        hides: no column of a group may have a value.
        hides_bins: these columns, the bins of one histogram of people, may have no value.
    """

    name: str
    sightings: tuple[Sighting, ...]
    hides: bool = False
    hides_bins: frozenset[int] = frozenset()


def crowd_size(spec: StreamSpec) -> int:
    """Return how many canaries are more than k."""
    return (spec.suppress_below or 0) + _SPARE


def scenes(spec: StreamSpec) -> Iterator[Scene]:
    """Yield the windows in the order in which they are played; what comes out is predicted by the oracle."""
    crowd, few = crowd_size(spec), (spec.suppress_below or 1) - 1
    yield Scene(name="more than k", sightings=_people(spec, crowd, _typical))
    yield Scene(name="fewer than k", sightings=_people(spec, few, _typical), hides=True)
    yield Scene(name="nobody", sightings=(), hides=True)
    for name, value in _ENDS.items():
        yield Scene(name=f"{name} the plausible range", sightings=_people(spec, crowd, value))
    yield Scene(name="wrong types", sightings=_people(spec, crowd, _wrong), hides=True)
    if any(channel.rule is Rule.CIRCULAR_MEAN for channel in spec.channels):
        yield Scene(name="around north", sightings=_people(spec, crowd, _around_north))
        yield Scene(name="opposite directions", sightings=_people(spec, crowd // 2 * 2, _opposite))
    for layout in layouts(spec):
        yield from _histogram_scenes(spec, layout, crowd)


def _histogram_scenes(spec: StreamSpec, layout: Layout, crowd: int) -> Iterator[Scene]:
    """Yield everybody at each edge and below it; then one alone in another bin or beside the bins, seen often."""
    name, edges = origin(spec.channels[layout.columns[0]]), layout.edges
    for number, edge in enumerate(edges):
        yield Scene(name=f"edge {number} of {name}", sightings=_people(spec, crowd, _fixed(spec, layout, edge)))
        if edge - 1 not in edges:
            below = _people(spec, crowd, _fixed(spec, layout, edge - 1))
            yield Scene(name=f"below edge {number} of {name}", sightings=below)
    source = spec.channels[layout.columns[0]].source
    many = _people(spec, crowd, _fixed(spec, layout, edges[0]))
    often = (spec.suppress_below or 1) if layout.named else 1
    for place, value in (("in a bin", edges[1]), ("above the bins", edges[-1]), ("below the bins", edges[0] - 1)):
        if source.minimum <= value <= source.maximum:
            one = _people(spec, 1, _fixed(spec, layout, value))
            scene = Scene(name=f"one person {place} of {name}", sightings=many + one * often)
            yield replace(scene, hides_bins=frozenset(layout.columns) if layout.group is not None else frozenset())


def one_each(spec: StreamSpec) -> tuple[Sighting, ...]:
    """Return the readings of one person for each sensor that sees people."""
    return _people(spec, 1, _typical)


def walks(spec: StreamSpec) -> Iterator[tuple[int, tuple[Scene, ...]]]:
    """Yield each location column with windows that walk along its axis for less than one edge of its grid.

    Whatever the grid, such a walk meets two cells at most; in the north, where degrees of longitude are short, too.
    """
    for number, channel in enumerate(spec.channels):
        if channel.source.sensitivity is Sensitivity.LOCATION:
            metres = 1 if channel.source.unit == "m" else _LONGEST_DEGREE_M
            yield number, _walk(channel, metres, latitude=0)
            if channel.source.unit == "lon":
                yield number, _walk(channel, _DEGREE_AT_80_M, latitude=80 * int(10**-channel.source.exponent))


def _walk(channel: ReleasedChannel, unit_m: int, *, latitude: int) -> tuple[Scene, ...]:
    edge = (channel.grid_m or 0) * int(10**-channel.source.exponent)
    strides = [step * edge // (unit_m * _STEPS) for step in range(_STEPS)]
    return tuple(_at(channel, stride, latitude=latitude) for stride in strides)


def _people(spec: StreamSpec, number: int, value: _Maker) -> tuple[Sighting, ...]:
    """Return a reading per person and sensor, twice where identifiers tell that it is the same person again.

    Everybody stays for another time; of half of them the second reading is the earlier one.
    """
    sightings: list[Sighting] = []
    last_ms = spec.window_ms - 1
    for sensor in dict.fromkeys(channel.sensor for channel in spec.channels):
        channels = [channel for channel in spec.channels if channel.sensor == sensor]
        channels.sort(key=_weight)
        named = any(channel.source.sensitivity is Sensitivity.IDENTIFIER for channel in channels)
        people = number if any(channel.group for channel in channels) else _SAMPLES
        times = [last_ms * person // (2 * people) for person in range(people)]
        times += [last_ms * (person + 1) ** 2 // (people + 1) ** 2 for person in range(people)] if named else []
        for visit, at_ms in enumerate(times):
            person = visit % people
            values = {channel.source.name: _value(channel, person, people, value) for channel in channels}
            sightings.append((sensor, values | _strange_fields(), at_ms))
    return tuple(sightings)


def _weight(channel: ReleasedChannel) -> tuple[bool, bool]:
    """Return what channels of one source are ordered by, as one value feeds them all: the last one decides."""
    return channel.rule is not Rule.SUM, channel.rule in _OF_POSITION


def _value(channel: ReleasedChannel, person: int, people: int, value: _Maker) -> Value:
    if channel.source.sensitivity is Sensitivity.IDENTIFIER and value is not _wrong:
        return canary(person)
    return value(channel, person, people)


def _typical(channel: ReleasedChannel, person: int, people: int) -> Value:
    """Return a value near the middle of what may leave; of a number of people, as many as there are or a few less."""
    source = channel.source
    if source.sensitivity is Sensitivity.COUNT:
        present = 1 if channel.rule is Rule.SUM else max(0, people - _FEWER[person % _SAMPLES])
        return present * int(10 ** max(0, -source.exponent))
    low, high = _bounds(channel)
    return min(max(_middle(channel) + _UNEVEN[person % _SAMPLES] * _step(channel) + person % 2, low), high)


def _fixed(spec: StreamSpec, layout: Layout, sample: int) -> _Maker:
    """Return what makes one value of a histogram's source and typical ones of everything else."""
    first = spec.channels[layout.columns[0]]

    def value(channel: ReleasedChannel, person: int, people: int) -> Value:
        same = channel.sensor == first.sensor and channel.source.name == first.source.name
        return sample if same else _typical(channel, person, people)

    return value


def _around_north(channel: ReleasedChannel, person: int, people: int) -> Value:
    """Return directions on both sides of north, of which a plain mean would be in the south."""
    if channel.rule is not Rule.CIRCULAR_MEAN:
        return _typical(channel, person, people)
    degree = int(10**-channel.source.exponent)
    return _UNEVEN[person % _SAMPLES] * min(_step(channel), 10 * degree) % (360 * degree)


def _opposite(channel: ReleasedChannel, person: int, people: int) -> Value:
    """Return directions that cancel: pairs, and one set of three when their number is odd."""
    if channel.rule is not Rule.CIRCULAR_MEAN:
        return _typical(channel, person, people)
    degree = int(10**-channel.source.exponent)
    return (120 * person if people % 2 and person < _THREE else 180 * (person % 2)) * degree


def _wrong(channel: ReleasedChannel, person: int, people: int) -> Value:  # noqa: ARG001  as all makers
    """Return a value of a type that the channel does not have."""
    if channel.source.sensitivity is Sensitivity.IDENTIFIER:
        return cast("Value", canary(person).hex(":"))
    return cast("Value", (_middle(channel) + 0.5, str(_middle(channel)), True, canary(person))[person % 4])


def _at(channel: ReleasedChannel, offset: int, *, latitude: int) -> Scene:
    values: dict[str, Value] = {"latitude": latitude, channel.source.name: _middle(channel) + offset}
    return Scene(name="walk", sightings=((channel.sensor, values | _strange_fields(), 0),))


def _middle(channel: ReleasedChannel) -> int:
    return sum(_bounds(channel)) // 2


def _bounds(channel: ReleasedChannel) -> tuple[int, int]:
    """Return the plausible range as far as it may leave, in the source's units; all of it when none may."""
    source = channel.source
    low = max(_in_source_units(channel, channel.minimum), source.minimum)
    high = min(_in_source_units(channel, channel.maximum), source.maximum)
    return (low, high) if low <= high and channel.rule in _OF_POSITION else (source.minimum, source.maximum)


def _step(channel: ReleasedChannel) -> int:
    """Return the released resolution in the source's units; 1 where samples are counted."""
    counted = channel.rule in {Rule.COUNT, Rule.HISTOGRAM}
    return 1 if counted else max(1, _in_source_units(channel, channel.resolution))


def _in_source_units(channel: ReleasedChannel, bound: int) -> int:
    shift = channel.exponent - channel.source.exponent
    return bound * int(10**shift) if shift >= 0 else bound // int(10**-shift)


def _strange_fields() -> dict[str, Value]:
    return {"lamppost canary text": cast("Value", STRANGER.hex(":")), "lamppost canary identifier": STRANGER}
