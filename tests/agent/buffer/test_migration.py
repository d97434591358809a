"""Stores of every released schema version, as dumps in `dumps/`: opened by this version, nothing of them is lost."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from agent.buffer.errors import StoreDamaged
from agent.buffer.store import APPLICATION_ID, Database, newest_schema
from agent.buffer.wal import PAGE_BYTES
from agent.errors import StoreError
from tests.support.disclosures import entries_of, tamper
from tests.support.outbox import (
    DECLARATION,
    GENEROUS,
    contents,
    copied,
    delivered,
    drained,
    lost,
    opened,
    overwrite,
    rows,
    stored,
    waiting,
)

DUMPS = Path(__file__).with_name("dumps")


def _loaded(folder: Path, version: int) -> Path:
    """Return a store of an earlier version, as that version closed it."""
    path = folder / "outbox.db"
    db = sqlite3.connect(path)
    for pragma in (f"page_size={PAGE_BYTES}", "auto_vacuum=INCREMENTAL", f"application_id={APPLICATION_ID}"):
        db.execute(f"PRAGMA {pragma}")
    db.executescript((DUMPS / f"{version:04}.sql").read_text())
    db.execute(f"PRAGMA user_version={version}")
    db.close()
    return path


def test_every_released_schema_has_a_dump() -> None:
    assert [int(dump.stem) for dump in sorted(DUMPS.glob("*.sql"))] == list(range(1, newest_schema() + 1))


async def test_store_of_version_1_keeps_everything_and_gets_a_log(tmp_path: Path) -> None:
    path = _loaded(tmp_path, 1)
    outbox = await opened(path)
    stats = await outbox.stats()
    assert (stats.damaged_files, outbox.session, outbox.epoch.hex()) == (0, 2, "41ebbebf5f532b90")
    assert (stats.rows_waiting, stats.envelopes_waiting, stats.sealed_rows_waiting) == (68, 4, 60)
    assert (stats.rows_stored, stats.rows_receipted, stats.rows_evicted) == (138, 10, 3)
    assert await outbox.load_counters("budget") == b"spent"
    before = {envelope.data for envelope in await waiting(outbox)}
    assert len(before) == 4
    assert await entries_of(outbox) == []
    await outbox.declare(DECLARATION)
    found = await drained(outbox)
    assert delivered(found) == list(range(10, 83))
    assert delivered(found, "noise") == list(range(55))
    assert lost(found) == 3
    kinds = {type(entry).__name__ for entry in await entries_of(outbox)}
    assert kinds == {"ConfigurationEntry", "EnvelopeEntry", "ReceiptEntry", "LostEntry"}
    await outbox.close()
    outbox = await opened(path)
    assert (await outbox.stats()).damaged_files == 0
    await outbox.close()


async def test_damaged_store_of_version_1_is_salvaged(tmp_path: Path) -> None:
    path = _loaded(tmp_path, 1)
    tamper(path, "UPDATE fresh SET data = zeroblob(5) WHERE id = 101")
    outbox = await opened(path)
    found = await drained(outbox)
    assert delivered(found) == [index for index in range(10, 83) if index != 70]
    assert lost(found) == 3
    assert not await waiting(outbox)
    await outbox.close()


async def test_store_of_version_1_whose_first_page_is_gone_is_salvaged(tmp_path: Path) -> None:
    path = _loaded(tmp_path, 1)
    overwrite(path, bytes(PAGE_BYTES) + contents(path)[PAGE_BYTES:])
    outbox = await opened(path)
    found = await drained(outbox)
    assert set(delivered(found)) <= set(range(10, 83))
    assert len(delivered(found)) >= 50  # what stood on the few pages that the newer schema takes is lost
    assert (await outbox.stats()).trouble == ""
    await outbox.close()


def test_store_of_a_later_version_is_not_touched(tmp_path: Path) -> None:
    path = _loaded(tmp_path, 1)
    tamper(path, f"PRAGMA user_version={newest_schema() + 1}")
    db = Database(path, wal_pages=1000)
    with pytest.raises(StoreDamaged, match="another layout"):
        db.check_identity()
    db.close()


async def test_store_of_version_2_keeps_everything(tmp_path: Path) -> None:
    path = _loaded(tmp_path, 2)
    outbox = await opened(path, limits=replace(GENEROUS, retain_s=1e9))
    stats = await outbox.stats()
    assert (stats.damaged_files, outbox.session, outbox.epoch.hex()) == (0, 2, "d8feb6bcba8f8309")
    assert (stats.rows_waiting, stats.envelopes_waiting, stats.sealed_rows_waiting) == (68, 8, 90)
    assert (stats.rows_stored, stats.rows_receipted) == (168, 10)
    assert await outbox.load_counters("budget") == b"spent"
    assert len(await entries_of(outbox)) == 11
    found = await drained(outbox)
    assert delivered(found) == list(range(10, 83))
    assert delivered(found, "noise") == list(range(85))
    assert lost(found) == 0
    await outbox.close()


# -- interrupted


async def _is_whole(path: Path, version: int) -> None:
    """Open a store whose migration was interrupted, and find everything in it."""
    waits, sealed = {1: (68, 60), 2: (68, 90)}[version]
    outbox = await opened(path)
    stats = await outbox.stats()
    assert (stats.damaged_files, stats.rows_waiting, stats.sealed_rows_waiting) == (0, waits, sealed)
    await stored(outbox, rows(90, 1))
    await outbox.close()
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA user_version").fetchone()[0] == newest_schema()
    assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    db.close()


class _Interruption:
    """Refuses a migration's nth step, and keeps the files as a kill would leave them at that moment."""

    def __init__(self, path: Path, killed: Path, *, after: int) -> None:
        self.path, self.killed, self.after = path, killed, after
        self.steps = 0

    def __call__(self, *_: object) -> int:
        self.steps += 1
        if self.steps <= self.after:
            return sqlite3.SQLITE_OK
        copied(self.path, self.killed)
        return sqlite3.SQLITE_DENY


@pytest.mark.parametrize("version", range(1, newest_schema()))
async def test_migration_interrupted_at_every_step_leaves_a_store_that_opens(tmp_path: Path, version: int) -> None:
    """SQLite asks before every step of every statement; the last round is one that nothing interrupts."""
    for after in range(1000):
        folder = tmp_path / str(after)
        folder.mkdir()
        path = _loaded(folder, version)
        db = Database(path, wal_pages=1000)
        db.run("UPDATE meta SET id = id")  # so that there is a write-ahead log
        interruption = _Interruption(path, folder / "killed.db", after=after)
        db._connection.set_authorizer(interruption)
        try:
            db.migrate()
        except StoreError:
            db.close()
        else:
            assert after > 5
            db.close()
            return
        await _is_whole(path, version)
        await _is_whole(folder / "killed.db", version)
    pytest.fail("the migration has no end")
