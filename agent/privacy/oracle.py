"""What a window must come to, computed the plain way: all samples kept, one pass per channel.

It exists to disagree with the filter when that is wrong, so it shares no code with the filter's rules; it is used on
canaries only. Locations are not predicted: see `agent.privacy.rehearsal`. Fractions are written out as two integers:
the standard library's would cost the agent 0.5 MB for a few sums at its start.
"""

from collections.abc import Mapping, Sequence

from agent.privacy.oracle_angles import mean_direction
from agent.privacy.spec import ReleasedChannel, Rule, StreamSpec
from drivers.reading import Sensitivity, Value

Sighting = tuple[str, Mapping[str, Value], int]
"""A sensor, the values of one of its readings, and how many ms after the window's start it was taken."""

Fraction = tuple[int, int]
"""Numerator and denominator, which is above zero."""

_Samples = list[tuple[bytes | None, int]]
"""The plausible samples of a channel, and whose each is where its stream lists who was seen."""


def expected_values(spec: StreamSpec, sightings: Sequence[Sighting]) -> list[int | None]:
    """Return what must leave of a whole window that held these readings; None in the columns of locations."""
    k = spec.suppress_below or 0
    sources = {_place(channel): channel for channel in spec.channels}
    samples = {place: samples_of(spec, channel, sightings) for place, channel in sources.items()}
    exact = [_exact(channel, sightings, samples[_place(channel)]) for channel in spec.channels]
    told = [*zip(spec.channels, exact, strict=True)]
    small = {channel.group for channel, number in told if _is_few(channel, number, sightings, k=k)}
    few = {place for place, found in samples.items() if _tells_few(spec, place, found)}
    return [
        None
        if channel.group in small or (channel.bins and _place(channel) in few)
        else released_value(channel, number)
        for channel, number in told
    ]


def _place(channel: ReleasedChannel) -> tuple[str, str]:
    return channel.sensor, channel.source.name


def _is_few(channel: ReleasedChannel, number: Fraction | None, sightings: Sequence[Sighting], *, k: int) -> bool:
    """Return whether a channel says that fewer than k people or vehicles were there."""
    match channel.source.sensitivity:
        case Sensitivity.IDENTIFIER:
            return len(stays_of(channel, sightings)) < k
        case Sensitivity.COUNT:
            return number is None or number[0] < k * number[1]
        case _:
            return False


def _tells_few(spec: StreamSpec, place: tuple[str, str], samples: _Samples) -> bool:
    """Return whether a bin of a histogram of people, or what is beside the bins, is of some, but of fewer than k."""
    bins = [channel for channel in spec.channels if channel.bins and channel.group and _place(channel) == place]
    cells: dict[object, list[object]] = {}
    for number, (who, sample) in enumerate(samples if bins else []):
        cell = next((channel.name for channel in bins if is_in(channel, sample)), None)
        cells.setdefault(cell, []).append(number if who is None else who)
    return any(len(set(contributors)) < (spec.suppress_below or 0) for contributors in cells.values())


def stays_of(channel: ReleasedChannel, sightings: Sequence[Sighting]) -> dict[bytes, list[int]]:
    """Return when each identifier was seen."""
    found: dict[bytes, list[int]] = {}
    for sensor, values, at_ms in sightings:
        name = _name(values, channel)
        if sensor == channel.sensor and name is not None:
            found.setdefault(name, []).append(at_ms)
    return found


def _name(values: Mapping[str, Value], channel: ReleasedChannel) -> bytes | None:
    name = values.get(channel.source.name)
    return name if type(name) is bytes and len(name) in range(1, 65) else None


def samples_of(spec: StreamSpec, channel: ReleasedChannel, sightings: Sequence[Sighting]) -> _Samples:
    """Return the plausible samples of a channel."""
    source = channel.source
    namers = [
        other
        for other in spec.channels
        if channel.group and other.group == channel.group and other.source.sensitivity is Sensitivity.IDENTIFIER
    ]
    personal = bool(namers) and source.sensitivity is Sensitivity.MEASUREMENT
    found: _Samples = []
    for sensor, values, _ in sightings:
        sample = values.get(source.name)
        who = next((name for other in namers if (name := _name(values, other)) is not None), None)
        if sensor != channel.sensor or type(sample) is not int or (personal and who is None):
            continue
        if source.minimum <= sample <= source.maximum:
            found.append((who if personal else None, sample))
    return found


