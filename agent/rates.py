"""Token buckets: how many a minute, on average and at once.

In: monotonic instants, amounts. Out: seconds to wait. Never: a clock.
"""

from dataclasses import dataclass
from typing import Final

_NS: Final = 1_000_000_000


@dataclass(slots=True)
class Bucket:
    """Tokens that come back with time. It may go into debt, so that one large message is never locked out."""

    per_minute: int | None
    capacity: float
    tokens: float
    at_ns: int

    @classmethod
    def full(cls, per_minute: int | None, *, burst_s: int, now_ns: int) -> "Bucket":
        """Return one that holds what `burst_s` of its rate give; None a minute for no limit."""
        capacity = max(1.0, (per_minute or 0) * burst_s / 60)
        return cls(per_minute, capacity, capacity, now_ns)

    def refill(self, now_ns: int) -> None:
        """Put in what has come back since the last time."""
        if self.per_minute is not None:
            gained = (now_ns - self.at_ns) / _NS * self.per_minute / 60
            self.tokens = min(self.capacity, self.tokens + gained)
        self.at_ns = now_ns

    def wait_s(self, amount: int) -> float:
        """Return in how many seconds so much may be taken: 0 for now."""
        if self.per_minute is None:
            return 0.0
        missing = min(float(amount), self.capacity) - self.tokens
        return max(0.0, missing * 60 / self.per_minute)

    def take(self, amount: int) -> None:
        """Take so much, or put it back."""
        if self.per_minute is not None:
            self.tokens -= amount
