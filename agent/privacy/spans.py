"""Which windows were given out: a few spans of their starts, so that a clock that once ran ahead silences nobody.

In: starts of windows. Out: whether one was given out, or may have been. Never: no, for one that was.

Windows follow each other, so one span holds most of them. Where a clock was stepped a new span begins; windows
between two spans were not given out and may be. There are at most `MOST` spans: when there would be more, the two
that are nearest to each other become one, and what lay between them counts as given out.
"""

from collections.abc import Iterable, Iterator
from typing import Final

MOST: Final = 8
NEAR_MS: Final = 3_600_000
"""A shorter break (a restart, say) begins no new span."""


class Spans:
    """Starts that were given out, on one grid of one stream.

    Args:
        spans: first and last start of each, ascending, as iterating yields them.
    """

    __slots__ = ("_spans",)

    def __init__(self, spans: Iterable[tuple[int, int]] = ()) -> None:
        self._spans = [(first, last) for first, last in spans]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(self._spans)

    def __contains__(self, start_ms: int) -> bool:
        return any(first <= start_ms <= last for first, last in self._spans)

    @property
    def last_ms(self) -> int | None:
        """The latest of all, None when there is none."""
        return self._spans[-1][1] if self._spans else None

    def add(self, start_ms: int, *, step_ms: int) -> None:
        """Note that the window of `step_ms` that starts here was given out."""
        if start_ms in self:
            return
        before = sum(first <= start_ms for first, _ in self._spans)
        if before and start_ms - self._spans[before - 1][1] <= max(NEAR_MS, step_ms):
            before -= 1
            self._spans[before] = (self._spans[before][0], start_ms)
        else:
            self._spans.insert(before, (start_ms, start_ms))
        if before + 1 < len(self._spans) and self._spans[before + 1][0] - start_ms <= step_ms:
            self._join(before)
        if len(self._spans) > MOST:
            self._join(min(range(MOST), key=lambda at: self._spans[at + 1][0] - self._spans[at][1]))

    def _join(self, at: int) -> None:
        self._spans[at : at + 2] = [(self._spans[at][0], self._spans[at + 1][1])]
