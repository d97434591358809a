"""A damaged store, as far as it can be read.

In: a file that SQLite or a checksum refuses. Out: records that match their checksums, in order. Never: the same
record twice, or an error about one that cannot be read: `holes` tells that there were some.
"""

import os
from collections.abc import Callable, Iterator
from enum import Enum, auto
from pathlib import Path
from typing import Final, TypeVar

from agent.buffer.errors import StoreDamaged
from agent.buffer.store import Database, Row
from agent.buffer.tables import Table
from agent.buffer.wal import PAGE_BYTES

T = TypeVar("T")

_MOST_HOLES: Final = 256
_MOST_IDS: Final = 1 << 62


class _Behind(Enum):
    """What comes behind an id."""

    RECORDS = auto()
    NOTHING = auto()
    UNREADABLE = auto()


class Wreck:
    """A damaged store.

    Args:
        path: the damaged file.
        empty: an empty store that was just made, for the pages that all stores have in common.

    Attributes:
        holes: something could not be read.
        grafted: its own first pages could not be used.
        missed: what could not be reached: the query, the id before it, and the id from which on it can be read again.
    """

    def __init__(self, path: Path, empty: Database) -> None:
        self._path = path
        self._empty = empty
        self._db: Database | None = None
        self.holes = False
        self.grafted = False
        self.missed: list[tuple[str, int, int | None]] = []

    def open(self) -> bool:
        """Open the damaged file, with another first page if need be; return whether there is anything to read."""
        for graft in (False, True):
            try:
                if graft:
                    self._graft_schema()
                    self.grafted = True
                self._db = Database(self._path, wal_pages=1 << 30)
                self._db.check_identity()
                self._db.one("SELECT count(*) FROM sqlite_schema")
            except (StoreDamaged, OSError):
                self.close()
            else:
                return True
        return False

    def close(self) -> None:
        """Close the file."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def _graft_schema(self) -> None:
        """Replace the pages of the schema by those of the empty store, with the damaged file's own size in the first.

        A store's pages are numbered as they were made: the header, the map of pages, a root for each table, and
        what else the schema took. None of these ever moves, and SQLite keeps the roots in front of all else when a
        migration adds some (https://sqlite.org/fileformat2.html#pointer_map_or_ptrmap_pages). But a store that was
        made by an earlier version has data where the schema of a new one ends: that, a few pages, is lost here.
        """
        roots = self._empty.one("SELECT max(rootpage) FROM sqlite_schema")
        empty = self._empty.path.read_bytes()
        with self._path.open("r+b") as file:
            pages = max(file.seek(0, os.SEEK_END), len(empty)) // PAGE_BYTES
            first = bytearray(empty[:PAGE_BYTES])
            first[28:32] = pages.to_bytes(4, "big")
            first[32:40] = bytes(8)  # no list of free pages: nothing is written here any more
            file.seek(0)
            file.write(first)
            rest = (roots[0] if roots else 0) * PAGE_BYTES
            file.seek(rest)
            file.write(empty[rest:])

    def _opened(self) -> Database:
        if self._db is None:
            raise StoreDamaged("nothing can be read of the outbox")
        return self._db

    def has(self, table: str) -> bool:
        """Tell whether there is such a table: an earlier version may have made the store."""
        try:
            return self._opened().one("SELECT 1 FROM sqlite_schema WHERE name = ?", table) is not None
        except StoreDamaged:
            return False

    def complaints(self, most: int) -> list[str]:
        """Return what SQLite itself finds wrong, at most so many lines; https://sqlite.org/pragma.html#pragma_integrity_check."""
        try:
            return [str(row[0]) for row in self._opened().all(f"PRAGMA integrity_check({most})") if row[0] != "ok"]
        except StoreDamaged as error:
            return [str(error)]

    def is_whole(self) -> bool:
        """Tell whether no commit is missing, as far as can be seen."""
        try:
            return self._opened().wal_is_whole()
        except (StoreDamaged, OSError):
            return False

    def one(self, table: Table[T]) -> T | None:
        """Return the only value of a table, None if it cannot be read."""
        return next(self.values(table), None)

    def values(self, table: Table[T]) -> Iterator[T]:
        """Yield the readable values of a bounded table; one that is not makes the extent of the loss unknown."""
        yield from self.readable(table.select, table.value)

    def readable(self, select: str, parse: Callable[[Row], T], *, low: int = 0, high: int = _MOST_IDS) -> Iterator[T]:
        """Yield what `parse` makes of the readable records of a query that has no condition yet, by id."""
        for record in self.survivors(select, low=low, high=high):
            try:
                yield parse(record)
            except (StoreDamaged, TypeError):
                self.holes = True

    def survivors(self, select: str, *, low: int = 0, high: int = _MOST_IDS) -> Iterator[Row]:
        """Yield every record that can be reached, by id, past unreadable pages; checksums are for the reader."""
        last: int | None = low - 1
        for _ in range(_MOST_HOLES):
            if last is None:
                return
            try:
                for record in self._ordered(select, last + 1, high):
                    last = int(record[0])
                    yield record
            except StoreDamaged:
                self.holes = True
                before, last = last, self._behind_hole(select, last, high)
                self.missed.append((select, before, last))
            else:
                return

    def _ordered(self, select: str, low: int, high: int) -> Iterator[Row]:
        """Yield records by id; a page that stands where another belongs is as bad as one that cannot be read."""
        for record in self._read(f"{select} WHERE id BETWEEN ? AND ? ORDER BY id", low, high):
            if not low <= record[0] <= high:
                raise StoreDamaged("records are out of order")
            low = record[0] + 1
            yield record

    def _behind_hole(self, select: str, last: int, high: int) -> int | None:
        """Return an id behind which records can be read again, as near to `last` as possible; None for none.

        First in growing steps, as holes are small; then halving the last step.
        """
        bad, step = last, 1
        while (state := self._probe(select, bad + step, high)) is _Behind.UNREADABLE:
            bad, step = bad + step, step * 2
        good = bad + step
        while good - bad > 1:
            middle = (bad + good) // 2
            if (found := self._probe(select, middle, high)) is _Behind.UNREADABLE:
                bad = middle
            else:
                good, state = middle, found
        return good if state is _Behind.RECORDS else None

    def _probe(self, select: str, after: int, high: int) -> "_Behind":
        """Return what comes behind an id."""
        try:
            for _ in self._read(f"{select} WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1", after + 1, high):
                return _Behind.RECORDS
        except StoreDamaged:
            return _Behind.UNREADABLE if after < high else _Behind.NOTHING
        return _Behind.NOTHING

    def _read(self, sql: str, *cells: int) -> Iterator[Row]:
        return self._opened().each(sql, *cells)
