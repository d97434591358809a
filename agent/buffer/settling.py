"""Receipts: what they settle, and what they ask for again.

In: verified receipts. Out: envelopes and gaps deleted, in the open transaction. Never: a deletion on a receipt that
is about another epoch, or a place that is not known.

A receipt for a seq that was never given here, or with another hash than ours, says that the city knows more of this
epoch than this store: its newest commits were lost, or a copy of it is in another unit. Then a new epoch begins. What
was sealed in the ended one is sent all the same (the city keeps it as evidence where it contradicts), and such a
receipt lets go of it once it has been.
"""

from typing import Final

from agent.buffer import renewal
from agent.buffer.disclosures import Disclosures
from agent.buffer.envelopes import Envelopes
from agent.buffer.gaps import Gaps
from agent.buffer.ledger import Ledger
from agent.buffer.records import ReceiptOutcome
from agent.buffer.state import Chain
from agent.buffer.work import Reception

_NEVER: Final = 1 << 64


class Settling:
    """Judges and applies receipts."""

    def __init__(self, ledger: Ledger, *, envelopes: Envelopes, gaps: Gaps, log: Disclosures) -> None:
        self._ledger = ledger
        self._log = log
        self._envelopes = envelopes
        self._gaps = gaps
        self._answered: dict[int, int] = {}

    def judge(self, reception: Reception) -> ReceiptOutcome:
        """Return what a receipt will do, and keep its envelopes from going out again; it is applied by `transact`."""
        chain = self._chain_of(reception)
        if chain is None or reception.seq < 0:
            return ReceiptOutcome.UNKNOWN
        if self._is_contradicted(chain, reception):
            return self._judge_contradicted(chain, reception)
        if self._envelopes.hash_of(chain, reception.seq) is None and reception.seq > chain.receipted:
            return ReceiptOutcome.UNKNOWN
        resend = self._calls_for_resend(chain, reception)
        if not resend and reception.seq <= chain.pending:
            return ReceiptOutcome.DUPLICATE
        chain.pending = max(chain.pending, reception.seq)
        return ReceiptOutcome.RESEND if resend else ReceiptOutcome.APPLIED

    def _calls_for_resend(self, chain: Chain, reception: Reception) -> bool:
        """Tell whether a receipt asks for something again that it was not given yet.

        While a hole is not filled every receipt asks for what is behind it. What fills it may still wait here:
        backlog that the budget has not let out, or a message that was lost and goes again by itself. Giving what came
        behind it once more, for each message that fills a hole, would take the budget from all else.
        """
        first_seq = _resend_from(reception)
        if first_seq >= chain.next_seq or self._answered.get(chain.id) == first_seq:
            return False
        return not self._envelopes.waits(chain, first_seq)

    def _is_contradicted(self, chain: Chain, reception: Reception) -> bool:
        """Tell whether the city holds what was never sealed here: a seq that was not given, or another envelope.

        Commits were lost, or a copy of this store is in another unit.
        """
        if reception.seq >= chain.next_seq:
            return True
        known = self._envelopes.hash_of(chain, reception.seq)
        return known is not None and known != reception.hash

    def _judge_contradicted(self, chain: Chain, reception: Reception) -> ReceiptOutcome:
        """In this epoch it calls for a new one. In an ended one it covers what was sent, as evidence or as data."""
        if chain.epoch == self._ledger.meta.epoch:
            return ReceiptOutcome.CONTRADICTED
        covered = _covered(chain, reception)
        if covered <= chain.pending:
            return ReceiptOutcome.DUPLICATE
        chain.pending = covered
        return ReceiptOutcome.APPLIED

    def _chain_of(self, reception: Reception) -> Chain | None:
        stream = self._ledger.streams.get(reception.stream)
        return None if stream is None else self._ledger.find_chain(stream, reception.epoch)

    def release(self, reception: Reception, now_ms: int) -> None:
        """Let go of what a judged receipt covers, and give back what it asks for again."""
        chain = self._chain_of(reception)
        if chain is None:
            return
        if self._is_contradicted(chain, reception):
            self._release_contradicted(chain, reception, now_ms)
            return
        self._let_go(chain, reception, seq=reception.seq, digest=reception.hash, now_ms=now_ms)
        if self._calls_for_resend(chain, reception):
            self._envelopes.resend(chain, first_seq=_resend_from(reception))
            self._answered[chain.id] = _resend_from(reception)
        elif reception.resend_from is None:
            self._answered.pop(chain.id, None)

    def _release_contradicted(self, chain: Chain, reception: Reception, now_ms: int) -> None:
        if chain.epoch == self._ledger.meta.epoch:
            renewal.told(f"the city holds other messages of stream {reception.stream} than this store has sealed")
            renewal.begin_epoch(self._ledger, self._log, self._gaps)
            return
        covered = _covered(chain, reception)
        if covered > chain.receipted:
            digest = self._envelopes.hash_of(chain, covered) or b""
            self._let_go(chain, reception, seq=covered, digest=digest, now_ms=now_ms)

    def _let_go(self, chain: Chain, reception: Reception, *, seq: int, digest: bytes, now_ms: int) -> None:
        if seq > chain.receipted:
            self._log.received(reception.stream, epoch=chain.epoch, seq=seq, receiver=reception.receiver)
        self._envelopes.receipted(chain, seq=seq, digest=digest, now_ms=now_ms)
        self._gaps.receipted(chain, seq=seq)

    def accept(self, envelope_id: int, now_ms: int) -> None:
        """Let go of an envelope that a broker has taken."""
        gone = self._envelopes.accepted(envelope_id, now_ms=now_ms)
        if gone is not None:
            chain, seq = gone
            self._gaps.accepted(chain, seq=seq)
            name = self._ledger.by_id[chain.stream].name
            self._log.received(name, epoch=chain.epoch, seq=seq, receiver=None)


def _covered(chain: Chain, reception: Reception) -> int:
    """Return up to which seq a receipt of an ended epoch covers what has gone out since the store was opened."""
    return min(reception.seq, chain.sent, chain.next_seq - 1)


def _resend_from(reception: Reception) -> int:
    """Return from which seq on a receiver wants everything again: nothing that the same receipt covers."""
    return _NEVER if reception.resend_from is None else max(reception.resend_from, reception.seq + 1)
