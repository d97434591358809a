"""Which clock the windows follow: wall time once it is dated, the boot's own time before.

In: instants. Out: positions on the present grid, in ms, and the clock stamp that rows carry. Never: an invented date.

A clock that was dated once in this boot and is not any more runs on from there, with a bound that grows: what the
system's clock shows meanwhile, set by whomever, is not followed.
"""

from dataclasses import dataclass

from agent.boots import Boots, drift_ms
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
    """Follows the clock; says when windows must begin a new grid.

    Args:
        boot_id: of this boot.
        now: the present instant.
        boots: what is known of this boot's time; kept up to date.

    Attributes:
        now: the latest instant it was told.
        grid: what windows are aligned to since then.
    """

    def __init__(self, boot_id: bytes, now: Instant, boots: Boots | None = None) -> None:
        self._boot_id = boot_id
        self._boots = Boots(boot_id) if boots is None else boots
        self._held: tuple[int, int, int | None] | None = self._boots.placed(boot_id)
        self.now = now
        self.grid = self._grid(now)

    def update(self, now: Instant) -> bool:
        """Take note of the clock; return True if it was set or stepped, so that `grid` is a new one.

        A clock that loses its synchronisation holds its grid; small corrections move it without a break.
        """
        self.now = now
        fresh = self._grid(now)
        same_domain = fresh.boot_id == self.grid.boot_id
        stepped = not same_domain or abs(fresh.offset_ms - self.grid.offset_ms) > STEP_MS
        self.grid = fresh
        return stepped

    def stamp(self) -> ClockStamp:
        """Return the clock's state, for the rows released now."""
        if self._held is None:
            return ClockStamp(quality=ClockQuality.UNSET)
        quality = ClockQuality.SYNCHRONISED if self.now.synchronised else ClockQuality.HOLDOVER
        mono_ms, _, error_ms = self._held
        if error_ms is not None and not self.now.dated:
            error_ms += drift_ms(self.now.mono_ns // NS_PER_MS - mono_ms)
        return ClockStamp(quality=quality, error_ms=None if error_ms is None else _steady(error_ms))

    def _grid(self, now: Instant) -> Grid:
        if now.dated:
            self._held = (now.mono_ns // NS_PER_MS, now.utc_ns // NS_PER_MS, now.error_ms)
            self._boots.note(now)
            return Grid(boot_id=None, offset_ms=(now.utc_ns - now.mono_ns) // NS_PER_MS)
        if self._held is None:
            return Grid(boot_id=self._boot_id, offset_ms=0)
        mono_ms, utc_ms, _ = self._held
        return Grid(boot_id=None, offset_ms=utc_ms - mono_ms)


def _steady(error_ms: int) -> int:
    """Return the next power of two: a bound that changes seldom is stored seldom."""
    return 1 << max(0, error_ms - 1).bit_length() if error_ms > 0 else 0
