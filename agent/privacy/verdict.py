"""What leaves of a closed window: columns scaled and held to their ranges, groups of people suppressed when small.

In: the aggregates of one window. Out: one value and one quality code per column. Never: a value of a group with fewer
than k contributors, zero included, or of people in a window that was not observed from end to end.
"""

from collections.abc import Collection, Mapping
from typing import Final

from agent.privacy.counters import FilterCounters
from agent.privacy.rounding import Exact, Scale, whole
from agent.privacy.spec import ReleasedChannel, Rule, StreamSpec
from agent.privacy.window import Window
from agent.quality import Quality
from drivers.reading import Sensitivity

Outcome = tuple[int | None, Quality]

_PARTIAL: Final[Outcome] = (None, Quality.PARTIAL)
_SUPPRESSED: Final[Outcome] = (None, Quality.SUPPRESSED)


class Column:
    """One channel of the stream, with everything that can be computed before there is data."""

    __slots__ = ("_clamped", "_high", "_low", "_number", "_scale", "_sensor")

    def __init__(self, number: int, channel: ReleasedChannel) -> None:
        step = channel.resolution
        self._number = number
        self._sensor = channel.sensor
        self._clamped = channel.counts
        self._low = -(-channel.minimum // step) * step
        self._high = channel.maximum // step * step
        self._scale = Scale.between(source_exponent(channel), channel.exponent, resolution=step)

    def outcome(self, window: Window, failing: Collection[str], counters: FilterCounters) -> Outcome:
        """Return the column's value, or None and why."""
        exact = aggregate(window, self._number)
        if exact is None:
            if self._number in window.outside:
                return None, Quality.OUT_OF_RANGE
            return None, Quality.SENSOR_FAILING if self._sensor in failing else Quality.NO_DATA
        value = self._scale.apply(exact)
        if self._low <= value <= self._high and not self._is_full(window):
            return value, Quality.PARTIAL if window.partial else Quality.OK
        if not self._clamped:
            return None, Quality.OUT_OF_RANGE
        counters.values_saturated += 1
        return min(max(value, self._low), self._high), Quality.SATURATED

    def _is_full(self, window: Window) -> bool:
        crowd = window.crowds.get(self._number)
        return crowd is not None and crowd.saturated


class Group:
    """A group of people- or vehicle-derived columns, and the columns that count its contributors."""

    __slots__ = ("_counted_by", "columns", "k")

    def __init__(self, members: Mapping[int, ReleasedChannel], k: int) -> None:
        self.k = k
        self.columns = tuple(members)
        self._counted_by = tuple(
            (number, source_exponent(channel))
            for number, channel in members.items()
            if channel.sensitivity is Sensitivity.COUNT
        )

    def contributors(self, window: Window) -> int:
        """Return how many people or vehicles the group tells about: the smallest of the numbers that count them."""
        numbers = [
            0 if exact is None else whole(exact, exponent)
            for exact, exponent in ((aggregate(window, number), exponent) for number, exponent in self._counted_by)
        ]
        return min(numbers, default=0)

    def is_small(self, window: Window) -> bool:
        """Return whether fewer than k contributed; nobody is fewer too."""
        return self.contributors(window) < self.k


class Verdict:
    """All columns and groups of one stream."""

    __slots__ = ("_columns", "_groups")

    def __init__(self, spec: StreamSpec) -> None:
        self._columns = tuple(Column(number, channel) for number, channel in enumerate(spec.channels))
        members: dict[str, dict[int, ReleasedChannel]] = {}
        for number, channel in enumerate(spec.channels):
            if channel.group is not None:
                members.setdefault(channel.group, {})[number] = channel
        self._groups = tuple(Group(group, spec.suppress_below or 0) for group in members.values())

    def outcomes(self, window: Window, failing: Collection[str], counters: FilterCounters) -> list[Outcome]:
        """Return one outcome per column, in order."""
        hidden: dict[int, Outcome] = {}
        for group in self._groups:
            if window.partial:
                hidden |= dict.fromkeys(group.columns, _PARTIAL)
            elif group.is_small(window):
                hidden |= dict.fromkeys(group.columns, _SUPPRESSED)
                counters.groups_suppressed += 1
        if not hidden:
            return [column.outcome(window, failing, counters) for column in self._columns]
        return [
            hidden[number] if number in hidden else column.outcome(window, failing, counters)
            for number, column in enumerate(self._columns)
        ]


def aggregate(window: Window, column: int) -> Exact | None:
    """Return the exact aggregate of a column, None when it had no sample."""
    crowd = window.crowds.get(column)
    return window.numbers[column].result() if crowd is None else crowd.result()


def source_exponent(channel: ReleasedChannel) -> int:
    """Return the power of ten of the aggregate: that of the samples, or of a plain number when they are counted."""
    return 0 if channel.rule in {Rule.COUNT, Rule.COUNT_DISTINCT} else channel.source.exponent
