"""The outbox without its thread: one transaction at a time, all of it or nothing.

In: work, gathered for one commit. Out: what was stored, sealed, and what may be sent. Never: half a piece of work.
"""

import contextlib
from typing import Final

from agent.buffer import files
from agent.buffer.access import Access
from agent.buffer.errors import StoreDamaged, StoreFull, StoreUnavailable
from agent.buffer.eviction import wal_bytes
from agent.buffer.opening import Setup
from agent.buffer.records import Lane, LogHead, OutboxStats, Outgoing, ReceiptOutcome
from agent.buffer.statistics import statistics
from agent.buffer.uncertain import Uncertain
from agent.buffer.wal import size_of
from agent.buffer.work import Done, Reception, Work
from agent.errors import StoreError
from agent.wire.orders import Order

_PRESSED: Final = 64
"""Retained envelopes that go when a transaction found no space."""


class Core(Access):
    """An open outbox. Every method is called on one thread."""

    def __init__(self, setup: Setup) -> None:
        self.commits = 0
        self._uncertain = Uncertain()
        self._lanes: tuple[tuple[str, int], ...] = ()
        super().__init__(setup)

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
            self._parts.room.squeeze()
            done = self._attempt_again(work)
        self._parts.room.relax()
        self.commits += 1
        try:
            self._tidy()
            if work.purges:
                done.unscrubbed = self._scrub()
        except StoreDamaged as error:
            # The commit stands: it must not be done again over what is salvaged.
            self._doubt = done.unscrubbed = error
        return done

    def _attempt_again(self, work: Work) -> Done:
        """Try once more; SQLite calls a store full too that refers to a page far behind its end."""
        try:
            return self._attempt(work, pressed=True)
        except StoreFull:
            if not self._parts.room.can_be_full():
                raise StoreDamaged("the outbox is full without cause") from None
            raise

    def _attempt(self, work: Work, *, pressed: bool = False) -> Done:
        """Do a piece of work; `pressed` for space: without some of what is only retained, one batch at most."""
        self._ready()
        before = self._mark()
        self._uncertain.resolve(before)
        work = self._uncertain.rest(work)
        self._parts.db.begin()
        try:
            if pressed:
                self._parts.envelopes.drop_retained(_PRESSED)
            done = self._applying.apply(work, pressed=pressed)
            self._parts.ledger.save()
            self._uncertain.trying(work, done, before=before, after=self._mark())
            self._parts.db.commit()
        except BaseException:
            self._abandon()
            raise
        done.stored[:0] = self._uncertain.settled()
        return done

    def _mark(self) -> tuple[int, int]:
        """Return where the store stands, as far as `Uncertain` goes."""
        return self._parts.ledger.tally.next_row, self._parts.log.head.last

    def _tidy(self) -> None:
        """Give space back where it is short; the commit stands whatever happens here."""
        try:
            if size_of(self._parts.db.wal) > wal_bytes(self._limits.max_bytes):
                self._parts.db.checkpoint()
            spare = self._parts.room.spare_pages()
            if spare:
                files.drop_oldest_aside(self._setup.path)
                self._parts.db.shrink(spare)
                self._parts.db.checkpoint()
        except (StoreUnavailable, OSError):
            return

    def _scrub(self) -> StoreError | None:
        """Give up every page that what was purged stood on, and the damaged stores that may hold it as well.

        The WAL is cut off for that. Commits would seem to be missing if the process ended then, so the store is left
        as `close` leaves it, and begun again. Returns why bytes of what is deleted may still be in the files.
        """
        try:
            if Order.HOLD not in {stream.order for stream in self._parts.ledger.streams.values()}:
                for aside in files.set_aside(self._setup.path):
                    files.remove(aside)
            self._parts.db.shrink(self._parts.db.pages().free)
            self._begun = False
            self._parts.end()
            self._begin()
        except OSError as error:
            return StoreUnavailable(f"a damaged outbox cannot be deleted: {error.strerror}")
        except StoreUnavailable as error:
            self._abandon()
            return error
        return None

    # -- reading

    def stats(self) -> OutboxStats:
        """Return counters and gauges, without looking at anything that grows; the last known ones if need be."""
        with contextlib.suppress(StoreUnavailable):
            self._readable()
            self._lanes = self._parts.envelopes.by_lane()
        return statistics(self._parts, path=self._setup.path, commits=self.commits, lanes=self._lanes)

    def streams(self) -> list[str]:
        """Return every stream that anything was ever stored of, but for what the unit says about itself."""
        return [name for name in self._parts.ledger.streams if not name.startswith("_")]

    def heads(self) -> dict[str, int]:
        """Return the last seq that was given in this epoch, by stream."""
        ledger = self._parts.ledger
        return {
            ledger.by_id[chain.stream].name: chain.next_seq - 1
            for chain in ledger.chains.values()
            if chain.epoch == ledger.meta.epoch
        }

    def log_head(self) -> LogHead:
        """Return where the disclosure log stands."""
        self._ready()
        return self._parts.log.head

    def judge(self, reception: Reception) -> ReceiptOutcome:
        """Return what a receipt will do, and keep its envelopes from going out again; it is applied by `transact`."""
        self._readable()
        return self._parts.settling.judge(reception)

    def outgoing(self, *, after: int, limit: int, max_bytes: int, lane: Lane | None) -> list[Outgoing]:
        """Return committed envelopes by lane, then id."""
        self._readable()
        return self._parts.envelopes.outgoing(after=after, limit=limit, max_bytes=max_bytes, lane=lane)

    def is_seal_due(self, *, partial: bool, backlog: bool = True, freed: bool = False) -> bool:
        """Tell whether there is something to seal, or (`freed`) will be when receipts have made room for it.

        Without `backlog`, something else than backlog.
        """
        self._readable()
        return self._parts.sealing.is_due(partial=partial, backlog=backlog, freed=freed)

    def is_backlog_due(self) -> bool:
        """Tell whether there is backlog to seal."""
        self._readable()
        return self._parts.sealing.is_backlog_due()

    def load_counter(self, name: str) -> bytes | None:
        """Return saved counters, None if none were saved under that name."""
        self._readable()
        return self._applying.load_counter(name)
