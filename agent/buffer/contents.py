"""Everything that a store holds, read record by record, past what cannot be read.

In: a private copy of a store's files, whole or damaged. Out: its records as values, and a fault for each that is
unreadable. Never: a change, a key, a measured value: of rows and envelopes only their places and sizes are kept.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, TypeVar

from agent.buffer.envelopes import COLUMNS, Envelope, envelope_of
from agent.buffer.errors import StoreDamaged
from agent.buffer.faults import Fault, mismatch, unreadable
from agent.buffer.logbook import BASE, Base, Numbered, entry_of
from agent.buffer.logbook import COLUMNS as LOG_COLUMNS
from agent.buffer.rows import checked, fresh_of
from agent.buffer.state import Chain, Context, Declared, Gap, Meta, Stream, Tally, WordKind
from agent.buffer.store import Database, Row
from agent.buffer.tables import CHAIN, CONTEXT, DECLARATION, GAP, META, STREAM, TALLY, WORD, Table
from agent.buffer.waiting import RUN_COLUMNS, run_of
from agent.buffer.wreck import Wreck

T = TypeVar("T")
_COMPLAINTS: Final = 20
_SELECTS: Final = {
    "fresh": "SELECT id, stream, context, start_ms, data, sum FROM fresh",
    "run": f"SELECT {RUN_COLUMNS} FROM run",  # noqa: S608 - constants
    "envelope": f"SELECT {COLUMNS} FROM envelope",  # noqa: S608 - constants
    "retained": f"SELECT {COLUMNS}, at_ms FROM retained",  # noqa: S608 - constants
    "counter": "SELECT id, name, value, sum FROM counter",
    "disclosure": f"SELECT {LOG_COLUMNS} FROM disclosure",  # noqa: S608 - constants
}


class Glance(Protocol):
    """What an envelope says of itself, without its values: place, the hash before it, its first window."""

    @property
    def place(self) -> tuple[str, bytes, int]:
        """Stream, epoch and seq."""

    @property
    def prev(self) -> bytes | None:
        """Hash of the envelope before it."""

    @property
    def start_ms(self) -> int | None:
        """Start of its first window; None where it has none on wall time."""


Look = Callable[[bytes], Glance | None]
"""Glances at an envelope; None for one that is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows that are not sealed: one of `fresh` (`run` False), or a batch of the backlog."""

    stream: int
    run: bool
    rows: int
    size: int
    start_ms: int | None
    declaration: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One envelope: `kept` when the city has receipted it."""

    id: int
    chain: int
    seq: int
    rows: int
    size: int
    hash: bytes
    kept: bool
    glance: Glance | None


