"""Rows that arrive twice in different envelopes: told apart, left out of exports, never deleted."""

from dataclasses import replace
from pathlib import Path

import pytest

from agent.wire import cose, payload
from agent.wire.messages import Batch, Kind
from receiver.report import Report
from receiver.store import Store
from receiver.trusted import TrustedDevices
from tests.support.envelopes import STEP_MS, STREAM, UNIT, FakeUnit

NOW_MS = 1_800_000_000_000


class _City:
    """A store, fed with envelopes."""

    def __init__(self, folder: Path, unit: FakeUnit) -> None:
        self._path = folder / "city.db"
        self._trusted = TrustedDevices({unit.name: unit.device()})
        self.store = Store(self._path)

    def take(self, *envelopes: bytes) -> None:
        verified = [self._trusted.verify_file(data, now_ms=NOW_MS) for data in envelopes]
        self.store.commit(verified, now_ms=NOW_MS, patience_ms=1 << 60)

    def starts(self) -> list[int]:
        report = Report(self._path)
        try:
            return [row["start_ms"] for row in report.rows()]
        finally:
            report.close()

    def doubled(self) -> tuple[int, int]:
        report = Report(self._path)
        try:
            chains = [stream for stream in report.show()["streams"] if stream["stream"] == STREAM]
        finally:
            report.close()
        return sum(one["doubled"] for one in chains), sum(one["contradicting"] for one in chains)


@pytest.fixture
def unit(tmp_path: Path) -> FakeUnit:
    return FakeUnit.make(tmp_path)


@pytest.fixture
def city(tmp_path: Path, unit: FakeUnit) -> _City:
    made = _City(tmp_path, unit)
    made.take(unit.declare())
    return made


def _again(unit: FakeUnit, data: bytes, **changes: object) -> bytes:
    """Return the rows of a batch in a first envelope of a new epoch."""
    batch = payload.decode(Kind.BATCH, cose.payload_of(data))
    assert isinstance(batch, Batch)
    fresh = replace(batch, epoch=b"epoch-02", seq=0, prev=None)
    return unit.sign(replace(fresh, **changes))  # type: ignore[arg-type]  # fields of a batch


def test_rows_sealed_again_in_a_new_epoch_are_exported_once(city: _City, unit: FakeUnit) -> None:
    first = unit.batch(4)
    city.take(first)
    once = city.starts()
    city.take(_again(unit, first))
    assert city.starts() == once
    assert city.doubled() == (4, 0)


def test_rows_that_say_something_else_are_told_as_contradicting(city: _City, unit: FakeUnit) -> None:
    first = unit.batch(4)
    city.take(first)
    batch = payload.decode(Kind.BATCH, cose.payload_of(first))
    assert isinstance(batch, Batch)
    other = replace(batch.columns[0], values=(1, 2, 3, 4))
    city.take(_again(unit, first, columns=(other, batch.columns[1])))
    assert city.doubled() == (4, 4)


def test_batch_that_overlaps_two_others_keeps_only_its_new_rows(city: _City, unit: FakeUnit) -> None:
    one, two = unit.batch(2), unit.batch(2)
    city.take(one, two)
    start = city.starts()[0]
    longer = FakeUnit(unit.key, unit.name, b"epoch-02").batch(8)
    city.take(_again(unit, longer, start_ms=start - 2 * STEP_MS))
    assert sorted(city.starts()) == [start + STEP_MS * index for index in range(-2, 6)]
    assert city.doubled()[0] == 4
    city.take(_again(unit, longer, start_ms=start - 2 * STEP_MS, epoch=b"epoch-03"))
    assert sorted(city.starts()) == [start + STEP_MS * index for index in range(-2, 6)]
    assert city.doubled()[0] == 12


def test_window_twice_as_long_over_known_ones_is_doubled(city: _City, unit: FakeUnit) -> None:
    first = unit.batch(4)
    city.take(first)
    batch = payload.decode(Kind.BATCH, cose.payload_of(first))
    assert isinstance(batch, Batch)
    columns = tuple(replace(column, values=column.values[:2], quality=column.quality[:2]) for column in batch.columns)
    city.take(_again(unit, first, columns=columns, step_ms=2 * STEP_MS))
    assert city.doubled() == (2, 2)
    assert len(city.starts()) == 4


def test_same_windows_of_another_boot_are_others(city: _City, unit: FakeUnit) -> None:
    first = unit.batch(2)
    city.take(first)
    city.take(_again(unit, first, boot_id=bytes(16)))
    assert city.doubled() == (0, 0)
    assert len(city.starts()) == 4


def test_rows_set_aside_are_compared_when_their_declaration_comes(tmp_path: Path, unit: FakeUnit) -> None:
    declaration, first = unit.declare(), unit.batch(3)
    city = _City(tmp_path, unit)
    city.take(first, _again(unit, first))
    assert city.starts() == []
    city.take(declaration)
    assert len(city.starts()) == 3
    assert city.doubled() == (3, 0)


def test_doubles_of_one_message_are_counted(city: _City, unit: FakeUnit) -> None:
    first = unit.batch(3)
    city.take(first, _again(unit, first))
    found = city.store.doubles(UNIT, STREAM, epoch=b"epoch-02", seq=0)
    assert (found.rows, found.doubled, found.contradicting) == (3, 3, 0)
