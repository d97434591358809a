"""Late sealing: rows become envelopes when their batch is complete and there is a session to send it on.

In: waiting rows, losses, declarations. Out: envelopes, in the open transaction. Never: a batch whose declaration has
not been given a seq before it, anything of a stream that is held or suspended, a row before its delay has passed.
"""

import logging
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from agent.buffer.allowance import price
from agent.buffer.disclosures import Disclosures
from agent.buffer.embargo import Embargo
from agent.buffer.envelopes import Envelopes
from agent.buffer.gaps import Gaps
from agent.buffer.ledger import Ledger
from agent.buffer.records import EnvelopeMaker, Lane
from agent.buffer.rows import columns_of
from agent.buffer.state import Declared, Gap, Span, Stream
from agent.buffer.tables import DECLARATION
from agent.buffer.waiting import JoinedRows, Run, WaitingRows
from agent.buffer.work import Done
from agent.wire.declared import DECLARATIONS
from agent.wire.errors import WireError
from agent.wire.messages import GapReason, Kind
from agent.wire.orders import ACKNOWLEDGEMENTS, LOGS

_LOG: Final = logging.getLogger(__name__)
_AHEAD_BYTES: Final = 512 * 1024
_ONE_COMMIT: Final = 16
_MOST_HEADS: Final = 32
"""Heads of the log that wait for a receipt: each covers the ones before, and they may never be evicted."""
MOST_ALARMS: Final = 64
"""Alarms of one stream that wait for a receipt."""
_NOTES: Final = {ACKNOWLEDGEMENTS: Kind.ACK, LOGS: Kind.LOG}


