"""How much of the backlog may be sealed: what the caps let out now, less what is sealed already and has not left.

In: the budget, and what a look at the outbox has found. Out: a limit for the outbox, and when to look again. Never: a
limit where there is no cap; the rate per minute holds nothing back for long.
"""

from typing import Final

from agent.buffer.records import Lane
from agent.uplink.services import Services

_NS: Final = 1_000_000_000
_RECHECK_S: Final = 60.0


class Backlog:
    """The backlog that is not sealed yet.

    Args:
        services: what outlives the session; nothing may be sealed before the first look, if there is a cap.
    """

    def __init__(self, services: Services) -> None:
        self._s = services
        self._again_ns = services.clock.mono_ns()
        self._capped = services.budget.left(Lane.BACKLOG) is not None
        services.queue.let_backlog(0 if self._capped else None)

    @property
    def due_ns(self) -> int | None:
        """When to look at the outbox for its sake; None for not at all."""
        return self._again_ns if self._capped and self._s.queue.backlog_wants else None

    def let(self, *, sealed: int, unsent: int) -> bool:
        """Set the limit anew; return whether there is something to be sealed within it.

        Args:
            sealed: the outbox's `backlog_sealed`, from before the look.
            unsent: what the backlog costs that was found and has not left, in wire bytes.
        """
        left = self._s.budget.left(Lane.BACKLOG)
        if left is None:
            return False
        room = max(0, left - unsent)
        self._s.queue.let_backlog(sealed + room)
        wants = self._s.queue.backlog_wants
        fits = 0 < wants <= room
        self.put_off(_RECHECK_S if fits else self._s.budget.wait_s(Lane.BACKLOG, unsent + wants))
        return fits

    def put_off(self, wait_s: float = _RECHECK_S) -> None:
        """Look again after so long, or within a minute: for now enough is sealed, or nothing more may be."""
        self._again_ns = self._s.clock.mono_ns() + int(min(wait_s, _RECHECK_S) * _NS)
