"""What the sensitivity class of one channel permits: rules, ranges, grids. Pure.

Everything here follows from the driver's description of a channel. Nothing in a configuration can widen it.

Inside a group the smallest, the largest, the last sample and any quantile are some member's own value, whatever k
is. A deviation is nobody's value, but all of a group lies within ``deviation * sqrt(n - 1)`` of its mean (Samuelson,
"How deviant can you be?", J. Am. Stat. Assoc. 63, 1968): a small one tells everybody's. So none of them may leave
there; how a group is spread is told by a histogram, in bins that are declared beforehand.

A number of people may leave by rules whose result is a number of people again, because only such a number can be held
against k. Its deviation, and how often there were few, are not.
"""

from collections.abc import Iterator
from typing import Final

from agent.privacy.grid import LONGEST_DEGREE_M
from agent.privacy.problem import Problem, about, origin
from agent.privacy.rounding import whole
from agent.privacy.spec import IDENTIFYING, ReleasedChannel, Rule, StreamSpec
from drivers.reading import Channel, Sensitivity

SMALLEST_GRID_M: Final = 100
LARGEST_GRID_M: Final = 100_000
LARGEST_VALUE: Final = 2**53
"""Beyond this a reader that uses floating point (JSON) would not see the number that was released."""
LARGEST_EXPONENT: Final = 18
GRID_UNITS: Final = frozenset({"lat", "lon", "m"})

FINEST_BEARING: Final = -6
"""A bearing in more digits than a millionth of a degree is none."""

_OF_COUNTS: Final = frozenset({Rule.MEAN, Rule.MIN, Rule.MAX, Rule.SUM, Rule.LAST, Rule.MEDIAN, Rule.P90})
_OF_MEASUREMENTS: Final = _OF_COUNTS | {Rule.COUNT, Rule.STDEV, Rule.HISTOGRAM}
_OF_GROUPS: Final = frozenset({Rule.MEAN, Rule.SUM, Rule.COUNT, Rule.HISTOGRAM})


def permitted_rules(source: Channel) -> frozenset[Rule]:
    """Return every rule that may release this channel, by the driver's description alone; maybe none."""
    grouped = source.group is not None
    match source.sensitivity:
        case Sensitivity.IDENTIFIER:
            return IDENTIFYING
        case Sensitivity.LOCATION:
            return frozenset() if grouped else frozenset({Rule.GRID})
        case Sensitivity.COUNT:
            return _OF_COUNTS
        case Sensitivity.CONTENT:
            return frozenset()
        case Sensitivity.MEASUREMENT:
            rules = _OF_GROUPS if grouped else _OF_MEASUREMENTS
            return rules | {Rule.CIRCULAR_MEAN} if is_bearing(source) else rules


def is_bearing(source: Channel) -> bool:
    """Return whether a channel is a direction: degrees of a full turn, which begin again after 360."""
    if source.unit != "deg" or not FINEST_BEARING <= source.exponent <= 0:
        return False
    return source.minimum >= 0 and source.maximum <= 360 * int(10**-source.exponent)


def refusal(source: Channel, rule: Rule) -> str:
    """Return why a rule that is not permitted may not release this channel, citing its class."""
    legal = permitted_rules(source)
    only = f"it may leave only by {' or '.join(sorted(legal))}"
    if source.sensitivity is Sensitivity.CONTENT:
        return "class content (free text, images, sound) has no releasable form"
    if not legal:
        return f"class {source.sensitivity} in a group of people or vehicles has no releasable form"
    if source.sensitivity is Sensitivity.MEASUREMENT and rule is Rule.CIRCULAR_MEAN:
        return f"class measurement: only a bearing (unit deg, 0 to 360) has a mean direction; {only}"
    if source.sensitivity is Sensitivity.MEASUREMENT and source.group is not None:
        return f"class measurement in group {source.group}: this would tell about one person or vehicle; {only}"
    return f"its class is {source.sensitivity}; {only}"


def channel_problems(spec: StreamSpec, channel: ReleasedChannel) -> Iterator[Problem]:
    """Find everything that is wrong with one channel of a stream."""
    yield from _rule_problems(spec, channel)
    yield from _number_problems(spec, channel)
    yield from _step_problems(spec, channel)
    yield from _reach_problems(spec, channel)
    yield from _bin_problems(spec, channel)
    if channel.rule is Rule.GRID:
        yield from _grid_problems(spec, channel)
    elif channel.grid_m is not None:
        yield about(spec, channel, "grid", what="a grid without rule grid", why="only rule grid snaps to one")


def _rule_problems(spec: StreamSpec, channel: ReleasedChannel) -> Iterator[Problem]:
    if channel.rule not in permitted_rules(channel.source):
        what = f"{origin(channel)} may not leave by rule {channel.rule}"
        yield about(spec, channel, "rule", what=what, why=refusal(channel.source, channel.rule))


