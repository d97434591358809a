"""How the samples of one window become one exact number. Integers in, a fraction out; nothing can overflow.

Every aggregator keeps the least it can: no sample outlives `add`, except the one that a rule releases.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from agent.privacy.rounding import Exact
from agent.privacy.spec import Rule


class Aggregator(Protocol):
    """One channel of one window."""

    def add(self, sample: int, /) -> None:
        """Take one plausible sample, in the source's units."""
        ...

    def result(self) -> Exact | None:
        """Return the aggregate as an exact fraction in the source's units, None when there was no sample."""
        ...


class Mean:
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


class Count:
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


class Last:
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
}
"""The aggregator of each rule on numbers. Positions reach theirs snapped: see `agent.privacy.intake`."""
