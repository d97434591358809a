"""What can be read of a damaged store, taken over into a new one.

In: a wreck, and an open transaction of the new store. Out: every record that matches its checksum, under the numbers
of the new store; and how many rows are not among them. Never: a word about what is lost, which `salvage` declares, or
a seq that the damaged store may have given already.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Final

from agent.buffer.envelopes import COLUMNS, Envelopes, envelope_of
from agent.buffer.gaps import Gaps
from agent.buffer.ledger import Ledger
from agent.buffer.records import Overflow, StreamPolicy
from agent.buffer.rows import checked, fresh_of, record_sum
from agent.buffer.state import Chain, Context, Stream, WordKind
from agent.buffer.tables import CHAIN, CONTEXT, DECLARATION, GAP, STREAM, WORD, write_thinning
from agent.buffer.waiting import RUN_COLUMNS, WaitingRows, run_ids, run_of
from agent.buffer.wreck import Wreck
from agent.wire.messages import GapReason

_UNKNOWN_POLICY: Final = StreamPolicy(overflow=Overflow.DROP_OLDEST, batch_rows=60, backlog_rows=600, columns=0)


class Copying:
    """One copy: from the wreck into the new store.

    Args:
        wreck: the damaged store.
        ledger: the new store's.
        policies: of the configured streams.
        rows: the new store's unsealed rows.
        envelopes: the new store's envelopes.
        gaps: the new store's.
        pause: called after every record of what grows, to commit now and then.

    Attributes:
        chains: those that were found, by the number that they had and have.
        lost: rows that are known of and were not found, by stream.
        unknown: rows were found of which nobody knows what they belong to.
    """

    def __init__(
        self,
        wreck: Wreck,
        ledger: Ledger,
        *,
        policies: Mapping[str, StreamPolicy],
        rows: WaitingRows,
        envelopes: Envelopes,
        gaps: Gaps,
        pause: Callable[[], None],
    ) -> None:
        self._wreck = wreck
        self._db = ledger.db
        self._ledger = ledger
        self._policies = policies
        self._rows = rows
        self._envelopes = envelopes
        self._gaps = gaps
        self._pause = pause
        self._streams: dict[int, Stream] = {}
        self._contexts: dict[int, Context] = {}
        self._words: dict[tuple[int, int], bytes] = {}
        self._declared: dict[int, int] = {}
        self.chains: dict[int, Chain] = {}
        self.lost: dict[str, int] = {}
        self.unknown = False

    def run(self) -> None:
        """Copy what can be read: what others refer to first."""
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
            self.lost[old.name] = old.rows  # until the runs are found
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
                self.lost[name] = self.lost.get(name, 0) + chain.rows  # until the envelopes are found
                chain.envelopes, chain.rows, chain.size = 0, 0, 0
                self._add_chain(chain)
        for (kind, number), value in self._words.items():
            stream = int.from_bytes(value[:4], "big")
            if kind == WordKind.CHAIN and number not in self.chains and stream in self._streams:
                self._add_chain(Chain(id=number, stream=stream, epoch=value[4:]))

    def _add_chain(self, chain: Chain) -> None:
        self.chains[chain.id] = chain
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
            chain = self.chains.get(envelope.chain)
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
                self.unknown = True
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
            chains = [chain.id for chain in self.chains.values() if stream is not None and chain.stream == stream.id]
            if stream is not None and not any((chain, gap.sealed_seq) in declared for chain in chains):
                self._gaps.rows_lost(
                    stream, GapReason(gap.reason), count=gap.count, windows=gap.windows, ended=gap.ended
                )

    def _copy_counters(self) -> None:
        for cells in self._wreck.readable(
            "SELECT id, name, value, sum FROM counter", lambda record: checked(record)[:-1]
        ):
            self._db.run("INSERT INTO counter VALUES (?,?,?,?)", *cells, record_sum(*cells))

    def _found(self, stream: Stream, rows: int) -> None:
        """Note that rows have survived."""
        self.lost[stream.name] = self.lost.get(stream.name, 0) - rows
        self._pause()
