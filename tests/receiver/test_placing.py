"""Where rows that count from a boot lie in time, as the city comes to know it."""

from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from agent.wire import cose, payload
from agent.wire.messages import Batch, ClockQuality, ClockStamp, Kind
from receiver.datasets import datasets
from receiver.declared import Declared
from receiver.report import Report
from receiver.store import Store
from receiver.table import Tables
from receiver.trusted import TrustedDevices
from tests.support.envelopes import START_MS, STEP_MS, FakeUnit

NOW_MS = START_MS + 3_600_000
BOOT = bytes(range(16))
UNSET = ClockStamp(quality=ClockQuality.UNSET)


class City:
    """A store that is fed, and read by another connection."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "receiver.db"
        self.unit = FakeUnit.make(folder)
        self.store = Store(self.path)

    def take(self, *envelopes: bytes) -> None:
        trusted = TrustedDevices({self.unit.name: self.unit.device()})
        messages = [trusted.verify_file(data, now_ms=NOW_MS) for data in envelopes]
        self.store.commit(messages, now_ms=NOW_MS, patience_ms=1000)

    def batch(self, clock: ClockStamp, *, boot_id: bytes | None = BOOT, start_ms: int = 60_000) -> bytes:
        """Return the next batch of one row."""
        before = self.unit.chains.copy()
        sealed = self.unit.batch(rows=1)
        batch = payload.decode(Kind.BATCH, cose.payload_of(sealed))
        assert isinstance(batch, Batch)
        self.unit.chains = before
        return self.unit._link(replace(batch, boot_id=boot_id, start_ms=start_ms, clock=clock))

    def times(self) -> list[dict[str, Any]]:
        report = Report(self.path)
        try:
            return [row["time"] for row in report.rows()]
        finally:
            report.close()

    def table(self) -> tuple[list[str], int]:
        """Return the lines of the stream's table, and how many rows were left out for want of a date."""
        declarations = Declared(self.path)
        (entry,) = datasets(declarations.versions())
        declarations.close()
        tables, text = Tables(self.path), StringIO()
        try:
            written = tables.write(entry, text)
        finally:
            tables.close()
        return text.getvalue().splitlines()[1:], written.undated


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    """A city that knows the unit's declaration."""
    city = City(tmp_path)
    city.take(city.unit.declare())
    yield city
    city.store.close()


def _place(**known: int) -> dict[str, int | None]:
    return {"utc_ms": None, "error_ms": None, "after_ms": None, "before_ms": None} | known


def test_row_of_wall_time_has_its_date_and_the_bound_that_came_with_it(city: City) -> None:
    clock = ClockStamp(quality=ClockQuality.HOLDOVER, error_ms=512)
    city.take(city.batch(clock, boot_id=None, start_ms=START_MS))
    assert city.times() == [_place(utc_ms=START_MS, error_ms=512)]


def test_row_of_a_boot_that_nobody_has_placed_has_no_date_and_was_over_when_it_arrived(city: City) -> None:
    city.take(city.batch(UNSET))
    assert city.times() == [_place(before_ms=NOW_MS)]
    assert city.table() == ([], 1)


def test_row_of_a_boot_with_bounds_lies_between_them(city: City) -> None:
    city.take(city.batch(replace(UNSET, bounds=(START_MS, None))))
    assert city.times() == [_place(after_ms=START_MS + 60_000, before_ms=NOW_MS)]
    city.take(city.batch(replace(UNSET, bounds=(START_MS, START_MS + 900_000)), start_ms=120_000))
    assert city.times() == [
        _place(after_ms=START_MS + 60_000, before_ms=START_MS + 900_000),
        _place(after_ms=START_MS + 120_000, before_ms=START_MS + 900_000),
    ]


def test_row_is_placed_by_the_instant_in_its_own_batch_with_a_bound_for_the_distance(city: City) -> None:
    city.take(city.batch(replace(UNSET, mapping=(BOOT, 10_060_000, START_MS, 12))))
    assert city.times() == [_place(utc_ms=START_MS - 10_000_000, error_ms=12 + 5000)]


def test_row_that_is_there_already_is_placed_by_a_later_batch_of_wall_time(city: City) -> None:
    city.take(city.batch(UNSET))
    clock = ClockStamp(quality=ClockQuality.SYNCHRONISED, error_ms=8, mapping=(BOOT, 160_000, START_MS, 8))
    city.take(city.batch(clock, boot_id=None, start_ms=START_MS))
    assert city.times() == [_place(utc_ms=START_MS - 100_000, error_ms=8 + 50), _place(utc_ms=START_MS, error_ms=8)]
    lines, undated = city.table()
    assert undated == 0
    assert ["unset" in line for line in lines] == [True, False]


def test_instant_of_a_boot_that_is_later_on_its_clock_is_the_better_one_whatever_comes_first(city: City) -> None:
    early = replace(UNSET, mapping=(BOOT, 60_000, START_MS + 5_000, 8))
    late = replace(UNSET, mapping=(BOOT, 120_000, START_MS + 60_000, 8))
    city.take(city.batch(late), city.batch(early, start_ms=120_000))
    assert [time["utc_ms"] for time in city.times()] == [START_MS, START_MS + 60_000]


def test_instant_without_a_bound_places_rows_without_one(city: City) -> None:
    city.take(city.batch(replace(UNSET, mapping=(BOOT, 60_000, START_MS, None))))
    assert city.times() == [_place(utc_ms=START_MS)]


def test_boots_of_another_unit_place_nothing(city: City) -> None:
    city.take(city.batch(UNSET))
    city.store._db.execute("INSERT INTO boot (unit, boot, mono_ms, utc_ms) VALUES ('kerb', ?, 0, 0)", (BOOT,))
    assert city.times() == [_place(before_ms=NOW_MS)]


def test_table_shows_a_placed_row_to_the_second(city: City) -> None:
    assert STEP_MS % 1000 == 0
    city.take(city.batch(replace(UNSET, mapping=(BOOT, 60_000, START_MS + 1_499, 8))))
    lines, _ = city.table()
    assert lines[0].split(",")[0].endswith("1Z")
