"""What leaves of a closed window: columns scaled and held to their ranges, groups of people suppressed when small.

In: the aggregates of one window. Out: one value and one quality code per column. Never: a value of a group with fewer
than k contributors, zero included, or of people in a window that was not observed from end to end; a histogram of
people with a bin of fewer than k. In a stream with noise all that is about people is judged by `noised`, not here.
"""

from collections.abc import Collection, Mapping
from typing import Final

from agent.privacy.counters import FilterCounters
from agent.privacy.errors import RuleBroken
from agent.privacy.histogram import Layout, layouts
from agent.privacy.rounding import Exact, Scale, whole
from agent.privacy.spec import ReleasedChannel, Rule, StreamSpec
from agent.privacy.window import Window
from agent.quality import Quality

Outcome = tuple[int | None, Quality]

PARTIAL: Final[Outcome] = (None, Quality.PARTIAL)
SUPPRESSED: Final[Outcome] = (None, Quality.SUPPRESSED)
NOTHING: Final[Mapping[int, Outcome]] = {}
"""The noisy outcomes of a stream without noise."""


class Column:
    """One channel of the stream, with everything that can be computed before there is data."""

    __slots__ = ("_clamped", "_high", "_low", "_number", "_rule", "_scale", "_sensor", "_turn")

    def __init__(self, number: int, channel: ReleasedChannel) -> None:
        step = channel.resolution
        self._number = number
        self._sensor = channel.sensor
        self._rule = channel.rule
        self._clamped = channel.counts
        self._low = -(-channel.minimum // step) * step
        self._high = channel.maximum // step * step
        self._scale = Scale.between(source_exponent(channel), channel.exponent, resolution=step)
        self._turn = 360 * int(10 ** max(-channel.exponent, 0)) // int(10 ** max(channel.exponent, 0))

    def outcome(self, window: Window, failing: Collection[str], counters: FilterCounters) -> Outcome:
        """Return the column's value, or None and why."""
        exact = aggregate(window, self._number)
        if exact is None:
            return None, self._why_missing(window, failing)
        value = self._rounded(exact)
        if self._low <= value <= self._high and not self._is_full(window):
            return value, Quality.PARTIAL if is_partial(window, self._sensor) else Quality.OK
        if not self._clamped:
            return None, Quality.OUT_OF_RANGE
        return self._cut(value, counters)

    def held(self, count: int, counters: FilterCounters) -> Outcome:
        """Return what leaves of a noisy count: rounded, and held to the range."""
        value = self._scale.apply((count, 1))
        return (value, Quality.OK) if self._low <= value <= self._high else self._cut(value, counters)

    def _cut(self, value: int, counters: FilterCounters) -> Outcome:
        counters.values_saturated += 1
        return min(max(value, self._low), self._high), Quality.SATURATED

    def _rounded(self, exact: Exact) -> int:
        """Return the released value before it is held to its range: the only place where anything is rounded."""
        match self._rule:
            case Rule.STDEV:
                return self._scale.apply_root(exact)
            case Rule.CIRCULAR_MEAN:
                return self._scale.apply(exact) % self._turn
            case _:
                return self._scale.apply(exact)

    def _why_missing(self, window: Window, failing: Collection[str]) -> Quality:
        reason = window.told(self._number).reason
        if reason is not None:
            return reason
        if self._number in window.outside:
            return Quality.OUT_OF_RANGE
        return Quality.SENSOR_FAILING if self._sensor in failing else Quality.NO_DATA

    def _is_full(self, window: Window) -> bool:
        crowd = window.crowds.get(self._number)
        return crowd is not None and crowd.saturated


class Group:
    """A group of people- or vehicle-derived columns, and the columns that count its contributors."""

    __slots__ = ("_counted_by", "columns", "k", "sensor")

    def __init__(self, members: Mapping[int, ReleasedChannel], k: int) -> None:
        self.k = k
        self.sensor = next(iter(members.values())).sensor
        self.columns = tuple(members)
        self._counted_by = tuple(
            (number, source_exponent(channel)) for number, channel in members.items() if channel.tells_contributors
        )

    def contributors(self, window: Window) -> int:
        """Return how many people or vehicles the group tells about: the smallest of the numbers that count them."""
        return min((_people(window, number, exponent) for number, exponent in self._counted_by), default=0)

    def is_small(self, window: Window) -> bool:
        """Return whether fewer than k contributed; nobody is fewer too."""
        return self.contributors(window) < self.k


class Verdict:
    """All columns and groups of one stream."""

    __slots__ = ("_columns", "_groups", "_histograms", "_k", "_noised")

    def __init__(self, spec: StreamSpec) -> None:
        self._columns = tuple(Column(number, channel) for number, channel in enumerate(spec.channels))
        members: dict[str, dict[int, ReleasedChannel]] = {}
        for number, channel in enumerate(spec.channels):
            if channel.group is not None:
                members.setdefault(channel.group, {})[number] = channel
        self._k = spec.suppress_below or 0
        exact = spec.noise is None
        self._noised = frozenset() if exact else frozenset(number for group in members.values() for number in group)
        self._groups = tuple(Group(group, self._k) for group in members.values() if exact)
        self._histograms = tuple(layout for layout in layouts(spec) if exact and layout.group is not None)

    def outcomes(
        self,
        window: Window,
        failing: Collection[str],
        counters: FilterCounters,
        *,
        noisy: Mapping[int, Outcome] = NOTHING,
    ) -> list[Outcome]:
        """Return one outcome per column, in order; those of noised columns are given, and none may be missing.

        Raises:
            RuleBroken: the outcome of a noised column was not given.
        """
        if noisy.keys() != self._noised:
            raise RuleBroken("a count without its noise was stopped")
        hidden = dict(noisy) if noisy else self._hidden(window, counters)
        if not hidden:
            return [column.outcome(window, failing, counters) for column in self._columns]
        return [
            hidden[number] if number in hidden else column.outcome(window, failing, counters)
            for number, column in enumerate(self._columns)
        ]

    def _hidden(self, window: Window, counters: FilterCounters) -> dict[int, Outcome]:
        hidden: dict[int, Outcome] = {}
        for group in self._groups:
            if is_partial(window, group.sensor):
                hidden |= dict.fromkeys(group.columns, PARTIAL)
            elif group.is_small(window):
                hidden |= dict.fromkeys(group.columns, SUPPRESSED)
                counters.groups_suppressed += 1
        for layout in self._histograms:
            if layout.columns[0] not in hidden and tells_few(window, layout, self._k):
                hidden |= dict.fromkeys(layout.columns, SUPPRESSED)
                counters.histograms_suppressed += 1
        return hidden


def is_partial(window: Window, sensor: str) -> bool:
    """Return whether a window was not observed from end to end, as far as a sensor is concerned."""
    return window.partial or sensor in window.unwatched


def tells_few(window: Window, layout: Layout, k: int) -> bool:
    """Return whether some cell of a histogram of people has contributors, but fewer than k."""
    return window.bins[layout.columns[0]].histogram.has_small_cell(k)


def aggregate(window: Window, column: int) -> Exact | None:
    """Return the exact aggregate of a column, None when it has none; a deviation's is its square."""
    return window.told(column).result()


def _people(window: Window, column: int, exponent: int) -> int:
    """Return how many contributors a column knows of; its aggregate is their number, but for a dwell."""
    stays = window.stays.get(column)
    if stays is not None:
        return stays.people
    exact = aggregate(window, column)
    return 0 if exact is None else whole(exact, exponent)


def source_exponent(channel: ReleasedChannel) -> int:
    """Return the power of ten of the aggregate: that of the samples, of a plain number, or of milliseconds."""
    match channel.rule:
        case Rule.COUNT | Rule.COUNT_DISTINCT | Rule.HISTOGRAM:
            return 0
        case Rule.DWELL:
            return -3
        case _:
            return channel.source.exponent
