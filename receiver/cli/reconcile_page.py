"""The page of `lamppost-receiver reconcile` for a terminal, and its form for programs.

In: a reconciliation. Out: lines of text, or plain values for JSON. Never: a measured value.
"""

from collections.abc import Iterator
from typing import Any

from receiver.findings import Reconciliation, Weight

_TITLES = {
    Weight.DIFFERENCE: "Differences: the two sides contradict each other",
    Weight.PENDING: "Under way: one side does not have it yet",
}


def lines(unit: str, result: Reconciliation) -> Iterator[str]:
    """Yield the page."""
    yield f"Unit {unit}: the disclosure log has {result.entries} entries."
    yield f"  {result.envelopes} envelopes are the same on both sides"
    yield f"  {result.explained} never came, as the log says itself (evicted, purged or damaged)"
    if result.before:
        yield f"  {result.before} are older than what the unit's log still holds"
    yield f"  {result.heads} heads that the unit had signed fit the log"
    for weight, title in _TITLES.items():
        found = [finding for finding in result.findings if finding.weight is weight]
        if found:
            yield ""
            yield f"{title} ({len(found)})"
            for finding in found:
                yield f"  {finding.what}: {finding.where}: {finding.text}"
    yield ""
    yield _verdict(result)


def _verdict(result: Reconciliation) -> str:
    count = len(result.differences)
    if count:
        return (
            f"{count} {'difference' if count == 1 else 'differences'}. Ask who had access to the unit or the store."
        )
    waiting = len(result.findings)
    return f"No difference{'' if not waiting else f'; {waiting} things are under way'}."


def values(unit: str, result: Reconciliation) -> dict[str, Any]:
    """Return the same for programs."""
    return {
        "unit": unit,
        "entries": result.entries,
        "envelopes": result.envelopes,
        "explained": result.explained,
        "before": result.before,
        "heads": result.heads,
        "differences": len(result.differences),
        "findings": [
            {"weight": finding.weight.value, "what": finding.what, "where": finding.where, "text": finding.text}
            for finding in result.findings
        ],
    }
