"""How the samples of one window become one exact number. Integers in, a fraction out; nothing can overflow.

Every aggregator keeps the least it can: no sample outlives `add`, except the one that a rule releases. What must keep
samples, or takes identifiers with them, has a module of its own: `spread`, `bearing`, `histogram`, `distinct` and
`dwell`.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar, Protocol

from agent.privacy.rounding import Exact
from agent.privacy.spec import Rule
from agent.privacy.spread import Deviation, Median, NinthDecile
from agent.quality import Quality


class Told(Protocol):
    """What one window tells in one column."""

    @property
    def reason(self) -> Quality | None:
        """Why there is no result although there were samples; None when that is not so."""
        ...

    def result(self) -> Exact | None:
        """Return the aggregate as an exact fraction in the source's units, None when there is none."""
        ...


class Aggregator(Told, Protocol):
    """One channel of numbers of one window."""

    def add(self, sample: int, /) -> None:
        """Take one plausible sample, in the source's units."""
        ...


class _Whole:
    """An aggregator that any sample at all gives a result."""

    __slots__ = ()

    reason: ClassVar[Quality | None] = None


class Mean(_Whole):
    """The arithmetic mean."""

    __slots__ = ("_samples", "_total")

    def __init__(self) -> None:
        self._total = 0
        self._samples = 0

    def add(self, sample: int, /) -> None:
        """Take one sample."""
        self._total += sample
        self._samples += 1

    def result(self) -> Exact | None:
        """Return total over number."""
        return (self._total, self._samples) if self._samples else None


class Sum(Mean):
    """The total."""

    __slots__ = ()

    def result(self) -> Exact | None:
        """Return the total."""
        return (self._total, 1) if self._samples else None


class Count(_Whole):
    """The number of samples; their values are not kept."""

    __slots__ = ("_samples",)

    def __init__(self) -> None:
        self._samples = 0

    def add(self, sample: int, /) -> None:  # noqa: ARG002  the interface passes what this rule does not keep
        """Take one sample."""
        self._samples += 1

    def result(self) -> Exact | None:
        """Return how many there were."""
        return (self._samples, 1) if self._samples else None


class Last(_Whole):
    """The latest sample."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: int | None = None

    def add(self, sample: int, /) -> None:
        """Take one sample in the place of the one before."""
        self._kept = sample

    def result(self) -> Exact | None:
        """Return what is kept."""
        return None if self._kept is None else (self._kept, 1)


class Minimum(Last):
    """The smallest sample."""

    __slots__ = ()

    def add(self, sample: int, /) -> None:
        """Take one sample if none was smaller."""
        if self._kept is None or sample < self._kept:
            self._kept = sample


class Maximum(Last):
    """The largest sample."""

    __slots__ = ()

    def add(self, sample: int, /) -> None:
        """Take one sample if none was larger."""
        if self._kept is None or sample > self._kept:
            self._kept = sample


AGGREGATORS: Mapping[Rule, Callable[[], Aggregator]] = {
    Rule.MEAN: Mean,
    Rule.MIN: Minimum,
    Rule.MAX: Maximum,
    Rule.SUM: Sum,
    Rule.COUNT: Count,
    Rule.LAST: Last,
    Rule.GRID: Last,
    Rule.MEDIAN: Median,
    Rule.P90: NinthDecile,
    Rule.STDEV: Deviation,
}
"""The aggregator of each rule that needs nothing but samples. Positions reach theirs snapped by the intake."""
