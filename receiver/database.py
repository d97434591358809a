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


class Database:
    """One SQLite file, used from one thread. Knows nothing of what it stores."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open the file, creating it unless `read_only`.

        Raises:
            StorageError: it cannot be opened, or a newer version wrote it.
        """
        self._path = path
        with self._translated():
            mode = "ro" if read_only else "rwc"
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False
            )
            self._connection.row_factory = sqlite3.Row
            self._connection.execute("PRAGMA busy_timeout = 5000")
            if not read_only:
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("PRAGMA synchronous = FULL")
                self._connection.execute("PRAGMA foreign_keys = ON")
                self._migrate()

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

    def _migrate(self) -> None:
        scripts = sorted(
            (entry for entry in (resources.files("receiver") / "schema").iterdir() if entry.name.endswith(".sql")),
            key=lambda entry: entry.name,
        )
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(scripts):
            raise StorageError(f"{self._path}: written by a newer Lamppost (schema {version}); update this one")
        for number, script in enumerate(scripts[version:], version + 1):
            self._connection.executescript(
                f"BEGIN IMMEDIATE; {script.read_text()} PRAGMA user_version = {number}; COMMIT;"
            )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StorageError(f"{self._path}: {error}; look at free space, permissions and the disk") from error
