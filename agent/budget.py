"""How much may be sent: token buckets for messages and bytes, caps per day and per billing month on wire bytes.

In: what a message will cost (`agent.uplink.cost`), before it is sent. Out: now, later, or not in this period.
Never: sends, or forgets what was spent: counters are exported ahead of being spent, so that a crash can only
count too much.

Days and months begin at local midnight. With the clock unset nothing is reset: what is sent keeps counting in
the current period. A clock that steps back into an earlier period keeps what was counted.
"""

import json
import logging
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

from agent.buffer.records import Lane
from agent.caps import DAY_S, Period, month_begin, next_month_begin
from agent.clock import Clock
from agent.rates import Bucket

_LOG = logging.getLogger(__name__)
_NS: Final = 1_000_000_000
_FORMAT: Final = 1
_LARGEST: Final = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetSettings:
    """The caps; None is no cap.

    Attributes:
        messages_per_minute, bytes_per_minute: sustained rate.
        burst_s: the buckets hold what this many seconds of the rate give.
        day_bytes, month_bytes: wire bytes, both directions.
        billing_day: day of the month on which the month's count begins, 1..31; the last day in shorter months.
        timezone: IANA name in which days begin.
    """

    messages_per_minute: int | None = None
    bytes_per_minute: int | None = None
    burst_s: int = 60
    day_bytes: int | None = None
    month_bytes: int | None = None
    billing_day: int = 1
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What `status` shows.

    Attributes:
        day_bytes, month_bytes: spent in the current periods.
        messages, total_bytes: since the counters were made.
    """

    day_bytes: int
    month_bytes: int
    messages: int
    total_bytes: int


@dataclass(slots=True)
class _Counters:
    day: Period
    month: Period
    messages: int = 0
    total_bytes: int = 0
    exported_total: int = field(default=-1)


class Budget:
    """The caps and what was spent of them.

    Args:
        settings: the caps.
        clock: monotonic time for the rates, dated time for the periods.
        saved: what `export` returned in an earlier run, None or damaged bytes to begin from nothing.
    """

    AHEAD_BYTES: Final = 65_536
    """`export` counts this much more than was spent; the next export is due when that is used up."""

    def __init__(self, settings: BudgetSettings, *, clock: Clock, saved: bytes | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._zone = _zone(settings.timezone)
        now_ns = clock.mono_ns()
        self._messages = Bucket.full(settings.messages_per_minute, burst_s=settings.burst_s, now_ns=now_ns)
        self._bytes = Bucket.full(settings.bytes_per_minute, burst_s=settings.burst_s, now_ns=now_ns)
        self._counters = _Counters(Period(settings.day_bytes), Period(settings.month_bytes))
        if saved is not None:
            self._restore(saved)
        self._enter_periods()

    def wait_s(self, lane: Lane, wire_bytes: int) -> float:
        """Return in how many seconds a message of `lane` may be sent: 0 now, infinity not in this period."""
        self._enter_periods()
        now_ns = self._clock.mono_ns()
        self._messages.refill(now_ns)
        self._bytes.refill(now_ns)
        return max(
            self._counters.day.wait_s(lane, wire_bytes),
            self._counters.month.wait_s(lane, wire_bytes),
            self._messages.wait_s(1),
            self._bytes.wait_s(wire_bytes),
        )

    def left(self, lane: Lane) -> int | None:
        """Return how many wire bytes the caps let a lane spend now, whatever the rate; None when there is no cap."""
        self._enter_periods()
        left = [period.left(lane) for period in (self._counters.day, self._counters.month)]
        return min((most for most in left if most is not None), default=None)

    def charge(self, wire_bytes: int, *, messages: int = 1) -> None:
        """Count bytes that are about to be sent, or were just received."""
        now_ns = self._clock.mono_ns()
        self._messages.refill(now_ns)
        self._bytes.refill(now_ns)
        self._messages.take(messages)
        self._bytes.take(wire_bytes)
        self._counters.messages += messages
        self._count(wire_bytes)

    def refund(self, wire_bytes: int) -> None:
        """Take back bytes that were charged for something that then was not sent."""
        self._bytes.take(-wire_bytes)
        self._count(-wire_bytes)

    @property
    def settings(self) -> BudgetSettings:
        """The caps."""
        return self._settings

    def today(self) -> tuple[date, int] | None:
        """Return the day that is counted in and how many seconds are left of it, None while no date is known."""
        instant = self._clock.instant()
        if not instant.dated:
            return None
        now = datetime.fromtimestamp(instant.utc_ns // _NS, tz=UTC).astimezone(self._zone)
        passed = timedelta(hours=now.hour, minutes=now.minute, seconds=now.second)
        return now.date(), int((timedelta(days=1) - passed).total_seconds())

    @property
    def export_due(self) -> bool:
        """Whether half of what the last `export` counted ahead is used: it takes a moment until one is committed."""
        return self._counters.total_bytes > self._counters.exported_total - self.AHEAD_BYTES // 2

    def export(self, *, ahead_bytes: int = AHEAD_BYTES) -> bytes:
        """Return the counters for a later `saved`, counting `ahead_bytes` more than was spent."""
        self._enter_periods()
        counters = self._counters
        counters.exported_total = counters.total_bytes + ahead_bytes
        ahead_bytes = ahead_bytes if self._capped else 0
        return json.dumps(
            {
                "format": _FORMAT,
                "day": _text(counters.day.begins),
                "day_bytes": min(_LARGEST, counters.day.spent + ahead_bytes),
                "month": _text(counters.month.begins),
                "month_bytes": min(_LARGEST, counters.month.spent + ahead_bytes),
                "messages": min(_LARGEST, counters.messages),
                "total_bytes": min(_LARGEST, counters.total_bytes),
            }
        ).encode()

    def spending(self) -> Spending:
        """Return what was spent."""
        counters = self._counters
        return Spending(
            day_bytes=counters.day.spent,
            month_bytes=counters.month.spent,
            messages=counters.messages,
            total_bytes=counters.total_bytes,
        )

    @property
    def _capped(self) -> bool:
        return self._counters.day.cap is not None or self._counters.month.cap is not None

    def _count(self, wire_bytes: int) -> None:
        self._enter_periods()
        counters = self._counters
        counters.total_bytes = max(0, counters.total_bytes + wire_bytes)
        for period in (counters.day, counters.month):
            period.spent = max(0, period.spent + wire_bytes)

    def _enter_periods(self) -> None:
        day, month = self._counters.day, self._counters.month
        if (known := self.today()) is None:
            day.passed = month.passed = 1.0
            return
        today, left_s = known
        begun = month_begin(today, self._settings.billing_day)
        day.enter(today)
        month.enter(begun)
        day.passed = 1 - left_s / DAY_S
        month.days = (next_month_begin(begun, self._settings.billing_day) - begun).days
        month.passed = ((today - begun).days + day.passed) / month.days

    def _restore(self, saved: bytes) -> None:
        """Take the counters of an earlier run; bytes that are not what `export` writes change nothing."""
        try:
            fields = _fields(saved)
            day, month = _date(fields["day"]), _date(fields["month"])
            numbers = [_number(fields[name]) for name in ("day_bytes", "month_bytes", "messages", "total_bytes")]
        except (ValueError, KeyError, TypeError, RecursionError):
            _LOG.warning("the count of what was sent this day and this month cannot be read: it begins from nothing")
            return
        counters = self._counters
        counters.day.begins, counters.month.begins = day, month
        counters.day.spent, counters.month.spent, counters.messages, counters.total_bytes = numbers


def _zone(name: str) -> tzinfo:
    """Return a time zone; for the common case of none the data base of all others is not loaded."""
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - see above

    return ZoneInfo(name)


def _fields(saved: bytes) -> dict[str, object]:
    fields = json.loads(saved)
    if not isinstance(fields, dict) or fields.get("format") != _FORMAT:
        raise ValueError("another format")
    return fields


def _text(begins: date | None) -> str | None:
    return None if begins is None else begins.isoformat()


def _date(text: object) -> date | None:
    if text is None:
        return None
    if not isinstance(text, str):
        raise TypeError(type(text).__name__)
    return date.fromisoformat(text)


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST:
        raise ValueError("a count is a number from 0")
    return value
