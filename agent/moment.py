"""When something happened, as the disclosure log notes it.

In: a clock. Out: a moment on both clocks. Never: a date that nobody vouches for.
"""

from agent.clock import NS_PER_MS, Clock
from agent.wire.entries import Moment
from agent.wire.messages import ClockQuality


def moment(clock: Clock) -> Moment:
    """Return now: with wall time while it is synchronised, or in holdover with a known bound."""
    now = clock.instant()
    holdover = ClockQuality.HOLDOVER if now.dated else ClockQuality.UNSET
    return Moment(
        quality=ClockQuality.SYNCHRONISED if now.synchronised else holdover,
        utc_ms=now.utc_ns // NS_PER_MS if now.dated else None,
        boot_id=clock.boot_id,
        mono_ms=now.mono_ns // NS_PER_MS,
    )