class Sealing:
    """Seals what may leave now.

    Sealing stops while enough envelopes wait for their receipt, for the backlog earlier than for live batches: what
    is sealed can be neither merged nor evicted before anything else, and `envelope` stays small.

    Args:
        max_bytes: size of the whole store.
        ahead_bytes: how much is sealed without a receipt; None for what is usual.
    """

    def __init__(  # noqa: PLR0913 - what sealing is joined to, by keyword
        self,
        ledger: Ledger,
        *,
        maker: EnvelopeMaker,
        rows: WaitingRows,
        envelopes: Envelopes,
        gaps: Gaps,
        embargo: Embargo,
        log: Disclosures,
        max_bytes: int,
        ahead_bytes: int | None = None,
    ) -> None:
        self._ledger = ledger
        self._log = log
        self._embargo = embargo
        self._maker = maker
        self._rows = rows
        self._envelopes = envelopes
        self._gaps = gaps
        self._ahead = min(_AHEAD_BYTES, max_bytes // 8) if ahead_bytes is None else ahead_bytes

    def learn(self) -> None:
        """Tell the maker of every declaration in the store."""
        for declared in self._ledger.declared.values():
            if declared.content is not None:
                self._maker.learn(declared.content)

    @property
    def _waiting_bytes(self) -> int:
        """What waits for a receipt and may be sent: what is held back must not keep the rest.

        Nor must what an earlier epoch has left: if one of its envelopes was destroyed, none behind it is covered.
        """
        by_id, epoch = self._ledger.by_id, self._ledger.meta.epoch
        chains = self._ledger.chains.values()
        return sum(chain.size for chain in chains if chain.epoch == epoch and by_id[chain.stream].may_leave)

    def is_due(self, *, partial: bool, backlog: bool = True, freed: bool = False) -> bool:
        """Tell whether `seal` would find something to do.

        Args:
            partial: batches that are only begun count.
            backlog: so does the backlog.
            freed: as it will be once receipts have let go of what is sealed.
        """
        if self._gaps.due():
            return True
        waiting = 0 if freed else self._waiting_bytes
        ripe = waiting < self._ahead and any(self._ripe_spans(stream, partial=partial) for stream in self._leaving())
        return ripe or (backlog and self.is_backlog_due(freed=freed))

    def is_backlog_due(self, *, freed: bool = False) -> bool:
        """Tell whether `seal` would seal backlog, if it may."""
        waiting = 0 if freed else self._waiting_bytes
        return waiting < self._ahead // 2 and any(self._has_backlog(stream) for stream in self._leaving())

    def _leaving(self) -> list[Stream]:
        return [stream for stream in self._ledger.streams.values() if stream.may_leave]

    def _ripe_spans(self, stream: Stream, *, partial: bool) -> list[Span]:
        """Return the complete batches of a stream (with `partial`, begun ones too) whose delay has passed."""
        return [
            span
            for span in stream.spans
            if (span.closed or partial)
            and self._is_ripe(stream, end_ms=span.next_start_ms, boot_id=span.context.boot_id)
        ]

    def _has_backlog(self, stream: Stream) -> bool:
        """Tell whether the oldest run of a stream may leave."""
        if not stream.runs or not stream.policy.delay_ms:
            return stream.runs > 0
        return bool(self._ripe_runs(stream, self._rows.oldest_runs(stream, most_rows=1)))

    def _ripe_runs(self, stream: Stream, runs: Sequence[Run]) -> list[Run]:
        """Return the first of consecutive runs, as far as their delay has passed."""
        ripe = [self._is_ripe(stream, end_ms=run.end_ms, boot_id=run.boot_id) for run in runs]
        return list(runs[: ripe.index(False)]) if False in ripe else list(runs)

    def _is_ripe(self, stream: Stream, *, end_ms: int, boot_id: bytes | None) -> bool:
        return self._embargo.is_over(end_ms, boot_id=boot_id, delay_ms=stream.policy.delay_ms)

    def seal(self, done: Done, *, partial: bool, backlog_bytes: int | None = None, pressed: bool = False) -> None:
        """Seal losses, complete batches, then backlog.

        A few envelopes of backlog at a time: the caller comes again.

        Args:
            done: is told how many envelopes were sealed, and what those of the backlog cost.
            partial: batches that are only begun are sealed, too.
            backlog_bytes: what the backlog may cost on the wire; None for no limit.
            pressed: for space, one batch in all: envelopes may be longer than the rows that they replace, and what is
                to give space back must not need much.
        """
        before = self._ledger.tally.sealed
        self._seal(done, partial=partial, backlog_bytes=backlog_bytes, pressed=pressed)
        done.sealed = self._ledger.tally.sealed - before

    def _seal(self, done: Done, *, partial: bool, backlog_bytes: int | None, pressed: bool) -> None:
        self._rows.write()
        if not self._log.book.has_configuration:
            self._configure_again()
        for gap in self._gaps.due():
            self._seal_gap(gap)
        for stream in self._leaving():
            for span in self._ripe_spans(stream, partial=partial):
                if self._waiting_bytes < self._ahead:
                    self._seal_batch(stream, [self._rows.take_span(stream, span)], lane=Lane.LIVE)
                    if pressed:
                        return
        self._seal_backlog(done, most=1 if pressed else _ONE_COMMIT, most_bytes=backlog_bytes)

    def _seal_gap(self, gap: Gap) -> None:
        """Declare a loss; the log has one by purge already."""
        stream = self._ledger.by_id[gap.stream]
        chain = self._ledger.chain(stream)
        self._gaps.declared(gap, seq=chain.next_seq)
        data = self._maker.gap(self._envelopes.link(chain), gap.note())
        self._envelopes.add(chain, lane=Lane.LIVE, kind=Kind.GAP, data=data)
        reason = GapReason(gap.reason)
        if reason is not GapReason.PURGED:
            sealed = None if gap.sealed is None else gap.sealed[:2]
            self._log.lost(stream.name, epoch=chain.epoch, reason=reason, count=gap.count, sealed=sealed)

    def _seal_backlog(self, done: Done, *, most: int, most_bytes: int | None) -> None:
        """Seal the oldest rows of the streams that have most of them."""
        for _ in range(most):
            streams = [stream for stream in self._leaving() if self._has_backlog(stream)]
            if not streams or self._waiting_bytes >= self._ahead // 2:
                return
            stream = max(streams, key=lambda stream: stream.rows)
            runs = self._ripe_runs(stream, self._rows.oldest_runs(stream, most_rows=stream.policy.backlog_rows))
            if most_bytes is not None:
                first, runs = runs[0], _within(runs, most_bytes - done.backlog_bytes)
                if not runs:
                    done.backlog_over = price(first.size)
                    return
            for run in runs:
                self._rows.drop_run(stream, run)
            done.backlog_bytes += price(self._seal_batch(stream, runs, lane=Lane.BACKLOG))

    def _seal_batch(self, stream: Stream, runs: list[Run], *, lane: Lane) -> int:
        """Seal runs that join, and return the size; the clock of a batch is that of its last row."""
        declared = self._ledger.declared[runs[0].declaration]
        self.declare(declared)
        chain = self._ledger.chain(stream)
        rows = JoinedRows(runs)
        try:
            data = self._maker.batch(self._envelopes.link(chain), rows, declared.hash, runs[-1].clock)
        except WireError as error:
            self._give_up(stream, runs, error)
            return 0
        self._envelopes.add(
            chain,
            lane=lane,
            kind=Kind.BATCH,
            data=data,
            rows=len(rows),
            channels=columns_of(runs[0].data),
            declaration=declared.hash,
        )
        self._log.withheld(stream.name, rows)
        return len(data)

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
        self._envelopes.add(chain, lane=Lane.CONTROL, kind=Kind.DECLARATION, data=data)

    def declare_content(self, content: bytes) -> None:
        """Store a declaration, and seal it if it has no seq in this epoch."""
        digest = sha256(content).digest()
        before = self._told()
        if before is None or before.hash != digest:
            known = None if before is None else before.hash
            self._log.configured(before=known, after=digest, streams=self._maker.outline(content))
        newest = next(reversed(self._ledger.declared.values()), None)
        if newest is None or newest.hash != digest or newest.content is None:
            self._maker.learn(content)
            newest = self._ledger.add_declared(digest, content)
        self.declare(newest)

    def _told(self) -> Declared | None:
        """Return the declaration that holds now, as far as it is known."""
        declared = reversed(self._ledger.declared.values())
        return next((one for one in declared if one.content is not None), None)

    def _configure_again(self) -> None:
        """Name the channels once more: the entry that did so is not kept any longer."""
        told = self._told()
        if told is not None and told.content is not None:
            self._log.configured(before=told.hash, after=told.hash, streams=self._maker.outline(told.content))

    def alarm(self, name: str, content: bytes, *, declaration: bytes) -> None:
        """Seal an alarm into its stream's own chain, behind the declaration that says what it is.

        Of too many that wait the oldest goes, and a gap says so: what is so now is in the newest.
        """
        stream = self._ledger.stream(name)
        declared = self._ledger.find_declared(declaration)
        if declared is not None:
            self.declare(declared)
        chain = self._ledger.chain(stream)
        if self._envelopes.alarms(chain) >= MOST_ALARMS:
            gone = self._envelopes.evict_alarm(chain)
            if gone is not None:
                self._gaps.sealed_lost(stream, GapReason.EVICTED, seq=gone.seq, digest=gone.hash, rows=0)
        try:
            data = self._maker.note(self._envelopes.link(chain), content)
        except WireError as error:
            _LOG.error("an alarm of stream %s cannot be sealed and is left out: %s", name, error)
        else:
            self._envelopes.add(chain, lane=Lane.ALARM, kind=Kind.ALARM, data=data)

    def tell(self, name: str, content: bytes) -> None:
        """Seal an acknowledgement or a head of the log."""
        chain = self._ledger.chain(self._ledger.stream(name))
        if name == LOGS and chain.envelopes >= _MOST_HEADS:
            return
        try:
            data = self._maker.note(self._envelopes.link(chain), content)
        except WireError as error:
            _LOG.error("a message of stream %s cannot be sealed and is left out: %s", name, error)
        else:
            self._envelopes.add(chain, lane=Lane.CONTROL, kind=_NOTES[name], data=data)


def _within(runs: list[Run], most_bytes: int) -> list[Run]:
    """Return as many of the first runs as make a batch that costs no more than so much on the wire."""
    count, size = 0, 0
    for run in runs:
        size += run.size
        if price(size) > most_bytes:
            break
        count += 1
    return runs[:count]
