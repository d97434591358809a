"""What an outbox promises, as books that are simple enough to be right.

In: what was asked of an outbox, and a census of its store after each step. Out: an AssertionError with the sentence
that does not hold. Never: a look at how the outbox does it; of its tables only what they hold is read.

The sentence that all others serve: every row that was ever offered waits in the store exactly once, or has left in an
envelope that was receipted, or is counted by a gap record.

Rows are counted in windows of `STEP_MS`: a row that two were merged into stands for both.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from json import loads
from typing import Any
from zlib import compress, decompress

from agent.buffer.core import Core
from agent.buffer.envelopes import COLUMNS, envelope_of
from agent.buffer.errors import StoreDamaged
from agent.buffer.records import Link, StoredRows
from agent.buffer.rows import row_sum
from agent.buffer.store import Database
from agent.buffer.tables import CHAIN, CONTEXT, GAP, STREAM
from agent.buffer.waiting import RUN_COLUMNS, run_of
from agent.wire.entries import EnvelopeEntry
from agent.wire.excerpt import Export, verify
from agent.wire.messages import GapReason
from tests.support.disclosures import log_in
from tests.support.outbox import STEP_MS, ReadableMaker

Place = tuple[bytes, str, int]
"""Epoch, stream and seq."""
Window = tuple[str, int]
"""Stream and start ms."""

THINNED = getattr(GapReason, "THINNED", None)
"""Counts rows whose windows are still told, by others."""


def windows_of(stream: str, start_ms: int, step_ms: int) -> Iterator[Window]:
    """Yield the windows that a row stands for."""
    return ((stream, start) for start in range(start_ms, start_ms + step_ms, STEP_MS))


class CompactMaker(ReadableMaker):
    """Makes batches that are about as long as the rows they hold, as the real ones are."""

    def batch(self, link: Link, rows: StoredRows, declaration: bytes, clock: bytes) -> bytes:
        return compress(super().batch(link, rows, declaration, clock), 1)

    def start_ms(self, data: bytes) -> int | None:
        return super().start_ms(decompress(data) if data[0] != ord("{") else data)


@lru_cache(maxsize=4096)
def said_in(data: bytes) -> dict[str, Any]:
    """Return what an envelope of a readable maker says, compact or not."""
    said: dict[str, Any] = loads(decompress(data) if data[0] != ord("{") else data)
    return said


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A gap record: `sealed` names seqs, otherwise it counts rows."""

    stream: str
    reason: int
    count: int
    sealed: tuple[int, int] | None


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """An envelope that is, or was, in the store."""

    data: bytes
    said: dict[str, Any]

    @property
    def windows(self) -> list[Window]:
        """What its rows stand for."""
        if self.said["kind"] != "batch":
            return []
        stream, step_ms = self.said["stream"], self.said["step"]
        return [window for start, _, _ in self.said["rows"] for window in windows_of(stream, start, step_ms)]

    @property
    def rows(self) -> int:
        """How many it has."""
        return len(self.said["rows"]) if self.said["kind"] == "batch" else 0

    @property
    def loss(self) -> Loss | None:
        """What it declares as lost."""
        if self.said["kind"] != "gap":
            return None
        sealed = self.said["sealed"]
        return Loss(
            stream=self.said["stream"],
            reason=self.said["reason"],
            count=self.said["count"],
            sealed=None if sealed is None else (sealed[0], sealed[1]),
        )


@dataclass(kw_only=True)
class Census:
    """Everything in a store, read to the end and checked against its checksums.

    Raises:
        StoreDamaged: by `take`, if something is not what was written.
    """

    epoch: bytes
    unsealed: Counter[Window] = field(default_factory=Counter)
    rows: int = 0
    envelopes: dict[Place, Sealed] = field(default_factory=dict)
    retained: set[Place] = field(default_factory=set)
    pending: list[Loss] = field(default_factory=list)
    chains: dict[tuple[bytes, str], tuple[int, bytes | None]] = field(default_factory=dict)
    log: Export

    @classmethod
    def take(cls, core: Core) -> "Census":
        """Return the census of an open store."""
        db = core._parts.db
        census = cls(epoch=core.epoch, log=log_in(core))
        try:
            names = {stream.id: stream.name for stream in STREAM.read(db)}
            census._count_rows(db, names)
            census._count_envelopes(db, names)
            for gap in (gap for gap in GAP.read(db) if gap.sealed_seq is None):
                sealed = None if gap.sealed is None else gap.sealed[:2]
                loss = Loss(stream=names[gap.stream], reason=gap.reason, count=gap.count, sealed=sealed)
                census.pending.append(loss)
        except KeyError as error:
            raise StoreDamaged("a record belongs to nothing") from error
        return census

    def _count_rows(self, db: Database, names: Mapping[int, str]) -> None:
        steps = {context.id: context.step_ms for context in CONTEXT.read(db)}
        for record in db.all("SELECT id, stream, context, start_ms, data, sum FROM fresh ORDER BY id"):
            if row_sum(*record[:5]) != record[5]:
                raise StoreDamaged("a row does not match its checksum")
            self._count(names[record[1]], record[3], steps[record[2]])
        for record in db.all(f"SELECT {RUN_COLUMNS} FROM run ORDER BY id"):
            run = run_of(record)
            for row in run.stored():
                self._count(names[run.stream_id], row.start_ms, row.step_ms)

    def _count_envelopes(self, db: Database, names: Mapping[int, str]) -> None:
        chains = {chain.id: chain for chain in CHAIN.read(db)}
        places = {chain.id: (chain.epoch, names[chain.stream]) for chain in chains.values()}
        self.chains = {places[chain.id]: (chain.next_seq, chain.prev) for chain in chains.values()}
        for record in db.all(f"SELECT {COLUMNS} FROM envelope ORDER BY id"):
            envelope = envelope_of(record)
            place = (*places[envelope.chain], envelope.seq)
            assert place not in self.envelopes, "a seq is in the store twice"
            self.envelopes[place] = Sealed(data=envelope.data, said=said_in(envelope.data))
        retained = db.all("SELECT chain, seq FROM retained")
        self.retained = {(*places[chain], seq) for chain, seq in retained if chain in places}

    def _count(self, stream: str, start_ms: int, step_ms: int) -> None:
        self.rows += 1
        self.unsealed.update(windows_of(stream, start_ms, step_ms))


