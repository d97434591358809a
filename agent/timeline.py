"""Which clock the windows follow: wall time once it is synchronised, the boot's own time before.

In: instants. Out: positions on the present grid, in ms, and the clock stamp that rows carry. Never: an invented date.
"""

from dataclasses import dataclass

from agent.clock import NS_PER_MS, Instant
from agent.wire.messages import ClockQuality, ClockStamp

STEP_MS = 1000
"""A wall clock that moves by more than this against the monotonic one has been stepped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """What windows are aligned to.

    Attributes:
        boot_id: the boot whose clock counts, None for wall time.
        offset_ms: what is added to monotonic ms.
    """

    boot_id: bytes | None
    offset_ms: int

    def at_ms(self, mono_ns: int) -> int:
        """Return the position of a monotonic instant on this grid."""
        return mono_ns // NS_PER_MS + self.offset_ms


class Timeline:
    """Follows the clock; says when windows must begin a new grid."""

    def __init__(self, boot_id: bytes, now: Instant) -> None:
        self._boot_id = boot_id
        self._was_synchronised = False
        self._now = now
        self.grid = self._grid(now)

    def update(self, now: Instant) -> bool:
        """Take note of the clock; return True if it was set or stepped, so that `grid` is a new one.

        A clock that loses its synchronisation holds its grid; small corrections move it without a break.
        """
        self._now = now
        fresh = self._grid(now)
        same_domain = fresh.boot_id == self.grid.boot_id
        stepped = not same_domain or abs(fresh.offset_ms - self.grid.offset_ms) > STEP_MS
        self.grid = fresh
        return stepped

    def stamp(self) -> ClockStamp:
        """Return the clock's state, for the rows released now."""
        now = self._now
        if self.grid.boot_id is not None:
            return ClockStamp(quality=ClockQuality.UNSET)
        quality = ClockQuality.SYNCHRONISED if now.synchronised else ClockQuality.HOLDOVER
        return ClockStamp(quality=quality, error_ms=None if now.error_ms is None else _steady(now.error_ms))

    def mapping(self) -> tuple[bytes, int, int] | None:
        """Return boot id, monotonic ms and wall ms of one instant; None while wall time is not believed."""
        if self.grid.boot_id is not None:
            return None
        mono_ms = self._now.mono_ns // NS_PER_MS
        return self._boot_id, mono_ms, mono_ms + self.grid.offset_ms

    def _grid(self, now: Instant) -> Grid:
        self._was_synchronised = self._was_synchronised or now.synchronised
        if not self._was_synchronised:
            return Grid(boot_id=self._boot_id, offset_ms=0)
        return Grid(boot_id=None, offset_ms=(now.utc_ns - now.mono_ns) // NS_PER_MS)


def _steady(error_ms: int) -> int:
    """Return the next power of two: a bound that changes seldom is stored seldom."""
    return 1 << max(0, error_ms - 1).bit_length() if error_ms > 0 else 0
