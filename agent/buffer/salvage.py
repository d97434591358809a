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
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final

from agent.buffer import files
from agent.buffer.disclosures import Disclosures
from agent.buffer.envelopes import COLUMNS, Envelopes, envelope_of
from agent.buffer.errors import StoreFull, StoreUnavailable
from agent.buffer.eviction import wal_pages
from agent.buffer.gaps import Gaps
from agent.buffer.records import Limits, Overflow, StreamPolicy
from agent.buffer.rescue import rescue
from agent.buffer.rows import checked, fresh_of, record_sum
from agent.buffer.state import Chain, Context, Stream, WordKind
from agent.buffer.store import Database
from agent.buffer.tables import CHAIN, CONTEXT, DECLARATION, GAP, META, STREAM, TALLY, WORD, write_thinning
from agent.buffer.waiting import RUN_COLUMNS, WaitingRows, run_ids, run_of
from agent.buffer.wreck import Wreck
from agent.wire.entries import Moment
from agent.wire.messages import GapReason

_LOG: Final = logging.getLogger(__name__)
_COMMIT_EVERY: Final = 256
_UNKNOWN_POLICY: Final = StreamPolicy(overflow=Overflow.DROP_OLDEST, batch_rows=60, backlog_rows=600, columns=0)


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
        self._rows = WaitingRows(self._ledger)
        self._envelopes = Envelopes(self._ledger, log=log, retain_ms=0)
        self._gaps = Gaps(self._ledger)
        self._wreck = Wreck(path, new)
        self._streams: dict[int, Stream] = {}
        self._chains: dict[int, Chain] = {}
        self._contexts: dict[int, Context] = {}
        self._words: dict[tuple[int, int], bytes] = {}
        self._declared: dict[int, int] = {}
        self._lost: dict[str, int] = {}
        self._unknown = False
        self._foreign = False
        self._written = 0

    def run(self, *, copy: bool) -> None:
        """Copy what can be read, and declare the rest."""
        self._db.begin()
        try:
            if self._wreck.open():
                self._take_header()
                if not self._foreign:
                    self._copy_log(copy=copy)
                if copy and not self._foreign:
                    self._copy()
                self._unknown |= not copy or self._wreck.holes
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

    # -- copying

    def _copy(self) -> None:
        self._copy_words()
        self._copy_streams()
        self._copy_chains()
        self._copy_notes()
        self._copy_envelopes()
        self._copy_runs()
        self._copy_fresh()
        self._copy_gaps()
        self._copy_counters()

    def _copy_words(self) -> None:
        """Read the second copies, for what the first cannot be read of."""
        self._words = {word.key: word.value for word in self._wreck.values(WORD)}

    def _copy_streams(self) -> None:
        for old in self._wreck.values(STREAM):
            delay_ms = int.from_bytes(self._words.get((WordKind.DELAY, old.id), b""), "big")
            self._streams[old.id] = self._ledger.stream(old.name, replace(old.policy, delay_ms=delay_ms))
            self._lost[old.name] = old.rows  # until the runs are found
            self._copy_thinning(old.id)
        for (kind, number), value in self._words.items():
            if kind == WordKind.STREAM and number not in self._streams:
                name = value.decode()
                self._streams[number] = self._ledger.stream(name, self._policies.get(name, _UNKNOWN_POLICY))
        self._ledger.configure(self._policies)

    def _copy_thinning(self, number: int) -> None:
        """Take over how many rows were merged away; its sweeps begin again at the oldest row."""
        stream = self._streams[number]
        stream.read_thinning(self._words.get((WordKind.THINNING, number), bytes(8)))
        stream.sweeps = {}
        if stream.thinned:
            write_thinning(self._db, stream)

    def _copy_chains(self) -> None:
        for chain in self._wreck.values(CHAIN):
            if chain.stream in self._streams:
                name = self._streams[chain.stream].name
                self._lost[name] = self._lost.get(name, 0) + chain.rows  # until the envelopes are found
                chain.envelopes, chain.rows, chain.size = 0, 0, 0
                self._add_chain(chain)
        for (kind, number), value in self._words.items():
            stream = int.from_bytes(value[:4], "big")
            if kind == WordKind.CHAIN and number not in self._chains and stream in self._streams:
                self._add_chain(Chain(id=number, stream=stream, epoch=value[4:]))

    def _add_chain(self, chain: Chain) -> None:
        self._chains[chain.id] = chain
        chain.stream = self._streams[chain.stream].id
        self._ledger.add_chain(chain)

    def _copy_notes(self) -> None:
        for declared in self._wreck.values(DECLARATION):
            if declared.content is None or sha256(declared.content).digest() == declared.hash:
                self._declared[declared.id] = self._ledger.add_declared(declared.hash, declared.content).id
        for (kind, number), value in sorted(self._words.items()):
            if kind == WordKind.DECLARATION and number not in self._declared:
                self._declared[number] = self._ledger.add_declared(value, None).id
        for context in self._wreck.values(CONTEXT):
            self._contexts[context.id] = context

    def _copy_envelopes(self) -> None:
        for envelope in self._wreck.readable(f"SELECT {COLUMNS} FROM envelope", envelope_of):  # noqa: S608 - constants
            chain = self._chains.get(envelope.chain)
            if chain is not None:
                self._envelopes.put(
                    chain,
                    seq=envelope.seq,
                    lane=envelope.lane,
                    rows=envelope.rows,
                    digest=envelope.hash,
                    data=envelope.data,
                )
                if envelope.seq >= chain.next_seq:
                    chain.next_seq, chain.prev = envelope.seq + 1, envelope.hash
                self._found(self._ledger.by_id[chain.stream], envelope.rows)

    def _copy_runs(self) -> None:
        for stream_id, stream in self._streams.items():
            low, high = run_ids(stream_id)
            for run in self._wreck.readable(f"SELECT {RUN_COLUMNS} FROM run", run_of, low=low, high=high):  # noqa: S608 - constants
                declared = self._declared.get(run.declaration)
                if declared is not None:
                    self._rows.put_run(stream, run.under(declared))
                    self._found(stream, run.rows)

    def _copy_fresh(self) -> None:
        for _row_id, stream_id, context_id, start_ms, data in self._wreck.readable(
            "SELECT id, stream, context, start_ms, data, sum FROM fresh", fresh_of
        ):
            stream, context = self._streams.get(stream_id), self._contexts.get(context_id)
            declared = self._declared.get(context.declaration) if context is not None else None
            if stream is None or context is None or declared is None:
                self._unknown = True
                continue
            copied = self._ledger.context(
                declaration=declared,
                boot_id=context.boot_id,
                step_ms=context.step_ms,
                clock=context.clock,
                clock_group=context.clock_group,
            )
            self._rows.add(stream, context=copied, start_ms=start_ms, data=data)
            self._found(stream, 0)
        self._rows.write()

    def _copy_gaps(self) -> None:
        """Take over losses that were not declared, or whose declaration did not survive."""
        declared = {(chain, seq) for chain, seq in self._db.all("SELECT chain, seq FROM envelope WHERE rows = 0")}
        for gap in self._wreck.values(GAP):
            stream = self._streams.get(gap.stream)
            chains = [chain.id for chain in self._chains.values() if stream is not None and chain.stream == stream.id]
            if stream is not None and not any((chain, gap.sealed_seq) in declared for chain in chains):
                self._gaps.rows_lost(
                    stream, GapReason(gap.reason), count=gap.count, windows=gap.windows, ended=gap.ended
                )

    def _copy_counters(self) -> None:
        for cells in self._wreck.readable(
            "SELECT id, name, value, sum FROM counter", lambda record: checked(record)[:-1]
        ):
            self._db.run("INSERT INTO counter VALUES (?,?,?,?)", *cells, record_sum(*cells))

    def _copy_log(self, *, copy: bool) -> None:
        whole = rescue(self._wreck, self._log.book, unit=self._unit, copy=copy, pause=self._pause)
        self._log_whole = whole and not self._unknown

    def _found(self, stream: Stream, rows: int) -> None:
        """Note that rows have survived."""
        self._lost[stream.name] = self._lost.get(stream.name, 0) - rows
        self._pause()

    def _pause(self) -> None:
        """Commit now and then, so that the WAL stays short."""
        self._written += 1
        if self._written % _COMMIT_EVERY == 0:
            self._rows.write()
            self._log.book.write()
            self._ledger.save()
            self._db.commit()
            self._db.begin()

    def _declare_losses(self) -> None:
        self._ledger.configure(self._policies)
        for stream in self._ledger.streams.values():
            lost = max(0, self._lost.get(stream.name, 0))
            if not stream.name.startswith("_") and (lost or self._unknown):
                self._gaps.rows_lost(stream, GapReason.DAMAGED, count=lost, ended=self._last_known(stream))

    def _last_known(self, stream: Stream) -> tuple[bytes, int] | None:
        """Return the epoch that has ended and the last seq known of a stream there; None for none."""
        chains = [chain for chain in self._chains.values() if chain.stream == stream.id and chain.next_seq]
        newest = max(chains, key=lambda chain: chain.id, default=None)
        return None if newest is None else (newest.epoch, newest.next_seq - 1)

    def _declare_damage(self) -> None:
        self._log.damaged(epoch=self._ledger.meta.epoch, entries=0 if self._log_whole else None)
        self._log.book.write()
