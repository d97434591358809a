"""Late sealing: rows become envelopes when their batch is complete and there is a session to send it on.

In: waiting rows, losses, declarations. Out: envelopes, in the open transaction. Never: a batch whose declaration has
not been given a seq before it.
"""

import logging
from hashlib import sha256
from typing import Final

from agent.buffer.envelopes import Envelopes
from agent.buffer.gaps import Gaps
from agent.buffer.ledger import Ledger
from agent.buffer.records import EnvelopeMaker, Lane
from agent.buffer.state import Declared, Stream
from agent.buffer.tables import DECLARATION
from agent.buffer.waiting import Run, WaitingRows
from agent.wire.errors import WireError
from agent.wire.messages import DECLARATIONS, GapReason

_LOG: Final = logging.getLogger(__name__)
_AHEAD_BYTES: Final = 512 * 1024
_ONE_COMMIT: Final = 16


class Sealing:
    """Seals what may leave now.

    Sealing stops while enough envelopes wait for their receipt, for the backlog earlier than for live batches: what
    is sealed can be neither merged nor evicted before anything else, and `envelope` stays small.

    Args:
        max_bytes: size of the whole store.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        maker: EnvelopeMaker,
        rows: WaitingRows,
        envelopes: Envelopes,
        gaps: Gaps,
        max_bytes: int,
    ) -> None:
        self._ledger = ledger
        self._maker = maker
        self._rows = rows
        self._envelopes = envelopes
        self._gaps = gaps
        self._ahead = min(_AHEAD_BYTES, max_bytes // 8)

    def learn(self) -> None:
        """Tell the maker of every declaration in the store."""
        for declared in self._ledger.declared.values():
            if declared.content is not None:
                self._maker.learn(declared.content)

    @property
    def _waiting_bytes(self) -> int:
        return sum(chain.size for chain in self._ledger.chains.values())

    def is_due(self, *, partial: bool) -> bool:
        """Tell whether `seal` would find something to do."""
        streams = self._ledger.streams.values()
        rows = any(s.runs or any(span.closed or partial for span in s.spans) for s in streams)
        return (rows and self._waiting_bytes < self._ahead) or bool(self._gaps.due())

    def seal(self, *, partial: bool) -> int:
        """Seal losses, complete batches (with `partial`, begun ones too), then backlog; return how many envelopes.

        A few envelopes of backlog at a time: the caller comes again.
        """
        before = self._ledger.tally.sealed
        self._rows.write()
        for gap in self._gaps.due():
            stream = self._ledger.by_id[gap.stream]
            chain = self._ledger.chain(stream)
            self._gaps.declared(gap, seq=chain.next_seq)
            data = self._maker.gap(self._envelopes.link(chain), gap.note())
            self._envelopes.add(chain, lane=Lane.LIVE, rows=0, data=data)
        for stream in self._ledger.streams.values():
            for span in [span for span in stream.spans if span.closed or partial]:
                if self._waiting_bytes < self._ahead:
                    self._seal_batch(stream, [self._rows.take_span(stream, span)], lane=Lane.LIVE)
        self._seal_backlog()
        return self._ledger.tally.sealed - before

    def _seal_backlog(self) -> None:
        """Seal the oldest rows of the streams that have most of them."""
        for _ in range(_ONE_COMMIT):
            stream = max(self._ledger.streams.values(), key=lambda stream: stream.rows)
            if not stream.runs or self._waiting_bytes >= self._ahead // 2:
                return
            runs = self._rows.oldest_runs(stream, most_rows=stream.policy.backlog_rows)
            for run in runs:
                self._rows.drop_run(stream, run)
            self._seal_batch(stream, runs, lane=Lane.BACKLOG)

    def _seal_batch(self, stream: Stream, runs: list[Run], *, lane: Lane) -> None:
        """Seal runs that join; the clock of a batch is that of its last row."""
        declared = self._ledger.declared[runs[0].declaration]
        self.declare(declared)
        chain = self._ledger.chain(stream)
        rows = [row for run in runs for row in run.stored()]
        try:
            data = self._maker.batch(self._envelopes.link(chain), rows, declared.hash, runs[-1].clock)
        except WireError as error:
            self._give_up(stream, runs, error)
        else:
            self._envelopes.add(chain, lane=lane, rows=len(rows), data=data)

    def _give_up(self, stream: Stream, runs: list[Run], error: WireError) -> None:
        """Declare rows that have no form on the wire as lost: they would keep everything behind them for ever."""
        _LOG.error("rows of stream %s cannot be sealed and are declared as lost: %s", stream.name, error)
        for run in runs:
            self._gaps.rows_lost(stream, GapReason.DAMAGED, count=run.rows, windows=run.windows)

    def declare(self, declared: Declared) -> None:
        """Seal a declaration unless it has a seq in this epoch; its envelope is kept until it is receipted."""
        if declared.seq is not None or declared.content is None:
            return
        chain = self._ledger.chain(self._ledger.stream(DECLARATIONS))
        declared.seq = chain.next_seq
        DECLARATION.write(self._ledger.db, declared)
        data = self._maker.declaration(self._envelopes.link(chain), declared.content)
        self._envelopes.add(chain, lane=Lane.CONTROL, rows=0, data=data)

    def declare_content(self, content: bytes) -> None:
        """Store a declaration, and seal it if it has no seq in this epoch."""
        digest = sha256(content).digest()
        newest = next(reversed(self._ledger.declared.values()), None)
        if newest is None or newest.hash != digest or newest.content is None:
            self._maker.learn(content)
            newest = self._ledger.add_declared(digest, content)
        self.declare(newest)
