"""What a stream with noise works with: somebody who pays, and somebody who adds the noise.

In: a stream. Out: both, or None for a stream without noise. Never: their modules loaded for a unit that has no noise:
exact fractions are a megabyte of memory.
"""

from typing import TYPE_CHECKING, Final

from agent.privacy.distinct import RandomBytes
from agent.privacy.errors import NoLedger
from agent.privacy.spec import StreamSpec

if TYPE_CHECKING:
    from agent.privacy.ledger import Ledger
    from agent.privacy.noised import Noised, Sampler

NAME: Final = "budgets"
"""Where the ledgers of all streams are kept in the outbox."""


def payment(spec: StreamSpec, ledger: "Ledger | None") -> "Ledger | None":
    """Return what pays for the noise of a stream, None for a stream without noise.

    Raises:
        NoLedger: there is nothing to pay from, or it reckons with another price.
    """
    if spec.noise is None:
        return None
    from agent.privacy.ledgers import budget_of  # noqa: PLC0415 - see the module

    if ledger is None or ledger.budget.epsilon != budget_of(spec.noise).epsilon:
        what = "there is none" if ledger is None else "its ledger reckons with another epsilon"
        raise NoLedger(f"stream {spec.name} adds noise, which a ledger of its own epsilon must pay for: {what}")
    return ledger


def noised(spec: StreamSpec, *, sampler: "Sampler", random_bytes: RandomBytes) -> "Noised | None":
    """Return what adds the noise of a stream, None for a stream without."""
    if spec.noise is None:
        return None
    from agent.privacy.noised import Noised  # noqa: PLC0415 - see the module

    return Noised(spec, spec.noise, sampler=sampler, random_bytes=random_bytes)
