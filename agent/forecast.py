"""Where the data budget will stand at the end of the day and of the billing month, for `lamppost status`.

In: the budget's counters, looked at now and then. Out: plain values for JSON. Never: decides what is sent.

The pace is that of the last 24 hours, so that a quiet night and a busy morning both count, or that since the start of
the process while this is younger; before ten minutes have passed there is none. What is left of a period is taken to
go on at this pace: an outage that ends, or a backlog that drains, shows in it and passes.
"""

import math
from collections import deque
from datetime import date
from typing import Final

from agent.budget import Budget
from agent.buffer.records import Lane
from agent.caps import month_begin, next_month_begin
from agent.clock import Clock

_NS: Final = 1_000_000_000
_DAY_S: Final = 86_400
_SAMPLE_NS: Final = 3600 * _NS
_SAMPLES: Final = 24
_YOUNG_S: Final = 600
_TYPICAL_BYTES: Final = 1024
_ENDLESS: Final = "period"


class Forecast:
    """Remembers how much had been spent in each of the last 24 hours.

    Args:
        budget: what is looked at.
        clock: monotonic time for the pace.
    """

    def __init__(self, budget: Budget, *, clock: Clock) -> None:
        self._budget = budget
        self._clock = clock
        self._samples: deque[tuple[int, int]] = deque(maxlen=_SAMPLES + 1)
        self._samples.append((clock.mono_ns(), budget.spending().total_bytes))

    def look(self) -> dict[str, object]:
        """Return what was spent, what the caps are, and where it will end; None where that is not known."""
        spent, settings = self._budget.spending(), self._budget.settings
        today, left_s = self._budget.today() or (None, None)
        pace = self._pace(spent.total_bytes)
        month_left_s = (
            None if today is None or left_s is None else left_s + _month_left_s(today, settings.billing_day)
        )
        return {
            "day_bytes": spent.day_bytes,
            "month_bytes": spent.month_bytes,
            "total_bytes": spent.total_bytes,
            "messages": spent.messages,
            "day_cap": settings.day_bytes,
            "month_cap": settings.month_bytes,
            "bytes_a_day": None if pace is None else round(pace * _DAY_S),
            "day_forecast": _ahead(spent.day_bytes, pace, left_s),
            "month_forecast": _ahead(spent.month_bytes, pace, month_left_s),
            "day_left_s": left_s,
            "month_left_s": month_left_s,
            "lanes": {lane.value: self._wait(lane) for lane in Lane},
        }

    def _pace(self, total: int) -> float | None:
        """Return bytes a second."""
        now_ns = self._clock.mono_ns()
        begun_ns, begun = self._samples[0]
        if now_ns - self._samples[-1][0] >= _SAMPLE_NS:
            self._samples.append((now_ns, total))
        seconds = (now_ns - begun_ns) / _NS
        return None if seconds < _YOUNG_S else max(0, total - begun) / seconds

    def _wait(self, lane: Lane) -> float | str:
        """Return in how many seconds the budget lets a message of a lane out, or that it does not in this period."""
        wait_s = self._budget.wait_s(lane, _TYPICAL_BYTES)
        return _ENDLESS if math.isinf(wait_s) else round(wait_s, 1)


def _month_left_s(today: date, billing_day: int) -> int:
    """Return the seconds from the end of `today` to the end of its billing month; days are taken to have 24 hours."""
    begins = next_month_begin(month_begin(today, billing_day), billing_day)
    return ((begins - today).days - 1) * _DAY_S


def _ahead(spent: int, pace: float | None, left_s: int | None) -> int | None:
    return None if pace is None or left_s is None else round(spent + pace * left_s)
