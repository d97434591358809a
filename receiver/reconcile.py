"""Reconciliation: a unit's disclosure log against what the city holds of that unit, every difference by name.

In: an export of the log, the city's holdings. Out: findings. Never: input, output, a clock, a guess: what the log no
longer holds (it is bounded) and what the city cannot have yet is told apart from what does not agree.

The log is first held against itself (its chain) and against the heads that the unit has signed: an entry that was
altered, added or taken out later shows there. Then each envelope, loss and order is looked up on the other side.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from agent.quality import Quality
from agent.wire.entries import EnvelopeEntry
from agent.wire.excerpt import Export, verify
from agent.wire.messages import GapReason, Kind
from agent.wire.orders import AckContent, Outcome, Refusal
from receiver.findings import Finding, Reconciliation, difference, outcome_text, pending, place_text, shown
from receiver.holdings import Held, Holdings, Place
from receiver.logbook import Log

KEPT_BACK: Final = frozenset({Quality.SUPPRESSED, Quality.WITHHELD, Quality.PARTIAL, Quality.BUDGET_SPENT})
"""Codes of values that the unit's filter kept back; the others are about sensors, and not in the log."""


def reconcile(export: Export, held: Holdings) -> Reconciliation:
    """Compare a unit's whole log with what the city holds of it."""
    return _Comparison(export, held).result()


