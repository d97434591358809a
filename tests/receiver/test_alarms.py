import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.quality import Quality
from agent.wire.declared import DeclarationContent, DeclaredAlarm
from agent.wire.messages import AlarmState, ClockQuality, ClockStamp
from receiver.alarms import AlarmBook
from receiver.catalogue import description
from receiver.datasets import datasets
from receiver.dictionary import table_schema
from receiver.errors import StorageError
from tests.support.declaring import City, cited, declare
from tests.support.envelopes import START_MS, STEP_MS, STREAM, UNIT, FakeUnit, content

FROST = DeclaredAlarm(name="frost", channel=0, above=False, threshold=-30, clear=0, title="Frost at the kerb")


def declaring(*alarms: DeclaredAlarm) -> DeclarationContent:
    """Return what a unit with alarms declares."""
    told = content()
    return dataclasses.replace(told, streams=(dataclasses.replace(told.streams[0], alarms=alarms),))


TOLD = declaring(FROST)
CITED = cited(TOLD)


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    city = City(tmp_path)
    yield city
    city.store.close()


def _standing(city: City, **only: str) -> list[dict[str, Any]]:
    book = AlarmBook(city.folder / "receiver.db")
    try:
        return book.standing(**only)
    finally:
        book.close()


def _told(city: City, **only: str) -> list[dict[str, Any]]:
    book = AlarmBook(city.folder / "receiver.db")
    try:
        return list(book.told(**only))
    finally:
        book.close()


def test_alarm_is_shown_with_what_its_declaration_says_of_it(city: City) -> None:
    city.take(declare(city.unit, TOLD), city.unit.alarm(declaration=CITED), now_ms=START_MS + 90_000)
    (alarm,) = _standing(city)
    assert alarm == {
        "unit": UNIT,
        "stream": STREAM,
        "epoch": city.unit.epoch.hex(),
        "seq": 0,
        "alarm": "frost",
        "state": "raised",
        "start_ms": START_MS,
        "step_ms": STEP_MS,
        "boot": None,
        "clock": 0,
        "quality": "ok",
        "number": 1,
        "untold": 0,
        "received_ms": START_MS + 90_000,
        "title": "Frost at the kerb",
        "channel": "temperature",
        "measure": "Cel",
        "value": "-3.1",
        "scaled": -31,
        "below": "-3.0",
        "clear": "0.0",
    }


def test_alarm_in_a_chain_with_batches_takes_its_place_and_is_receipted(city: City) -> None:
    unit = city.unit
    first, alarm, last = unit.batch(), unit.alarm(declaration=CITED), unit.batch()
    city.take(unit.declare(), declare(unit, TOLD), alarm)
    city.take(first, last)
    held = city.store._db.all("SELECT next_seq FROM chain WHERE stream = ?", (STREAM,))
    assert [row["next_seq"] for row in held] == [3]
    assert [change["seq"] for change in _standing(city)] == [1]


def test_alarm_that_arrives_twice_is_there_once(city: City) -> None:
    alarm = city.unit.alarm(declaration=CITED)
    city.take(declare(city.unit, TOLD), alarm)
    city.take(alarm)
    assert len(_told(city)) == 1


def test_state_of_an_alarm_is_what_was_told_last_whatever_order_it_came_in(city: City) -> None:
    raised = city.unit.alarm(declaration=CITED)
    cleared = city.unit.alarm(declaration=CITED, state=AlarmState.CLEARED, value=5, number=2)
    city.take(declare(city.unit, TOLD))
    city.take(cleared)
    city.take(raised)
    assert [change["state"] for change in _told(city)] == ["raised", "cleared"]
    assert [change["state"] for change in _standing(city)] == ["cleared"]


def test_state_that_is_unknown_has_a_reason_and_no_value(city: City) -> None:
    unknown = city.unit.alarm(
        declaration=CITED, state=AlarmState.UNKNOWN, value=None, quality=Quality.SENSOR_FAILING, number=2
    )
    city.take(declare(city.unit, TOLD), unknown)
    (alarm,) = _standing(city)
    assert (alarm["state"], alarm["value"], alarm["quality"]) == ("unknown", None, "sensor_failing")


def test_changes_that_were_not_told_are_counted(city: City) -> None:
    first, second = city.unit.alarm(declaration=CITED, number=2), city.unit.alarm(declaration=CITED, number=7)
    again = city.unit.alarm(declaration=CITED, number=1)
    city.take(declare(city.unit, TOLD), first, second, again)
    assert [change["untold"] for change in _told(city)] == [1, 4, 0]


def test_alarm_of_boot_time_names_its_boot(city: City) -> None:
    unset = city.unit.alarm(declaration=CITED, boot_id=bytes(16), clock=ClockStamp(quality=ClockQuality.UNSET))
    city.take(declare(city.unit, TOLD), unset)
    assert [(change["boot"], change["clock"]) for change in _standing(city)] == [(bytes(16).hex(), 2)]


def test_alarm_without_its_declaration_is_shown_as_it_was_sent_and_the_declaration_is_asked_for(city: City) -> None:
    trusted = city.unit.alarm(declaration=CITED)
    city.take(city.unit.declare())
    city.take(trusted)
    (alarm,) = _told(city)
    assert (alarm["title"], alarm["value"], alarm["scaled"]) == (None, None, -31)
    assert city.store._db.all("SELECT 1 FROM chain WHERE stream = '_declaration'")
    city.take(declare(city.unit, TOLD))
    assert [change["value"] for change in _told(city)] == ["-3.1"]


def test_alarm_that_is_not_declared_any_more_has_no_state(city: City) -> None:
    city.take(declare(city.unit, TOLD), city.unit.alarm(declaration=CITED))
    city.take(declare(city.unit, declaring()))
    assert _standing(city) == []
    assert len(_told(city)) == 1


def test_alarms_of_one_unit_or_stream_are_those_of_no_other(city: City, tmp_path: Path) -> None:
    other = FakeUnit.make(tmp_path, "elsewhere")
    told = dataclasses.replace(TOLD, unit="elsewhere")
    city.take(declare(city.unit, TOLD), city.unit.alarm(declaration=CITED))
    city.take(declare(other, told), other.alarm(declaration=cited(told)), unit=other)
    assert [change["unit"] for change in _standing(city)] == [UNIT, "elsewhere"]
    assert [change["unit"] for change in _standing(city, unit="elsewhere")] == ["elsewhere"]
    assert _standing(city, stream="another") == []


def test_book_of_no_store_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="found no file"):
        AlarmBook(tmp_path / "nowhere.db")


def test_catalogue_says_which_alarms_there_are_and_at_which_cadence(city: City) -> None:
    faster = dataclasses.replace(FROST, hold_ms=120_000, fast=(10_000, 1_800_000))
    city.take(declare(city.unit, declaring(faster)))
    (entry,) = datasets(city.versions())
    assert (
        "Alarm frost (Frost at the kerb): told at once when temperature is below -3.0 Cel for 120 s, over at 0.0 "
        "Cel; there is a row for each 10 s then, for 1800 s."
    ) in description(entry)
    seconds = next(field for field in table_schema(entry.stream)["fields"] if field["name"] == "window.seconds")
    assert seconds["constraints"]["minimum"] == 10
    assert "or 10 seconds for a time after an alarm" in seconds["description"]
