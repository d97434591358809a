"""The SQLite file under the outbox: one connection, used by one thread. The only module that imports sqlite3.

In: SQL of the outbox's modules. Out: rows, or an error of `agent.buffer.errors`. Never: policy.

WAL with ``synchronous=FULL``: a commit is on the medium when it returns. Locking is exclusive, so that the WAL's
index lives in memory instead of a third file and a second agent is turned away. Pages are small and the WAL is long,
because what wears flash is the number of 4 KiB pages touched between two syncs: with ten rows a commit, measured over
seals and receipts, 812 bytes a row with pages of 512, 913 with 1,024, 1,123 with 2,048, 1,283 with 4,096.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agent.buffer.errors import StoreDamaged, StoreFull, StoreUnavailable
from agent.buffer.rows import Cell
from agent.buffer.wal import (
    FRAME_BYTES,
    PAGE_BYTES,
    WAL_HEADER_BYTES,
    has_commit_behind,
    has_lost_commit,
    is_begun,
    size_of,
    wal_path,
)
from agent.errors import StoreError

APPLICATION_ID: Final = 0x4C50_4F42
"""``LPOB``, in the file's header."""

_SCHEMA: Final = Path(__file__).with_name("schema")
_CACHE_KIB: Final = 512
_UNWRITTEN_PAGES: Final = 4096
"""More than a transaction can add before it is written."""
_TRANSIENT: Final = {
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOLFS,
    sqlite3.SQLITE_INTERRUPT,
}

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """How the database file is used, in pages of `PAGE_BYTES`."""

    total: int
    free: int

    @property
    def used(self) -> int:
        """Pages that hold something."""
        return self.total - self.free


def sync_directory(path: Path) -> None:
    """Make renames inside a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Turn sqlite3's errors into the outbox's."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translate(error) from error
    except (OverflowError, UnicodeDecodeError) as error:
        raise StoreDamaged("the outbox holds a number or a text that it never was given") from error


def _translate(error: sqlite3.Error) -> StoreError:
    """Return what an error of sqlite3 means for the outbox."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return StoreFull("there is no space left for the outbox")
    if code == sqlite3.SQLITE_BUSY:
        return StoreUnavailable("another process has the outbox open; is an agent running? systemctl status lamppost")
    if code in _TRANSIENT:
        return StoreUnavailable(f"the outbox cannot be used now ({getattr(error, 'sqlite_errorname', 'unknown')})")
    return StoreDamaged(f"the outbox is damaged ({getattr(error, 'sqlite_errorname', 'unknown')})")


