"""Which sensors were paused during a window: it was not observed from end to end, as far as they are concerned.

In: times at which a sensor is paused and watched again. Out: the sensors that a window was without, for any part of
it. Never: a clock, a window that a pause touched taken for a whole one.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Span:
    """A pause; `until_ms` is None while it lasts."""

    since_ms: int
    until_ms: int | None = None

    def touches(self, start_ms: int, end_ms: int | None = None) -> bool:
        """Return whether it shares a moment with the time from start to end; no end: with any time after that."""
        return (self.until_ms is None or self.until_ms >= start_ms) and (end_ms is None or self.since_ms < end_ms)


class Pauses:
    """The pauses of a stream's sensors, on the stream's present grid, as long as a window may still need them.

    One span is kept for each sensor: pauses that the same unclosed windows may need become one, which is stricter.
    """

    __slots__ = ("_spans",)

    def __init__(self) -> None:
        self._spans: dict[str, _Span] = {}

    def begin(self, sensor: str, at_ms: int) -> None:
        """Note that a sensor is not watched from this time on; harmless when that is known."""
        span = self._spans.get(sensor)
        self._spans[sensor] = _Span(at_ms if span is None else min(at_ms, span.since_ms))

    def end(self, sensor: str, at_ms: int) -> None:
        """Note that a sensor is watched again from this time on; harmless when it was."""
        span = self._spans.get(sensor)
        if span is not None and span.until_ms is None:
            self._spans[sensor] = _Span(span.since_ms, at_ms)

    def move(self, at_ms: int) -> None:
        """Go over to another grid, on which it is this time now: what lasts goes on, what was over is forgotten."""
        self._spans = {sensor: _Span(at_ms) for sensor, span in self._spans.items() if span.until_ms is None}

    def during(self, start_ms: int, step_ms: int) -> frozenset[str]:
        """Return the sensors that a window was without; what no later window can need is forgotten."""
        end_ms = start_ms + step_ms
        without = frozenset(sensor for sensor, span in self._spans.items() if span.touches(start_ms, end_ms))
        self._spans = {sensor: span for sensor, span in self._spans.items() if span.touches(end_ms)}
        return without
