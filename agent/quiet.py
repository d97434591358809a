"""Quiet hours: the hours of a day in which a sensor is not sampled, by the clock on the wall where the unit stands.

In: intervals of the day, a time zone, an instant. Out: whether it is quiet, and when that changes next. Never: a
clock of its own, a guess at the time of day.

Hours are those that a clock on the wall shows. So an hour that the change to summer time leaves out is not quiet, and
one that comes twice in autumn is quiet twice. While the date is not known every hour is quiet: nobody can say that
this is not one of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from agent.clock import Instant

MINUTES_A_DAY: Final = 24 * 60
_MINUTE: Final = timedelta(minutes=1)
_HORIZON: Final = timedelta(days=2)
"""What has not changed by then never does: every day is the same, but for the changes of summer time."""
_NS_PER_US: Final = 1000
_NS_PER_S: Final = 1_000_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What holds now, and how long.

    Attributes:
        active: it is quiet: no sample may be taken.
        dated: the date is known; if not, it is quiet for want of it.
        changes_in_ns: until the opposite holds; None when that is not known, or never.
        until: the same moment as a clock on the wall shows it, ``HH:MM``; None with it.
    """

    active: bool
    dated: bool
    changes_in_ns: int | None = None
    until: str | None = None


class QuietHours:
    """The quiet hours of one sensor.

    Args:
        intervals: minutes of the day, start included and end not, start 0..1439 and end 0..1440. An interval whose
            end is before its start goes over midnight; one whose end is its start is the whole day.
        zone: where the unit stands.
    """

    def __init__(self, intervals: Iterable[tuple[int, int]], *, zone: tzinfo) -> None:
        self._quiet = bytearray(MINUTES_A_DAY)
        self._zone = zone
        edges: set[int] = set()
        for start, end in intervals:
            length = (end - start) % MINUTES_A_DAY or MINUTES_A_DAY
            for minute in range(start, start + length):
                self._quiet[minute % MINUTES_A_DAY] = True
            edges |= {start % MINUTES_A_DAY, end % MINUTES_A_DAY}
        self._edges = tuple(sorted(edges))

    @property
    def any(self) -> bool:
        """Whether there are any."""
        return bool(self._edges)

    def look(self, now: Instant) -> Outlook:
        """Return whether it is quiet now, and when that changes."""
        if not now.dated:
            return Outlook(active=self.any, dated=False)
        utc = _EPOCH + timedelta(microseconds=now.utc_ns // _NS_PER_US)
        active = self._at(utc)
        change = self._change(utc, active=active)
        if change is None:
            return Outlook(active=active, dated=True)
        left_ns = (change - _EPOCH) // timedelta(seconds=1) * _NS_PER_S - now.utc_ns
        return Outlook(active=active, dated=True, changes_in_ns=left_ns, until=f"{self._local(change):%H:%M}")

    def _at(self, utc: datetime) -> bool:
        return bool(self._quiet[_minute(self._local(utc))])

    def _local(self, utc: datetime) -> datetime:
        return utc.astimezone(self._zone)

    def _change(self, utc: datetime, *, active: bool) -> datetime | None:
        """Return the next moment at which it is quiet and was not, or the other way round.

        From edge to edge; where the zone's offset changes before the next edge, from minute to minute: offsets change
        on whole minutes.
        """
        minute, last = utc.replace(second=0, microsecond=0), utc + _HORIZON
        while self._edges and minute <= last:
            local = self._local(minute)
            ahead = min((edge - _minute(local) - 1) % MINUTES_A_DAY + 1 for edge in self._edges) * _MINUTE
            shifts = self._local(minute + ahead).utcoffset() != local.utcoffset()
            minute += _MINUTE if shifts else ahead
            if self._at(minute) != active:
                return minute
        return None


def _minute(local: datetime) -> int:
    return local.hour * 60 + local.minute
