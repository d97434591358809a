"""Purging on order: payloads are deleted, their place and number are not.

In: a stream and a time. Out: rows and envelopes deleted in the open transaction, a gap record for them. Never: what
is held, or less than was ordered: an envelope that reaches into the time goes whole, and so do rows without a date
and those of a stream that was thinned, whose windows may have been shorter once.
"""

from agent.buffer.disclosures import Disclosures
from agent.buffer.envelopes import Envelope, Envelopes
from agent.buffer.gaps import Gaps
from agent.buffer.ledger import Ledger
from agent.buffer.records import EnvelopeMaker, Purged
from agent.buffer.state import Chain, Span, Stream
from agent.buffer.waiting import WaitingRows
from agent.buffer.work import Purge
from agent.wire.messages import GapReason
from agent.wire.orders import Order


class Purging:
    """Deletes what the city orders to be deleted."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        maker: EnvelopeMaker,
        rows: WaitingRows,
        envelopes: Envelopes,
        gaps: Gaps,
        log: Disclosures,
    ) -> None:
        self._ledger = ledger
        self._log = log
        self._maker = maker
        self._rows = rows
        self._envelopes = envelopes
        self._gaps = gaps

    def purge(self, order: Purge) -> Purged:
        """Delete the payloads of a stream: all of them, or those of windows that ended by a time."""
        stream = self._ledger.streams.get(order.stream)
        if stream is None:
            return Purged()
        if stream.order is Order.HOLD:
            return Purged(held=True)
        rows = self._purge_runs(stream, order.until_ms) + self._purge_spans(stream, order.until_ms)
        sealed = [
            self._purge_chain(chain, stream, order.until_ms)
            for chain in self._ledger.chains.values()
            if chain.stream == stream.id
        ]
        return Purged(rows=rows + sum(part.rows for part in sealed), envelopes=sum(part.envelopes for part in sealed))

    def _purge_runs(self, stream: Stream, until_ms: int | None) -> int:
        count = 0
        for run in self._rows.all_runs(stream):
            until = None if run.boot_id or until_ms is None else until_ms + (run.step_ms - 1 if stream.thinned else 0)
            gone = _ended(run.start_ms, run.step_ms, run.rows, until_ms=until)
            if gone:
                self._rows.cut_run(stream, run, rows=gone)
                self._lost(stream, rows=gone, windows=None if run.boot_id else (run.start_ms, run.step_ms, gone))
            count += gone
        return count

    def _purge_spans(self, stream: Stream, until_ms: int | None) -> int:
        count = 0
        for span in list(stream.spans):
            gone = self._ended_of(span, until_ms)
            start_ms, step_ms = span.start_ms, span.context.step_ms
            if gone:
                self._rows.cut_span(stream, span, rows=gone)
                self._lost(stream, rows=gone, windows=None if span.context.boot_id else (start_ms, step_ms, gone))
            count += gone
        return count

    @staticmethod
    def _ended_of(span: Span, until_ms: int | None) -> int:
        context = span.context
        return _ended(span.start_ms, context.step_ms, span.rows, until_ms=None if context.boot_id else until_ms)

    def _lost(self, stream: Stream, *, rows: int, windows: tuple[int, int, int] | None) -> None:
        self._ledger.tally.evicted += rows
        self._gaps.rows_lost(stream, GapReason.PURGED, count=rows, windows=windows)
        self._log.lose(stream.name, epoch=self._ledger.meta.epoch, reason=GapReason.PURGED, count=rows)

    def _purge_chain(self, chain: Chain, stream: Stream, until_ms: int | None) -> Purged:
        """Delete sealed envelopes: those that wait, with a gap for each; those that arrived and are only retained."""

        def concerns(data: bytes) -> bool:
            start_ms = self._maker.start_ms(data)
            return until_ms is None or start_ms is None or start_ms < until_ms

        rows = envelopes = 0
        for envelope in self._envelopes.delete_batches(chain, concerns):
            rows, envelopes = rows + envelope.rows, envelopes + 1
            self._ledger.tally.evicted += envelope.rows
            self._envelope_lost(chain, stream, envelope)
        retained = self._envelopes.delete_retained(chain, concerns)
        return Purged(rows=rows, envelopes=envelopes + retained)

    def _envelope_lost(self, chain: Chain, stream: Stream, envelope: Envelope) -> None:
        """Declare an envelope as lost; the rows of one of an earlier epoch are counted in this one."""
        own = chain.epoch == self._ledger.meta.epoch
        count = envelope.rows if own else 0
        self._log.lose(stream.name, epoch=chain.epoch, reason=GapReason.PURGED, count=count, seq=envelope.seq)
        if own:
            self._gaps.sealed_lost(
                stream, GapReason.PURGED, seq=envelope.seq, digest=envelope.hash, rows=envelope.rows
            )
        else:
            self._log.lose(stream.name, epoch=self._ledger.meta.epoch, reason=GapReason.PURGED, count=envelope.rows)
            self._gaps.rows_lost(stream, GapReason.PURGED, count=envelope.rows)


def _ended(start_ms: int, step_ms: int, rows: int, *, until_ms: int | None) -> int:
    """Return how many of consecutive windows ended by `until_ms`; all of them when that is None."""
    return rows if until_ms is None else min(rows, max(0, (until_ms - start_ms) // step_ms))
