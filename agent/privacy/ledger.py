"""The budget of differential privacy of one stream: how much epsilon it has spent today, and whether there is more.

In: starts of windows, and whether the clock was synchronised. Out: a verdict for each window, and what is to be
remembered; `agent.privacy.ledgers` makes bytes of it. Never: a clock, a measured value (what is spent does not depend
on who was there), a float, a fraction that was rounded down.

What this guarantees: **if what is spent is committed in the same transaction as the row it was spent for, then the
windows of a stream that start on one UTC day, and leave, have cost no more epsilon in total than the day's budget**,
whenever they leave. Kills, lost transactions, a changed configuration, a clock that is set back, and a ledger that is
lost or damaged do not weaken it:

- A grant that was not committed goes down together with its row.
- Starts strictly increase over everything, so a clock that was set back draws nothing twice.
- What is spent is kept as epsilon, not as a number of windows, so another epsilon or budget in the configuration
  finds it spent already. (A greater budget is greater at once: that takes the local file.)
- Without a ledger, and for a stream that a sound one does not know, nothing is granted on the UTC day of the first
  window whose clock was synchronised; on the next day it starts clean.

It relies on two things. A clock that says it is synchronised, after the ledger was lost, is not a day or more behind
what it was before. And nobody puts an older copy of the whole store back, whose checksum holds as well.

Two days meet at midnight, so 24 hours that span it can cost two budgets.
"""

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Final

from agent.privacy.rounding import Exact
from agent.quality import Quality

DAY_MS: Final = 86_400_000
MOST_TERM: Final = 2**32
"""The largest numerator or denominator of a configured epsilon."""
LATEST_MS: Final = 2**53
"""No clock is right that tells a later time, some 285,000 years from now."""
FINEST: Final = 2**64
"""The largest denominator of what is spent; only several epsilons in one day could make a greater one."""


class Verdict(Enum):
    """Whether noise may be drawn for a window, and if not, why.

    Attributes:
        GRANTED: it may, and is paid for.
        SPENT: the day's budget does not suffice for it.
        MISSING: there was no ledger today.
        UNSYNCHRONISED: nobody knows which day it is.
        REPEATED: it is not later than one that was asked for before; there may be a draw for it already.
    """

    GRANTED = "granted"
    SPENT = "spent"
    MISSING = "missing"
    UNSYNCHRONISED = "unsynchronised"
    REPEATED = "repeated"

    @property
    def quality(self) -> Quality:
        """The code of the window's noisy values."""
        return _QUALITY.get(self, Quality.SUPPRESSED)


_QUALITY: Final = {Verdict.GRANTED: Quality.OK, Verdict.SPENT: Quality.BUDGET_SPENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a stream may spend.

    Attributes:
        epsilon: what one window costs, all of its noisy values together.
        daily: what the windows that start on one UTC day may cost in total.
    """

    epsilon: Exact
    daily: Exact

    def __post_init__(self) -> None:
        """Refuse what is no fraction of positive integers, or could make the ledger grow."""
        for term in (*self.epsilon, *self.daily):
            if type(term) is not int or not 1 <= term <= MOST_TERM:
                raise ValueError(f"a budget is made of fractions of integers from 1 to {MOST_TERM}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What is known of one stream.

    Attributes:
        last_ms: start of the last window that was asked for with a synchronised clock; None when nothing is known.
        spent: what was granted on the UTC day of that window.
        missing: the ledger was missing on that day; nothing is granted until the next one.
    """

    last_ms: int | None = None
    spent: Fraction = Fraction(0)
    missing: bool = True


class Ledger:
    """The ledger of one stream.

    Args:
        budget: what the configuration says now.
        account: what is known; nothing, when there is no ledger to be found.
    """

    __slots__ = ("account", "budget")

    def __init__(self, budget: Budget, account: Account | None = None) -> None:
        self.budget = budget
        self.account = account or Account()

    def spend(self, start_ms: int, *, synchronised: bool) -> Verdict:
        """Take what one window costs, if it may be had; to be committed before the window can leave.

        To be asked for every window, whether or not anybody was there.

        Args:
            start_ms: start of the window, ms since 1970.
            synchronised: the clock was, from the window's start to its end.
        """
        if not synchronised or not 0 <= start_ms < LATEST_MS:
            return Verdict.UNSYNCHRONISED
        last_ms = self.account.last_ms
        if last_ms is not None and start_ms <= last_ms:
            return Verdict.REPEATED
        before = self._on_day_of(start_ms)
        after = rounded_up(before.spent + Fraction(*self.budget.epsilon))
        if before.missing:
            verdict = Verdict.MISSING
        elif after > Fraction(*self.budget.daily):
            verdict = Verdict.SPENT
        else:
            verdict = Verdict.GRANTED
        spent = after if verdict is Verdict.GRANTED else before.spent
        self.account = Account(last_ms=start_ms, spent=spent, missing=before.missing)
        return verdict

    def _on_day_of(self, start_ms: int) -> Account:
        """Return the account as it is on the day of a window: a clean one, when a new day begins."""
        last_ms = self.account.last_ms
        if last_ms is None or day_of(start_ms) == day_of(last_ms):
            return self.account
        return Account(missing=False)


def day_of(start_ms: int) -> int:
    """Return the number of a UTC day since 1970."""
    return start_ms // DAY_MS


def rounded_up(amount: Fraction) -> Fraction:
    """Return an amount that is no smaller, with a denominator of at most `FINEST`."""
    if amount.denominator <= FINEST:
        return amount
    return Fraction(-(-amount.numerator * FINEST // amount.denominator), FINEST)
