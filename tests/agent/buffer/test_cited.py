import pytest

from agent.buffer.cited import Cited
from agent.buffer.ledger import Ledger
from agent.buffer.store import Database


@pytest.fixture
def ledger(db: Database) -> Ledger:
    ledger = Ledger(db)
    ledger.load()
    return ledger


def _digest(number: int) -> bytes:
    return bytes([number]) * 32


def _add_context(cited: Cited, number: int) -> int:
    return cited.context(declaration=1, boot_id=None, step_ms=1000, clock=bytes([number]), clock_group=0).id


def test_context_that_rows_share_is_stored_once(ledger: Ledger) -> None:
    first = _add_context(ledger, 7)
    assert _add_context(ledger, 8) != first
    assert _add_context(ledger, 7) == first
    assert ledger.db.one("SELECT count(*) FROM context") == (2,)


def test_contexts_that_no_row_refers_to_are_forgotten(ledger: Ledger) -> None:
    for number in range(100):
        _add_context(ledger, number)
        ledger.save()
    assert len(ledger.contexts) <= 64
    again = Ledger(ledger.db)
    again.load()
    assert again.contexts == ledger.contexts


def test_context_that_a_row_refers_to_stays_however_many_come_after_it(ledger: Ledger) -> None:
    kept = _add_context(ledger, 0)
    ledger.db.run("INSERT INTO fresh VALUES (1, 1, ?, 0, x'00', 0)", kept)
    for number in range(1, 100):
        _add_context(ledger, number)
        ledger.save()
    assert kept in ledger.contexts
    assert _add_context(ledger, 0) == kept


def test_declaration_that_comes_again_keeps_its_content_and_the_seq_it_took(ledger: Ledger) -> None:
    ledger.add_declared(_digest(1), b"content").seq = 5
    again = ledger.add_declared(_digest(1), None)
    assert (again.id, again.content, again.seq) == (2, b"content", 5)
    assert ledger.find_declared(_digest(1)) is again
    assert ledger.find_declared(_digest(2)) is None


def test_declarations_are_dropped_when_they_are_receipted_and_nothing_older_waits(ledger: Ledger) -> None:
    for number, seq in enumerate([0, 1, 2, 3], start=1):
        ledger.add_declared(_digest(number), b"content").seq = seq
    ledger.drop_declarations(before=3, receipted=0)
    assert sorted(ledger.declared) == [2, 3, 4]
    ledger.drop_declarations(before=99, receipted=99)
    assert sorted(ledger.declared) == [4], "the newest is what the next row is made under"
    assert ledger.db.one("SELECT group_concat(id) FROM declaration") == ("4",)