@dataclass(kw_only=True)
class Books:
    """What a simple outbox would know.

    Attributes:
        offered: windows of all rows that were ever given to the outbox.
        history: every envelope that was ever in the store.
        settled: the last seq that a receipt covered, by epoch and stream.
        received: windows of rows that a receipt covered, ever.
        written_off: windows that the store lost with an earlier epoch: row for row, no seq names them any more.
        unknown: how many of them no gap record counts, because nobody can know.
        handed: hashes of the envelopes that were handed out.
        entered: hashes of the envelopes that the disclosure log knows, or knew before it was cut.
        entries: the log's entries by number.
    """

    offered: set[Window] = field(default_factory=set)
    history: dict[Place, Sealed] = field(default_factory=dict)
    waiting: set[Place] = field(default_factory=set)
    void: set[Place] = field(default_factory=set)
    settled: dict[tuple[bytes, str], int] = field(default_factory=dict)
    received: set[Window] = field(default_factory=set)
    written_off: set[Window] = field(default_factory=set)
    unknown: Counter[str] = field(default_factory=Counter)
    handed: set[bytes] = field(default_factory=set)
    entered: set[bytes] = field(default_factory=set)
    entries: dict[int, bytes] = field(default_factory=dict)

    # -- what was asked of the outbox

    def offer(self, stream: str, starts: Iterable[int]) -> None:
        """Take note of rows that were given to the outbox."""
        for start_ms in starts:
            assert (stream, start_ms) not in self.offered
            self.offered.add((stream, start_ms))

    def hand_out(self, place: Place, data: bytes) -> None:
        """Take note of an envelope that left: the same place is the same bytes for ever, and they were committed."""
        assert self.history[place].data == data, "a resend has other bytes"
        assert place[2] > self.settled.get(place[:2], -1), "what is receipted leaves again"
        self.handed.add(sha256(data).digest())

    def settle(self, epoch: bytes, stream: str, seq: int) -> None:
        """Take note of a receipt for everything up to `seq` that the outbox accepted."""
        self.settled[epoch, stream] = max(seq, self.settled.get((epoch, stream), -1))
        chain = {place[2]: sealed for place, sealed in self.history.items() if place[:2] == (epoch, stream)}
        for sealed in list(chain.values()):
            if sealed.loss is not None and sealed.loss.sealed is not None:  # declared as lost: nobody has received it
                for lost in range(sealed.loss.sealed[0], sealed.loss.sealed[1] + 1):
                    chain.pop(lost, None)
        self.received.update(window for own, sealed in chain.items() if own <= seq for window in sealed.windows)

    def ask_again(self, epoch: bytes, stream: str, first_seq: int, *, retained: set[Place]) -> None:
        """Take note that a receiver has lost what follows; what the unit still has of it waits again."""
        kept = retained | self.waiting
        lowest = min((seq for e, s, seq in kept if (e, s) == (epoch, stream) and seq >= first_seq), default=None)
        if lowest is not None:
            before = self.settled.get((epoch, stream), -1)
            self.settled[epoch, stream] = min(before, lowest - 1)

    # -- what must hold

    def check(self, census: Census) -> None:
        """Compare everything after a step."""
        self._note_envelopes(census)
        self._check_chains(census)
        self._check_rows(census)
        self._check_log(census.log)

    def _note_envelopes(self, census: Census) -> None:
        """Enter new envelopes; those that vanished without a receipt must be named, or counted if no seq can."""
        for place, sealed in census.envelopes.items():
            known = self.history.setdefault(place, sealed)
            assert known.data == sealed.data, "a seq was given twice"
            assert place[2] > self.settled.get(place[:2], -1), "a receipt was dropped"
        for place in self.waiting - census.envelopes.keys():
            if place[2] > self.settled.get(place[:2], -1) and place[0] != census.epoch:
                self.written_off.update(self.history[place].windows)
        self.waiting = set(census.envelopes)

    def _check_chains(self, census: Census) -> None:
        """Seqs are consecutive in the present epoch, and each envelope names the one before."""
        seqs: dict[str, list[int]] = {}
        for epoch, stream, seq in self.history:
            if epoch == census.epoch:
                seqs.setdefault(stream, []).append(seq)
        for stream, found in seqs.items():
            next_seq, prev = census.chains[census.epoch, stream]
            assert sorted(found) == list(range(next_seq)), "seqs are not consecutive"
            last = self.history[census.epoch, stream, next_seq - 1]
            assert prev == sha256(last.data).digest(), "the chain does not end with its last envelope"
        for epoch, stream, seq in census.envelopes:
            before = self.history.get((epoch, stream, seq - 1))
            prev_hash = self.history[epoch, stream, seq].said["prev"]
            assert before is None or prev_hash == sha256(before.data).hexdigest(), "a link is broken"
            assert (prev_hash is None) == (seq == 0)

    def losses(self, census: Census) -> Iterator[tuple[bytes, Loss]]:
        """Yield every loss that is or will be declared, with the epoch of its seqs."""
        for loss in census.pending:
            yield census.epoch, loss
        for place, sealed in self.history.items():
            if sealed.loss is not None and place not in self.void:
                yield place[0], sealed.loss

    def _named(self, census: Census) -> set[Window]:
        """Return what the envelopes held that gap records name by their seqs; each must count their rows."""
        named: set[Window] = set()
        for epoch, loss in self.losses(census):
            if loss.sealed is not None:
                lost = [self.history[epoch, loss.stream, seq] for seq in range(loss.sealed[0], loss.sealed[1] + 1)]
                assert sum(sealed.rows for sealed in lost) == loss.count, (
                    "a gap record counts other rows than it names"
                )
                named.update(window for sealed in lost for window in sealed.windows)
        return named

    def missing(self, census: Census) -> Counter[str]:
        """Return how many windows of each stream are nowhere: only a number can tell of them."""
        sealed = Counter(window for one in census.envelopes.values() for window in one.windows)
        waiting = census.unsealed + sealed
        assert not [window for window, count in waiting.items() if count > 1], "a row is in the store twice"
        assert waiting.keys() <= self.offered, "a row is in the store that never was offered"
        assert not census.unsealed.keys() & self.received, "a receipted row comes back as new"
        told = waiting.keys() | self.received | self._named(census)
        return Counter(stream for stream, _ in (self.offered - told) | self.written_off)

    def counted(self, census: Census) -> Counter[str]:
        """Return how many rows gap records count without naming a seq."""
        counts: Counter[str] = Counter()
        for _, loss in self.losses(census):
            if loss.sealed is None and loss.reason != THINNED:
                counts[loss.stream] += loss.count
        return counts

    def _check_rows(self, census: Census) -> None:
        missing, counted = self.missing(census), self.counted(census) + self.unknown
        assert +missing == +counted, f"rows are missing: {dict(missing)}, gap records count {dict(counted)}"

    def _check_log(self, log: Export) -> None:
        """The chain verifies, no entry ever changed, and what was handed out is in it."""
        assert verify(log.header, log.entries).complete, "the log's chain does not verify"
        assert log.header.last >= max(self.entries, default=0), "entries of the log are gone"
        for numbered in log.entries:
            known = self.entries.setdefault(numbered.number, numbered.data)
            assert known == numbered.data, "an entry of the log was changed"
            if isinstance(entry := numbered.entry, EnvelopeEntry):
                self.entered.add(entry.hash)
        assert self.handed <= self.entered, "an envelope was handed out that the log does not know"

    # -- damage

    def write_off(self, census: Census, *, configured: Collection[str]) -> None:
        """Begin again after a salvage: what is gone is gone, and must not be counted as more than it is.

        Gap records that were lost with their envelopes count again in the new epoch, or cannot be known. Of a stream
        that is not configured any more nobody knows if the store does not tell.
        """
        lost = self.waiting - census.envelopes.keys()
        self.void |= {place for place in lost if self.history[place].loss is not None}
        for place in lost:  # what waited had not arrived, or was asked for again
            self.received.difference_update(self.history[place].windows)
        self.waiting = set(census.envelopes)
        self.entries = {}
        told = census.unsealed.keys() | self.received | self._named(census)
        told |= {window for sealed in census.envelopes.values() for window in sealed.windows}
        self.written_off |= self.offered - told
        missing, counted = self.missing(census), self.counted(census)
        told_of = {(loss.stream, loss.reason) for _, loss in self.losses(census)}
        for stream in missing.keys() | counted.keys():
            assert counted[stream] <= missing[stream], "more rows are declared as lost than are"
            self.unknown[stream] = missing[stream] - counted[stream]
        for stream in (+self.unknown).keys() & configured:
            assert (stream, GapReason.DAMAGED) in told_of, "rows were lost with the store and nothing says so"
