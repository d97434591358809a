"""How many samples lie in each of some declared bins, and whether a bin is so small that it tells about somebody.

A bin has its lower edge and not its upper one, the last bin too: what a bin means never depends on its place. Samples
in no bin make up one more cell, which is not released.

Of people, a cell with a few of them may not be told. Leaving out that one alone would be no help: where the total is
known, and the group's `count` tells it, what is missing is the difference. The same holds for the samples in no bin.
So one cell of 1 to k-1 contributors, the one outside the bins included, suppresses the whole histogram. That a
histogram was suppressed tells only that some cell, nobody knows which, is small.

Where identifiers say whose a sample is, contributors are different pseudonyms: a hundred sightings of one phone are
one person. Where a sensor counts for itself, each sample is taken for one vehicle or person.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from agent.privacy.distinct import Distinct, RandomBytes
from agent.privacy.errors import RuleBroken
from agent.privacy.rounding import Exact
from agent.privacy.spec import IDENTIFYING, ReleasedChannel, Rule, StreamSpec
from agent.quality import Quality

MOST_BINS: Final = 64
"""As many as a stream has columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The histogram of one source of one stream.

    Attributes:
        columns: its bins, by the number of their channel.
        edges: of the bins, ascending, in the source's units; one more than there are bins.
        group: the group of people or vehicles it is derived from, None for a plain measurement.
        named: identifiers say whose a sample is.
    """

    columns: tuple[int, ...]
    edges: tuple[int, ...]
    group: str | None
    named: bool


def bins_by_source(spec: StreamSpec) -> list[list[tuple[int, ReleasedChannel]]]:
    """Return the numbered bins of each source that has a histogram, in the order of the stream."""
    found: dict[tuple[str, str], list[tuple[int, ReleasedChannel]]] = {}
    for number, channel in enumerate(spec.channels):
        if channel.rule is Rule.HISTOGRAM:
            found.setdefault((channel.sensor, channel.source.name), []).append((number, channel))
    return list(found.values())


def layouts(spec: StreamSpec) -> tuple[Layout, ...]:
    """Return the histograms of a legal stream."""
    named = {channel.group for channel in spec.channels if channel.rule in IDENTIFYING}
    found = []
    for bins in bins_by_source(spec):
        edges = [channel.bins for _, channel in bins if channel.bins is not None]
        group = bins[0][1].group
        layout = Layout(
            columns=tuple(number for number, _ in bins),
            edges=(edges[0][0], *(upper for _, upper in edges)),
            group=group,
            named=group is not None and group in named,
        )
        found.append(layout)
    return tuple(found)


class Histogram:
    """The samples of one source in one window."""

    __slots__ = ("_crowds", "_edges", "_samples")

    def __init__(self, edges: Sequence[int], *, k: int, random_bytes: RandomBytes | None) -> None:
        """Begin with empty cells.

        Args:
            edges: of the bins, ascending.
            k: with fewer contributors than this, and more than none, a cell is small; what is remembered of a cell is
                no more than whether it is.
            random_bytes: makes the keys under which contributors are told apart; None where samples are counted.
        """
        self._edges = tuple(edges)
        self._samples = [0] * len(edges)
        self._crowds = None if random_bytes is None else [Distinct(bound=k, random_bytes=random_bytes) for _ in edges]

    def add(self, sample: int, by: bytes | None = None) -> None:
        """Take one sample, and whose it is.

        Raises:
            RuleBroken: nobody says whose it is where that matters.
        """
        cell = (bisect_right(self._edges, sample) - 1) % len(self._edges)
        self._samples[cell] += 1
        if self._crowds is None:
            return
        if by is None:
            raise RuleBroken("a sample without its contributor came to a histogram of people")
        self._crowds[cell].add(by)

    def samples(self, cell: int) -> Exact | None:
        """Return how many samples a cell has, None when no cell has any."""
        return (self._samples[cell], 1) if any(self._samples) else None

    def has_small_cell(self, k: int) -> bool:
        """Return whether some cell has contributors, but fewer than k."""
        if self._crowds is None:
            return any(0 < samples < k for samples in self._samples)
        return any(0 < crowd.result()[0] < k for crowd in self._crowds)

    def wipe(self) -> None:
        """Overwrite the keys and forget everything."""
        for crowd in self._crowds or ():
            crowd.wipe()
        self._samples = [0] * len(self._edges)


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of one window, as a column sees it.

    Attributes:
        histogram: all bins of the source.
        cell: this one.
        reason: why there is no result; any sample, in this bin or not, gives one.
    """

    reason: ClassVar[Quality | None] = None

    histogram: Histogram
    cell: int

    def result(self) -> Exact | None:
        """Return how many samples are in this bin."""
        return self.histogram.samples(self.cell)
