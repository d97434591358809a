"""Charges one connection to the budget: by the model before something is sent, by the kernel's count once it was.

In: prices of what is about to be sent, the kernel's count (`agent.uplink.kernel`). Out: charges and refunds. Never:
less charged than the kernel has counted, or a price that stays although it is known what the thing has cost.

While something is under way, what is charged is the larger of two: what the kernel has counted, and what it had
counted before the oldest thing under way was sent, with the price of all that is under way. So nothing is counted
twice, nothing is sent that was not reserved, and when all is acknowledged exactly the kernel's count remains. Where
the kernel does not tell, the prices stay.
"""

from typing import Final

from agent.budget import Budget

OPENING: Final = 0
"""Names the connection itself among what is under way; packet ids begin at 1."""


class Meter:
    """What one connection, or one try to make it, costs.

    Args:
        budget: charged with it.

    Attributes:
        counted: what the kernel has told, None while it has told nothing.
    """

    __slots__ = ("_budget", "_charged", "_held", "_held_bytes", "_priced", "counted")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._charged = 0
        self._priced = 0
        self._held: dict[int, tuple[int, int]] = {}
        self._held_bytes = 0
        self.counted: int | None = None

    def hold(self, key: int, price: int, *, messages: int = 1) -> None:
        """Charge something that is about to be sent, until `settle` is called with its key."""
        self._held[key] = (self.counted or 0, price)
        self._held_bytes += price
        self._priced += price
        self._budget.charge(0, messages=messages)
        self._balance()

    def note(self, price: int) -> None:
        """Charge what came in or went by itself; the kernel's count, where there is one, has it already."""
        self._priced += price
        self._balance()

    def read(self, counted: int | None) -> None:
        """Take the kernel's count, as it is now."""
        if counted is not None:
            self.counted = counted
            self._balance()

    def settle(self, key: int) -> None:
        """Take note that something was answered: what it has cost has been counted."""
        held = self._held.pop(key, None)
        if held is not None:
            self._held_bytes -= held[1]
            self._balance()

    def end(self, spent: int) -> None:
        """Take note that it is over, and what all of it has cost."""
        self._held.clear()
        self._held_bytes = 0
        self.counted = spent
        self._balance()

    def _balance(self) -> None:
        due = self._priced if self.counted is None else self.counted
        if self._held and self.counted is not None:
            mark, _ = next(iter(self._held.values()))
            due = max(due, mark + self._held_bytes)
        change, self._charged = due - self._charged, due
        if change > 0:
            self._budget.charge(change, messages=0)
        elif change < 0:
            self._budget.refund(-change)
