"""The bounded tables of the outbox as values, loaded once and written back where they changed.

In: an open database. Out: streams, chains, contexts, declarations, gaps and sums. Never: a scan of what grows.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from agent.buffer.cited import Cited
from agent.buffer.errors import StoreDamaged
from agent.buffer.orders import Orders
from agent.buffer.records import Overflow, StreamPolicy
from agent.buffer.rows import row_sum
from agent.buffer.state import (
    ROW_OVERHEAD_BYTES,
    Chain,
    Context,
    Gap,
    Meta,
    Span,
    Stream,
    Tally,
    Word,
    WordKind,
)
from agent.buffer.store import Database
from agent.buffer.tables import CHAIN, GAP, META, STREAM, TALLY, WORD
from agent.wire.declared import DECLARATIONS

_CONTROL: Final = StreamPolicy(overflow=Overflow.DROP_NEWEST, batch_rows=1, backlog_rows=1, columns=0)


class Ledger(Cited):
    """The outbox's state in memory, and how it is written back.

    Everything here is bounded by the number of streams and by the length of a batch. After a rollback it is
    loaded again.
    """

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self.meta = Meta(unit="", epoch=b"", session=0, clean=False)
        self.tally = Tally()
        self.streams: dict[str, Stream] = {}
        self.by_id: dict[int, Stream] = {}
        self.chains: dict[int, Chain] = {}
        self.gaps: dict[int, Gap] = {}
        self.orders = Orders()
        self._chain_ids: dict[tuple[int, bytes], Chain] = {}
        self._dirty_streams: set[int] = set()
        self._dirty_chains: set[int] = set()
        self._saved = self.tally

    # -- loading

    def load(self) -> None:
        """Read the state.

        Raises:
            StoreDamaged: it is not what was written.
        """
        self._load_header()
        self.streams, self.by_id = {}, {}
        for stream in STREAM.read(self.db):
            self._remember_stream(stream)
        self._load_words()
        self.chains, self._chain_ids = {}, {}
        for chain in CHAIN.read(self.db):
            self._remember_chain(chain)
        self._dirty_streams, self._dirty_chains = set(), set()
        self._load_cited()
        self.gaps = {gap.id: gap for gap in GAP.read(self.db)}
        self._load_fresh()

    def _load_header(self) -> None:
        meta, tally = META.read(self.db), TALLY.read(self.db)
        if len(meta) != 1 or len(tally) != 1:
            raise StoreDamaged("the outbox has no header")
        self.meta, self.tally = meta[0], tally[0]
        self._saved = replace(self.tally)

    def _load_fresh(self) -> None:
        last = 0
        for row_id, stream_id, context_id, start_ms, data, total in self.db.each(
            "SELECT id, stream, context, start_ms, data, sum FROM fresh ORDER BY id"
        ):
            stream, context = self.by_id.get(stream_id), self.contexts.get(context_id)
            if stream is None or context is None or row_id <= last:
                raise StoreDamaged("a stored row belongs to nothing")
            if row_sum(row_id, stream_id, context_id, start_ms, data) != total:
                raise StoreDamaged("a stored row does not match its checksum")
            self.extend(stream, context=context, row_id=row_id, start_ms=start_ms, size=len(data))
            last = row_id
        self.tally.next_row = max(self.tally.next_row, last + 1)

    # -- rows in memory

    def extend(self, stream: Stream, *, context: Context, row_id: int, start_ms: int, size: int) -> Span:
        """Count a row of `fresh` to its stream's last span or to a new one, and return that span.

        Batches end where a multiple of their length ends, so that those of all streams are complete together.
        """
        span = stream.spans[-1] if stream.spans else None
        if span is None or span.closed or span.context.key != context.key or span.next_start_ms != start_ms:
            if span is not None:
                span.closed = True
            span = Span(context=context, first_id=row_id, start_ms=start_ms)
            stream.spans.append(span)
        span.context, span.last_id = context, row_id
        span.rows += 1
        span.size += size + ROW_OVERHEAD_BYTES
        batch_ms = stream.policy.batch_rows * context.step_ms
        span.closed = span.next_start_ms % batch_ms == 0 or span.rows >= stream.policy.batch_rows
        return span

    # -- looking up, and adding what is not there

    def stream(self, name: str, policy: StreamPolicy = _CONTROL) -> Stream:
        """Return a stream, added if it is new."""
        found = self.streams.get(name)
        if found is None:
            found = Stream(id=max(self.by_id, default=0) + 1, name=name, policy=policy)
            self._remember_stream(found)
            self.touch_stream(found)
            WORD.write(self.db, Word.of(WordKind.STREAM, found.id, name.encode()))
            self._write_delay(found)
        return found

    def _write_delay(self, stream: Stream) -> None:
        """Keep a delay beside the policy: a stream that is gone from the configuration still has it."""
        word = Word.of(WordKind.DELAY, stream.id, stream.policy.delay_ms.to_bytes(8, "big"))
        if stream.policy.delay_ms:
            WORD.write(self.db, word)
        else:
            WORD.delete(self.db, word.id)

    def _load_words(self) -> None:
        """Read what is kept beside the streams: their delays, and how far they are thinned."""
        first = Word.of(WordKind.DELAY, 0, b"").id
        for record in self.db.all(f"{WORD.select} WHERE id >= ?", first):
            word = WORD.value(record)
            kind, number = word.key
            stream = self.by_id.get(number)
            if stream is not None and kind == WordKind.DELAY:
                stream.policy = replace(stream.policy, delay_ms=int.from_bytes(word.value, "big"))
            elif stream is not None and kind == WordKind.THINNING:
                stream.read_thinning(word.value)

    def command(self, orders: Orders) -> None:
        """Have the streams run, be held or suspended; those that are added later too."""
        self.orders = orders
        for stream in self.streams.values():
            stream.order = orders.of(stream.name)

    def _remember_stream(self, stream: Stream) -> None:
        stream.order = self.orders.of(stream.name)
        self.streams[stream.name] = stream
        self.by_id[stream.id] = stream

    def configure(self, policies: Mapping[str, StreamPolicy]) -> None:
        """Take over the policies; streams that are gone keep their last one and drain."""
        self.stream(DECLARATIONS)
        for name, policy in policies.items():
            stream = self.stream(name, policy)
            if stream.policy != policy:
                stream.policy = policy
                self.touch_stream(stream)
                self._write_delay(stream)

    def chain(self, stream: Stream) -> Chain:
        """Return the chain of a stream in this epoch, added if it has none yet."""
        found = self.find_chain(stream, self.meta.epoch)
        if found is None:
            found = Chain(id=max(self.chains, default=0) + 1, stream=stream.id, epoch=self.meta.epoch)
            self.add_chain(found)
        return found

    def add_chain(self, chain: Chain) -> None:
        """Take in a chain that is not stored yet."""
        self._remember_chain(chain)
        self.touch_chain(chain)
        WORD.write(self.db, Word.of(WordKind.CHAIN, chain.id, chain.stream.to_bytes(4, "big") + chain.epoch))

    def _remember_chain(self, chain: Chain) -> None:
        self.chains[chain.id] = chain
        self._chain_ids[chain.stream, chain.epoch] = chain

    def find_chain(self, stream: Stream, epoch: bytes) -> Chain | None:
        """Return the chain of a stream in an epoch, None if it has none."""
        return self._chain_ids.get((stream.id, epoch))

    def drop_drained_chains(self, *, kept: int) -> None:
        """Forget the chains of earlier epochs that nothing waits in, but for each stream's newest `kept`.

        Their envelopes may be retained for a receiver that asks for them again.
        """
        drained = [c for c in self.chains.values() if c.epoch != self.meta.epoch and not c.envelopes]
        newest = {
            stream: [c.id for c in drained if c.stream == stream][-kept:] if kept else [] for stream in self.by_id
        }
        for chain in [c for c in drained if c.id not in newest.get(c.stream, [])]:
            CHAIN.delete(self.db, chain.id)
            WORD.delete(self.db, Word.of(WordKind.CHAIN, chain.id, b"").id)
            del self.chains[chain.id], self._chain_ids[chain.stream, chain.epoch]

    # -- writing back

    def touch_stream(self, stream: Stream) -> None:
        """Have a stream written before the commit."""
        self._dirty_streams.add(stream.id)

    def touch_chain(self, chain: Chain) -> None:
        """Have a chain written before the commit."""
        self._dirty_chains.add(chain.id)

    def save(self) -> None:
        """Write what changed into the open transaction.

        A commit that only added rows writes no counters: the next row's number follows from the rows.
        """
        for stream_id in sorted(self._dirty_streams):
            STREAM.write(self.db, self.by_id[stream_id])
        for chain_id in sorted(self._dirty_chains & self.chains.keys()):
            CHAIN.write(self.db, self.chains[chain_id])
        if (
            self._dirty_streams
            or self._dirty_chains
            or replace(self._saved, next_row=self.tally.next_row) != self.tally
        ):
            self.save_tally()
        self._dirty_streams, self._dirty_chains = set(), set()
        self._forget_contexts()

    def save_tally(self) -> None:
        """Write the counters."""
        TALLY.write(self.db, self.tally)
        self._saved = replace(self.tally)
