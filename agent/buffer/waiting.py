"""The rows that wait to be sealed: `fresh`, where they arrive, and `run`, where batches go when there is no session.

In: released rows. Out: row numbers, and consecutive rows for the sealer. Never: rows of two contexts in one batch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

from agent.buffer.errors import StoreDamaged
from agent.buffer.ledger import Ledger
from agent.buffer.records import StoredRow
from agent.buffer.rows import checked, record_sum, row_sum, stored_rows, without_first
from agent.buffer.state import ROW_OVERHEAD_BYTES, Context, Span, Stream
from agent.buffer.store import Row

RUN_OVERHEAD_BYTES: Final = 64
"""What a run takes beside its data, about."""

_STREAM_SHIFT: Final = 40
RUN_SPACING: Final = 16
"""Between the ids of two runs, so that one can become several that stand in its place."""
RUN_COLUMNS: Final = "id, declaration, boot, start_ms, step_ms, rows, clock, clock_group, data, sum"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Consecutive rows that share everything, as encoded."""

    id: int
    declaration: int
    boot_id: bytes | None
    start_ms: int
    step_ms: int
    rows: int
    clock: bytes
    clock_group: int
    data: bytes

    @property
    def size(self) -> int:
        """What it takes in the store, about."""
        return len(self.data) + RUN_OVERHEAD_BYTES

    @property
    def end_ms(self) -> int:
        """Where its last window ends."""
        return self.start_ms + self.rows * self.step_ms

    @property
    def windows(self) -> tuple[int, int, int] | None:
        """Its extent for a gap record; windows counted from boot have none that is worth telling."""
        return None if self.boot_id is not None else (self.start_ms, self.step_ms, self.rows)

    @property
    def stream_id(self) -> int:
        """The stream it belongs to."""
        return self.id >> _STREAM_SHIFT

    def under(self, declaration: int) -> "Run":
        """Return the same run with another id of its declaration."""
        return replace(self, declaration=declaration)

    def joins(self, other: "Run") -> bool:
        """Tell whether `other` continues this one."""
        return (
            (self.declaration, self.boot_id, self.step_ms, self.clock_group)
            == (other.declaration, other.boot_id, other.step_ms, other.clock_group)
        ) and self.start_ms + self.rows * self.step_ms == other.start_ms

    def stored(self) -> Iterator[StoredRow]:
        """Yield its rows.

        Raises:
            StoreDamaged: its bytes are something else.
        """
        return stored_rows(
            self.data, count=self.rows, start_ms=self.start_ms, step_ms=self.step_ms, boot_id=self.boot_id
        )


