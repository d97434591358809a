"""What a window must come to, computed the plain way: all samples kept, fractions, one pass per channel.

It exists to disagree with the filter when that is wrong, so it shares no code with the filter's rules; it is used on
canaries only. Locations are not predicted: see `agent.privacy.rehearsal`.
"""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from agent.privacy.spec import ReleasedChannel, Rule, StreamSpec
from drivers.reading import Sensitivity, Value

Sighting = tuple[str, Mapping[str, Value]]
"""A sensor and the values of one of its readings."""


def expected_values(spec: StreamSpec, sightings: Sequence[Sighting]) -> list[int | None]:
    """Return what must leave of a whole window that held these readings; None in the columns of locations."""
    exact = [_exact(channel, sightings) for channel in spec.channels]
    small = {
        channel.group
        for channel, number in zip(spec.channels, exact, strict=True)
        if channel.group and channel.sensitivity is Sensitivity.COUNT and _people(number) < (spec.suppress_below or 0)
    }
    return [
        None if channel.group in small or number is None else _released(channel, number)
        for channel, number in zip(spec.channels, exact, strict=True)
    ]


def _exact(channel: ReleasedChannel, sightings: Sequence[Sighting]) -> Fraction | None:
    """Return the aggregate in whole units, None when nothing plausible came or it is a location."""
    source = channel.source
    found = [values.get(source.name) for sensor, values in sightings if sensor == channel.sensor]
    if channel.rule is Rule.COUNT_DISTINCT:
        return Fraction(len({sample for sample in found if type(sample) is bytes}))
    samples = [n for n in found if type(n) is int and source.minimum <= n <= source.maximum]
    if not samples or channel.rule is Rule.GRID:
        return None
    unit = Fraction(10) ** source.exponent
    match channel.rule:
        case Rule.MEAN:
            return unit * Fraction(sum(samples), len(samples))
        case Rule.SUM:
            return unit * sum(samples)
        case Rule.MIN:
            return unit * min(samples)
        case Rule.MAX:
            return unit * max(samples)
        case Rule.LAST:
            return unit * samples[-1]
        case Rule.COUNT:
            return Fraction(len(samples))


def _people(number: Fraction | None) -> int:
    return 0 if number is None else math.floor(number)


def _released(channel: ReleasedChannel, number: Fraction) -> int | None:
    step = channel.resolution
    value = step * round(number / (Fraction(10) ** channel.exponent * step))
    inside = [step * math.ceil(Fraction(channel.minimum, step)), step * math.floor(Fraction(channel.maximum, step))]
    if inside[0] <= value <= inside[1]:
        return value
    return sorted([*inside, value])[1] if channel.counts else None
