"""How the columns of a stream merge, as its declaration tells it.

In: a declared stream. Out: what `agent.privacy.merge` needs. Never: the configuration of today, because rows may be
older than it: they merge by the rules that they were made under.

A declaration does not tell which measurements come from people or vehicles (the speed of a car), but every group of
such has a number of them in the same stream and from the same sensor. So in a stream with suppression or noise all
that comes from a sensor that counts is taken for derived from people.
"""

from agent.privacy.merge import How, Merging
from agent.privacy.merge_rules import how
from agent.privacy.spec import Rule
from agent.wire.declared import DeclaredChannel, DeclaredStream


def mergings(stream: DeclaredStream) -> tuple[Merging, ...]:
    """Return how each column of a stream merges, in order."""
    counting = _counting_sensors(stream)
    return tuple(_merging(channel, grouped=_sensor(channel) in counting) for channel in stream.channels)


def _counting_sensors(stream: DeclaredStream) -> frozenset[str]:
    """Return the sensors that may tell about people or vehicles."""
    if stream.suppress_below is None and stream.noise is None:
        return frozenset()
    return frozenset(
        _sensor(channel)
        for channel in stream.channels
        if channel.sensitivity == "count" or channel.rule == Rule.COUNT.value
    )


def _sensor(channel: DeclaredChannel) -> str:
    return channel.source.partition(".")[0]


def _merging(channel: DeclaredChannel, *, grouped: bool) -> Merging:
    return Merging(
        how=_how(channel.rule, grouped=grouped),
        grouped=grouped,
        clamped=channel.sensitivity == "count" or (grouped and channel.rule == Rule.COUNT.value),
        resolution=channel.resolution,
        minimum=channel.minimum,
        maximum=channel.maximum,
    )


def _how(rule: str, *, grouped: bool) -> How:
    """Return how a rule merges; one that this version does not know does not."""
    return how(Rule(rule), grouped=grouped) if rule in set(Rule) else How.NOTHING
