"""What stands for a stream: the last word of each role, and what follows from them. Pure.

In: orders. Out: the standing orders after them, or why one is refused. Never: a document, a clock, a file.

Each role has one word for a stream. The strictest of the words that stand is the stream's state. A role's new word
replaces its own and those of the roles below; it may never be less strict than the word of a role above. So what a
role has ordered is loosened by itself or from above, and by nobody else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from agent.wire.orders import Order, Refusal, Role

RANK: Final[Mapping[Role, int]] = MappingProxyType({Role.OPS: 0, Role.PRIVACY: 1, Role.ROOT: 2})
"""Higher undoes lower."""

MAY: Final[Mapping[Role, frozenset[Order]]] = MappingProxyType(
    {
        Role.OPS: frozenset({Order.RUN, Order.HOLD}),
        Role.PRIVACY: frozenset(Order),
        Role.ROOT: frozenset(Order),
    }
)
"""What a role may order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The word of one role.

    Attributes:
        role: whose.
        order: RUN, HOLD or SUSPEND.
        version: of the document that said so, 0 for none.
        document: SHA-256 of its envelope.
        reference: its file number, shortened.
    """

    role: Role
    order: Order
    version: int
    document: bytes
    reference: str


@dataclass(frozen=True, slots=True)
class Governed:
    """What stands for one stream.

    Attributes:
        words: at most one of each role, lowest role first.
    """

    words: tuple[Standing, ...] = ()

    @property
    def decisive(self) -> Standing | None:
        """The word that makes the state: the strictest, and of equal ones that of the highest role."""
        return max(self.words, key=lambda word: (word.order, RANK[word.role]), default=None)

    @property
    def state(self) -> Order:
        """RUN, HOLD or SUSPEND."""
        return max((word.order for word in self.words), default=Order.RUN)

    def floor(self, role: Role) -> Order:
        """Return what the roles above demand: nothing below may be less strict."""
        return max((word.order for word in self._above(role)), default=Order.RUN)

    def held_against(self, role: Role) -> bool:
        """Return whether what is buffered must stay, whatever `role` says."""
        return self.state is Order.HOLD or any(word.order is Order.HOLD for word in self._above(role))

    def said(self, word: Standing) -> "Governed":
        """Return what stands after a word that `refusal` has not refused."""
        above = tuple(other for other in self._above(word.role) if other.order is not Order.RUN)
        return Governed((word, *above))

    def refusal(self, order: Order, role: Role, *, permissive: Refusal) -> Refusal:
        """Return why `role` may not order this now, NONE if it may.

        Args:
            order: what is ordered.
            role: of the key that signed.
            permissive: why nothing may be loosened now, NONE if it may.
        """
        if order not in MAY[role]:
            return Refusal.ROLE
        if order is Order.PURGE:
            return Refusal.HELD if self.held_against(role) else Refusal.NONE
        if order < self.floor(role):
            return Refusal.OUTRANKED
        return permissive if order < self.state else Refusal.NONE

    def _above(self, role: Role) -> tuple[Standing, ...]:
        return tuple(word for word in self.words if RANK[word.role] > RANK[role])
