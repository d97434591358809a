"""The outbox without its thread: one transaction at a time, all of it or nothing.

In: work, gathered for one commit. Out: what was stored, sealed, and what may be sent. Never: half a piece of work.
"""

import contextlib
import logging
from typing import Final

from agent.buffer import files
from agent.buffer.applying import Applying
from agent.buffer.errors import StoreDamaged, StoreFull, StoreUnavailable
from agent.buffer.eviction import wal_bytes
from agent.buffer.opening import Parts, Setup
from agent.buffer.orders import Orders
from agent.buffer.records import Lane, LogHead, OutboxStats, Outgoing, ReceiptOutcome
from agent.buffer.statistics import statistics
from agent.buffer.uncertain import Uncertain
from agent.buffer.wal import size_of, wal_path
from agent.buffer.work import Done, Reception, Work
from agent.errors import StoreError
from agent.wire.orders import Order

_LOG: Final = logging.getLogger(__name__)
_PRESSED: Final = 64
"""Retained envelopes that go when a transaction found no space."""


class Core:
    """An open outbox. Every method is called on one thread."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._limits = setup.limits
        self._orders = Orders()
        self.commits = 0
        self._stale = False
        self._closed = True
        self._damaged = False
        self._doubt: StoreError | None = None
        self._uncertain = Uncertain()
        self._begun = False
        self._counted = False
        self._lanes: tuple[tuple[str, int], ...] = ()
        files.prepare(setup.path, unit=setup.unit)
        try:
            self._attach(history=True)
        except StoreDamaged:
            self.recover()

    # -- opening

    def recover(self) -> None:
        """Set the damaged store aside and go on with what could be read of it, in a new epoch.

        Raises:
            StoreUnavailable: there is no space for it, or the directory cannot be used.
        """
        from agent.buffer.salvage import salvage  # noqa: PLC0415 - half a megabyte that few stores ever need

        self._detach()
        self._damaged = True
        setup = self._setup
        salvage(setup.path, unit=setup.unit, streams=setup.streams, limits=self._limits, moment=setup.moment)
        self._damaged, self._counted = False, False
        self._attach(history=True)

    def reopen(self) -> None:
        """Open the file again after it could not be used.

        Raises:
            StoreDamaged: it is not what was left here.
            StoreUnavailable: it still cannot be used.
        """
        self._detach()
        if self._damaged:
            self.recover()
        else:
            self._attach(history=False)  # closing it may have removed the WAL

    def _detach(self) -> None:
        if not self._closed:
            self._parts.db.close()
        self._closed = True

    def _attach(self, *, history: bool) -> None:
        """Open the file. If it can be read and not written, it is open all the same, and written when it can be."""
        self._parts = Parts.open(self._setup, history=history)
        self._applying = Applying(self._parts, self._setup)
        self._parts.ledger.command(self._orders)
        self._closed, self._stale, self._begun, self._doubt = False, False, False, None
        try:
            self._begin()
        except StoreUnavailable as error:
            _LOG.warning("the outbox can be read but not written: %s", error)

    def _begin(self) -> None:
        try:
            boot_id = self._setup.boot_id
            self._parts.begin(self._setup.streams, session=not self._counted, boot_id=boot_id)
        except StoreError:
            self._abandon()
            raise
        self._begun = self._counted = True

    def _readable(self) -> None:
        """Open the store again, or read its state again, where that is needed; nothing is written.

        Raises:
            StoreUnavailable: it cannot be read now.
            StoreDamaged: the last commit found, after it was done, that the store is.
        """
        if self._doubt is not None:
            raise self._doubt
        if self._closed:
            self.reopen()
        if self._stale:
            self._parts.rows.forget()
            self._parts.ledger.load()
            if self._begun:  # otherwise it is loaded when the store is begun
                self._parts.log.load()
            self._stale = False

    def _ready(self) -> None:
        """Make the store ready to be written, from whatever state it is in.

        Raises:
            StoreUnavailable: it cannot be used now.
            StoreDamaged: the last commit found, after it was done, that the store is.
        """
        self._readable()
        if not self._begun:
            self._begin()

    def _abandon(self) -> None:
        """Forget a transaction."""
        self._stale = True
        self._parts.db.rollback()

    # -- state

    @property
    def epoch(self) -> bytes:
        """8 bytes, made with the store."""
        return self._parts.ledger.meta.epoch

    @property
    def session(self) -> int:
        """How often the store was opened."""
        return self._parts.ledger.meta.session

    def stats(self) -> OutboxStats:
        """Return counters and gauges, without looking at anything that grows; the last known ones if need be."""
        with contextlib.suppress(StoreUnavailable):
            self._readable()
            self._lanes = self._parts.envelopes.by_lane()
        return statistics(self._parts, path=self._setup.path, commits=self.commits, lanes=self._lanes)

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
            if size_of(wal_path(self._parts.db.path)) > wal_bytes(self._limits.max_bytes):
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

    def govern(self, orders: Orders) -> None:
        """Have the streams run, be held or suspended from now on."""
        self._orders = orders
        self._parts.ledger.command(orders)

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

    # -- reading

    def outgoing(self, *, after: int, limit: int, max_bytes: int, lane: Lane | None) -> list[Outgoing]:
        """Return committed envelopes by lane, then id."""
        self._readable()
        return self._parts.envelopes.outgoing(after=after, limit=limit, max_bytes=max_bytes, lane=lane)

    def is_seal_due(self, *, partial: bool, freed: bool = False) -> bool:
        """Tell whether there is something to seal, or (`freed`) will be when receipts have made room for it."""
        self._readable()
        return self._parts.sealing.is_due(partial=partial, freed=freed)

    def load_counter(self, name: str) -> bytes | None:
        """Return saved counters, None if none were saved under that name."""
        self._readable()
        return self._applying.load_counter(name)

    # -- closing

    def close(self) -> None:
        """Fold the WAL in and note that nothing is missing.

        Raises:
            StoreError: that could not be written; everything committed is there.
        """
        try:
            self._ready()
            self._parts.end()
        finally:
            self._detach()
