"""What the sensitivity class of one channel permits: rules, ranges, grids. Pure.

Everything here follows from the driver's description of a channel. Nothing in a configuration can widen it.
"""

from collections.abc import Iterator
from typing import Final

from agent.privacy.grid import LONGEST_DEGREE_M
from agent.privacy.problem import Problem, about, origin
from agent.privacy.rounding import whole
from agent.privacy.spec import ReleasedChannel, Rule, StreamSpec
from drivers.reading import Channel, Sensitivity

SMALLEST_GRID_M: Final = 100
LARGEST_GRID_M: Final = 100_000
LARGEST_VALUE: Final = 2**53
"""Beyond this a reader that uses floating point (JSON) would not see the number that was released."""
LARGEST_EXPONENT: Final = 18
GRID_UNITS: Final = frozenset({"lat", "lon", "m"})

_PLAIN: Final = frozenset({Rule.MEAN, Rule.MIN, Rule.MAX, Rule.SUM, Rule.LAST})


def permitted_rules(source: Channel) -> frozenset[Rule]:
    """Return every rule that may release this channel, by its class and group alone; maybe none."""
    grouped = source.group is not None
    match source.sensitivity:
        case Sensitivity.IDENTIFIER:
            return frozenset({Rule.COUNT_DISTINCT})
        case Sensitivity.LOCATION:
            return frozenset() if grouped else frozenset({Rule.GRID})
        case Sensitivity.COUNT:
            return _PLAIN
        case Sensitivity.MEASUREMENT:
            return frozenset({Rule.MEAN, Rule.SUM, Rule.COUNT}) if grouped else _PLAIN | {Rule.COUNT}


def channel_problems(spec: StreamSpec, channel: ReleasedChannel) -> Iterator[Problem]:
    """Find everything that is wrong with one channel of a stream."""
    yield from _rule_problems(spec, channel)
    yield from _number_problems(spec, channel)
    yield from _reach_problems(spec, channel)
    if channel.rule is Rule.GRID:
        yield from _grid_problems(spec, channel)
    elif channel.grid_m is not None:
        yield about(spec, channel, "grid", what="a grid without rule grid", why="only rule grid snaps to one")


def _rule_problems(spec: StreamSpec, channel: ReleasedChannel) -> Iterator[Problem]:
    source = channel.source
    legal = permitted_rules(source)
    if channel.rule in legal:
        return
    only = f"it may leave only by {' or '.join(sorted(legal))}"
    if not legal:
        why = f"class {source.sensitivity} in a group of people or vehicles has no releasable form"
    elif source.sensitivity is Sensitivity.MEASUREMENT and source.group is not None:
        why = f"it belongs to group {source.group}, and this would tell about one person or vehicle; {only}"
    else:
        why = f"its class is {source.sensitivity}; {only}"
    yield about(spec, channel, "rule", what=f"{origin(channel)} may not leave by rule {channel.rule}", why=why)


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


def _reach_problems(spec: StreamSpec, channel: ReleasedChannel) -> Iterator[Problem]:
    """Find counts that could never leave, because their range ends where suppression begins."""
    k, source = spec.suppress_below, channel.source
    if k is None or channel.sensitivity is not Sensitivity.COUNT:
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
