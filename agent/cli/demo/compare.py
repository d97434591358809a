"""Holds what the city has against what the sensors' own log says must be there, row by row.

In: the declared streams, the log of the simulated sensors, the receiver's rows. Out: differences and two digests.
Never: anything of the agent that released the rows. It imports neither filter, windows nor drivers.

How a row is judged:

- Every window between the first and the last must be there, once. The unit ran at least from the first to the last
  time that it read one of the chips (`CHIPS`), which show something only when they are read.
- The first and the last window were not observed from end to end. Their values are not compared; they must carry the
  code `partial` (or `no_data`), and say nothing about people.
- A sample within `UNSURE_MS` of a window's border may belong to either side of it, since log and unit do not read the
  same clock at the same instant. Samples arrive in order, so a border is a cut between two of them. The cuts are
  searched from window to window such that each sample is in exactly one window and all rows come out; everything else
  must be exact.
"""

import hashlib
import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from agent.cli.demo.declared import Stream
from agent.cli.demo.recompute import Sample, cells
from agent.cli.demo.rows import PARTIAL, SUPPRESSED, Cell, Row, line

CHIPS: Final = ("weather", "air")
UNSURE_MS: Final = 100
_NS_PER_MS: Final = 1_000_000
_NOTHING: Final = "nothing"
_PARTIAL_CODES: Final = frozenset({PARTIAL, "no_data"})

Cuts = dict[int, int]
"""Where a window may end, as a number of samples, to where it then begins."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One window that is not as it must be."""

    stream: str
    start_ms: int
    expected: str
    found: str


@dataclass(slots=True)
class Comparison:
    """What came out.

    Attributes:
        windows: rows that must be there.
        exact: those of them whose values were compared.
        values: numbers in those, so many as were not withheld.
        suppressed: rows that must be suppressed, because too few people were there.
        unsure: samples so near to a border that their window was searched for.
        differences: in the order of streams and time.
        expected, received: SHA-256 over the lines of all rows.
    """

    windows: int = 0
    exact: int = 0
    values: int = 0
    suppressed: int = 0
    unsure: int = 0
    differences: list[Difference] = field(default_factory=list)
    expected: str = ""
    received: str = ""

    @property
    def equal(self) -> bool:
        """Whether everything is as it must be."""
        return not self.differences and self.expected == self.received


@dataclass(frozen=True, slots=True)
class Shown:
    """What one sensor showed, in order: times in ns since 1970, and values."""

    times_ns: Sequence[int] = ()
    samples: Sequence[Sample] = ()


def read_log(lines: Iterable[str]) -> dict[str, Shown]:
    """Return what each sensor showed."""
    found: dict[str, list[tuple[int, Sample]]] = {}
    for text in lines:
        entry = json.loads(text)
        found.setdefault(entry["sensor"], []).append((entry["utc_ns"], entry["values"]))
    return {
        sensor: Shown([time for time, _ in entries], [values for _, values in entries])
        for sensor, entries in found.items()
    }


def compare(streams: Sequence[Stream], *, log: Mapping[str, Shown], received: Sequence[Row]) -> Comparison:
    """Return what differs between the log and the received rows.

    Raises:
        ValueError: the chips were never read, so nothing can be said.
    """
    result, expected, found = Comparison(), list[str](), list[str]()
    begin_ms, end_ms = _span(streams, log, received)
    copies: dict[tuple[str, int], list[Row]] = {}
    for row in received:
        copies.setdefault((row.stream, row.start_ms), []).append(row)
    for stream in streams:
        step = stream.window_ms
        starts = range(begin_ms - begin_ms % step, end_ms - end_ms % step + 1, step)
        own = {start: copies.pop((stream.name, start), []) for start in starts}
        search = _Search(stream, shown=log.get(stream.sensor, Shown()), starts=starts)
        for start, must, texts in search.judge(own, result):
            expected.append(line(stream.name, start, must))
            found += [line(stream.name, start, text) for text in texts]
            if texts != [must]:
                said = ", and once more ".join(texts) or _NOTHING
                result.differences.append(Difference(stream.name, start, must, said))
    for row in (row for strangers in copies.values() for row in strangers):
        found.append(line(row.stream, row.start_ms, row.text))
        result.differences.append(Difference(row.stream, row.start_ms, _NOTHING, row.text))
    result.expected, result.received = _digest(expected), _digest(found)
    return result


