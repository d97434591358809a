"""The outbox's files: making one, setting a damaged one aside, and finding the right one after a kill in between.

A store is built as ``<name>.new`` and renamed, so that a file under the store's own name was complete once. A damaged
one becomes ``<stem>.damaged-<n>``; the newest three are kept, as long as together they are not larger than a store.
"""

import contextlib
import os
import re
from pathlib import Path
from typing import Final

from agent.buffer.errors import StoreDamaged, StoreUnavailable
from agent.buffer.ledger import Ledger
from agent.buffer.state import Meta
from agent.buffer.store import Database, sync_directory
from agent.buffer.tables import META
from agent.buffer.wal import size_of, wal_path
from agent.wire.messages import EPOCH_BYTES

KEPT: Final = 3
_MODE: Final = 0o600


def new_path(path: Path) -> Path:
    """Return where a store is built."""
    return path.with_name(path.name + ".new")


def prepare(path: Path, *, unit: str) -> None:
    """Make sure that there is a file under the store's name: the one left there, one being made, or an empty one.

    Raises:
        StoreUnavailable: the directory cannot be used.
    """
    if not path.parent.is_dir():
        raise StoreUnavailable(f"{path.parent}: expected the outbox's directory, found none; make it first")
    try:
        _make_usable(path)
        if path.exists():
            remove(new_path(path))
        elif not _adopt(path):
            if size_of(wal_path(path)):
                path.touch()  # the database is gone, its WAL is not: that is damage
            else:
                _make_empty(path, unit=unit)
    except OSError as error:
        raise StoreUnavailable(f"{path.parent}: the outbox cannot be made here: {error.strerror}") from error


def _make_usable(path: Path) -> None:
    """Have a file under the store's name that this process may read and write, where there is anything.

    What is no file, or may not even be read, is set aside, and an empty file in its place tells that this is damage.
    What may be read is copied: the folder is ours, whoever made the file. Where nothing can be written it stays.
    """
    if path.exists() and not path.is_file():
        path.replace(_next_aside(path))
        path.touch()
    for one in (path, wal_path(path)):
        if one.exists() and not _may_use(one):
            with contextlib.suppress(OSError):
                _take_over(one, path)


def _may_use(path: Path) -> bool:
    if not os.access(path, os.R_OK | os.W_OK):
        with contextlib.suppress(OSError):
            path.chmod(_MODE)
    return os.access(path, os.R_OK | os.W_OK)


def _take_over(one: Path, path: Path) -> None:
    """Put a copy of a file in its place; set the store aside where it may not be read."""
    if not os.access(one, os.R_OK):
        move_aside(path, max_bytes=size_of(path) + 1)
        path.touch()
        return
    from shutil import copyfile  # noqa: PLC0415 - hardly any unit ever needs it

    copy = one.with_name(one.name + ".copy")
    copyfile(one, copy)
    copy.replace(one)


def _adopt(path: Path) -> bool:
    """Put a complete new store in place that a kill left behind, and return whether there was one."""
    new = new_path(path)
    if not new.exists():
        return False
    try:
        db = Database(new, wal_pages=16)
        try:
            Ledger(db).load()
        finally:
            db.close()
    except StoreDamaged:
        remove(new)
        return False
    if wal_path(path).exists():
        wal_path(path).rename(wal_path(_next_aside(path)))
        sync_directory(path.parent)
    publish(path)
    return True


def build(path: Path) -> None:
    """Make an empty store under the name for new ones."""
    new = new_path(path)
    remove(new)
    Database.create(new)


def _make_empty(path: Path, *, unit: str) -> None:
    build(path)
    db = Database(new_path(path), wal_pages=16)
    try:
        complete(new_ledger(db, unit=unit))
    finally:
        db.close()
    publish(path)


def new_ledger(db: Database, *, unit: str) -> Ledger:
    """Return the ledger of an empty store, with an epoch of its own; `complete` makes it a store."""
    ledger = Ledger(db)
    ledger.meta = Meta(unit=unit, epoch=os.urandom(EPOCH_BYTES), session=0, clean=True)
    return ledger


def complete(ledger: Ledger) -> None:
    """Give a store its header, without which it is none."""
    ledger.db.begin()
    META.write(ledger.db, ledger.meta)
    ledger.save_tally()
    ledger.db.commit()


def publish(path: Path) -> None:
    """Put the new store in place."""
    new_path(path).replace(path)
    sync_directory(path.parent)


def set_aside(path: Path) -> list[Path]:
    """Return the damaged stores, oldest first."""
    pattern = re.compile(re.escape(path.stem) + r"\.damaged-(\d+)")
    found = [(int(match[1]), entry) for entry in path.parent.iterdir() if (match := pattern.fullmatch(entry.name))]
    return [entry for _, entry in sorted(found)]


def _next_aside(path: Path) -> Path:
    names = [int(entry.name.rpartition("-")[2]) for entry in set_aside(path)]
    return path.with_name(f"{path.stem}.damaged-{max(names, default=0) + 1}")


def move_aside(path: Path, *, max_bytes: int) -> Path:
    """Rename a damaged store with its WAL, and forget older ones beyond the bounds.

    It lasts before anything takes the store's name: a new store must never meet the WAL of the damaged one.
    """
    aside = _next_aside(path)
    path.replace(aside)
    if wal_path(path).exists():
        wal_path(path).replace(wal_path(aside))
    sync_directory(path.parent)
    kept = set_aside(path)
    while len(kept) > KEPT or (len(kept) > 1 and sum(size_of(entry) for entry in kept) > max_bytes):
        remove(kept.pop(0))
    return aside


def drop_oldest_aside(path: Path) -> None:
    """Delete the oldest damaged store, if there is one: space is short."""
    for entry in set_aside(path)[:1]:
        remove(entry)


def remove(path: Path) -> None:
    """Delete a store and what belongs to it."""
    if path.is_dir():
        with contextlib.suppress(OSError):  # whatever somebody has put there stays
            path.rmdir()
        return
    for name in (path, wal_path(path), path.with_name(path.name + "-shm"), path.with_name(path.name + "-journal")):
        with contextlib.suppress(FileNotFoundError):
            name.unlink()