class _Comparison:
    """One log and one unit's holdings."""

    def __init__(self, export: Export, held: Holdings) -> None:
        self._export = export
        self._held = held
        self._log = Log(export.entries)
        self._counts: Counter[str] = Counter()

    def result(self) -> Reconciliation:
        """Return every finding."""
        findings = [
            *self._check_chain(),
            *self._check_heads(),
            *self._check_entered(),
            *self._check_held(),
            *self._check_losses(),
            *self._check_receipts(),
            *self._check_orders(),
            *self._check_declarations(),
        ]
        return Reconciliation(
            entries=len(self._export.entries),
            envelopes=self._counts["same"],
            explained=self._counts["explained"],
            before=self._counts["before"],
            heads=self._counts["heads"],
            findings=tuple(findings),
        )

    # -- the log alone

    def _check_chain(self) -> Iterator[Finding]:
        verdict = verify(self._export.header, self._export.entries)
        if verdict.broken is not None:
            text = "its hash is not that of the entries before it and its own: it, or one before, was altered"
            yield difference("altered", f"entry {verdict.broken}", text)
        elif not verdict.complete:
            text = "it and others may be left out; export the whole log, without --from, --to and --stream"
            yield difference(
                "excerpt", f"entry {self._first_missing()}", f"the unit holds it, it is not here: {text}"
            )

    def _first_missing(self) -> int:
        there = {numbered.number for numbered in self._export.entries}
        header = self._export.header
        return next(number for number in range(header.first, header.last + 1) if number not in there)

    def _check_heads(self) -> Iterator[Finding]:
        """Hold the log against every head that the unit has signed."""
        header = self._export.header
        hashes = {numbered.number: numbered.hash for numbered in self._export.entries}
        hashes[header.first - 1] = header.base
        good = header.first - 1
        for head in sorted(self._held.heads, key=lambda head: head.last):
            where = f"entry {head.last}"
            if head.last > header.last:
                yield difference(
                    "cut off", where, f"the unit has signed a log that ends there; this one ends at {header.last}"
                )
            elif head.last >= header.first - 1 and hashes.get(head.last) != head.head:
                text = f"its hash is not the one that the unit has signed: one of entries {good + 1} to {head.last}"
                yield difference("rewritten", where, f"{text} was altered, added or taken out")
            else:
                good = max(good, head.last)
                self._counts["heads"] += head.last >= header.first - 1

    # -- envelopes

    def _check_entered(self) -> Iterator[Finding]:
        """Look for every envelope of the log in the city's store."""
        for place in self._log.twice:
            yield difference("entered twice", place_text(place), "the log has it more than once; a seq is given once")
        for place, entry in self._log.envelopes.items():
            held = self._held.envelopes.get(place)
            if held is not None:
                yield from self._compare(place, entry, held)
            elif self._log.is_lost(place):
                self._counts["explained"] += 1
            elif entry.seq <= self._log.receipts.get(place[:2], -1):
                text = (
                    "the unit has the city's receipt for it, but the city does not hold it; was the store restored?"
                )
                yield difference("missing", place_text(place), text)
            elif entry.seq <= self._held.receipted.get(place[:2], -1):
                yield difference("missing", place_text(place), "the city holds what comes behind it, and not it")
            elif self._log.epoch in {None, entry.epoch}:
                yield pending("not arrived", place_text(place), "it can have left the unit, and has not arrived")
            else:
                text = "it has not arrived, and its store was damaged since: it may be lost"
                yield pending("not arrived", place_text(place), text)

    def _compare(self, place: Place, entry: EnvelopeEntry, held: Held) -> Iterator[Finding]:
        same = True
        pairs: list[tuple[str, object, object]] = [
            ("hash", entry.hash.hex(), held.hash.hex()),
            ("type", entry.kind.value, held.kind.value),
            ("bytes", entry.size, held.size),
            ("declaration", entry.declaration, held.declaration),
        ]
        if held.kind is Kind.BATCH and held.rows is not None:
            kept_back = {code: count for code, count in held.withheld.items() if code in KEPT_BACK}
            pairs += [("rows", entry.rows, held.rows)]
            pairs += [("windows withheld", dict(self._log.withheld.get(place, {})), kept_back)]
        for name, said, found in pairs:
            if said != found:
                same = False
                text = f"{name}: the log says {shown(said)}, the city holds {shown(found)}"
                yield difference("unequal", place_text(place), text)
        if not held.faithful:
            same = False
            text = "the city's tables do not say what it says, or it was changed: answer from the envelopes' copy"
            yield difference("tables", place_text(place), text)
        self._counts["same"] += same

    def _check_held(self) -> Iterator[Finding]:
        """Look for every envelope of the city's store in the log."""
        is_cut = self._export.header.first > 1
        for place, held in sorted(self._held.envelopes.items()):
            if place in self._log.envelopes:
                continue
            first, last = self._log.spans.get(place[:2], (None, None))
            if is_cut and (first is None or place[2] < first):
                self._counts["before"] += 1
            elif last is not None and place[2] > last and held.received_ms > self._log.newest_ms:
                yield pending("newer", place_text(place), "it arrived after the last entry of the log was made")
            else:
                yield difference("not entered", place_text(place), "the city holds it, and the log does not know it")

    # -- losses, receipts, orders, declarations

    def _check_losses(self) -> Iterator[Finding]:
        """Compare the rows that were lost; a gap record may still be under way, an old entry may have been cut."""
        said: Counter[tuple[str, bytes, GapReason]] = Counter()
        for loss in self._log.lost:
            said[loss.stream, loss.epoch, loss.reason] += loss.count
        for key in sorted({*said, *self._held.losses}, key=lambda key: (key[0], key[1], key[2])):
            logged, told = said[key], self._held.losses.get(key, 0)
            where = f"{key[0]}, {key[2].name.lower()}"
            text = f"rows lost: the log says {logged}, the city's gap records {told}"
            if logged > told:
                yield pending("gap not arrived", where, text)
            elif logged < told and self._export.header.first == 1:
                yield difference("losses", where, text)

    def _check_receipts(self) -> Iterator[Finding]:
        for key, seq in self._log.receipts.items():
            known = self._held.receipted.get(key, -1)
            if seq > known:
                text = f"the unit has a receipt up to seq {seq}, the city holds it up to {known}"
                yield difference("receipt", f"{key[0]} of epoch {key[1].hex()}", f"{text}; was the store restored?")

    def _check_orders(self) -> Iterator[Finding]:
        logged = {(entry.version, entry.document) for entry in self._log.orders}
        answered = {(ack.version, ack.document) for ack in self._held.acks}
        for version, document in sorted(logged - answered):
            text = f"document {document.hex()[:16]}: the log has it, the acknowledgement has not arrived"
            yield pending("order", f"control version {version}", text)
        for ack in self._held.acks:
            where = f"control version {ack.version}"
            if (ack.version, ack.document) in logged:
                yield from self._check_outcomes(ack, where)
            elif self._export.header.first == 1:
                yield difference("order", where, "the unit has acknowledged it, and the log does not know it")

    def _check_outcomes(self, ack: AckContent, where: str) -> Iterator[Finding]:
        for outcome in ack.outcomes:
            logged = self._logged(ack, outcome)
            if logged and outcome.refusal not in logged:
                text = f"the log says {outcome_text(logged[-1])}, the acknowledgement {outcome_text(outcome.refusal)}"
                yield difference("order", f"{where}, {outcome.stream}", text)

    def _logged(self, ack: AckContent, outcome: Outcome) -> list[Refusal]:
        """Return what the log says of an order for a stream; several times when it was tried again."""
        return [
            entry.refusal
            for entry in self._log.orders
            if (entry.version, entry.document, entry.order) == (ack.version, ack.document, outcome.order)
            and entry.stream in {None, outcome.stream}
        ]

    def _check_declarations(self) -> Iterator[Finding]:
        for digest in dict.fromkeys(self._log.declared):
            if digest not in self._held.declarations:
                text = "the unit has declared it, and it has not arrived"
                yield pending("declaration", f"declaration {digest.hex()[:16]}", text)
