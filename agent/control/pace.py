"""How many documents of one role are taken in a time: a flood may wear out neither the flash nor the uplink. Pure.

In: monotonic time. Out: whether there is room. Never: a say over what tightens; that is let through by the caller.
"""

from dataclasses import dataclass, field
from typing import Final

from agent.wire.orders import Role

BURST: Final = 30
"""Documents of one role that are taken at once."""
REFILL_MS: Final = 60_000
"""One more after each of these."""
ANSWER_MS: Final = 60_000
"""A document that comes again is answered at most this often."""


@dataclass(slots=True)
class Pace:
    """Token buckets, one per role, and the time of the last answer that took none."""

    _tokens: dict[Role, float] = field(default_factory=dict)
    _since_ms: dict[Role, int] = field(default_factory=dict)
    _answered_ms: int | None = None
    _written_ms: int | None = None

    def take(self, role: Role, mono_ms: int) -> bool:
        """Return whether a document of this role has room, and use it up."""
        earned = max(0, mono_ms - self._since_ms.get(role, mono_ms)) / REFILL_MS
        tokens = min(BURST, self._tokens.get(role, BURST) + earned)
        self._since_ms[role] = mono_ms
        self._tokens[role] = tokens - 1 if tokens >= 1 else tokens
        return tokens >= 1

    def may_answer(self, mono_ms: int) -> bool:
        """Return whether a document that changes nothing may be answered now, and remember that it was."""
        if self._answered_ms is not None and mono_ms - self._answered_ms < ANSWER_MS:
            return False
        self._answered_ms = mono_ms
        return True

    def may_write(self, mono_ms: int) -> bool:
        """Return whether a medium that did not take a state may be tried again now, and remember that it was."""
        if self._written_ms is not None and mono_ms - self._written_ms < ANSWER_MS:
            return False
        self._written_ms = mono_ms
        return True
