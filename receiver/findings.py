"""What reconciling a disclosure log can find.

In: nothing. Out: value types, and the words they are made with. Never: a verdict of its own.
"""

from dataclasses import dataclass
from enum import StrEnum

from agent.quality import Quality
from agent.wire.orders import Refusal
from receiver.holdings import Place


class Weight(StrEnum):
    """What a finding means."""

    DIFFERENCE = "difference"
    """The two sides contradict each other."""
    PENDING = "pending"
    """One side does not have it yet, and need not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not the same on both sides.

    Attributes:
        weight: whether it is a contradiction.
        what: which kind of finding, one word or two for programs.
        where: stream, seq or entry it is about.
        text: what the log says and what the city holds, in words.
    """

    weight: Weight
    what: str
    where: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What came of it.

    Attributes:
        entries: entries of the log.
        envelopes: envelopes that both sides have alike.
        explained: envelopes that never came, as the log says itself: evicted, purged or lost by damage.
        before: envelopes of the city that are older than what the log still holds.
        heads: signed heads that the log agrees with.
        findings: everything else.
    """

    entries: int
    envelopes: int
    explained: int
    before: int
    heads: int
    findings: tuple[Finding, ...]

    @property
    def differences(self) -> tuple[Finding, ...]:
        """The contradictions."""
        return tuple(finding for finding in self.findings if finding.weight is Weight.DIFFERENCE)


def difference(what: str, where: str, text: str) -> Finding:
    """Return a contradiction."""
    return Finding(weight=Weight.DIFFERENCE, what=what, where=where, text=text)


def pending(what: str, where: str, text: str) -> Finding:
    """Return what one side does not have yet."""
    return Finding(weight=Weight.PENDING, what=what, where=where, text=text)


def place_text(place: Place) -> str:
    """Return an envelope's place in words."""
    return f"{place[0]} seq {place[2]} of epoch {place[1].hex()}"


def outcome_text(refusal: Refusal) -> str:
    """Return what became of an order, in words."""
    return "obeyed" if refusal is Refusal.NONE else f"refused ({refusal.name.lower().replace('_', ' ')})"


def shown(value: object) -> str:
    """Return a compared value in words."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        parts = [f"{count} {_named(code)}" for code, count in sorted(value.items())]
        return ", ".join(parts) or "none"
    return str(value)


def _named(code: Quality) -> str:
    return code.name.lower().replace("_", " ")
