"""Receipts: what they settle, and what they ask for again.

In: verified receipts. Out: envelopes and gaps deleted, in the open transaction. Never: a deletion on a receipt that
is about another epoch, a seq that was never given, or another hash than ours.
"""

from typing import Final

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

    def judge(self, reception: Reception) -> ReceiptOutcome:
        """Return what a receipt will do, and keep its envelopes from going out again; it is applied by `transact`."""
        chain = self._chain_of(reception)
        if chain is None or not 0 <= reception.seq < chain.next_seq:
            return ReceiptOutcome.UNKNOWN
        known = self._envelopes.hash_of(chain, reception.seq)
        if known is None and reception.seq > chain.receipted:
            return ReceiptOutcome.UNKNOWN
        if known is not None and known != reception.hash:
            return ReceiptOutcome.UNKNOWN
        resend = _resend_from(reception) < chain.next_seq
        if not resend and reception.seq <= chain.pending:
            return ReceiptOutcome.DUPLICATE
        chain.pending = max(chain.pending, reception.seq)
        return ReceiptOutcome.RESEND if resend else ReceiptOutcome.APPLIED

    def _chain_of(self, reception: Reception) -> Chain | None:
        stream = self._ledger.streams.get(reception.stream)
        return None if stream is None else self._ledger.find_chain(stream, reception.epoch)

    def release(self, reception: Reception, now_ms: int) -> None:
        """Let go of what a judged receipt covers, and give back what it asks for again."""
        chain = self._chain_of(reception)
        if chain is None:
            return
        if reception.seq > chain.receipted:
            self._log.received(reception.stream, epoch=chain.epoch, seq=reception.seq, receiver=reception.receiver)
        self._envelopes.receipted(chain, seq=reception.seq, digest=reception.hash, now_ms=now_ms)
        self._gaps.receipted(chain, seq=reception.seq)
        if _resend_from(reception) < chain.next_seq:
            self._envelopes.resend(chain, first_seq=_resend_from(reception))

    def accept(self, envelope_id: int, now_ms: int) -> None:
        """Let go of an envelope that a broker has taken."""
        gone = self._envelopes.accepted(envelope_id, now_ms=now_ms)
        if gone is not None:
            chain, seq = gone
            self._gaps.accepted(chain, seq=seq)
            name = self._ledger.by_id[chain.stream].name
            self._log.received(name, epoch=chain.epoch, seq=seq, receiver=None)


def _resend_from(reception: Reception) -> int:
    """Return from which seq on a receiver wants everything again: nothing that the same receipt covers."""
    return _NEVER if reception.resend_from is None else max(reception.resend_from, reception.seq + 1)
