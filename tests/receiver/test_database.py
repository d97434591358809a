import contextlib
import sqlite3
from pathlib import Path

import pytest

import receiver
from receiver.answers import LATEST, NEWEST_FIRST
from receiver.database import Database
from receiver.errors import StorageError


def test_database_is_durable_and_of_the_newest_schema(tmp_path: Path) -> None:
    database = Database(tmp_path / "receiver.db")
    told = {name: database.all(f"PRAGMA {name}")[0][0] for name in ("journal_mode", "synchronous", "user_version")}
    assert told == {"journal_mode": "wal", "synchronous": 2, "user_version": 5}
    database.close()


def test_database_keeps_all_of_a_transaction_or_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "receiver.db")
    with contextlib.suppress(ZeroDivisionError), database.transaction():
        database.execute("INSERT INTO meta VALUES ('a', 1)")
        raise ZeroDivisionError
    with database.transaction():
        database.execute("INSERT INTO meta VALUES ('b', 2)")
    assert [tuple(row) for row in database.each("SELECT * FROM meta")] == [("b", 2)]
    database.close()


def test_database_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    Database(tmp_path / "receiver.db").close()
    database = Database(tmp_path / "receiver.db", read_only=True)
    refused = r"receiver\.db: attempt to write a readonly database; look at"
    with pytest.raises(StorageError, match=refused), database.transaction():
        database.execute("INSERT INTO meta VALUES ('a', 1)")
    database.close()


def test_database_that_another_process_writes_to_asks_for_a_second_receiver(tmp_path: Path) -> None:
    database = Database(tmp_path / "receiver.db")
    database.execute("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(tmp_path / "receiver.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="is a second receiver running"), database.transaction():
        pass
    other.close()
    database.close()


def test_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    database = Database(tmp_path / "receiver.db")
    database.execute("PRAGMA user_version = 99")
    database.close()
    for read_only in (False, True):
        with pytest.raises(StorageError, match="written by a newer Lamppost"):
            Database(tmp_path / "receiver.db", read_only=read_only)


def test_database_opened_for_reading_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="found no file"):
        Database(tmp_path / "receiver.db", read_only=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", "not a store of this version", id="empty"),
        pytest.param(b"no database at all" * 100, "name the store that", id="something-else"),
    ],
)
def test_database_that_is_none_says_so(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "receiver.db").write_bytes(content)
    with pytest.raises(StorageError, match=words):
        Database(tmp_path / "receiver.db", read_only=True)


_SCHEMA = Path(receiver.__file__).parent / "schema"


def _of_version_1(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript((_SCHEMA / "0001-initial.sql").read_text())
    connection.execute("INSERT INTO chain (id, unit, stream, epoch) VALUES (1, 'corner', '_ack', x'00')")
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    connection.close()


def test_database_of_the_first_version_keeps_what_it_has_and_gets_the_new_tables(tmp_path: Path) -> None:
    _of_version_1(tmp_path / "receiver.db")
    database = Database(tmp_path / "receiver.db")
    assert database.all("PRAGMA user_version")[0][0] == 5
    assert [row["unit"] for row in database.all("SELECT unit FROM chain")] == ["corner"]
    assert database.all("SELECT * FROM ack") == database.all("SELECT * FROM log_head") == []
    database.close()


def test_database_of_the_first_version_is_not_changed_by_reading(tmp_path: Path) -> None:
    _of_version_1(tmp_path / "receiver.db")
    with pytest.raises(StorageError, match="brings it up to date"):
        Database(tmp_path / "receiver.db", read_only=True)


@pytest.mark.parametrize(
    ("query", "found"),
    [(LATEST, ("corner", 1)), (NEWEST_FIRST, ("corner",))],
    ids=["latest", "newest first"],
)
def test_database_finds_answers_by_index_and_sorts_nothing(
    tmp_path: Path, query: str, found: tuple[object, ...]
) -> None:
    database = Database(tmp_path / "receiver.db")
    plan = [row["detail"] for row in database.all(f"EXPLAIN QUERY PLAN {query}", found)]
    assert len(plan) == 1
    assert plan[0].startswith("SEARCH ack USING INDEX ack_version (unit=?")
    database.close()
