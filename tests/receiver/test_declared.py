"""Versions of declarations: which holds, when each was seen, and what fell under it."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.wire import cose, payload
from agent.wire.messages import Batch, Kind
from receiver.datasets import datasets, duration, instant, length
from receiver.declared import Declared, Rows, Version
from receiver.errors import StorageError
from tests.support.declaring import NOW_MS, City, cited, declare
from tests.support.envelopes import START_MS, STEP_MS, STREAM, UNIT, FakeUnit, content

FIRST = content()
SECOND = dataclasses.replace(FIRST, software="lamppost 0.2.0")


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    city = City(tmp_path)
    yield city
    city.store.close()


def test_store_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"receiver\.db: expected the store"):
        Declared(tmp_path / "receiver.db")


def test_store_without_a_declaration_has_no_version(city: City) -> None:
    assert city.versions() == []


def test_version_tells_when_it_was_seen_and_what_fell_under_it(city: City) -> None:
    city.take(city.unit.declare(), now_ms=NOW_MS)
    city.take(city.unit.batch(), now_ms=NOW_MS + 1000)
    city.take(city.unit.batch(rows=3), now_ms=NOW_MS + 2000)
    (version,) = city.versions()
    assert version == Version(
        unit=UNIT,
        hash=cited(FIRST),
        content=FIRST,
        received_ms=NOW_MS,
        first_ms=NOW_MS,
        last_ms=NOW_MS + 2000,
        current=True,
        batches=2,
        set_aside=0,
        rows={STREAM: Rows(count=5, undated=0, first_ms=START_MS, last_ms=START_MS + 6 * STEP_MS)},
    )


def test_changed_declaration_is_a_version_of_its_own_and_rows_stay_with_theirs(city: City) -> None:
    city.take(declare(city.unit, FIRST), city.unit.batch(declaration=cited(FIRST)))
    city.take(declare(city.unit, SECOND), now_ms=NOW_MS + 5000)
    city.take(city.unit.batch(declaration=cited(SECOND)), now_ms=NOW_MS + 6000)
    before, after = city.versions()
    assert (before.content, before.current, before.batches) == (FIRST, False, 1)
    assert (after.content, after.current, after.batches) == (SECOND, True, 1)
    assert after.rows[STREAM].first_ms == START_MS + 2 * STEP_MS


def test_declaration_that_comes_back_is_current_again_and_no_third_version(city: City) -> None:
    city.take(declare(city.unit, FIRST))
    city.take(declare(city.unit, SECOND), now_ms=NOW_MS + 1000)
    city.take(declare(city.unit, FIRST), now_ms=NOW_MS + 2000)
    assert [(version.content, version.current) for version in city.versions()] == [(FIRST, True), (SECOND, False)]


def test_backlog_under_an_old_declaration_does_not_make_it_current(city: City) -> None:
    city.take(declare(city.unit, FIRST), declare(city.unit, SECOND))
    city.take(city.unit.batch(declaration=cited(FIRST)), now_ms=NOW_MS + 9000)
    assert [version.current for version in city.versions() if version.content == FIRST] == [False]


def test_declaration_of_a_new_store_of_the_unit_counts(city: City) -> None:
    city.take(declare(city.unit, FIRST), declare(city.unit, SECOND))
    renewed = dataclasses.replace(city.unit, epoch=b"epoch-02", chains={})
    city.take(declare(renewed, FIRST), now_ms=NOW_MS + 1000)
    assert [version.current for version in city.versions() if version.content == FIRST] == [True]


def test_batches_that_cite_what_is_not_here_are_listed_as_set_aside(city: City) -> None:
    city.take(city.unit.declare())
    city.take(city.unit.batch(declaration=bytes(32)), city.unit.batch(declaration=bytes(32)), now_ms=NOW_MS + 1000)
    _, unknown = city.versions()
    assert (unknown.hash, unknown.content, unknown.received_ms, unknown.current) == (bytes(32), None, None, False)
    assert (unknown.batches, unknown.set_aside, unknown.rows) == (2, 2, {})


def test_set_aside_batches_count_as_rows_once_their_declaration_is_here(city: City) -> None:
    city.take(city.unit.batch(declaration=cited(SECOND)))
    city.take(declare(city.unit, SECOND), now_ms=NOW_MS + 1000)
    (version,) = city.versions()
    assert (version.batches, version.set_aside, version.rows[STREAM].count) == (1, 0, 2)
    assert (version.received_ms, version.first_ms) == (NOW_MS + 1000, NOW_MS)


def test_rows_without_a_date_are_counted_apart(city: City) -> None:
    city.take(city.unit.declare(), city.unit.batch())
    city.take(undated(city.unit))
    (version,) = city.versions()
    assert version.rows[STREAM] == Rows(count=4, undated=2, first_ms=START_MS, last_ms=START_MS + 2 * STEP_MS)


def undated(unit: FakeUnit) -> bytes:
    """Return the next batch envelope, with times that count from a boot."""
    batch = payload.decode(Kind.BATCH, cose.payload_of(unit.batch()))
    assert isinstance(batch, Batch)
    return unit.sign(dataclasses.replace(batch, boot_id=bytes(16), start_ms=0))


def test_one_unit_is_told_apart_from_another(city: City) -> None:
    other = FakeUnit.make(city.folder, "another")
    city.take(city.unit.declare())
    city.take(other.declare(), other.batch(), unit=other)
    assert [version.unit for version in city.versions()] == ["another", UNIT]
    (version,) = city.versions("another")
    assert version.rows[STREAM].count == 2


# -- what may be listed


def test_datasets_are_the_streams_of_the_current_declarations(city: City) -> None:
    more = dataclasses.replace(
        SECOND, streams=(*SECOND.streams, dataclasses.replace(SECOND.streams[0], name="noise", title="Noise"))
    )
    city.take(declare(city.unit, FIRST), city.unit.batch(declaration=cited(FIRST)))
    city.take(declare(city.unit, more), now_ms=NOW_MS + 1000)
    found = datasets(city.versions())
    assert [(entry.identifier, entry.declared_ms) for entry in found] == [
        (f"{UNIT}/air", NOW_MS + 1000),
        (f"{UNIT}/noise", NOW_MS + 1000),
    ]
    assert (found[0].first_ms, found[0].last_ms) == (START_MS, START_MS + 2 * STEP_MS), "rows of before count"
    assert (found[1].first_ms, found[1].last_ms) == (None, None)
    assert [entry.identifier for entry in datasets(city.versions(), stream="noise")] == [f"{UNIT}/noise"]


@pytest.mark.parametrize(
    ("length_ms", "text"),
    [
        (1, "PT0.001S"),
        (1500, "PT1.5S"),
        (10_000, "PT10S"),
        (60_000, "PT1M"),
        (900_000, "PT15M"),
        (3_600_000, "PT1H"),
        (3_661_000, "PT1H1M1S"),
        (86_400_000, "P1D"),
        (90_000_000, "P1DT1H"),
        (604_800_000, "P7D"),
    ],
)
def test_duration_is_iso_8601(length_ms: int, text: str) -> None:
    assert duration(length_ms) == text


@pytest.mark.parametrize(
    ("length_ms", "text"),
    [
        (1, "millisecond"),
        (1500, "1500 milliseconds"),
        (60_000, "minute"),
        (900_000, "15 minutes"),
        (86_400_000, "day"),
    ],
)
def test_length_is_in_words(length_ms: int, text: str) -> None:
    assert length(length_ms) == text


def test_instant_is_iso_8601_in_utc() -> None:
    assert instant(1_790_000_000_999) == "2026-09-21T14:13:20Z"
