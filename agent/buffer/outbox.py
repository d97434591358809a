"""The outbox: released rows in, sealed envelopes out, receipts back; over a store that survives power cuts.

In: released rows, declarations, verified receipts. Out: the bytes of envelopes, in the order in which they should
leave. Never: a reading, a key, a wait for the medium on the event loop.

The store is SQLite (WAL, ``synchronous=FULL``, small pages, rowid-append tables), one thread. These sentences hold,
and each is a test of the same name:

1. A released row that was reported stored survives a power cut.
2. A seq is given once: seq, hash and envelope bytes are committed together, and a resend repeats the same bytes.
3. A row or envelope leaves only by receipt (or, in `broker` mode, by a *successful* PUBACK), by eviction, or by
   purge; the last two leave a gap record.
4. The store never grows past its byte cap nor eats the free-space floor; pages are reused, and the file shrinks when
   the floor is near.
5. A damaged store never stops the unit: what is readable is kept, the damaged file is set aside, a new epoch begins,
   and the loss is declared.
6. A configuration change never strands or deletes what is buffered: each row keeps the declaration hash it was made
   under, a batch never mixes two, and a stream that is gone from the configuration still drains.
7. Opening takes the same time with an empty store and a full one, and memory does not grow with the backlog.
8. What is written to flash is counted and bounded: rows are grouped within a stated loss window, and row, seal,
   receipt, counters and log entries share commits.
9. What can leave is in the disclosure log: an envelope and its entry are committed together, and so are counters and
   the rows that they were appended with.
10. The log's chain holds whatever happens: entries are never changed, cutting the oldest keeps it verifiable, and
    what is lost with a damaged store is declared in it.

How: `loopside` and `view` are the loop's side, `worker` is the thread, `inbox` and `intake` what it is handed,
`packed` how that waits while the disk refuses, `core` and `applying` one transaction, `access` the file in its
states, `waiting` the unsealed rows, `sealing` and `envelopes` what they become, `settling` receipts, `gaps` what
was lost, `eviction` and `thinning` the bounds, `salvage` and `copying` the answer to damage, `renewal` to doubt
about the newest commit, `store` SQLite, `wal` its log, `disclosures` and `logbook` the record of what left.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Self

from agent.buffer.embargo import Embargo
from agent.buffer.opening import Setup, free_bytes_at
from agent.buffer.orders import Orders
from agent.buffer.records import EnvelopeMaker, Limits, Purged, ReceiptOutcome, StreamPolicy
from agent.buffer.rows import encode_row
from agent.buffer.view import View
from agent.buffer.work import MakeEntry, Place, Purge, Reception, Rows, ends_batch
from agent.buffer.worker import OnStored, Worker
from agent.clock import NS_PER_MS, Clock
from agent.moment import moment
from agent.privacy.released import Released
from agent.wire.disclosure import encode_entry
from agent.wire.entries import Moment
from agent.wire.orders import ACKNOWLEDGEMENTS, LOGS


class Outbox(View):
    """The store's face towards the event loop. Make one with `open`.

    Nothing here waits for the medium on the loop. Cancelling a call gives up its answer, not what it does.
    """

    def __init__(self, worker: Worker, streams: Mapping[str, StreamPolicy], *, moment: Callable[[], Moment]) -> None:
        super().__init__(worker)
        self._moment = moment
        self._streams = dict(streams)

    @classmethod
    async def open(  # noqa: PLR0913 - what the outbox is joined to, by keyword
        cls,
        path: Path,
        *,
        unit: str,
        limits: Limits,
        streams: Mapping[str, StreamPolicy],
        maker: EnvelopeMaker,
        clock: Clock,
        destination: str,
        on_stored: OnStored | None = None,
        free_bytes: Callable[[], int] | None = None,
    ) -> Self:
        """Open the store at `path`, made if it is not there, salvaged if it is damaged.

        Args:
            path: the file; others with its name as their beginning lie beside it.
            unit: the unit's id; a store of another unit is set aside.
            limits: bounds of the store.
            streams: policies of the streams that rows will come for.
            maker: seals; called on the outbox's thread.
            clock: time.
            destination: the broker, as ``host:port``, for the disclosure log.
            on_stored: told stream, row number and start ms of every row after its COMMIT, on the outbox's thread.
            free_bytes: what the file system has left; asked on the outbox's thread.

        Raises:
            StoreError: the directory cannot be used, or another process has the store.
        """
        setup = Setup(
            path=path,
            unit=unit,
            limits=limits,
            streams=dict(streams),
            maker=maker,
            embargo=Embargo(clock),
            destination=destination,
            moment=lambda: moment(clock),
            now_ms=lambda: clock.instant().utc_ns // NS_PER_MS,
            free_bytes=free_bytes or free_bytes_at(path),
            boot_id=clock.boot_id,
        )
        worker = Worker(setup, mono_ns=clock.mono_ns, on_stored=on_stored)
        outbox = cls(worker, streams, moment=setup.moment)
        await outbox._start()
        return outbox

    def append(
        self,
        rows: Sequence[Released],
        *,
        declaration: bytes,
        clock: bytes,
        counters: Mapping[str, bytes] = MappingProxyType({}),
        alarms: Sequence[tuple[str, bytes]] = (),
    ) -> asyncio.Future[None]:
        """Take rows to be stored, and return what resolves after their COMMIT, at most the loss window later.

        The future fails if the rows had to be dropped because nothing could be stored for too long; they are then
        declared as a gap. Rows that a full stream refuses are declared too, and their future resolves.

        Args:
            rows: of streams that the outbox was opened with.
            declaration: hash of the declaration they were made under.
            clock: the clock's state, opaque.
            counters: stored under their names by the very transaction that stores these rows, not earlier and not
                later; dropped with them if they are dropped. Names that `save_counters` does not use.
            alarms: what these rows have crossed: streams, and contents as the maker's `note` takes them. With any,
                nothing waits for the loss window; they are sealed by the transaction that stores the rows, and kept
                if the rows are dropped.

        Raises:
            ValueError: an unknown stream, or another number of columns than its policy says.
            StoreError: the outbox is closed.
        """
        for row in rows:
            policy = self._streams.get(row.stream)
            if policy is None or policy.columns != len(row.values):
                raise ValueError(f"stream {row.stream!r} was not opened, or has another number of columns")
        future: asyncio.Future[None] = self._loop.create_future()
        group = Rows(
            rows=[Place.of(row) for row in rows],
            data=[encode_row(row.values, row.quality) for row in rows],
            declaration=declaration,
            clock=clock,
            completes=any(ends_batch(row, self._streams[row.stream].batch_rows) for row in rows),
            counters=dict(counters),
            alarms=tuple(alarms),
        )
        self._worker.put_rows(group, future)
        return future

    async def declare(self, content: bytes) -> None:
        """Have a declaration sent, unless it was in this epoch; it leaves before the first batch citing it."""
        await self._demand(declaration=content)

    async def tell(self, stream: str, content: bytes) -> None:
        """Seal an acknowledgement or a head of the log at once; what cannot be committed is kept and tried again.

        Args:
            stream: `_ack` or `_log`.
            content: as the maker's `note` takes it.

        Raises:
            ValueError: another stream.
        """
        if stream not in {ACKNOWLEDGEMENTS, LOGS}:
            raise ValueError(f"stream {stream!r} does not take messages")
        self._worker.inbox.note(message=(stream, content))
        await self._demand()

    async def record(self, make: MakeEntry, *, at_once: bool = True) -> None:
        """Enter something into the disclosure log: with a commit of its own, or else with the next one.

        Args:
            make: makes the entry; called on the outbox's thread with the moment of the transaction.
            at_once: return after the commit.

        Raises:
            MalformedPayload: the entry has no form in the log.
            StoreError: it cannot be committed now; it is kept and tried again.
        """
        encode_entry(make(self._moment()))
        self._worker.inbox.note(entry=make)
        if at_once:
            await self._demand(must=True)

    def seal_along(self, *, wanted: bool) -> None:
        """Have commits of rows that complete a batch seal it in the same transaction, from now on or no longer.

        It is for while there is a session: it saves a commit for each batch, and half of what is written to flash.
        """
        self._worker.seals_along = wanted

    def let_backlog(self, until: int | None) -> None:
        """Let the backlog be sealed until `backlog_sealed` is this, None without a limit; that is how it begins."""
        self._worker.allowance.until = until

    async def seal(self, *, partial: bool = False) -> int:
        """Seal complete batches and some of the backlog, and return how many envelopes were made.

        Rows that wait for their commit are committed with it if they complete a batch; with `partial` in any case,
        and batches that are not complete are sealed too. Backlog is sealed a few envelopes at a time, and not while
        many wait for their receipt: call again while there is something to send them on.
        """
        sealed: int = await self._demand(seal=True, partial=partial)
        return sealed

    async def receipt(
        self,
        *,
        stream: str,
        epoch: bytes,
        seq: int,
        hash: bytes,  # noqa: A002 - the receipt's own word
        receiver: bytes,
        resend_from: int | None = None,
    ) -> ReceiptOutcome:
        """Let go of everything up to `seq`, and return what the receipt did; deleted with the next commit.

        `receiver` names who signed it, for the disclosure log.
        """
        reception = Reception(
            stream=stream, epoch=epoch, seq=seq, hash=hash, receiver=receiver, resend_from=resend_from
        )
        outcome: ReceiptOutcome = await self._ask(
            lambda core: self._worker.judge(core, reception), fallback=ReceiptOutcome.UNKNOWN
        )
        return outcome

    async def accepted(self, row_id: int) -> None:
        """Let go of one envelope, because the broker has it and that is enough; deleted with the next commit."""
        self._worker.inbox.note(accepted=row_id)

    async def govern(self, orders: Orders) -> None:
        """Have streams run, be held or suspended: when this returns, nothing that may not leave is handed out."""
        await self._ask(lambda core: core.govern(orders))

    async def purge(self, stream: str, *, until_ms: int | None) -> Purged:
        """Delete the payloads of a stream, of windows that ended by `until_ms` (None: of all), for good.

        Raises:
            StoreError: it could not be done now.
        """
        purged: Purged = await self._demand(purge=Purge(stream=stream, until_ms=until_ms), must=True)
        return purged

    async def save_counters(self, name: str, data: bytes) -> None:
        """Store counters with the next commit; of several under one name the last counts."""
        self._worker.inbox.note(counter=(name, data))

    async def flush(self) -> None:
        """Commit everything that waits.

        Raises:
            StoreError: it cannot be committed now; it is kept and tried again.
        """
        await self._demand(must=True)
