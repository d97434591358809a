"""The windows that a stream's filter is rehearsed with before it may see the street: canaries instead of people.

Each scene is one window's readings for every sensor of the stream. Every reading also carries fields that no stream
lists, a text and an identifier, which must not come out in any form.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, cast

from agent.privacy.canaries import canary
from agent.privacy.oracle import Sighting
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One window.

    Attributes:
        name: what it rehearses.
        sightings: its readings.
        hides: no column of a group may have a value.
    """

    name: str
    sightings: tuple[Sighting, ...]
    hides: bool = False


def crowd_size(spec: StreamSpec) -> int:
    """Return how many canaries are more than k."""
    return (spec.suppress_below or 0) + _SPARE


def scenes(spec: StreamSpec) -> Iterator[Scene]:
    """Yield the windows in the order in which they are played; what comes out is predicted by the oracle."""
    crowd, few = crowd_size(spec), (spec.suppress_below or 1) - 1
    yield Scene(name="more than k", sightings=_people(spec, crowd, _typical))
    yield Scene(name="fewer than k", sightings=_people(spec, few, _typical), hides=True)
    yield Scene(name="nobody", sightings=(), hides=True)
    yield Scene(name="above the plausible range", sightings=_people(spec, crowd, lambda c, _: c.source.maximum + 1))
    yield Scene(name="below the plausible range", sightings=_people(spec, crowd, lambda c, _: c.source.minimum - 1))
    yield Scene(name="end of the plausible range", sightings=_people(spec, crowd, lambda c, _: c.source.maximum))
    yield Scene(name="start of the plausible range", sightings=_people(spec, crowd, lambda c, _: c.source.minimum))
    yield Scene(name="wrong types", sightings=_people(spec, crowd, _wrong), hides=True)


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


def _people(spec: StreamSpec, number: int, value: Callable[[ReleasedChannel, int], Value]) -> tuple[Sighting, ...]:
    """Return a reading per person and sensor, twice where identifiers tell that it is the same person again."""
    sightings: list[Sighting] = []
    for sensor in dict.fromkeys(channel.sensor for channel in spec.channels):
        channels = [channel for channel in spec.channels if channel.sensor == sensor]
        channels.sort(
            key=lambda channel: channel.rule is not Rule.SUM
        )  # one value feeds both: the other rules decide
        named = any(channel.source.sensitivity is Sensitivity.IDENTIFIER for channel in channels)
        people = number if any(channel.group for channel in channels) else _SAMPLES
        for person in [*range(people)] * (2 if named else 1):
            values = {channel.source.name: _value(channel, person, number, value) for channel in channels}
            sightings.append((sensor, values | _strange_fields()))
    return tuple(sightings)


def _value(
    channel: ReleasedChannel, person: int, number: int, value: Callable[[ReleasedChannel, int], Value]
) -> Value:
    source = channel.source
    if source.sensitivity is Sensitivity.IDENTIFIER and value is not _wrong:
        return canary(person)
    if source.sensitivity is Sensitivity.COUNT and value is _typical:
        people = 1 if channel.rule is Rule.SUM else number
        return people * int(10 ** max(0, -source.exponent))
    return value(channel, person)


def _typical(channel: ReleasedChannel, person: int) -> Value:
    """Return a value near the middle of what may leave.

    Seven of them have a mean, a smallest, a largest and a last that stay different when they are rounded.
    """
    low, high = _bounds(channel)
    step = max(1, _in_source_units(channel, channel.resolution))
    return min(max(_middle(channel) + person * 5 % _SAMPLES * step + person % 2, low), high)


def _wrong(channel: ReleasedChannel, person: int) -> Value:
    """Return a value of a type that the channel does not have."""
    if channel.source.sensitivity is Sensitivity.IDENTIFIER:
        return cast("Value", canary(person).hex(":"))
    return cast("Value", (_middle(channel) + 0.5, str(_middle(channel)), True, canary(person))[person % 4])


def _at(channel: ReleasedChannel, offset: int, *, latitude: int) -> Scene:
    values: dict[str, Value] = {"latitude": latitude, channel.source.name: _middle(channel) + offset}
    return Scene(name="walk", sightings=((channel.sensor, values | _strange_fields()),))


def _middle(channel: ReleasedChannel) -> int:
    return sum(_bounds(channel)) // 2


def _bounds(channel: ReleasedChannel) -> tuple[int, int]:
    """Return the plausible range as far as it may leave, in the source's units; all of it when none may."""
    source = channel.source
    low = max(_in_source_units(channel, channel.minimum), source.minimum)
    high = min(_in_source_units(channel, channel.maximum), source.maximum)
    return (low, high) if low <= high and channel.rule is not Rule.COUNT else (source.minimum, source.maximum)


def _in_source_units(channel: ReleasedChannel, bound: int) -> int:
    shift = channel.exponent - channel.source.exponent
    return bound * int(10**shift) if shift >= 0 else bound // int(10**-shift)


def _strange_fields() -> dict[str, Value]:
    return {"lamppost canary text": cast("Value", STRANGER.hex(":")), "lamppost canary identifier": STRANGER}
