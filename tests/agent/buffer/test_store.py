import itertools
import sqlite3
from pathlib import Path

import pytest

from agent.buffer.errors import StoreDamaged, StoreFull, StoreUnavailable
from agent.buffer.store import Database, newest_schema
from agent.buffer.wal import FRAME_BYTES, PAGE_BYTES, WAL_HEADER_BYTES, has_lost_commit, wal_path

COMMITS = 6


def _made(folder: Path) -> Path:
    path = folder / "outbox.db"
    Database.create(path)
    return path


def _opened(folder: Path, **options: int) -> Database:
    return Database(_made(folder), wal_pages=1000, **options)


def _commit(db: Database, number: int) -> None:
    db.begin()
    db.run("INSERT INTO counter VALUES (?, 'x', ?, 0)", number, bytes(400))
    db.run("INSERT OR REPLACE INTO tally (id, next_row) VALUES (1, ?)", number)
    db.commit()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("synchronous", 2),
        ("page_size", PAGE_BYTES),
        ("auto_vacuum", 2),
        ("mmap_size", 0),
        ("cell_size_check", 1),
        ("wal_autocheckpoint", 1000),
        ("user_version", newest_schema()),
    ],
)
def test_database_is_opened_as_the_outbox_needs_it(tmp_path: Path, pragma: str, value: int) -> None:
    db = _opened(tmp_path)
    assert db.number(pragma) == value
    assert db.one("PRAGMA journal_mode") == ("wal",)
    assert db.one("PRAGMA locking_mode") == ("exclusive",)
    db.close()


def test_database_needs_no_third_file_and_turns_a_second_user_away(tmp_path: Path) -> None:
    db = _opened(tmp_path)
    _commit(db, 1)
    assert not (tmp_path / "outbox.db-shm").exists()
    with pytest.raises(StoreUnavailable):
        Database(tmp_path / "outbox.db", wal_pages=1000)
    db.close()


def test_database_that_may_not_grow_says_full_and_works_on(tmp_path: Path) -> None:
    db = _opened(tmp_path)
    pages = db.pages().total
    db.number(f"max_page_count={pages + 2}")
    db.begin()
    with pytest.raises(StoreFull):
        db.many("INSERT INTO counter VALUES (?, 'x', ?, 0)", [(number, bytes(400)) for number in range(100)])
    db.rollback()
    _commit(db, 1)
    assert db.one("SELECT count(*) FROM counter") == (1,)
    db.close()


@pytest.mark.parametrize(
    "content", [b"", b"x" * 4096, b"SQLite format 3\x00" + bytes(2000)], ids=["empty", "text", "header"]
)
def test_file_that_is_no_outbox_says_damaged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "outbox.db"
    path.write_bytes(content)
    with pytest.raises(StoreDamaged):
        Database(path, wal_pages=1000).check_identity()


