"""An open store and the parts that work on it.

In: a file under the store's name. Out: its parts, their state loaded and its history checked. Never: a change to the
file before `Parts.begin`.
"""

import errno
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from agent.buffer import renewal
from agent.buffer.disclosures import Disclosures
from agent.buffer.embargo import Embargo
from agent.buffer.envelopes import Envelopes
from agent.buffer.errors import StoreDamaged
from agent.buffer.eviction import Room, database_pages, wal_pages
from agent.buffer.gaps import Gaps
from agent.buffer.ledger import Ledger
from agent.buffer.records import EnvelopeMaker, Limits, Purged, StreamPolicy
from agent.buffer.sealing import Sealing
from agent.buffer.settling import Settling
from agent.buffer.store import Database
from agent.buffer.tables import META
from agent.buffer.waiting import WaitingRows
from agent.buffer.work import Purge
from agent.errors import StoreError
from agent.wire.declared import DECLARATIONS
from agent.wire.entries import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Everything the outbox is opened with.

    `ahead_bytes` are sealed without a receipt, None for what is usual. `boot_id` is empty where nobody knows it.
    """

    path: Path
    unit: str
    limits: Limits
    streams: Mapping[str, StreamPolicy]
    maker: EnvelopeMaker
    embargo: Embargo
    destination: str
    moment: Callable[[], Moment]
    now_ms: Callable[[], int]
    free_bytes: Callable[[], int]
    ahead_bytes: int | None = None
    boot_id: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """One open database, and what works on it."""

    db: Database
    ledger: Ledger
    log: Disclosures
    rows: WaitingRows
    envelopes: Envelopes
    gaps: Gaps
    sealing: Sealing
    settling: Settling
    room: Room
    maker: EnvelopeMaker

    @classmethod
    def open(cls, setup: Setup, *, history: bool) -> Self:
        """Return the parts of the store at the setup's path; with `history`, nothing may be missing from it.

        Raises:
            StoreDamaged: it is not what was left here.
            StoreUnavailable: it cannot be read, or another process has it.
        """
        most = setup.limits.max_bytes
        db = Database(setup.path, wal_pages=wal_pages(most), max_pages=database_pages(most))
        try:
            db.check_identity()
            parts = cls._on(db, setup)
            parts.ledger.load()
            if history:
                parts.check_history(setup.unit)
            parts.sealing.learn()
        except StoreError:
            db.close()
            raise
        return parts

    def purge(self, order: Purge) -> Purged:
        """Delete what the city orders to be deleted, in the open transaction."""
        from agent.buffer.purging import Purging  # noqa: PLC0415 - few units are ever told to

        return Purging(
            self.ledger,
            maker=self.maker,
            rows=self.rows,
            envelopes=self.envelopes,
            gaps=self.gaps,
            log=self.log,
        ).purge(order)

    @classmethod
    def _on(cls, db: Database, setup: Setup) -> Self:
        ledger, limits = Ledger(db), setup.limits
        rows, gaps = WaitingRows(ledger), Gaps(ledger)
        log = Disclosures(db, unit=setup.unit, destination=setup.destination, moment=setup.moment, limits=limits)
        envelopes = Envelopes(ledger, log=log, retain_ms=int(limits.retain_s * 1000))
        return cls(
            db=db,
            ledger=ledger,
            log=log,
            rows=rows,
            envelopes=envelopes,
            gaps=gaps,
            settling=Settling(ledger, envelopes=envelopes, gaps=gaps, log=log),
            maker=setup.maker,
            sealing=Sealing(
                ledger,
                maker=setup.maker,
                rows=rows,
                envelopes=envelopes,
                gaps=gaps,
                embargo=setup.embargo,
                log=log,
                max_bytes=limits.max_bytes,
                ahead_bytes=setup.ahead_bytes,
            ),
            room=Room(
                ledger,
                limits=limits,
                rows=rows,
                envelopes=envelopes,
                gaps=gaps,
                log=log,
                maker=setup.maker,
                free_bytes=setup.free_bytes,
            ),
        )

    def check_history(self, unit: str) -> None:
        """Refuse a store that lost commits: seqs that were given may not be given again.

        Raises:
            StoreDamaged: it did, or it is another unit's.
        """
        meta = self.ledger.meta
        if meta.unit != unit:
            raise StoreDamaged("the outbox belongs to another unit")
        if not meta.clean and not self.db.wal_is_whole():
            raise StoreDamaged("the outbox has lost its latest commits")

    def begin(self, streams: Mapping[str, StreamPolicy], *, session: bool, boot_id: bytes) -> None:
        """Note in the database itself that its WAL belongs to it from now on, and tidy up what is bounded.

        A store of an earlier version gets the newest schema first. A store that may have forgotten seqs begins a new
        epoch.

        Args:
            streams: the configured policies.
            session: count a new session.
            boot_id: of this boot.
        """
        ledger = self.ledger
        doubt = self._doubt(boot_id) if session else ""
        self.db.migrate()
        self.log.load()
        self.db.begin()
        ledger.meta.session += session
        ledger.meta.clean = False
        META.write(self.db, ledger.meta)
        renewal.note_boot(ledger, boot_id)
        if doubt:
            renewal.begin_epoch(ledger, self.log, self.gaps)
            self.log.write()
        ledger.configure(streams)
        ledger.drop_drained_chains(kept=self.envelopes.chains_kept)
        declarations = ledger.find_chain(ledger.stream(DECLARATIONS), ledger.meta.epoch)
        receipted = -1 if declarations is None else declarations.receipted
        ledger.drop_declarations(before=self.rows.declaration_in_use(), receipted=receipted)
        ledger.save()
        self.db.commit()
        self.db.checkpoint()
        if doubt:
            renewal.told(doubt)

    def _doubt(self, boot_id: bytes) -> str:
        """Return why seqs may have been given that this store does not know of; empty if they cannot."""
        if self.ledger.meta.clean:
            return ""
        same_boot = bool(boot_id) and renewal.last_boot(self.ledger) == boot_id
        return "the newest commit is damaged" if same_boot and self.db.may_hide_commit() else ""

    def end(self) -> None:
        """Fold the WAL in and note that nothing is missing."""
        self.ledger.meta.clean = True
        self.db.begin()
        META.write(self.db, self.ledger.meta)
        self.ledger.save_tally()
        self.db.commit()
        self.db.checkpoint(truncate=True)


def free_bytes_at(path: Path) -> Callable[[], int]:
    """Return what tells how much the file system of `path` has left for unprivileged users."""

    def free_bytes() -> int:
        usage = os.statvfs(path.parent)
        return usage.f_bavail * usage.f_frsize

    return free_bytes


def is_read_only(path: Path) -> bool:
    """Tell whether the file system of a file takes no writes: so the kernel leaves it after an error of the medium.

    Asked by the smallest write there is, once one has failed: an emergency does not show in the flags of `statvfs`.
    """
    try:
        os.utime(path)
    except OSError as error:
        return error.errno == errno.EROFS
    return False
