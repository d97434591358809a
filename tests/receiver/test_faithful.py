"""The city's tables against the envelopes that they were made from: alike at first, then with one edit each."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from receiver.holdings import Place, holdings
from receiver.store import Store
from receiver.trusted import TrustedDevices
from tests.support.envelopes import STREAM, FakeUnit

NOW = 1_800_000_000_000
EDITS: Mapping[str, tuple[str, str]] = {
    "a value of a row": ("UPDATE row SET scaled = replace(scaled, '[2', '[3') WHERE seq = 0", STREAM),
    "a value that is no value": ("UPDATE row SET scaled = replace(scaled, '[2', '[[') WHERE seq = 0", STREAM),
    "a code of a row": ("UPDATE row SET quality = replace(quality, '3', '1') WHERE seq = 0", STREAM),
    "the time of a row": ("UPDATE row SET start_ms = start_ms - 1 WHERE seq = 0", STREAM),
    "the quality of its clock": ("UPDATE row SET clock = 2 WHERE seq = 0", STREAM),
    "a row that is gone": (
        "DELETE FROM row WHERE seq = 0 AND start_ms = (SELECT min(start_ms) FROM row)",
        STREAM,
    ),
    "all rows gone": ("DELETE FROM row WHERE seq = 0", STREAM),
    "the declaration that a batch cites": ("UPDATE envelope SET declaration = zeroblob(32) WHERE seq = 0", STREAM),
    "the hash in the record": ("UPDATE envelope SET hash = zeroblob(32) WHERE seq = 0", STREAM),
    "the kind in the record": ("UPDATE envelope SET kind = 'lp-gap' WHERE kind = 'lp-batch'", STREAM),
    "a byte of the envelope": (
        (
            "UPDATE envelope SET data = CAST(substr(data, 1, length(data) - 1) ||"
            " CASE substr(data, -1) WHEN x'00' THEN x'01' ELSE x'00' END AS BLOB) WHERE seq = 0"
        ),
        STREAM,
    ),
    "the count of a gap": ("UPDATE gap SET count = count + 1", STREAM),
    "a gap that is gone": ("DELETE FROM gap", STREAM),
    "the value of an alarm": ("UPDATE alarm SET scaled = scaled + 1", STREAM),
    "the state of an alarm": ("UPDATE alarm SET state = 0", STREAM),
    "an alarm that is gone": ("DELETE FROM alarm", STREAM),
    "an acknowledgement": ("UPDATE ack SET content = x'00'", "_ack"),
    "a head of the log": ("UPDATE log_head SET content = x'00'", "_log"),
    "a declaration": ("UPDATE declaration SET content = x'00'", "_declaration"),
}


@pytest.fixture
def unit(tmp_path: Path) -> FakeUnit:
    return FakeUnit.make(tmp_path)


def _city(tmp_path: Path, unit: FakeUnit) -> Path:
    trusted = TrustedDevices({unit.name: unit.device()})
    envelopes = [unit.declare(), unit.batch(rows=3), unit.gap(None), unit.alarm(), unit.ack(), unit.log()]
    store = Store(tmp_path / "receiver.db")
    store.commit([trusted.verify_file(data, now_ms=NOW) for data in envelopes], now_ms=NOW, patience_ms=0)
    store.close()
    return tmp_path / "receiver.db"


def _unfaithful(path: Path, unit: FakeUnit) -> set[Place]:
    return {place for place, held in holdings(path, unit.name).envelopes.items() if not held.faithful}


def test_tables_as_the_receiver_wrote_them_are_faithful(tmp_path: Path, unit: FakeUnit) -> None:
    path = _city(tmp_path, unit)
    assert len(holdings(path, unit.name).envelopes) == 6
    assert _unfaithful(path, unit) == set()


def test_a_batch_that_is_set_aside_is_faithful(tmp_path: Path, unit: FakeUnit) -> None:
    trusted = TrustedDevices({unit.name: unit.device()})
    store = Store(tmp_path / "receiver.db")
    store.commit([trusted.verify_file(unit.batch(rows=3), now_ms=NOW)], now_ms=NOW, patience_ms=0)
    store.close()
    assert _unfaithful(tmp_path / "receiver.db", unit) == set()


@pytest.mark.parametrize(("statement", "stream"), EDITS.values(), ids=EDITS)
def test_one_edit_of_the_tables_is_found_at_its_envelope(
    tmp_path: Path, unit: FakeUnit, statement: str, stream: str
) -> None:
    path = _city(tmp_path, unit)
    with closing(sqlite3.connect(path)) as db, db:
        assert db.execute(statement).rowcount >= 1
    assert {place[0] for place in _unfaithful(path, unit)} >= {stream}