def test_another_programs_database_says_damaged(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE t (x)")
    other.close()
    db = Database(path, wal_pages=1000)
    with pytest.raises(StoreDamaged, match="not an outbox"):
        db.check_identity()
    db.close()


def test_file_that_is_not_there_says_unavailable(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        Database(tmp_path / "outbox.db", wal_pages=1000)


def _killed(folder: Path) -> Path:
    """Return a database and its WAL as a killed process leaves them."""
    db = _opened(folder)
    for number in range(COMMITS):
        _commit(db, number)
    path = folder / "killed.db"
    path.write_bytes((folder / "outbox.db").read_bytes())
    wal_path(path).write_bytes(wal_path(folder / "outbox.db").read_bytes())
    db.close()
    return path


def _is_whole(path: Path) -> bool:
    db = Database(path, wal_pages=1000)
    try:
        return db.wal_is_whole()
    finally:
        db.close()


def test_wal_of_a_killed_process_is_whole(tmp_path: Path) -> None:
    assert _is_whole(_killed(tmp_path))


def test_wal_without_its_last_bytes_is_what_a_power_cut_leaves(tmp_path: Path) -> None:
    path = _killed(tmp_path)
    wal_path(path).write_bytes(wal_path(path).read_bytes()[:-1])
    assert _is_whole(path)


def _killed_at_wal_restart(folder: Path) -> tuple[Path, int]:
    """Return a database whose WAL was begun afresh by its last transaction, and how many frames that has."""
    db = _opened(folder)
    for number in range(COMMITS):
        _commit(db, number)
    db.checkpoint()
    path = folder / "killed.db"
    path.write_bytes((folder / "outbox.db").read_bytes())
    _commit(db, COMMITS)
    log = wal_path(folder / "outbox.db").read_bytes()
    wal_path(path).write_bytes(log)
    db.close()
    frames = [log[at : at + 24] for at in range(WAL_HEADER_BYTES, len(log), FRAME_BYTES)]
    return path, sum(frame[8:16] == log[16:24] for frame in frames)


def test_wal_begun_afresh_by_a_transaction_that_was_killed_is_whole(tmp_path: Path) -> None:
    path, frames = _killed_at_wal_restart(tmp_path)
    log, database = wal_path(path).read_bytes(), path.read_bytes()
    for written in range(frames):
        path.write_bytes(database)
        wal_path(path).write_bytes(log[: WAL_HEADER_BYTES + written * FRAME_BYTES])
        assert _is_whole(path), written


def test_wal_begun_afresh_with_another_header_is_not_whole(tmp_path: Path) -> None:
    path, _ = _killed_at_wal_restart(tmp_path)
    log, database = wal_path(path).read_bytes(), path.read_bytes()
    for at in range(WAL_HEADER_BYTES):
        damaged = bytearray(log)
        damaged[at] ^= 1
        path.write_bytes(database)
        wal_path(path).write_bytes(damaged)
        assert not _is_whole(path), at


def test_wal_begun_afresh_by_a_transaction_of_which_any_sectors_are_there_is_whole(tmp_path: Path) -> None:
    path, frames = _killed_at_wal_restart(tmp_path)
    log, database = wal_path(path).read_bytes(), path.read_bytes()
    old = bytes(WAL_HEADER_BYTES) + b"\x55" * (len(log) - WAL_HEADER_BYTES)  # what an earlier WAL has left there
    end = WAL_HEADER_BYTES + frames * FRAME_BYTES
    cuts = [WAL_HEADER_BYTES, *range(512, end, 512), end]
    sectors = list(itertools.pairwise(cuts))
    assert len(sectors) > 1
    for kept in itertools.product((False, True), repeat=len(sectors)):
        torn = bytearray(log[:WAL_HEADER_BYTES] + old[WAL_HEADER_BYTES:])
        for (begin, until), there in zip(sectors, kept, strict=True):
            if there:
                torn[begin:until] = log[begin:until]
        path.write_bytes(database)
        wal_path(path).write_bytes(torn)
        assert _is_whole(path), kept


def _wal_of_one_transaction(path: Path, *, stale: int) -> Path:
    """Write frames of one transaction; that numbered `stale` has the place and the commit mark of an older WAL's."""
    wal, salts = wal_path(path), b"new salt"
    frames = [number.to_bytes(4, "big") + bytes(4) + salts + bytes(FRAME_BYTES - 16) for number in range(1, 70)]
    frames[stale] = (3).to_bytes(4, "big") * 2 + frames[stale][8:]
    wal.write_bytes(bytes(16) + salts + bytes(8) + b"".join(frames))
    return wal


def test_commit_mark_in_another_sector_than_its_salts_is_no_lost_commit(tmp_path: Path) -> None:
    torn = next(number for number in range(69) if (WAL_HEADER_BYTES + number * FRAME_BYTES + 8) % 512 == 0)
    assert not has_lost_commit(_wal_of_one_transaction(tmp_path / "outbox.db", stale=torn), 0)
    assert has_lost_commit(_wal_of_one_transaction(tmp_path / "outbox.db", stale=torn - 1), 0)


def test_wal_that_is_missing_is_not_whole(tmp_path: Path) -> None:
    path = _killed(tmp_path)
    wal_path(path).unlink()
    assert not _is_whole(path)


def test_wal_flipped_anywhere_before_its_last_transaction_is_not_whole(tmp_path: Path) -> None:
    path = _killed(tmp_path)
    whole, database = wal_path(path).read_bytes(), path.read_bytes()
    frames = (len(whole) - WAL_HEADER_BYTES) // FRAME_BYTES
    last = next(
        frame
        for frame in range(frames - 2, -1, -1)
        if whole[WAL_HEADER_BYTES + frame * FRAME_BYTES + 4 :][:4] != bytes(4)
    )
    for frame in range(last + 1):
        damaged = bytearray(whole)
        damaged[WAL_HEADER_BYTES + frame * FRAME_BYTES + 24 + 7] ^= 1
        path.write_bytes(database)
        wal_path(path).write_bytes(damaged)
        assert not _is_whole(path), frame


def test_unused_pages_are_given_back(tmp_path: Path) -> None:
    db = _opened(tmp_path)
    for number in range(200):
        _commit(db, number)
    db.run("DELETE FROM counter")
    before = db.pages()
    db.shrink(before.free - 10)
    db.checkpoint()
    after = db.pages()
    assert after.free == 10
    assert after.used <= before.used
    assert (tmp_path / "outbox.db").stat().st_size == after.total * PAGE_BYTES
    db.close()
