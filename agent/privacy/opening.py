"""How a window begins: with an empty place for each column, of the kind that the column's rule needs.

In: a legal stream. Out: windows. Never: anything of a window before.

With noise a bin is judged by its noisy number of samples, so whose they are is not remembered.
"""

from agent.privacy.aggregate import AGGREGATORS, Aggregator
from agent.privacy.bearing import MeanDirection
from agent.privacy.distinct import Distinct, RandomBytes
from agent.privacy.dwell import Dwell
from agent.privacy.histogram import Bin, Histogram, layouts
from agent.privacy.rounding import whole
from agent.privacy.spec import ReleasedChannel, Rule, StreamSpec
from agent.privacy.window import Window


class Opener:
    """Opens the windows of one stream."""

    __slots__ = ("_layouts", "_random_bytes", "_spec")

    def __init__(self, spec: StreamSpec, random_bytes: RandomBytes) -> None:
        self._spec = spec
        self._random_bytes = random_bytes
        self._layouts = layouts(spec)

    def window(self, start_ms: int, *, partial: bool) -> Window:
        """Return an empty window."""
        window = Window(start_ms=start_ms, partial=partial)
        for number, channel in enumerate(self._spec.channels):
            match channel.rule:
                case Rule.COUNT_DISTINCT:
                    bound = whole((channel.maximum, 1), channel.exponent)
                    window.crowds[number] = Distinct(bound=bound, random_bytes=self._random_bytes)
                case Rule.DWELL:
                    window.stays[number] = Dwell(random_bytes=self._random_bytes)
                case Rule.HISTOGRAM:
                    pass
                case _:
                    window.numbers[number] = _aggregator(channel)
        self._open_bins(window)
        return window

    def _open_bins(self, window: Window) -> None:
        for layout in self._layouts:
            random_bytes = self._random_bytes if layout.named and self._spec.noise is None else None
            histogram = Histogram(layout.edges, k=self._spec.suppress_below or 0, random_bytes=random_bytes)
            for cell, column in enumerate(layout.columns):
                window.bins[column] = Bin(histogram, cell)


def _aggregator(channel: ReleasedChannel) -> Aggregator:
    if channel.rule is Rule.CIRCULAR_MEAN:
        return MeanDirection(channel.source.exponent)
    return AGGREGATORS[channel.rule]()
