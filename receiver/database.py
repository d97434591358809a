"""The receiver's SQLite file: opening, migrating, transactions. The only module here that knows sqlite3.

In: statements. Out: rows. Never: a commit that may be lost with the power.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from receiver.errors import StorageError

Row = sqlite3.Row
_REMEDIES = {
    sqlite3.SQLITE_BUSY: "another process writes to it: is a second receiver running?",
    sqlite3.SQLITE_NOTADB: "name the store that `lamppost-receiver run` writes",
}


class Database:
    """One SQLite file, used from one thread. Knows nothing of what it stores."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open the file, creating it unless `read_only`.

        Raises:
            StorageError: it cannot be opened, or another version wrote it.
        """
        self._path = path
        if read_only and not path.is_file():
            raise StorageError(f"{path}: expected the store that `lamppost-receiver run` writes, found no file")
        mode = "ro" if read_only else "rwc"
        with self._translated():
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False
            )
        try:
            with self._translated():
                self._prepare(read_only=read_only)
        except StorageError:
            self._connection.close()
            raise

    def execute(self, sql: str, arguments: Sequence[object] = ()) -> sqlite3.Cursor:
        """Run one statement."""
        return self._connection.execute(sql, arguments)

    def executemany(self, sql: str, arguments: Iterator[Sequence[object]]) -> None:
        """Run one statement for each set of arguments."""
        self._connection.executemany(sql, arguments)

    def one(self, sql: str, arguments: Sequence[object] = ()) -> sqlite3.Row | None:
        """Return the first row, or None."""
        row: sqlite3.Row | None = self._connection.execute(sql, arguments).fetchone()
        return row

    def all(self, sql: str, arguments: Sequence[object] = ()) -> list[sqlite3.Row]:
        """Return all rows of a reading statement.

        Raises:
            StorageError: the file cannot be read.
        """
        with self._translated():
            return self._connection.execute(sql, arguments).fetchall()

    def each(self, sql: str, arguments: Sequence[object] = ()) -> Iterator[sqlite3.Row]:
        """Yield the rows of a reading statement one by one, however many there are.

        Raises:
            StorageError: the file cannot be read.
        """
        with self._translated():
            yield from self._connection.execute(sql, arguments)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what happens inside, all or nothing.

        Raises:
            StorageError: it could not be written; nothing of it is stored.
        """
        with self._translated():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def _prepare(self, *, read_only: bool) -> None:
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA busy_timeout = 5000")
        if not read_only:
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("PRAGMA foreign_keys = ON")
        self._migrate(read_only=read_only)

    def _migrate(self, *, read_only: bool) -> None:
        scripts = sorted(
            (entry for entry in (resources.files("receiver") / "schema").iterdir() if entry.name.endswith(".sql")),
            key=lambda entry: entry.name,
        )
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(scripts):
            raise StorageError(f"{self._path}: written by a newer Lamppost (schema {version}); update this one")
        if read_only and version < len(scripts):
            raise StorageError(
                f"{self._path}: not a store of this version; `lamppost-receiver run` brings it up to date"
            )
        for number, script in enumerate(scripts[version:], version + 1):
            self._connection.executescript(
                f"BEGIN IMMEDIATE; {script.read_text()} PRAGMA user_version = {number}; COMMIT;"
            )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            remedy = _REMEDIES.get(code, "look at free space, permissions and the disk")
            raise StorageError(f"{self._path}: {error}; {remedy}") from error
