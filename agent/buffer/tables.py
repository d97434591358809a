"""The bounded tables of the outbox: how their records become values and back. See `schema/` for what they mean."""

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from typing import Any, Final, Generic, TypeVar

from agent.buffer.errors import StoreDamaged
from agent.buffer.records import Overflow, StreamPolicy
from agent.buffer.rows import Cell, checked, record_sum
from agent.buffer.state import Chain, Context, Declared, Gap, Meta, Stream, Tally, Word, WordKind
from agent.buffer.store import Database

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Table(Generic[T]):
    """One table whose records end with a checksum.

    Attributes:
        name: of the table.
        columns: its columns, without the checksum.
        parse: makes a value of one record's cells.
        cells: makes the cells of a value.
    """

    name: str
    columns: tuple[str, ...]
    parse: Callable[..., T]
    cells: Callable[[T], tuple[Cell, ...]]

    @property
    def select(self) -> str:
        """The query of all records, checksum last; a condition can be added to it."""
        return f"SELECT {', '.join(self.columns)}, sum FROM {self.name}"  # noqa: S608 - constants of this module

    def value(self, record: Sequence[Any]) -> T:
        """Return what a record holds.

        Raises:
            StoreDamaged: it does not match its checksum.
        """
        cells = checked(record)[:-1]
        try:
            return self.parse(*cells)
        except (TypeError, ValueError) as error:
            raise StoreDamaged(f"a record of {self.name} makes no sense") from error

    def read(self, db: Database) -> list[T]:
        """Return every value, by id."""
        return [self.value(record) for record in db.all(f"{self.select} ORDER BY id")]

    def write(self, db: Database, value: T) -> None:
        """Insert a value, or put it in the place of the one with its id."""
        cells = self.cells(value)
        marks = ",".join("?" * (len(cells) + 1))
        names = ", ".join(self.columns)
        sql = f"INSERT OR REPLACE INTO {self.name} ({names}, sum) VALUES ({marks})"  # noqa: S608 - constants
        db.run(sql, *cells, record_sum(*cells))

    def delete(self, db: Database, record_id: int) -> None:
        """Delete one record."""
        db.run(f"DELETE FROM {self.name} WHERE id = ?", record_id)  # noqa: S608 - constants of this module


def _meta(_id: int, unit: str, epoch: bytes, session: int, clean: int) -> Meta:
    return Meta(unit=unit, epoch=epoch, session=session, clean=bool(clean))


def _tally(_id: int, *numbers: int) -> Tally:
    return Tally(**dict(zip(Tally.__slots__, numbers, strict=True)))


def _stream(record_id: int, name: str, overflow: str, *numbers: int) -> Stream:
    batch_rows, backlog_rows, columns, runs, rows, size = numbers
    policy = StreamPolicy(
        overflow=Overflow(overflow), batch_rows=batch_rows, backlog_rows=backlog_rows, columns=columns
    )
    return Stream(id=record_id, name=name, policy=policy, runs=runs, rows=rows, size=size)


def _stream_cells(stream: Stream) -> tuple[Cell, ...]:
    policy = stream.policy
    limits = (policy.batch_rows, policy.backlog_rows, policy.columns)
    return (stream.id, stream.name, str(policy.overflow), *limits, stream.runs, stream.rows, stream.size)


def _chain(*cells: Any) -> Chain:  # noqa: ANN401 - the columns in order, checked by their checksum
    chain = Chain(**dict(zip(Chain.__slots__, cells, strict=False)))
    chain.pending = chain.receipted
    return chain


def _gap(*cells: Any) -> Gap:  # noqa: ANN401 - the columns in order, checked by their checksum
    record_id, stream, reason, *rest, count, sealed_seq = cells
    return Gap(
        id=record_id,
        stream=stream,
        reason=reason,
        windows=None if rest[0] is None else (rest[0], rest[1], rest[2]),
        sealed=None if rest[3] is None else (rest[3], rest[4], rest[5]),
        count=count,
        sealed_seq=sealed_seq,
        ended=(rest[5], rest[4]) if rest[3] is None and rest[4] is not None else None,
    )


def _gap_cells(gap: Gap) -> tuple[Cell, ...]:
    """Return a gap's columns; what ended takes those of sealed envelopes, without a first seq."""
    none = (None, None, None)
    sealed = gap.sealed or ((None, gap.ended[1], gap.ended[0]) if gap.ended is not None else none)
    return (gap.id, gap.stream, gap.reason, *(gap.windows or none), *sealed, gap.count, gap.sealed_seq)


META: Final = Table(
    "meta",
    ("id", "unit", "epoch", "session", "clean"),
    _meta,
    lambda meta: (1, meta.unit, meta.epoch, meta.session, int(meta.clean)),
)
TALLY: Final = Table("tally", ("id", *Tally.__slots__), _tally, lambda tally: (1, *astuple(tally)))
STREAM: Final = Table(
    "stream",
    ("id", "name", "overflow", "batch_rows", "backlog_rows", "columns", "runs", "rows", "bytes"),
    _stream,
    _stream_cells,
)
CHAIN: Final = Table(
    "chain",
    ("id", "stream", "epoch", "next_seq", "prev", "receipted", "receipted_hash", "envelopes", "rows", "bytes"),
    _chain,
    lambda chain: astuple(chain)[:-2],
)
DECLARATION: Final = Table(
    "declaration",
    ("id", "hash", "content", "seq"),
    lambda *cells: Declared(**dict(zip(Declared.__slots__, cells, strict=True))),
    lambda declared: (declared.id, declared.hash, declared.content, declared.seq),
)
WORD: Final = Table(
    "word",
    ("id", "value"),
    lambda record_id, value: Word(id=record_id, value=value),
    lambda word: (word.id, word.value),
)
CONTEXT: Final = Table(
    "context",
    ("id", "declaration", "boot", "step_ms", "clock", "clock_group"),
    lambda *cells: Context(**dict(zip(Context.__slots__, cells, strict=True))),
    astuple,
)
GAP: Final = Table(
    "gap",
    (
        *("id", "stream", "reason", "start_ms", "step_ms", "windows"),
        *("first_seq", "last_seq", "last_hash", "count", "sealed_seq"),
    ),
    _gap,
    _gap_cells,
)


def write_thinning(db: Database, stream: Stream) -> None:
    """Keep beside a stream how far it is thinned."""
    WORD.write(db, Word.of(WordKind.THINNING, stream.id, stream.thinning_bytes()))
