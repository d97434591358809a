"""When to try the broker again: eagerly for a minute, then with full jitter up to five minutes.

In: when a session was lost. Out: seconds to wait. Never: sleeps.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BackoffSettings:
    """How soon to try again.

    Attributes:
        eager_s: how long after the loss tries come often.
        eager_min_s, eager_max_s: wait between those; at most 2 s.
        base_s: after that the wait is random between 0 and `base_s`, doubling with each try,
        max_s: up to this.
        stable_s: a session that was shorter than this does not count as an end of the outage, so that a broker
            that accepts and drops is not tried eagerly for ever.
    """

    eager_s: float = 65.0
    eager_min_s: float = 0.25
    eager_max_s: float = 1.5
    base_s: float = 4.0
    max_s: float = 300.0
    stable_s: float = 10.0


class Backoff:
    """The waits between tries.

    Args:
        settings: how soon.
        random: returns a number from 0 up to 1.
    """

    def __init__(self, settings: BackoffSettings, *, random: Callable[[], float]) -> None:
        self._settings = settings
        self._random = random
        self._lost_ns: int | None = None
        self._late_tries = 0

    def connected(self, *, since_ns: int, until_ns: int) -> None:
        """Take note of a session that has just ended."""
        if until_ns - since_ns >= self._settings.stable_s * _NS or self._lost_ns is None:
            self._lost_ns = until_ns
            self._late_tries = 0

    def wait_s(self, now_ns: int) -> float:
        """Return how long to wait before the next try, counting it as made."""
        if self._lost_ns is None:
            self._lost_ns = now_ns
        settings = self._settings
        if now_ns - self._lost_ns < settings.eager_s * _NS:
            return settings.eager_min_s + self._random() * (settings.eager_max_s - settings.eager_min_s)
        ceiling_s = min(settings.max_s, settings.base_s * float(1 << min(self._late_tries, 32)))
        self._late_tries += 1
        return self._random() * ceiling_s