def _number_problems(spec: StreamSpec, channel: ReleasedChannel) -> Iterator[Problem]:
    low, high, step = channel.minimum, channel.maximum, channel.resolution
    if step < 1:
        yield about(spec, channel, "resolution", what=f"a rounding step of {step}", why="it is at least 1")
    elif high // step * step < low:
        what = "no multiple of the rounding step lies in its range"
        yield about(spec, channel, "range", what=what, why="nothing could leave")
    if max(abs(low), abs(high)) > LARGEST_VALUE:
        why = "readers may use floating point"
        yield about(spec, channel, "range", what="its range goes beyond 2^53", why=why)
    if max(abs(channel.exponent), abs(channel.source.exponent)) > LARGEST_EXPONENT:
        why = f"powers of ten go from -{LARGEST_EXPONENT} to {LARGEST_EXPONENT}"
        yield about(spec, channel, "resolution", what="its power of ten is too far from one", why=why)


def _step_problems(spec: StreamSpec, channel: ReleasedChannel) -> Iterator[Problem]:
    """Find steps that the rule cannot make."""
    if channel.rule is Rule.DWELL and channel.exponent < 0:
        why = "class identifier: a median is the dwell of one or two people, so it leaves in whole seconds or coarser"
        yield about(spec, channel, "resolution", what="a dwell in parts of a second", why=why)
    if channel.rule is Rule.CIRCULAR_MEAN and channel.resolution > 0:
        turn, step = (
            360 * int(10 ** max(-channel.exponent, 0)),
            channel.resolution * int(10 ** max(channel.exponent, 0)),
        )
        if turn % step or channel.exponent < FINEST_BEARING:
            what = "its steps do not meet again after a full turn, or are finer than a millionth of a degree"
            yield about(spec, channel, "resolution", what=what, why="rule circular_mean: 360 degrees are 0 again")


def _bin_problems(spec: StreamSpec, channel: ReleasedChannel) -> Iterator[Problem]:
    bins = channel.bins
    if channel.rule is not Rule.HISTOGRAM:
        if bins is not None:
            yield about(spec, channel, "bins", what="bins without rule histogram", why="only rule histogram has bins")
    elif bins is None:
        why = "a histogram counts in bins that are declared beforehand"
        yield about(spec, channel, "bins", what="its bins are missing", why=why)
    elif bins[0] >= bins[1]:
        what = "an upper edge is not above the lower one"
        yield about(spec, channel, "bins", what=what, why="the lower edge is included, the upper one is not")


def _reach_problems(spec: StreamSpec, channel: ReleasedChannel) -> Iterator[Problem]:
    """Find counts that could never leave, because their range ends where suppression begins."""
    k, source = spec.suppress_below, channel.source
    if k is None or not channel.tells_contributors or channel.rule is Rule.DWELL:
        return
    bounds = [(channel.maximum, channel.exponent)]
    if channel.rule not in {Rule.SUM, Rule.COUNT_DISTINCT}:
        bounds.append((source.maximum, source.exponent))
    if any(whole((most, 1), exponent) <= k for most, exponent in bounds):
        what = f"its range ends at or below suppress_below ({k})"
        yield about(spec, channel, "range", what=what, why="class count: every window would be suppressed")


def _grid_problems(spec: StreamSpec, channel: ReleasedChannel) -> Iterator[Problem]:
    grid_m, source = channel.grid_m, channel.source
    if grid_m is None or not SMALLEST_GRID_M <= grid_m <= LARGEST_GRID_M:
        what = "grid is missing" if grid_m is None else f"a grid of {grid_m} m"
        why = f"class location leaves only snapped to a grid of {SMALLEST_GRID_M} to {LARGEST_GRID_M} m"
        yield about(spec, channel, "grid", what=what, why=why)
    elif channel.exponent > 0 or source.exponent > 0 or _is_coarse(channel, grid_m):
        why = "eight steps of the sensor, and four of the released value, must fit into one cell"
        yield about(spec, channel, "resolution", what="its steps are too coarse for its grid", why=why)
    if source.unit not in GRID_UNITS:
        what = f"{origin(channel)} has unit {source.unit or 'none'}"
        yield about(
            spec, channel, "from", what=what, why="rule grid knows latitude (lat), longitude (lon), height (m)"
        )


def _is_coarse(channel: ReleasedChannel, grid_m: int) -> bool:
    """Return whether rounding could carry a position out of its cell."""
    metres = 1 if channel.source.unit == "m" else LONGEST_DEGREE_M
    return 8 * metres > grid_m * int(10**-channel.source.exponent) or 4 * metres * channel.resolution > grid_m * int(
        10**-channel.exponent
    )
