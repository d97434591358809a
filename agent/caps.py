"""Caps of wire bytes for a day and for a billing month, and which part of them each lane may use.

In: dates, bytes that were spent or are to be. Out: now, later, or not in this period. Never: a clock.

The backlog's share grows with the part of the period that has passed: a backlog that could have all of it in the
morning would leave nothing for what is measured in the evening. What earlier hours left unspent is its at once.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from agent.buffer.records import Lane

_PERCENT: Final = 100
DAY_S: Final = 86_400

SHARES: Final[Mapping[Lane, int]] = MappingProxyType(
    {Lane.CONTROL: 100, Lane.ALARM: 99, Lane.LIVE: 95, Lane.BACKLOG: 85}
)
"""Up to which percentage of a cap each lane may still send: the rest is kept for the lanes before it."""

HEAD_START: Final = 1 / 24
"""The part of a period that counts as passed from its beginning on, so that a backlog need not wait for it."""


@dataclass(slots=True)
class Period:
    """What was spent since `begins`; None while no date was known.

    Attributes:
        cap: of wire bytes, both directions; None for none.
        begins: its first day.
        spent: wire bytes, both directions.
        days: how long it lasts.
        passed: the part of it that has passed; all of it while no date is known.
    """

    cap: int | None
    begins: date | None = None
    spent: int = 0
    days: int = 1
    passed: float = 1.0

    def enter(self, begins: date) -> None:
        """Count in the period that began at `begins`; only a later one starts from nothing."""
        if self.begins is not None and begins > self.begins:
            self.spent = 0
        self.begins = begins

    def left(self, lane: Lane) -> int | None:
        """Return how much of the cap a lane may spend now; None when there is no cap."""
        if self.cap is None:
            return None
        share = self.cap * SHARES[lane] // _PERCENT
        if lane is Lane.BACKLOG:
            share = int(share * min(1.0, HEAD_START + self.passed))
        return max(0, share - self.spent)

    def wait_s(self, lane: Lane, wire_bytes: int) -> float:
        """Return in how many seconds the cap lets a lane spend so much: infinity if not in this period."""
        if self.cap is None:
            return 0.0
        share, wanted = self.cap * SHARES[lane] // _PERCENT, self.spent + wire_bytes
        if wanted > share:
            return math.inf
        if lane is not Lane.BACKLOG:
            return 0.0
        return max(0.0, wanted / share - HEAD_START - self.passed) * self.days * DAY_S


def month_begin(today: date, billing_day: int) -> date:
    """Return when the billing month that `today` is in began."""
    first = today.replace(day=1)
    this_month = _within(first + timedelta(days=31), billing_day)
    return this_month if today >= this_month else _within(first, billing_day)


def next_month_begin(begun: date, billing_day: int) -> date:
    """Return when the billing month after the one that began at `begun` begins."""
    return _within(begun.replace(day=1) + timedelta(days=62), billing_day)


def _within(after: date, day: int) -> date:
    """Return a day of the month before the one that `after` is in; the last one in months that are too short."""
    last = after.replace(day=1) - timedelta(days=1)
    return last.replace(day=min(day, last.day))
