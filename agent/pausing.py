"""Pauses and resumes sensors: in their quiet hours, and while nothing that they feed may be observed.

In: pollers, plans, the time, the streams that are suspended on order. Out: calls of `pause` and `resume`. Never: a
sensor that runs while either reason holds.

A sensor is paused on order when every stream that it feeds is suspended; one that feeds none, when every stream of
the unit is.

The sensor that sets the unit's clock is never paused: without it the date would be lost, and with it every other
sensor (an unset clock counts as quiet), and no order that needs a date could be obeyed. It may have no quiet hours,
which the configuration checker sees to; while its streams are suspended its readings set the clock and go nowhere
else: `Windows.set_suspended` holds them back.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, tzinfo
from typing import Final, Protocol

from agent.clock import Instant
from agent.config.plans import ClockSettings, ClockSource, SensorPlan
from agent.privacy.spec import StreamSpec
from agent.quiet import Outlook, QuietHours

LOOK_AGAIN_S: Final = 5.0
"""Even when no change is due: the clock may be set or stepped."""
SOONEST_S: Final = 0.01
"""A change is never waited for in shorter steps, so that a clock that is being slewed makes nobody spin."""
ON_ORDER: Final = "all its streams are suspended on order"
_UNDATED: Final = "quiet hours: the clock is not set, so every hour counts as one"
_NS_PER_S: Final = 1_000_000_000


class Pausable(Protocol):
    """What is needed of a poller."""

    sensor: str

    def pause(self, reason: str) -> None:
        """Take no sample until `resume`; called again it changes the reason."""
        ...

    def resume(self) -> None:
        """Go on; harmless when it is not paused."""
        ...


class _Watch:
    """One sensor that may be paused, and what may pause it."""

    def __init__(self, poller: Pausable, *, hours: QuietHours, feeds: frozenset[str]) -> None:
        self._poller = poller
        self._hours = hours
        self._feeds = feeds
        self._reason: str | None = None

    def update(self, now: Instant, suspended: AbstractSet[str]) -> int | None:
        """Pause or resume the sensor; return the nanoseconds until its quiet hours begin or end, None if unknown."""
        outlook = self._hours.look(now)
        reason = ON_ORDER if self._feeds and self._feeds <= suspended else _quiet(outlook)
        if reason != self._reason:
            self._reason = reason
            if reason is None:
                self._poller.resume()
            else:
                self._poller.pause(reason)
        return outlook.changes_in_ns


class Quieter:
    """Keeps every sensor paused while it has to be; knows when to look again.

    Call `update` before the pollers run: a sensor that is paused then is not opened at all.

    Args:
        pollers: of the unit's sensors.
        sensors: when each is quiet.
        streams: what each sensor feeds.
        clock: the zone of the hours, and the sensor that is never paused.
    """

    def __init__(
        self,
        pollers: Iterable[Pausable],
        *,
        sensors: Sequence[SensorPlan],
        streams: Sequence[StreamSpec],
        clock: ClockSettings,
    ) -> None:
        zone = _zone(clock.timezone, needed=any(plan.quiet_hours for plan in sensors))
        hours = {plan.name: QuietHours(plan.quiet_hours, zone=zone) for plan in sensors}
        setter = clock.gnss if clock.source is ClockSource.GNSS else None
        if setter is not None and hours[setter].any:
            raise AssertionError(f"sensor {setter} sets the clock: the checker gives it no quiet hours")
        self._watches = [
            _Watch(poller, hours=hours[poller.sensor], feeds=_feeds(poller.sensor, streams))
            for poller in pollers
            if poller.sensor != setter
        ]
        self._next_change_s = 0.0

    @property
    def next_change_s(self) -> float:
        """Seconds after the last `update` when the next one is due."""
        return self._next_change_s

    def update(self, now: Instant, *, suspended: AbstractSet[str]) -> None:
        """Pause and resume sensors as it has to be now.

        Args:
            now: the time.
            suspended: streams that are suspended on order.
        """
        changes = [watch.update(now, suspended) for watch in self._watches]
        next_ns = min((change for change in changes if change is not None), default=None)
        due_s = LOOK_AGAIN_S if next_ns is None else next_ns / _NS_PER_S
        self._next_change_s = min(max(due_s, SOONEST_S), LOOK_AGAIN_S)


def _zone(name: str, *, needed: bool) -> tzinfo:
    """Return a time zone; a unit without quiet hours needs none, and is spared the half megabyte."""
    if not needed:
        return UTC
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - see above

    return ZoneInfo(name)


def _feeds(sensor: str, streams: Sequence[StreamSpec]) -> frozenset[str]:
    """Return the streams that a sensor feeds; all of them for one that feeds none."""
    own = [spec.name for spec in streams if any(channel.sensor == sensor for channel in spec.channels)]
    return frozenset(own or (spec.name for spec in streams))


def _quiet(outlook: Outlook) -> str | None:
    """Return the reason that the quiet hours give, None outside them."""
    if not outlook.active:
        return None
    if not outlook.dated:
        return _UNDATED
    return f"quiet hours until {outlook.until}" if outlook.until else "quiet hours all day"