def _span(streams: Sequence[Stream], log: Mapping[str, Shown], received: Sequence[Row]) -> tuple[int, int]:
    """Return two moments (ms) in the first and in the last window of the unit's run.

    The chips' samples bound it from inside. It began and ended at most two windows beyond them, and where is taken
    from the rows of all streams together: a row that one stream lacks there, another has.
    """
    times = [time // _NS_PER_MS for sensor in CHIPS for time in log.get(sensor, Shown()).times_ns]
    if not times:
        raise ValueError("no chip was ever read: the unit did not run")
    reach = 2 * max(stream.window_ms for stream in streams)
    starts = [row.start_ms for row in received if min(times) - reach <= row.start_ms <= max(times) + reach]
    return min(starts + times), max(starts + times)


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("".join(f"{text}\n" for text in sorted(lines)).encode()).hexdigest()


class _Search:
    """The windows of one stream, and the cuts between them."""

    def __init__(self, stream: Stream, *, shown: Shown, starts: Sequence[int]) -> None:
        self._stream = stream
        self._shown = shown
        self._starts = starts
        borders = [*starts, starts[-1] + stream.window_ms]
        self._cuts = [self._around(border_ms) for border_ms in borders]

    def judge(self, rows: Mapping[int, list[Row]], result: Comparison) -> Iterator[tuple[int, str, list[str]]]:
        """Yield each window's start, what must stand in its row, and what does; counts go into `result`."""
        result.windows += len(self._starts)
        result.unsure += sum(max(cuts) - min(cuts) for cuts in self._cuts)
        edges = {self._starts[0], self._starts[-1]}
        for start, (begin, end) in zip(self._starts, self._windows(rows, edges), strict=True):
            if start in edges:
                yield start, PARTIAL, [self._partial(row) for row in rows[start]]
                continue
            must = Row(stream=self._stream.name, start_ms=start, cells=self._cells(begin, end))
            result.exact += 1
            result.values += sum(value is not None for value, _ in must.cells.values())
            result.suppressed += any(quality == SUPPRESSED for _, quality in must.cells.values())
            yield start, must.text, [row.text for row in rows[start]]

    def _windows(self, rows: Mapping[int, list[Row]], edges: set[int]) -> list[tuple[int, int]]:
        """Return where each window begins and ends, chosen so that as many rows as possible come out."""
        layers: list[Cuts] = []
        open_at = self._cuts[0]
        for number, start in enumerate(self._starts):
            ends = self._cuts[number + 1]
            row = rows[start][0] if rows[start] and start not in edges else None
            layer = self._fitting(open_at, ends, row=row)
            layers.append(layer)
            open_at = [cut for cut in ends if cut in layer]
        return _walk_back(layers, end=open_at[0])

    def _fitting(self, begins: Sequence[int], ends: Sequence[int], *, row: Row | None) -> Cuts:
        """Return the ends with which the window's row comes out; all of them when none does or none is compared."""
        layer: Cuts = {}
        if row is not None:
            for end in ends:
                fits = (begin for begin in begins if begin <= end and self._cells(begin, end) == row.cells)
                if (begin := next(fits, None)) is not None:
                    layer[end] = begin
        return layer or {end: next((begin for begin in begins if begin <= end), end) for end in ends}

    def _around(self, border_ms: int) -> list[int]:
        """Return where a border may cut the samples, the likeliest first: numbers of samples before it."""
        times, border_ns, unsure_ns = self._shown.times_ns, border_ms * _NS_PER_MS, UNSURE_MS * _NS_PER_MS
        first, last = bisect_left(times, border_ns - unsure_ns), bisect_right(times, border_ns + unsure_ns)
        plain = bisect_left(times, border_ns)
        return sorted(range(first, last + 1), key=lambda cut: abs(cut - plain))

    def _cells(self, begin: int, end: int) -> dict[str, Cell]:
        return cells(self._stream, self._shown.samples[begin:end])

    def _partial(self, row: Row) -> str:
        """Return PARTIAL if the row is as a partial one must be, else what stands in it."""
        right = all(quality in _PARTIAL_CODES for _, quality in row.cells.values())
        silent = self._stream.k is None or all(value is None for value, _ in row.cells.values())
        named = row.cells.keys() == {column.name for column in self._stream.columns}
        return PARTIAL if right and silent and named else row.text


def _walk_back(layers: Sequence[Cuts], *, end: int) -> list[tuple[int, int]]:
    windows = []
    for layer in reversed(layers):
        windows.append((layer[end], end))
        end = layer[end]
    return windows[::-1]
