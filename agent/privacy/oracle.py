"""What a window must come to, computed the plain way: all samples kept, one pass per channel.

It exists to disagree with the filter when that is wrong, so it shares no code with the filter's rules; it is used on
canaries only. Locations are not predicted: see `agent.privacy.rehearsal`. Fractions are written out as two integers:
the standard library's would cost the agent 0.5 MB for a few sums at its start.
"""

from collections.abc import Mapping, Sequence

from agent.privacy.spec import ReleasedChannel, Rule, StreamSpec
from drivers.reading import Sensitivity, Value

Sighting = tuple[str, Mapping[str, Value]]
"""A sensor and the values of one of its readings."""

Fraction = tuple[int, int]
"""Numerator and denominator, which is above zero."""


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
        return len({sample for sample in found if type(sample) is bytes}), 1
    samples = [n for n in found if type(n) is int and source.minimum <= n <= source.maximum]
    if not samples or channel.rule is Rule.GRID:
        return None
    up, down = _power_of_ten(source.exponent)
    match channel.rule:
        case Rule.MEAN:
            return up * sum(samples), down * len(samples)
        case Rule.SUM:
            return up * sum(samples), down
        case Rule.MIN:
            return up * min(samples), down
        case Rule.MAX:
            return up * max(samples), down
        case Rule.LAST:
            return up * samples[-1], down
        case Rule.COUNT:
            return len(samples), 1


def _people(number: Fraction | None) -> int:
    return 0 if number is None else number[0] // number[1]


def _released(channel: ReleasedChannel, number: Fraction) -> int | None:
    step = channel.resolution
    up, down = _power_of_ten(channel.exponent)
    value = step * _nearest(number[0] * down, number[1] * up * step)
    inside = [step * -(-channel.minimum // step), step * (channel.maximum // step)]
    if inside[0] <= value <= inside[1]:
        return value
    return sorted([*inside, value])[1] if channel.counts else None


def _power_of_ten(exponent: int) -> Fraction:
    """Return ``10 ** exponent``."""
    return int(10 ** max(exponent, 0)), int(10 ** max(-exponent, 0))


def _nearest(numerator: int, denominator: int) -> int:
    """Return the nearest integer, of two that are equally near the even one."""
    below = numerator // denominator
    return min(below, below + 1, key=lambda whole: (abs(numerator - whole * denominator), whole % 2))
