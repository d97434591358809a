"""Whether a stream may add noise as it is written. Pure; asked by `legality`.

In: one stream. Out: problems. Never: a rule that noise makes looser, but for suppression, which it may replace.

Noise hides one event only where one event changes the result by a number that is known beforehand. So inside a group
everything must be a count: of identifiers, of samples, of samples in bins, or the sum of what a sensor has counted.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from agent.privacy.classes import permitted_rules
from agent.privacy.ledger import Budget
from agent.privacy.problem import Problem, about, about_all, origin
from agent.privacy.spec import Noise, ReleasedChannel, Rule, StreamSpec
from drivers.reading import Sensitivity

_COUNTS: Final = frozenset({Rule.COUNT, Rule.COUNT_DISTINCT, Rule.HISTOGRAM})
_LEGAL: Final = (
    "with noise a group leaves only by count, count_distinct, histogram, or sum of its channel of class count, which "
    "one event changes by a number that is known beforehand"
)


def is_counted(channel: ReleasedChannel) -> bool:
    """Return whether noise can be added to a channel: it is about people or vehicles, and a count of events."""
    if channel.group is None:
        return False
    return channel.rule in _COUNTS or (channel.rule is Rule.SUM and channel.source.sensitivity is Sensitivity.COUNT)


def counts_of_an_event(channels: Iterable[ReleasedChannel]) -> int:
    """Return how many noised counts one event can be in: each column, but only one bin of each histogram."""
    return len(
        {
            (channel.sensor, channel.source.name) if channel.rule is Rule.HISTOGRAM else channel.name
            for channel in channels
            if is_counted(channel)
        }
    )


def noise_problems(spec: StreamSpec) -> Iterator[Problem]:
    """Find everything that is wrong with the noise of a stream; nothing when it has none."""
    noise = spec.noise
    if noise is None:
        return
    people = [channel for channel in spec.channels if channel.group is not None]
    if not people:
        why = "no channel of it is about people or vehicles, so there is nothing to add noise to"
        yield about_all(spec, "channel", what="noise without a count", why=why)
    yield from _strength_problems(spec, noise)
    for channel in people:
        yield from _channel_problems(spec, channel)


def _strength_problems(spec: StreamSpec, noise: Noise) -> Iterator[Problem]:
    try:
        Budget(epsilon=noise.epsilon, daily=noise.daily)
    except ValueError as error:
        yield about_all(spec, "noise", what="epsilon or daily cannot be kept account of", why=str(error))
    counts = counts_of_an_event(spec.channels)
    if type(noise.sensitivity) is not int or noise.sensitivity < max(1, counts):
        why = f"one event changes each count, the bins of a histogram together by one: it is at least {counts}"
        yield about_all(spec, "noise", what=f"a sensitivity of {noise.sensitivity}", why=why)


def _channel_problems(spec: StreamSpec, channel: ReleasedChannel) -> Iterator[Problem]:
    if not is_counted(channel):
        if channel.rule in permitted_rules(channel.source):
            what = f"rule {channel.rule} of {origin(channel)} has no noise, so it would leave exact"
            yield about(spec, channel, "rule", what=what, why=_LEGAL)
        return
    if channel.rule is Rule.SUM and channel.source.exponent != 0:
        what = f"{origin(channel)} does not count in ones"
        yield about(spec, channel, "from", what=what, why="noise hides an event that changes a count by one")
    low, high, step = channel.minimum, channel.maximum, channel.resolution
    if step > 0 and -(-low // step) == high // step:
        what = "only one multiple of the rounding step lies in its range"
        yield about(spec, channel, "range", what=what, why="a noisy count that is always the same tells nothing")
