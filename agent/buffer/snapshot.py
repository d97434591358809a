"""The disclosure log read while the agent has its store open.

In: the path of a store. Out: the log's entries, from a private copy of the store that is deleted afterwards. Never: a
lock on the store, a write to it, or a copy that mixes two states of it.

The agent holds the store exclusively, so nobody else can open it with SQLite. But its files can be copied: first the
database, then the WAL. The agent writes to the database only what is in the WAL already (a checkpoint), and a reader
prefers the WAL's pages; so the copies fit each other as long as the WAL was not begun afresh in between. A fresh WAL
has other salts in its header (https://sqlite.org/fileformat2.html#the_write_ahead_log): then it is copied again.
Where there is no WAL the database itself must have stayed the same.

Never call this in the process that has the store open: closing a file there drops SQLite's locks on it.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

from agent.buffer.errors import StoreDamaged
from agent.buffer.logbook import COLUMNS, Logbook, entry_of
from agent.buffer.store import Database
from agent.buffer.tables import META
from agent.buffer.wal import WAL_HEADER_BYTES, wal_path
from agent.errors import StoreError
from agent.wire.excerpt import Header, Numbered

_TRIES: Final = 64
_REMEDY: Final = "Run this as root or as the user of the agent, and check the path"
_SELECT: Final = f"SELECT {COLUMNS} FROM disclosure ORDER BY id"  # noqa: S608 - a constant


class Snapshot:
    """A copy of a store, open for reading its log.

    Attributes:
        header: whose log it is, and what there is of it.
    """

    def __init__(self, db: Database, *, unit: str) -> None:
        self._db = db
        book = Logbook(db, unit=unit)
        book.load()
        head = book.head
        self.header = Header(unit=unit, first=head.first, base=head.base, last=head.last)

    @classmethod
    def of(cls, db: Database) -> Self:
        """Return the log of an open store.

        Raises:
            StoreDamaged: it cannot be read.
        """
        db.check_identity()
        db.migrate()
        meta = META.read(db)
        if len(meta) != 1:
            raise StoreDamaged("the outbox has no header")
        return cls(db, unit=meta[0].unit)

    def entries(self) -> Iterator[Numbered]:
        """Yield the entries as they are stored, oldest first; whether their chain holds is for the reader to see.

        Raises:
            StoreDamaged: one does not match its checksum, or a page cannot be read.
        """
        for record in self._db.each(_SELECT):
            entry = entry_of(record)
            yield Numbered(number=entry.number, data=entry.data, hash=entry.hash)


@contextlib.contextmanager
def snapshot(path: Path, *, folder: Path | None = None, tries: int = _TRIES) -> Iterator[Snapshot]:
    """Open a copy of the store at `path`, and delete it at the end.

    Args:
        path: the store; an agent may be at work on it.
        folder: where the copy is made: a folder of its own inside, which nobody else can look into. None for the
            system's, on disk rather than in memory.
        tries: how often it is copied while the agent begins its WAL afresh.

    Raises:
        StoreError: it cannot be read, is damaged, or was never at rest.
    """
    with copied(path, folder=folder, tries=tries) as copy:
        try:
            db = Database(copy, wal_pages=1 << 30)
            try:
                yield Snapshot.of(db)
            finally:
                db.close()
        except StoreDamaged as error:
            raise StoreDamaged(f"{path}: {error}") from error


@contextlib.contextmanager
def copied(path: Path, *, folder: Path | None = None, tries: int = _TRIES) -> Iterator[Path]:
    """Copy the store at `path` into a private folder, and delete that at the end; the arguments are `snapshot`'s.

    Raises:
        StoreError: it cannot be read, or was never at rest.
    """
    parent = folder or Path(os.environ.get("TMPDIR", "/var/tmp"))  # noqa: S108 - a private folder is made in it
    try:
        private = Path(tempfile.mkdtemp(prefix="lamppost-", dir=parent))  # mode 0700
    except OSError as error:
        raise StoreError(f"{parent}: the outbox cannot be copied here: {error.strerror}. Set TMPDIR") from error
    try:
        copy = private / "outbox.db"
        _copy(path, copy, tries=tries)
        yield copy
    finally:
        shutil.rmtree(private, ignore_errors=True)


def _copy(path: Path, to: Path, *, tries: int) -> None:
    for _ in range(tries):
        try:
            before = _generation(path)
            shutil.copyfile(path, to)
            wal_path(to).unlink(missing_ok=True)
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(wal_path(path), wal_path(to))
            if _generation(path) == before:
                return
        except OSError as error:
            raise StoreError(f"{path}: the outbox cannot be read: {error.strerror}. {_REMEDY}") from error
    raise StoreError(f"{path}: the outbox was written too fast to be copied, {tries} times. Try again")


def _generation(path: Path) -> tuple[object, ...]:
    """Return what stays the same while copies of database and WAL fit each other."""
    status = path.stat()
    header = b""
    with contextlib.suppress(FileNotFoundError), wal_path(path).open("rb") as file:
        header = file.read(WAL_HEADER_BYTES)
    if len(header) == WAL_HEADER_BYTES:
        return status.st_ino, header
    return status.st_ino, header, status.st_size, status.st_mtime_ns