class JoinedRows:
    """The rows of runs that join, made one after the other each time that they are gone through."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self._runs = runs

    def __len__(self) -> int:
        return sum(run.rows for run in self._runs)

    def __iter__(self) -> Iterator[StoredRow]:
        for run in self._runs:
            yield from run.stored()


_RUN_FIELDS: Final = tuple(field.name for field in fields(Run))


def run_of(record: Row) -> Run:
    """Return what a record of `run` holds.

    Raises:
        StoreDamaged: it does not match its checksum.
    """
    return Run(**dict(zip(_RUN_FIELDS, checked(record)[:-1], strict=True)))


class WaitingRows:
    """The unsealed rows of every stream."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._db = ledger.db
        self._unwritten: list[Row] = []

    def add(self, stream: Stream, *, context: Context, start_ms: int, data: bytes) -> int:
        """Store a row and return its number; it is written by the next call of anything else here, or by `write`."""
        tally = self._ledger.tally
        row_id, tally.next_row = tally.next_row, tally.next_row + 1
        total = row_sum(row_id, stream.id, context.id, start_ms, data)
        self._unwritten.append((row_id, stream.id, context.id, start_ms, data, total))
        span = self._ledger.extend(stream, context=context, row_id=row_id, start_ms=start_ms, size=len(data))
        if len(stream.spans) > 1 and span.closed:
            for earlier in stream.spans[:-1]:
                self._fold(stream, earlier)
        return row_id

    def write(self) -> None:
        """Write the rows that were added into the open transaction."""
        if self._unwritten:
            self._db.many("INSERT INTO fresh VALUES (?,?,?,?,?,?)", self._unwritten)
            self._unwritten = []

    def forget(self) -> None:
        """Drop what was added and not written, after a rollback."""
        self._unwritten = []

    def _fold(self, stream: Stream, span: Span) -> None:
        """Move a complete batch to the backlog: a newer one is complete, and no session came for it."""
        run = self.take_span(stream, span)
        self.put_run(stream, run)

    def put_run(self, stream: Stream, run: Run) -> None:
        """Append a run to the backlog of its stream, under a new id."""
        low, high = run_ids(stream.id)
        last = self._db.one("SELECT id FROM run WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1", low, high)
        free = last[0] + RUN_SPACING if last else low
        self.place_run(stream, replace(run, id=max(free, *stream.sweeps.values(), low)))

    def place_run(self, stream: Stream, run: Run) -> None:
        """Store a run under its id, which is free."""
        context = (run.declaration, run.boot_id, run.start_ms, run.step_ms, run.rows, run.clock, run.clock_group)
        cells = (run.id, *context, run.data)
        self._db.run("INSERT INTO run VALUES (?,?,?,?,?,?,?,?,?,?)", *cells, record_sum(*cells))
        stream.runs, stream.rows, stream.size = stream.runs + 1, stream.rows + run.rows, stream.size + run.size
        self._ledger.touch_stream(stream)

    def take_span(self, stream: Stream, span: Span) -> Run:
        """Remove a span's rows from `fresh` and return them as one run.

        Raises:
            StoreDamaged: they are not what was written.
        """
        self.write()
        records = self._db.all(
            "SELECT id, stream, context, start_ms, data, sum FROM fresh WHERE id BETWEEN ? AND ? AND stream = ?",
            *(span.first_id, span.last_id, stream.id),
        )
        parts = []
        for row_id, stream_id, context_id, start_ms, data, total in records:
            if row_sum(row_id, stream_id, context_id, start_ms, data) != total:
                raise StoreDamaged("a stored row does not match its checksum")
            parts.append(data)
        if len(parts) != span.rows:
            raise StoreDamaged("stored rows are missing")
        self.drop_span(stream, span)
        context = span.context
        return Run(
            id=stream.id << _STREAM_SHIFT,
            declaration=context.declaration,
            boot_id=context.boot_id,
            start_ms=span.start_ms,
            step_ms=context.step_ms,
            rows=span.rows,
            clock=context.clock,
            clock_group=context.clock_group,
            data=b"".join(parts),
        )

    def drop_span(self, stream: Stream, span: Span) -> None:
        """Delete a span's rows."""
        self.write()
        sql = "DELETE FROM fresh WHERE id BETWEEN ? AND ? AND stream = ?"
        self._db.delete(sql, span.first_id, span.last_id, stream.id, expected=span.rows)
        stream.spans.remove(span)
        self._ledger.touch_stream(stream)

    def oldest_runs(self, stream: Stream, *, most_rows: int) -> list[Run]:
        """Return the oldest runs of a stream that make a batch of at most `most_rows`, or just the oldest.

        Raises:
            StoreDamaged: they are not what was written.
        """
        found: list[Run] = []
        rows = 0
        for run in self.runs_from(stream):
            if found and (rows + run.rows > most_rows or not found[-1].joins(run)):
                break
            found.append(run)
            rows += run.rows
        if not found and stream.runs:
            raise StoreDamaged("the backlog of a stream is missing")
        return found

    def all_runs(self, stream: Stream) -> Iterator[Run]:
        """Yield every run of a stream, oldest first; each may be cut or dropped before the next is asked for."""
        low, high = run_ids(stream.id)
        sql = f"SELECT {RUN_COLUMNS} FROM run WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1"  # noqa: S608 - a constant
        while (record := self._db.one(sql, low, high)) is not None:
            run = run_of(record)
            yield run
            low = run.id + 1

    def cut_run(self, stream: Stream, run: Run, *, rows: int) -> None:
        """Delete the first rows of a run; it keeps its place."""
        self.drop_run(stream, run)
        if rows < run.rows:
            left = replace(
                run,
                start_ms=run.start_ms + rows * run.step_ms,
                rows=run.rows - rows,
                data=without_first(run.data, rows),
            )
            self.place_run(stream, left)

    def cut_span(self, stream: Stream, span: Span, *, rows: int) -> None:
        """Delete the first rows of a span."""
        if rows >= span.rows:
            self.drop_span(stream, span)
            return
        self.write()
        sql = "SELECT id, length(data) FROM fresh WHERE id BETWEEN ? AND ? AND stream = ? ORDER BY id LIMIT ?"
        gone = self._db.all(sql, span.first_id, span.last_id, stream.id, rows)
        sql = "DELETE FROM fresh WHERE id BETWEEN ? AND ? AND stream = ?"
        self._db.delete(sql, span.first_id, gone[-1][0], stream.id, expected=rows)
        span.drop_first(rows, size=sum(row_size + ROW_OVERHEAD_BYTES for _, row_size in gone))
        self._ledger.touch_stream(stream)

    def runs_from(self, stream: Stream, first_id: int = 0) -> Iterator[Run]:
        """Yield the runs of a stream from an id on, oldest first; none may be changed until the last was taken."""
        low, high = run_ids(stream.id)
        low = max(low, first_id)
        sql = f"SELECT {RUN_COLUMNS} FROM run WHERE id BETWEEN ? AND ? ORDER BY id"  # noqa: S608 - a constant
        for record in self._db.each(sql, low, high):
            run = run_of(record)
            if not low <= run.id <= high:
                raise StoreDamaged("the backlog of a stream is out of order")
            low = run.id + 1
            yield run

    def drop_run(self, stream: Stream, run: Run) -> None:
        """Delete a run."""
        self._db.delete("DELETE FROM run WHERE id = ?", run.id, expected=1)
        stream.runs, stream.rows, stream.size = stream.runs - 1, stream.rows - run.rows, stream.size - run.size
        self._ledger.touch_stream(stream)

    def declaration_in_use(self) -> int:
        """Return the smallest id of a declaration that a waiting row cites; ids grow with time."""
        cited = [context.declaration for context in self._ledger.contexts.values()]
        for stream in self._ledger.streams.values():
            low, high = run_ids(stream.id)
            first = self._db.one(
                "SELECT declaration FROM run WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1", low, high
            )
            cited += first or ()
        return min(cited, default=1 << 62)


def run_ids(stream_id: int) -> tuple[int, int]:
    """Return the first and the last id that runs of a stream can have."""
    return stream_id << _STREAM_SHIFT, ((stream_id + 1) << _STREAM_SHIFT) - 1


def row_bytes(data: bytes) -> int:
    """Return what a row takes in the store, about."""
    return len(data) + ROW_OVERHEAD_BYTES
