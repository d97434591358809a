"""What a window with noise must come to, when it is known what was drawn: the other half of `oracle`.

As that one it is used on canaries only and shares no code with the filter's rules.
"""

from collections.abc import Sequence

from agent.privacy.oracle import (
    Sighting,
    expected_values,
    is_in,
    power_of_ten,
    released_value,
    samples_of,
    stays_of,
)
from agent.privacy.spec import ReleasedChannel, Rule, StreamSpec
from drivers.reading import Sensitivity


def expected_noisy_values(spec: StreamSpec, sightings: Sequence[Sighting], draws: Sequence[int]) -> list[int | None]:
    """Return what must leave of a whole window that was paid for: one draw belongs to each column about people."""
    values = expected_values(spec, sightings)
    people = [number for number, channel in enumerate(spec.channels) if channel.group is not None]
    noisy = {
        number: _count(spec, spec.channels[number], sightings) + draw
        for number, draw in zip(people, draws, strict=True)
    }
    few = {number for number, count in noisy.items() if spec.suppress_below and count < spec.suppress_below}
    small = {spec.channels[number].group for number in few if _tells_people(spec.channels[number])}
    for number, count in noisy.items():
        channel = spec.channels[number]
        hidden = channel.group in small or (channel.bins is not None and number in few)
        values[number] = None if hidden else released_value(channel, (count, 1))
    return values


def _tells_people(channel: ReleasedChannel) -> bool:
    return channel.source.sensitivity in {Sensitivity.IDENTIFIER, Sensitivity.COUNT}


def _count(spec: StreamSpec, channel: ReleasedChannel, sightings: Sequence[Sighting]) -> int:
    """Return the exact count, as far as it counts: to the end of its range, and not much beyond what is plausible."""
    match channel.rule:
        case Rule.COUNT_DISTINCT:
            up, down = power_of_ten(channel.exponent)
            return min(len(stays_of(channel, sightings)), channel.maximum * up // down)
        case Rule.SUM:
            numbers = [values.get(channel.source.name) for sensor, values, _ in sightings if sensor == channel.sensor]
            return sum(_events(number, channel.source.maximum) for number in numbers if type(number) is int)
        case _:
            samples = [sample for _, sample in samples_of(spec, channel, sightings)]
            return sum(channel.bins is None or is_in(channel, sample) for sample in samples)


def _events(number: int, most: int) -> int:
    """Return what a number of events counts for: less and less beyond the plausible range, but never below 0."""
    return max(most - abs(number - most), 0)
