from pathlib import Path

import pytest

from agent.buffer.errors import StoreDamaged
from agent.buffer.logbook import Logbook, Numbered, entry_bytes
from agent.buffer.store import Database
from agent.buffer.wal import PAGE_BYTES
from agent.wire.disclosure import encode_entry, genesis, link
from agent.wire.entries import ConfigurationEntry, Entry
from tests.support.disclosures import at as moment_at
from tests.support.disclosures import envelope, one_of_each, order

UNIT = "corner-1"


@pytest.fixture
def db(tmp_path: Path) -> Database:
    Database.create(tmp_path / "outbox.db")
    db = Database(tmp_path / "outbox.db", wal_pages=1000)
    db.begin()
    return db


def _filled(db: Database, count: int) -> Logbook:
    book = Logbook(db, unit=UNIT)
    for number in range(1, count + 1):
        book.add(b"entry %d" % number, configures=number == 2)
    book.write()
    return book


def _again(db: Database) -> Logbook:
    book = Logbook(db, unit=UNIT)
    book.load()
    return book


def _hash(upto: int) -> bytes:
    head = genesis(UNIT)
    for number in range(1, upto + 1):
        head = link(head, b"entry %d" % number)
    return head


def test_empty_log_stands_at_the_units_genesis(db: Database) -> None:
    head = _again(db).head
    assert (head.last, head.first, head.head, head.base) == (0, 1, genesis(UNIT), genesis(UNIT))


def test_entries_are_numbered_from_one_and_chained(db: Database) -> None:
    _filled(db, 3)
    book = _again(db)
    assert (book.head.last, book.head.first, book.head.head) == (3, 1, _hash(3))
    assert book.has_configuration
    assert book.size == _filled_size(3)


def _filled_size(count: int) -> int:
    return sum(entry_bytes(b"entry %d" % number) for number in range(1, count + 1))


def test_what_was_not_written_is_forgotten_by_loading(db: Database) -> None:
    book = _filled(db, 2)
    book.add(b"lost with its transaction")
    book.load()
    assert book.head.head == _hash(2)
    book.add(b"entry 3")
    book.write()
    assert _again(db).head.head == _hash(3)


def test_cut_keeps_the_hash_of_what_it_took_as_the_base(db: Database) -> None:
    book = _filled(db, 10)
    assert not book.cut(lambda entry: entry.number <= 4)
    for one in (book, _again(db)):
        assert (one.head.first, one.head.base) == (5, _hash(4))
        assert (one.head.last, one.head.head) == (10, _hash(10))
        assert one.size == _filled_size(10) - _filled_size(4)
        assert not one.has_configuration
    assert db.one("SELECT count(*), min(id) FROM disclosure") == (6, 5)


def test_cut_takes_a_few_at_a_time_and_says_so(db: Database) -> None:
    book = _filled(db, 150)
    rounds = [book.cut(lambda entry: entry.number <= 140) for _ in range(3)]
    assert rounds == [True, True, False]
    assert (book.head.first, book.head.base) == (141, _hash(140))


def test_cut_of_entries_that_are_neither_old_nor_new_waits_for_one_that_is_old(db: Database) -> None:
    def is_over(entry: Numbered) -> bool | None:
        return {3: True, 5: True, 8: False}.get(entry.number)

    book = _filled(db, 10)
    assert not book.cut(is_over)
    assert book.head.first == 6


def test_log_from_which_everything_was_cut_goes_on_counting(db: Database) -> None:
    book = _filled(db, 3)
    book.cut(lambda _: True)
    book = _again(db)
    assert (book.head.first, book.head.last, book.head.head, book.head.base) == (4, 3, _hash(3), _hash(3))
    book.add(b"entry 4")
    book.write()
    assert _again(db).head.head == _hash(4)


def test_entry_that_was_changed_says_damaged(db: Database) -> None:
    book = _filled(db, 3)
    db.run("UPDATE disclosure SET data = 'x' WHERE id IN (1, 3)")
    with pytest.raises(StoreDamaged):
        _again(db)
    with pytest.raises(StoreDamaged):
        book.cut(lambda _: True)


def test_entries_that_are_said_to_be_cut_say_damaged(db: Database) -> None:
    book = _filled(db, 9)
    book.cut(lambda entry: entry.number < 9)
    db.run("UPDATE disclosure SET id = 2")
    with pytest.raises(StoreDamaged):
        _again(db)


def _configuration(channels: int) -> Entry:
    names = tuple(f"channel-{number}" for number in range(min(channels, 60)))
    streams = tuple((f"stream-{number}", names) for number in range(-(-channels // 60)))
    return ConfigurationEntry(at=moment_at(), before=None, after=bytes(32), local=True, streams=streams)


@pytest.mark.parametrize(
    "entries",
    [
        [envelope(moment_at(), 2000)],
        [envelope(moment_at(), 2000), one_of_each()[4]],
        [order(moment_at())],
        [order(moment_at(), reference="x" * 200)],
        one_of_each(),
        [_configuration(30)],
        [_configuration(60)],
        [_configuration(300)],
    ],
    ids=["envelopes", "envelopes and receipts", "orders", "long orders", "all", "a page", "two pages", "many pages"],
)
def test_log_takes_no_more_than_it_counts(db: Database, entries: list[Entry]) -> None:
    before = db.pages().used
    book = Logbook(db, unit=UNIT)
    for _ in range(1000):
        for entry in entries:
            book.add(encode_entry(entry))
    book.write()
    assert (db.pages().used - before) * PAGE_BYTES <= book.size
