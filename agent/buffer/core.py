"""The outbox without its thread: one transaction at a time, all of it or nothing.

In: work, gathered for one commit. Out: what was stored, sealed, and what may be sent. Never: half a piece of work.
"""

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.buffer import files
from agent.buffer.envelopes import Envelopes
from agent.buffer.errors import StoreDamaged, StoreFull, StoreUnavailable
from agent.buffer.eviction import Room, database_pages, wal_bytes, wal_pages
from agent.buffer.gaps import Gaps
from agent.buffer.ledger import Ledger
from agent.buffer.records import (
    EnvelopeMaker,
    Lane,
    Limits,
    OutboxStats,
    Outgoing,
    ReceiptOutcome,
    StreamPolicy,
)
from agent.buffer.rows import checked, record_sum
from agent.buffer.salvage import salvage
from agent.buffer.sealing import Sealing
from agent.buffer.state import Chain
from agent.buffer.store import Database, size_of, wal_path
from agent.buffer.tables import META
from agent.buffer.waiting import WaitingRows, row_bytes
from agent.buffer.work import Done, Loss, Reception, Rows, Work, windows_of
from agent.errors import StoreError
from agent.wire.messages import DECLARATIONS, GapReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Everything the outbox is opened with."""

    path: Path
    unit: str
    limits: Limits
    streams: Mapping[str, StreamPolicy]
    maker: EnvelopeMaker
    now_ms: Callable[[], int]
    free_bytes: Callable[[], int]


class Core:
    """An open outbox. Every method is called on one thread."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._limits = setup.limits
        self.commits = 0
        self._stale = False
        self._usable = False
        self._damaged = False
        self._open()

    # -- opening

    def _open(self) -> None:
        """Open the store, whatever state it is in.

        Raises:
            StoreUnavailable: the directory cannot be used, or another process has the store.
        """
        files.prepare(self._setup.path, unit=self._setup.unit)
        try:
            self._attach()
        except StoreDamaged:
            self.recover()

    def recover(self) -> None:
        """Set the damaged store aside and go on with what could be read of it, in a new epoch."""
        if self._usable:
            self._db.close()
        self._usable, self._damaged = False, True
        salvage(self._setup.path, unit=self._setup.unit, streams=self._setup.streams, limits=self._limits)
        self._attach()
        self._damaged = False

    def reopen(self) -> None:
        """Open the file again after it could not be used.

        Raises:
            StoreDamaged: it is not what was left here.
            StoreUnavailable: it still cannot be used.
        """
        if self._usable:
            self._db.close()
        self._usable = False
        if self._damaged:
            self.recover()
        else:
            self._attach(again=True)

    def _attach(self, *, again: bool = False) -> None:
        """Open the file and take it over; `again` in the same session, whose own close may have removed the WAL.

        Raises:
            StoreDamaged: it is not what was left here.
        """
        limits = self._limits
        self._db = Database(
            self._setup.path, wal_pages=wal_pages(limits.max_bytes), max_pages=database_pages(limits.max_bytes)
        )
        try:
            self._db.check_identity()
            self._ledger = Ledger(self._db)
            self._ledger.load()
            self._build()
            if not again:
                self._check_history()
                self._ledger.meta.session += 1
            self._begin()
            self._sealing.learn()
        except StoreError:
            self._db.close()
            raise
        self._usable, self._stale = True, False

    def _check_history(self) -> None:
        """Refuse a store that lost commits: seqs that were given may not be given again."""
        meta = self._ledger.meta
        if meta.unit != self._setup.unit:
            raise StoreDamaged("the outbox belongs to another unit")
        if not meta.clean and not self._db.wal_is_whole():
            raise StoreDamaged("the outbox has lost its latest commits")

    def _build(self) -> None:
        ledger, limits = self._ledger, self._limits
        self._rows = WaitingRows(ledger)
        self._envelopes = Envelopes(ledger, retain_ms=int(limits.retain_s * 1000))
        self._gaps = Gaps(ledger)
        self._sealing = Sealing(
            ledger,
            maker=self._setup.maker,
            rows=self._rows,
            envelopes=self._envelopes,
            gaps=self._gaps,
            max_bytes=limits.max_bytes,
        )
        self._room = Room(
            ledger,
            limits=limits,
            rows=self._rows,
            envelopes=self._envelopes,
            gaps=self._gaps,
            free_bytes=self._setup.free_bytes,
        )

    def _begin(self) -> None:
        """Note in the database itself that its WAL belongs to it from now on."""
        ledger = self._ledger
        self._db.begin()
        ledger.meta.clean = False
        META.write(self._db, ledger.meta)
        ledger.configure(self._setup.streams)
        ledger.drop_drained_chains()
        declarations = ledger.find_chain(ledger.stream(DECLARATIONS), ledger.meta.epoch)
        receipted = -1 if declarations is None else declarations.receipted
        ledger.drop_declarations(before=self._rows.declaration_in_use(), receipted=receipted)
        ledger.save()
        self._db.commit()
        self._db.checkpoint()

    # -- state

    @property
    def epoch(self) -> bytes:
        """8 bytes, made with the store."""
        return self._ledger.meta.epoch

    @property
    def session(self) -> int:
        """How often the store was opened."""
        return self._ledger.meta.session

    def stats(self) -> OutboxStats:
        """Return counters and gauges, without looking at anything that grows; the last known ones if need be."""
        with contextlib.suppress(StoreUnavailable):
            self._ready()
        ledger, tally = self._ledger, self._ledger.tally
        chains = ledger.chains.values()
        return OutboxStats(
            rows_waiting=sum(stream.rows_waiting for stream in ledger.streams.values()),
            envelopes_waiting=sum(chain.envelopes for chain in chains),
            sealed_rows_waiting=sum(chain.rows for chain in chains),
            rows_stored=tally.next_row - 1,
            rows_receipted=tally.receipted,
            rows_evicted=tally.evicted,
            rows_refused=tally.refused,
            envelopes_sealed=tally.sealed,
            gaps_sealed=tally.gaps,
            commits=self.commits,
            bytes_used=self._db.file_bytes(),
            damaged_files=len(files.set_aside(self._setup.path)),
            resend_missing=tally.missing,
        )

    # -- one transaction

    def transact(self, work: Work) -> Done:
        """Do a piece of work and make it durable.

        Raises:
            StoreUnavailable: it could not be done now; nothing of it was done.
            StoreDamaged: the store is not what was written.
        """
        try:
            done = self._attempt(work)
        except StoreFull:
            self._room.squeeze()
            done = self._attempt_again(work)
        self._room.relax()
        self.commits += 1
        self._tidy()
        return done

    def _attempt_again(self, work: Work) -> Done:
        """Try once more; SQLite calls a store full too that refers to a page far behind its end."""
        try:
            return self._attempt(work)
        except StoreFull:
            if not self._room.can_be_full():
                raise StoreDamaged("the outbox is full without cause") from None
            raise

    def _attempt(self, work: Work) -> Done:
        self._ready()
        self._db.begin()
        try:
            done = self._apply(work)
            self._ledger.save()
            self._db.commit()
        except BaseException:
            self._stale = True
            self._db.rollback()
            raise
        return done

    def _reload(self) -> None:
        """Read the state again after a rollback."""
        self._rows.forget()
        self._ledger.load()
        self._stale = False

    def _apply(self, work: Work) -> Done:
        now_ms = self._setup.now_ms()
        for loss in work.lost:
            self._lose(loss)
        for content in work.declarations:
            self._sealing.declare_content(content)
        for reception in work.receipts:
            self._release(reception, now_ms)
        for envelope_id in work.accepted:
            self._accept(envelope_id, now_ms)
        self._envelopes.expire(now_ms)
        done = Done()
        self._store(work.rows, done)
        if work.seal:
            done.sealed = self._sealing.seal(partial=work.partial)
        for name, value in work.counters.items():
            self._save_counter(name, value)
        return done

    def _store(self, groups: Sequence[Rows], done: Done) -> None:
        if groups:
            self._room.measure()
        for group in groups:
            declared = self._ledger.find_declared(group.declaration)
            if declared is None:
                declared = self._ledger.add_declared(group.declaration, None)
            clock_group = self._setup.maker.clock_group(group.clock)
            for row, data in zip(group.rows, group.data, strict=True):
                stream = self._ledger.streams[row.stream]
                if not self._room.take(stream, row_bytes(data)):
                    self._room.refuse(stream, windows=windows_of(row))
                    continue
                context = self._ledger.context(
                    declaration=declared.id,
                    boot_id=row.boot_id,
                    step_ms=row.step_ms,
                    clock=group.clock,
                    clock_group=clock_group,
                )
                number = self._rows.add(stream, context=context, start_ms=row.start_ms, data=data)
                done.stored.append((row.stream, number, row.start_ms))
        self._rows.write()

    def _lose(self, loss: Loss) -> None:
        self._ledger.tally.evicted += loss.count
        stream = self._ledger.streams[loss.stream]
        self._gaps.rows_lost(stream, GapReason.EVICTED, count=loss.count, windows=loss.windows)

    def _tidy(self) -> None:
        """Give space back where it is short; the commit stands whatever happens here."""
        try:
            if size_of(wal_path(self._db.path)) > wal_bytes(self._limits.max_bytes):
                self._db.checkpoint()
            spare = self._room.spare_pages()
            if spare:
                files.drop_oldest_aside(self._setup.path)
                self._db.shrink(spare)
                self._db.checkpoint()
        except StoreUnavailable:
            return

    # -- receipts

    def judge(self, reception: Reception) -> ReceiptOutcome:
        """Return what a receipt will do, and keep its envelopes from going out again; it is applied by `transact`."""
        self._ready()
        chain = self._chain_of(reception)
        if chain is None or not 0 <= reception.seq < chain.next_seq:
            return ReceiptOutcome.UNKNOWN
        known = self._envelopes.hash_of(chain, reception.seq)
        if known is None and reception.seq > chain.receipted:
            return ReceiptOutcome.UNKNOWN
        if known is not None and known != reception.hash:
            return ReceiptOutcome.UNKNOWN
        resend = reception.resend_from is not None and reception.resend_from < chain.next_seq
        if not resend and reception.seq <= chain.pending:
            return ReceiptOutcome.DUPLICATE
        chain.pending = max(chain.pending, reception.seq)
        return ReceiptOutcome.RESEND if resend else ReceiptOutcome.APPLIED

    def _chain_of(self, reception: Reception) -> Chain | None:
        stream = self._ledger.streams.get(reception.stream)
        return None if stream is None else self._ledger.find_chain(stream, reception.epoch)

    def _release(self, reception: Reception, now_ms: int) -> None:
        chain = self._chain_of(reception)
        if chain is None:
            return
        self._envelopes.receipted(chain, seq=reception.seq, digest=reception.hash, now_ms=now_ms)
        self._gaps.receipted(chain, seq=reception.seq)
        if reception.resend_from is not None and reception.resend_from < chain.next_seq:
            self._envelopes.resend(chain, first_seq=reception.resend_from)

    def _accept(self, envelope_id: int, now_ms: int) -> None:
        gone = self._envelopes.accepted(envelope_id, now_ms=now_ms)
        if gone is not None:
            self._gaps.accepted(gone[0], seq=gone[1])

    # -- reading

    def outgoing(self, *, after: int, limit: int, max_bytes: int, lane: Lane | None) -> list[Outgoing]:
        """Return committed envelopes by lane, then id."""
        self._ready()
        return self._envelopes.outgoing(after=after, limit=limit, max_bytes=max_bytes, lane=lane)

    def is_seal_due(self, *, partial: bool) -> bool:
        """Tell whether there is something to seal."""
        self._ready()
        return self._sealing.is_due(partial=partial)

    def load_counter(self, name: str) -> bytes | None:
        """Return saved counters, None if none were saved under that name."""
        self._ready()
        row = self._db.one("SELECT id, name, value, sum FROM counter WHERE name = ?", name)
        return None if row is None else bytes(checked(row)[2])

    def _save_counter(self, name: str, value: bytes) -> None:
        row = self._db.one("SELECT id FROM counter WHERE name = ?", name)
        counter_id = row[0] if row else (self._db.one("SELECT coalesce(max(id), 0) + 1 FROM counter") or (1,))[0]
        cells = (counter_id, name, value)
        self._db.run("INSERT OR REPLACE INTO counter VALUES (?,?,?,?)", *cells, record_sum(*cells))

    def _ready(self) -> None:
        """Open the store again, or read its state again, where that is needed."""
        if not self._usable:
            self.reopen()
        if self._stale:
            self._reload()

    # -- closing

    def close(self) -> None:
        """Fold the WAL in and note that nothing is missing."""
        try:
            self._ready()
            self._ledger.meta.clean = True
            self._db.begin()
            META.write(self._db, self._ledger.meta)
            self._ledger.save_tally()
            self._db.commit()
            self._db.checkpoint(truncate=True)
        finally:
            self._db.close()


def free_bytes_at(path: Path) -> Callable[[], int]:
    """Return what tells how much the file system of `path` has left for unprivileged users."""

    def free_bytes() -> int:
        usage = os.statvfs(path.parent)
        return usage.f_bavail * usage.f_frsize

    return free_bytes