def is_in(channel: ReleasedChannel, sample: int) -> bool:
    """Return whether a sample is in the channel's bin."""
    return channel.bins is not None and sample in range(*channel.bins)


def _exact(channel: ReleasedChannel, sightings: Sequence[Sighting], samples: _Samples) -> Fraction | None:
    """Return the aggregate in whole units (a deviation's square), None when there is none or it is a location."""
    match channel.rule:
        case Rule.COUNT_DISTINCT:
            return len(stays_of(channel, sightings)), 1
        case Rule.DWELL:
            stays = sorted(max(seen) - min(seen) for seen in stays_of(channel, sightings).values())
            return (stays[len(stays) // 2] + stays[(len(stays) - 1) // 2], 2000) if stays else None
        case _:
            return _of_numbers(channel, [sample for _, sample in samples]) if samples else None


def _of_numbers(channel: ReleasedChannel, samples: list[int]) -> Fraction | None:
    up, down = power_of_ten(channel.source.exponent)
    number = len(samples)
    match channel.rule:
        case Rule.COUNT:
            return number, 1
        case Rule.HISTOGRAM:
            return sum(is_in(channel, sample) for sample in samples), 1
        case Rule.STDEV:
            deviations = sum((number * sample - sum(samples)) ** 2 for sample in samples)
            return up**2 * deviations, down**2 * number**3
        case Rule.CIRCULAR_MEAN:
            angle = mean_direction(samples, -channel.source.exponent)
            return None if angle is None else (angle, 10**9)
        case Rule.MEDIAN:
            return _quantile(samples, 5, up=up, down=down)
        case Rule.P90:
            return _quantile(samples, 9, up=up, down=down)
    return _plain(channel.rule, samples, up=up, down=down)


def _plain(rule: Rule, samples: list[int], *, up: int, down: int) -> Fraction | None:
    match rule:
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
        case _:
            return None


def _quantile(samples: list[int], tenths: int, *, up: int, down: int) -> Fraction:
    """Return the quantile: each sample ten times over in steps of a tenth, on the line from one to the next."""
    line: list[int] = []
    ordered = sorted(samples)
    for low, high in zip(ordered, [*ordered[1:], ordered[-1]], strict=True):
        line += [10 * low + (high - low) * step for step in range(10)]
    return up * line[(len(samples) - 1) * tenths], down * 10


def released_value(channel: ReleasedChannel, number: Fraction | None) -> int | None:
    """Return what leaves of an aggregate in whole units: rounded, and held to the range."""
    if number is None:
        return None
    step = channel.resolution
    up, down = power_of_ten(channel.exponent)
    if channel.rule is Rule.STDEV:
        value = step * _nearest_root(number[0] * down**2, number[1] * (up * step) ** 2)
    else:
        value = step * _nearest(number[0] * down, number[1] * up * step)
    if channel.rule is Rule.CIRCULAR_MEAN and value * up == 360 * down:
        value = 0
    inside = [step * -(-channel.minimum // step), step * (channel.maximum // step)]
    if inside[0] <= value <= inside[1]:
        return value
    return sorted([*inside, value])[1] if channel.counts else None


def power_of_ten(exponent: int) -> Fraction:
    """Return ``10 ** exponent``."""
    return int(10 ** max(exponent, 0)), int(10 ** max(-exponent, 0))


def _nearest(numerator: int, denominator: int) -> int:
    """Return the nearest integer, of two that are equally near the even one."""
    below = numerator // denominator
    return min(below, below + 1, key=lambda whole: (abs(numerator - whole * denominator), whole % 2))


def _nearest_root(numerator: int, denominator: int) -> int:
    """Return the integer nearest to the square root, of two that are equally near the even one: tried bit by bit."""
    double = 0
    for bit in range(numerator.bit_length() + 2, -1, -1):
        if denominator * (double + (1 << bit)) ** 2 <= 4 * numerator:
            double += 1 << bit
    if double % 2 and denominator * double**2 == 4 * numerator:
        return min(double // 2, double // 2 + 1, key=lambda whole: whole % 2)
    return (double + 1) // 2