class Database:
    """An open store.

    Args:
        path: the file, which must exist.
        wal_pages: the WAL is folded into the database when it has this many pages.
        max_pages: the database never grows past this, None for no limit.

    Attributes:
        path: the file.
        wal: its write-ahead log.
    """

    def __init__(self, path: Path, *, wal_pages: int, max_pages: int | None = None) -> None:
        self.path = path
        self.wal = wal_path(path)
        with _translated():
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=0, cached_statements=96
            )
        try:
            self._configure(wal_pages, max_pages)
        except StoreError:
            self._connection.close()
            raise

    def _configure(self, wal_pages: int, max_pages: int | None) -> None:
        """Set everything that is not part of the file."""
        for pragma in (
            "locking_mode=EXCLUSIVE",
            "journal_mode=WAL",
            "synchronous=FULL",
            f"wal_autocheckpoint={wal_pages}",
            f"journal_size_limit={wal_pages * FRAME_BYTES}",
            f"cache_size=-{_CACHE_KIB}",
            "mmap_size=0",
            "temp_store=MEMORY",
            "cell_size_check=ON",
            "secure_delete=FAST",
            "trusted_schema=OFF",
            *(() if max_pages is None else (f"max_page_count={max_pages}",)),
        ):
            self.all(f"PRAGMA {pragma}")

    @classmethod
    def create(cls, path: Path) -> None:
        """Make an empty store with the newest schema; the caller renames it into place."""
        with _translated():
            connection = sqlite3.connect(path, isolation_level=None)
            try:
                connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
                connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
                connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
                connection.execute("PRAGMA synchronous=FULL")
                _migrate(connection)
            finally:
                connection.close()

    def run(self, sql: str, *cells: Cell) -> int:
        """Execute a statement and return how many rows it changed."""
        with _translated():
            return self._connection.execute(sql, cells).rowcount

    def delete(self, sql: str, *cells: Cell, expected: int) -> None:
        """Execute a deletion.

        Raises:
            StoreDamaged: other records than `expected` were found: what a scan finds, a search must find too.
        """
        if self.run(sql, *cells) != expected:
            raise StoreDamaged("records are not where they should be")

    def many(self, sql: str, records: Iterable[Sequence[Cell]]) -> None:
        """Execute a statement once for each record."""
        with _translated():
            self._connection.executemany(sql, records)

    def all(self, sql: str, *cells: Cell) -> list[Row]:
        """Return every row of a query."""
        with _translated():
            return self._connection.execute(sql, cells).fetchall()

    def one(self, sql: str, *cells: Cell) -> Row | None:
        """Return the first row of a query, None for no row."""
        with _translated():
            row: Row | None = self._connection.execute(sql, cells).fetchone()
            return row

    def each(self, sql: str, *cells: Cell) -> Iterator[Row]:
        """Yield the rows of a query without holding them all."""
        with _translated():
            yield from self._connection.execute(sql, cells)

    def begin(self) -> None:
        """Start a transaction."""
        self.run("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Make the transaction durable."""
        self.run("COMMIT")

    def rollback(self) -> None:
        """Forget the transaction, if there is one."""
        if self._connection.in_transaction:
            with contextlib.suppress(StoreError):
                self.run("ROLLBACK")

    def number(self, pragma: str) -> int:
        """Return a numeric pragma."""
        row = self.one(f"PRAGMA {pragma}")
        return int(row[0]) if row else 0

    def pages(self) -> Pages:
        """Return how the file is used.

        Raises:
            StoreDamaged: the file says that it is far larger than it is; SQLite would call it full.
        """
        pages = Pages(total=self.number("page_count"), free=self.number("freelist_count"))
        if pages.free > pages.total or (pages.total - _UNWRITTEN_PAGES) * PAGE_BYTES > self.file_bytes():
            raise StoreDamaged("the outbox's header is damaged")
        return pages

    def check_identity(self) -> None:
        """Refuse a file that is none of ours.

        Raises:
            StoreDamaged: its header says so.
        """
        if self.number("application_id") != APPLICATION_ID or self.number("page_size") != PAGE_BYTES:
            raise StoreDamaged("the file is not an outbox")
        if not 1 <= self.number("user_version") <= newest_schema():
            raise StoreDamaged("the outbox has another layout than this version of the agent knows")

    def migrate(self) -> None:
        """Bring the schema to its newest version; what is stored stays."""
        try:
            with _translated():
                _migrate(self._connection)
        except StoreError:
            self.rollback()
            raise

    def wal_is_whole(self) -> bool:
        """Tell whether the WAL ends where commits ended; call it before the first commit.

        While an agent has the store open its WAL holds at least one frame, but for one moment: when all of it has
        been folded in, the next transaction begins it afresh, header first. Behind the last frame that SQLite
        accepts, or behind the header, there may be the remains of one transaction that was never synced, whichever
        sectors of it; those of two mean that a synced one is unreadable. (That the newest commits of all are missing
        cannot be seen: so a power cut looks that came before them.)
        """
        row = self.one("PRAGMA wal_checkpoint(PASSIVE)")
        accepted = row[1] if row else 0
        return (accepted > 0 or is_begun(self.wal)) and not has_lost_commit(self.wal, accepted)

    def may_hide_commit(self) -> bool:
        """Tell whether the WAL holds the rest of a transaction that was written to its end and is not accepted.

        A kill leaves the beginning of one; a power cut, or damage, any part. Half of the salts will do: one of its
        frames is enough. Call it before the first commit.
        """
        row = self.one("PRAGMA wal_checkpoint(PASSIVE)")
        return size_of(self.wal) > WAL_HEADER_BYTES and has_commit_behind(self.wal, row[1] if row else 0)

    def file_bytes(self) -> int:
        """Return the size of the database and its WAL."""
        return size_of(self.path) + size_of(self.wal)

    def checkpoint(self, *, truncate: bool = False) -> None:
        """Fold the WAL into the database; with `truncate`, give its space back as well."""
        self.all(f"PRAGMA wal_checkpoint({'TRUNCATE' if truncate else 'FULL'})")

    def shrink(self, pages: int) -> None:
        """Give up to `pages` unused pages back to the file system at the next checkpoint."""
        with (
            _translated()
        ):  # `execute` would stop after the first page, for which SQLite reports a row without columns
            self._connection.executescript(f"PRAGMA incremental_vacuum({pages})")

    def close(self) -> None:
        """Close the file; errors have no one left to tell."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema to its newest version, one numbered file at a time."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    for script in sorted(_SCHEMA.glob("*.sql")):
        number = int(script.stem)
        if number > version:
            connection.executescript(f"BEGIN;\n{script.read_text()}\nPRAGMA user_version={number};\nCOMMIT;")


def newest_schema() -> int:
    """Return the number of the newest schema."""
    return max(int(script.stem) for script in _SCHEMA.glob("*.sql"))