class Contents:
    """One store, read once.

    Attributes:
        faults: what could not be read.
        whole: no commit is missing, as far as can be seen.
        log: the disclosure log's entries that can be read.
    """

    def __init__(self, path: Path, *, look: Look) -> None:
        self._look = look
        self.faults: list[Fault] = []
        self.meta: Meta | None = None
        self.tally: Tally | None = None
        self.streams: dict[int, Stream] = {}
        self.names: dict[int, str] = {}
        self.chains: dict[int, Chain] = {}
        self.declared: list[Declared] = []
        self.contexts: dict[int, Context] = {}
        self.gaps: list[Gap] = []
        self.rows: list[Rows] = []
        self.pieces: list[Piece] = []
        self.base: Base | None = None
        self.log: list[Numbered] = []
        self.whole = False
        empty = path.with_name("empty.db")
        Database.create(empty)
        none = Database(empty, wal_pages=16)
        self._wreck = Wreck(path, none)
        try:
            self._read()
        finally:
            self._wreck.close()
            none.close()

    def _read(self) -> None:
        if not self._wreck.open():
            self.faults.append(
                Fault(what="the file is no outbox any more", means="everything that waited in it is lost")
            )
            return
        self.whole = self._wreck.is_whole()
        if self._wreck.grafted:
            self.faults.append(
                Fault(
                    what="the first pages are unreadable",
                    means="a repair puts those of an empty store in their place",
                )
            )
        for line in self._wreck.complaints(_COMPLAINTS):
            self.faults.append(
                Fault(what=f"SQLite: {line}", means="a repair keeps every record that can still be read")
            )
        self._read_state()
        self._read_rows()
        self._read_envelopes()
        for _ in self._each("counter", checked):
            pass
        self._read_log()

    def _read_state(self) -> None:
        self.meta = next(iter(self._bounded(META)), None)
        self.tally = next(iter(self._bounded(TALLY)), None)
        self.streams = {stream.id: stream for stream in self._bounded(STREAM)}
        words = {word.key: word.value for word in self._bounded(WORD)}
        self.names = {number: value.decode() for (kind, number), value in words.items() if kind == WordKind.STREAM}
        self.names |= {stream.id: stream.name for stream in self.streams.values()}
        self.chains = {chain.id: chain for chain in self._bounded(CHAIN)}
        for (kind, number), value in words.items():
            if kind == WordKind.CHAIN and number not in self.chains:
                stream = int.from_bytes(value[:4], "big")
                self.chains[number] = Chain(id=number, stream=stream, epoch=value[4:])
        self.declared = self._bounded(DECLARATION)
        self.contexts = {context.id: context for context in self._bounded(CONTEXT)}
        self.gaps = self._bounded(GAP)

    def _read_rows(self) -> None:
        for _, stream, number, start_ms, data in self._each("fresh", fresh_of):
            context = self.contexts.get(number)
            self.rows.append(
                Rows(
                    stream=stream,
                    run=False,
                    rows=1,
                    size=len(data),
                    start_ms=start_ms if context is not None and context.boot_id is None else None,
                    declaration=None if context is None else context.declaration,
                )
            )
        for run in self._each("run", run_of):
            start_ms = run.start_ms if run.boot_id is None else None
            self.rows.append(
                Rows(
                    stream=run.stream_id,
                    run=True,
                    rows=run.rows,
                    size=run.size,
                    start_ms=start_ms,
                    declaration=run.declaration,
                )
            )

    def _read_envelopes(self) -> None:
        for table in ("envelope", "retained"):
            for envelope in self._each(table, _envelope_of):
                self.pieces.append(
                    Piece(
                        id=envelope.id,
                        chain=envelope.chain,
                        seq=envelope.seq,
                        rows=envelope.rows,
                        size=len(envelope.data),
                        hash=envelope.hash,
                        kept=table == "retained",
                        glance=self._look(envelope.data),
                    )
                )

    def _read_log(self) -> None:
        if self._wreck.has("disclosure"):
            self.base = next(iter(self._bounded(BASE)), None)
            self.log = list(self._each("disclosure", entry_of))

    # -- one table

    def _bounded(self, table: Table[T]) -> list[T]:
        return list(self._parsed(table.name, table.select, table.value))

    def _each(self, table: str, parse: Callable[[Row], T]) -> Iterator[T]:
        return self._parsed(table, _SELECTS[table], parse)

    def _parsed(self, table: str, select: str, parse: Callable[[Row], T]) -> Iterator[T]:
        """Yield what `parse` makes of each record; note those that it refuses, and those that cannot be reached."""
        known = len(self._wreck.missed)
        for record in self._wreck.survivors(select):
            try:
                yield parse(record)
            except (StoreDamaged, TypeError):
                self.faults.append(self._mismatch(table, record))
        self.faults += [unreadable(table, before, after) for _, before, after in self._wreck.missed[known:]]

    def _mismatch(self, table: str, record: Row) -> Fault:
        """Return the fault of a record, with its place as far as its numbers can be believed."""
        if table in {"envelope", "retained"}:
            chain = self.chains.get(record[1])
            if chain is not None:
                return mismatch(table, record, stream=self.names.get(chain.stream), epoch=chain.epoch)
        stream = record[1] if table == "fresh" else record[0] >> 40 if table == "run" else None
        return mismatch(table, record, stream=self.names.get(stream) if isinstance(stream, int) else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """One envelope with its bytes, as `lamppost buffer export` carries it; `rows` 0 for what holds no data."""

    stream: str
    epoch: bytes
    seq: int
    rows: int
    data: bytes


def sealed(path: Path, *, look: Look) -> Iterator[Sealed]:
    """Yield every readable envelope of a private copy: the unit's own messages first, then by stream and seq."""
    contents = Contents(path, look=look)
    empty = Database(path.with_name("empty.db"), wal_pages=16)
    wreck = Wreck(path, empty)
    try:
        if wreck.open():
            for piece in sorted(contents.pieces, key=_own_first):
                if piece.glance is not None:
                    select = _SELECTS["retained" if piece.kept else "envelope"]
                    stream, epoch, seq = piece.glance.place
                    for envelope in wreck.readable(select, _envelope_of, low=piece.id, high=piece.id):
                        yield Sealed(stream=stream, epoch=epoch, seq=seq, rows=piece.rows, data=envelope.data)
    finally:
        wreck.close()
        empty.close()


def _own_first(piece: Piece) -> tuple[bool, tuple[str, bytes, int]]:
    """Order declarations before the batches that cite them."""
    place = ("", b"", 0) if piece.glance is None else piece.glance.place
    return not place[0].startswith("_"), place


def _envelope_of(record: Row) -> Envelope:
    """Return what a record of `envelope` or `retained` holds; see `envelope_of`."""
    return envelope_of(record[:8])
