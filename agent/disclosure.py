"""When the head of the disclosure log is to be signed, and what is then signed.

In: time, and where the log stands. Out: a message for the outbox, once a day at least. Never: anything about a single
entry.

A head that was signed and published fixes everything before it: a log that is rewritten later does not fit it. A busy
log in a small store forgets within hours: its head is told as often as half of what it keeps is new, so that there is
always one that fits what is kept.
"""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from agent.buffer.records import LogHead
from agent.clock import Clock
from agent.moment import moment
from agent.wire import payload
from agent.wire.entries import Moment
from agent.wire.messages import ClockQuality
from agent.wire.orders import LOGS, LogContent

_DAY_MS: Final = 86_400_000
_DAY_NS: Final = _DAY_MS * 1_000_000


def head_content(unit: str, head: LogHead, now: Moment) -> LogContent:
    """Return what is signed of a log that stands at `head`."""
    return LogContent(
        unit=unit,
        last=head.last,
        head=head.head,
        first=head.first,
        base=head.base,
        clock=now.quality,
        utc_ms=now.utc_ms,
    )


class DailyHead:
    """Tells the city where the log stands: once after the start, then once a day, or before it forgets too much.

    A day is one of UTC while the clock is synchronised, else 24 hours since the last time.

    Args:
        unit: the unit's id.
        clock: time.
        log_head: tells where the log stands.
        tell: seals a message on a stream.
    """

    def __init__(
        self,
        unit: str,
        *,
        clock: Clock,
        log_head: Callable[[], Coroutine[Any, Any, LogHead]],
        tell: Callable[[str, bytes], Coroutine[Any, Any, None]],
    ) -> None:
        self._unit = unit
        self._clock = clock
        self._log_head = log_head
        self._tell = tell
        self._told_ns: int | None = None
        self._told_day: int | None = None
        self._told_last = 0

    async def look(self) -> bool:
        """Have the head sealed if it is due, and return whether it was; call it now and then.

        Raises:
            StoreError: the log cannot be read now; call it again.
        """
        now = moment(self._clock)
        head = await self._log_head()
        if head.last == 0 or not (self._is_due(now) or self._is_forgetting(head)):
            return False
        await self._tell(LOGS, payload.encode_log_content(head_content(self._unit, head, now)))
        self._told_ns, self._told_day, self._told_last = self._clock.mono_ns(), _day(now), head.last
        return True

    def _is_forgetting(self, head: LogHead) -> bool:
        """Return whether the log is cut, and more than half of it was entered since its head was told."""
        return head.first > 1 and 2 * (head.last - self._told_last) > head.last - head.first + 1

    def _is_due(self, now: Moment) -> bool:
        if self._told_ns is None:
            return True
        today = _day(now)
        if today is None or self._told_day is None:
            return self._clock.mono_ns() - self._told_ns >= _DAY_NS
        return today != self._told_day


def _day(now: Moment) -> int | None:
    """Return the day of UTC, None while the clock is not synchronised."""
    synchronised = now.quality is ClockQuality.SYNCHRONISED and now.utc_ms is not None
    return now.utc_ms // _DAY_MS if synchronised and now.utc_ms is not None else None
