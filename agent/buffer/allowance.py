"""How much of the backlog may be sealed: no more than what the data budget lets out now.

In: what the publisher lets, what sealing has used. Out: whether there is enough for the next batch. Never: a budget.

What is sealed has its place in a chain, and no receipt covers what is sealed behind it before it has left: a backlog
that was sealed and then had to wait for the budget of the next day would leave the present without a receipt.
"""

from dataclasses import dataclass
from typing import Final

LEAST_BYTES: Final = 2048
"""A batch of less costs a quarter of it for what is around its rows."""
_AROUND_BYTES: Final = 640
"""Header and signature of an envelope, and what MQTT, TLS, TCP and IP add to it and to its receipt, about."""


def price(payload_bytes: int) -> int:
    """Return what an envelope with so many bytes of rows costs on the wire, about and rather too much."""
    return payload_bytes + _AROUND_BYTES


@dataclass(slots=True)
class Allowance:
    """What may be sealed of the backlog.

    The event loop writes `until` alone, the outbox's thread all else: neither overwrites what the other has counted.

    Attributes:
        until: until `sealed` is this, the backlog may be sealed; None without a limit.
        sealed: what was sealed of the backlog costs on the wire, about, since the store was opened.
        needs: what the next batch costs, as far as that is known.
    """

    until: int | None = None
    sealed: int = 0
    needs: int = LEAST_BYTES

    @property
    def left(self) -> int | None:
        """What may still be sealed; None without a limit."""
        return None if self.until is None else max(0, self.until - self.sealed)

    @property
    def suffices(self) -> bool:
        """Whether the next batch may be sealed."""
        return self.left is None or self.left >= self.needs

    def spend(self, cost: int, *, over: int) -> None:
        """Take note of what was sealed, and of what the batch costs that was over the limit (0 for none)."""
        self.sealed += cost
        self.needs = max(LEAST_BYTES, over)
