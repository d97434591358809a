"""A damaged store: what is readable is kept, the file is set aside, a new epoch begins, and the loss is declared.

In: a file that SQLite or a checksum refuses. Out: a complete store in its place. Never: a seq that the damaged store
may have given already.

Rows that were not sealed are taken over and will be sealed in the new epoch. Envelopes keep their epoch, seq and
bytes and go out as they are. Every record is checked on its own; where a page cannot be read the next readable one is
looked for. If the schema is gone, that of an empty store is put in its place: it says where the tables begin, and
that never changes.

A stream whose rows are known to be lost gets a gap with their number. If it cannot be known, because the table of
fresh rows or of streams was damaged or commits are missing, every stream gets a gap, whose count is what is known to
be lost and may be 0. Either names the epoch that has ended and the last seq that is known of the stream there.
"""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from agent.buffer import files
from agent.buffer.copying import Copying
from agent.buffer.disclosures import Disclosures
from agent.buffer.envelopes import Envelopes
from agent.buffer.errors import StoreFull, StoreUnavailable
from agent.buffer.eviction import wal_pages
from agent.buffer.gaps import Gaps
from agent.buffer.ledger import Ledger
from agent.buffer.records import Limits, StreamPolicy
from agent.buffer.rescue import rescue
from agent.buffer.state import Stream
from agent.buffer.store import Database
from agent.buffer.tables import META, TALLY
from agent.buffer.waiting import WaitingRows
from agent.buffer.wreck import Wreck
from agent.wire.entries import Moment
from agent.wire.messages import GapReason

_LOG: Final = logging.getLogger(__name__)
_COMMIT_EVERY: Final = 256


def salvage(
    path: Path,
    *,
    unit: str,
    streams: Mapping[str, StreamPolicy],
    limits: Limits,
    moment: Callable[[], Moment],
) -> None:
    """Put a complete store in the place of a damaged one.

    Args:
        path: the damaged one.
        unit: whose it must be.
        streams: the configured policies.
        limits: bounds of the store.
        moment: tells the time, for the disclosure log.

    Raises:
        StoreUnavailable: there is no space, or the directory cannot be used.
    """
    rebuild = partial(_rebuild, path, unit=unit, streams=streams, limits=limits, moment=moment)
    try:
        try:
            rebuild(copy=True)
        except StoreFull:
            # No space for two: the unit goes on with an empty store, and what could have been read is set aside.
            rebuild(copy=False)
        aside = files.move_aside(path, max_bytes=limits.max_bytes)
        files.publish(path)
    except OSError as error:
        raise StoreUnavailable(f"{path.parent}: the outbox cannot be made here: {error.strerror}") from error
    _LOG.warning("the outbox was damaged: %s is set aside, what could be read of it is kept", aside.name)


def _rebuild(
    path: Path,
    *,
    unit: str,
    streams: Mapping[str, StreamPolicy],
    limits: Limits,
    moment: Callable[[], Moment],
    copy: bool,
) -> None:
    """Make the new store, without the damaged one's content unless `copy`."""
    files.build(path)
    new = Database(files.new_path(path), wal_pages=wal_pages(limits.max_bytes))
    log = Disclosures(new, unit=unit, destination="", moment=moment, limits=limits)  # nothing is sealed here
    try:
        _Salvage(path, new, unit=unit, streams=streams, log=log).run(copy=copy)
    finally:
        new.close()


class _Steps:
    """The transactions of one salvage, each of many records."""

    def __init__(self, ledger: Ledger, *, rows: WaitingRows, log: Disclosures) -> None:
        self._ledger = ledger
        self._rows = rows
        self._log = log
        self._written = 0

    def pause(self) -> None:
        """Commit now and then, so that the WAL stays short."""
        self._written += 1
        if self._written % _COMMIT_EVERY == 0:
            self._rows.write()
            self._log.book.write()
            self._ledger.save()
            self._ledger.db.commit()
            self._ledger.db.begin()


class _Salvage:
    """One salvage: from the damaged file into the new store."""

    def __init__(
        self, path: Path, new: Database, *, unit: str, streams: Mapping[str, StreamPolicy], log: Disclosures
    ) -> None:
        self._db = new
        self._log = log
        self._log_whole = False
        self._unit = unit
        self._policies = streams
        self._ledger = files.new_ledger(new, unit=unit)
        rows = WaitingRows(self._ledger)
        self._gaps = Gaps(self._ledger)
        self._wreck = Wreck(path, new)
        self._steps = _Steps(self._ledger, rows=rows, log=log)
        self._copying = Copying(
            self._wreck,
            self._ledger,
            policies=streams,
            rows=rows,
            envelopes=Envelopes(self._ledger, log=log, retain_ms=0),
            gaps=self._gaps,
            pause=self._steps.pause,
        )
        self._unknown = False
        self._foreign = False

    def run(self, *, copy: bool) -> None:
        """Copy what can be read, and declare the rest."""
        self._db.begin()
        try:
            if self._wreck.open():
                self._take_header()
                if not self._foreign:
                    self._copy_log(copy=copy)
                if copy and not self._foreign:
                    self._copying.run()
                self._unknown |= self._copying.unknown or not copy or self._wreck.holes
            else:
                self._unknown = True
        finally:
            self._wreck.close()
        self._declare_losses()
        self._declare_damage()
        self._ledger.save()
        self._db.commit()
        files.complete(self._ledger)

    def _take_header(self) -> None:
        """Take over the counters; a store of another unit has nothing that is ours: ours is lost with its file."""
        whole = self._wreck.is_whole()
        meta, tally = self._wreck.one(META), self._wreck.one(TALLY)
        if meta is not None and meta.unit != self._unit:
            _LOG.warning("the outbox belongs to another unit: nothing of it is kept")
            self._foreign = self._unknown = True
            return
        if meta is not None:
            self._ledger.meta.session = meta.session
        if tally is not None:
            self._ledger.tally = tally
        self._unknown |= meta is None or tally is None or not (meta.clean or whole)

    def _copy_log(self, *, copy: bool) -> None:
        whole = rescue(self._wreck, self._log.book, unit=self._unit, copy=copy, pause=self._steps.pause)
        self._log_whole = whole and not self._unknown

    def _declare_losses(self) -> None:
        self._ledger.configure(self._policies)
        for stream in self._ledger.streams.values():
            lost = max(0, self._copying.lost.get(stream.name, 0))
            if not stream.name.startswith("_") and (lost or self._unknown):
                self._gaps.rows_lost(stream, GapReason.DAMAGED, count=lost, ended=self._last_known(stream))

    def _last_known(self, stream: Stream) -> tuple[bytes, int] | None:
        """Return the epoch that has ended and the last seq known of a stream there; None for none."""
        chains = [chain for chain in self._copying.chains.values() if chain.stream == stream.id and chain.next_seq]
        newest = max(chains, key=lambda chain: chain.id, default=None)
        return None if newest is None else (newest.epoch, newest.next_seq - 1)

    def _declare_damage(self) -> None:
        self._log.damaged(epoch=self._ledger.meta.epoch, entries=0 if self._log_whole else None)
        self._log.book.write()
