"""What the store tells: latest values, rows, gaps, forks and what was rejected."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.wire import cose
from agent.wire.declared import DECLARATIONS
from agent.wire.messages import GapReason, Presence, Suspected
from receiver.errors import StorageError
from receiver.report import Report
from receiver.store import Refusal
from tests.support import declaring
from tests.support.declaring import NOW_MS
from tests.support.envelopes import EPOCH, START_MS, STEP_MS, STREAM, UNIT, FakeUnit


class City(declaring.City):
    """A city whose report is looked at."""

    def refuse(self, topic: str, *, times: int = 1, now_ms: int = NOW_MS) -> None:
        refusal = Refusal(topic=topic, rule="BadSignature", reason="the signature does not hold", data=b"x")
        self.store.commit([refusal] * times, now_ms=now_ms, patience_ms=1000)

    def show(self, unit: str | None = None, stream: str | None = None) -> dict[str, Any]:
        report = Report(self.folder / "receiver.db")
        try:
            known = report.show(unit, stream)
        finally:
            report.close()
        json.dumps(known)
        return known

    def air(self) -> dict[str, Any]:
        (found,) = self.show(stream=STREAM)["streams"]
        stream: dict[str, Any] = found
        return stream

    def rows(self, unit: str | None = None) -> list[dict[str, Any]]:
        report = Report(self.folder / "receiver.db")
        try:
            return list(report.rows(unit))
        finally:
            report.close()


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    """A city that knows the unit's declaration."""
    city = City(tmp_path)
    city.take(city.unit.declare())
    yield city
    city.store.close()


def test_report_of_a_store_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"receiver\.db: expected the store"):
        Report(tmp_path / "receiver.db")


def test_rows_have_their_place_in_time_and_values_with_units(city: City) -> None:
    city.take(city.unit.batch(rows=2))
    first, second = city.rows()
    assert first == {
        "unit": UNIT,
        "stream": STREAM,
        "epoch": EPOCH.hex(),
        "seq": 0,
        "start_ms": START_MS,
        "step_ms": STEP_MS,
        "boot": None,
        "clock": 0,
        "time": {"utc_ms": START_MS, "error_ms": None, "after_ms": None, "before_ms": None},
        "values": {
            "temperature": {"value": "20.0", "unit": "Cel", "quality": "ok"},
            "humidity": {"value": None, "unit": "%RH", "quality": "no_data"},
        },
    }
    assert second["start_ms"] == START_MS + STEP_MS
    assert second["values"]["temperature"]["value"] == "20.1"


def test_latest_values_are_those_of_the_latest_window(city: City) -> None:
    batches = [city.unit.batch() for _ in range(3)]
    city.take(batches[2], batches[0], batches[1])
    air = city.air()
    assert air["latest"]["start_ms"] == START_MS + 5 * STEP_MS
    assert air["latest"]["values"]["temperature"]["value"] == "20.3"
    assert (air["receipted_seqs"], air["envelopes"], air["rows"]) == (3, 3, 6)
    assert (air["missing"], air["gaps"], air["undeclared_gaps"], air["forks"]) == (None, [], [], 0)


def test_stream_with_a_hole_tells_what_it_waits_for(city: City) -> None:
    batches = [city.unit.batch() for _ in range(4)]
    city.take(batches[0], batches[3])
    assert city.air()["missing"] == [1, 2]


def test_stream_whose_hole_was_given_up_tells_it_as_undeclared(city: City) -> None:
    batches = [city.unit.batch() for _ in range(4)]
    city.take(batches[0], batches[3])
    city.take(batches[3], now_ms=NOW_MS + 2000)
    air = city.air()
    assert (air["undeclared_gaps"], air["missing"], air["receipted_seqs"]) == ([[1, 2]], None, 4)


def test_stream_with_a_declared_gap_tells_why_and_how_many_rows(city: City) -> None:
    first, lost = city.unit.batch(), city.unit.batch()
    city.take(first, city.unit.gap((1, 1, cose.envelope_hash(lost)), count=2))
    assert city.air()["gaps"] == [{"seq": 2, "reason": "evicted", "rows": 2}]


def test_stream_with_a_damaged_store_tells_which_epoch_ended_and_what_is_known_of_it(city: City) -> None:
    city.take(city.unit.gap(count=7, windows=None, reason=GapReason.DAMAGED, ended=(b"epoch-00", 41)))
    city.take(city.unit.gap(count=7, windows=None, reason=GapReason.DAMAGED))
    gap = {"reason": "damaged", "rows": 7}
    ended = {"ended": {"epoch": b"epoch-00".hex(), "last": 41}}
    assert city.air()["gaps"] == [{"seq": 0} | gap | ended, {"seq": 1} | gap]


def test_stream_of_a_cloned_unit_tells_its_forks(city: City) -> None:
    clone = FakeUnit(city.unit.key, chains=dict(city.unit.chains))
    city.take(city.unit.batch(), clone.batch(rows=1))
    assert city.air()["forks"] == 1


def test_batch_before_its_declaration_is_set_aside_and_told(tmp_path: Path) -> None:
    city = City(tmp_path)
    city.take(city.unit.batch())
    air = city.air()
    assert (air["set_aside"], air["rows"], air["latest"]) == (1, 0, None)
    city.take(city.unit.declare())
    assert (city.air()["set_aside"], city.air()["rows"]) == (0, 2)
    city.store.close()


def test_report_of_one_unit_leaves_out_the_others(city: City) -> None:
    other = FakeUnit.make(city.folder, "kerb")
    city.take(city.unit.batch(), city.unit.status())
    city.take(other.declare(), other.batch(), other.status(), unit=other)
    assert {row["unit"] for row in city.rows("kerb")} == {"kerb"}
    known = city.show("kerb")
    assert {stream["unit"] for stream in known["streams"]} == {"kerb"}
    assert set(known["status"]) == {"kerb"}
    assert set(city.show()["status"]) == {UNIT, "kerb"}
    assert {stream["stream"] for stream in city.show()["streams"]} == {STREAM, DECLARATIONS}


def test_rejected_messages_are_counted_by_reason_the_newest_first(city: City) -> None:
    city.refuse("lamppost/1/a/live/air", times=3)
    city.refuse("lamppost/1/b/live/air", now_ms=NOW_MS + 1)
    rejected = city.show()["rejected"]
    assert [(entry["topic"], entry["count"]) for entry in rejected] == [
        ("lamppost/1/b/live/air", 1),
        ("lamppost/1/a/live/air", 3),
    ]
    assert rejected[0]["reason"] == "the signature does not hold"


def test_status_tells_whether_the_unit_is_there(city: City) -> None:
    city.take(city.unit.status())
    assert city.show()["status"][UNIT] == {"online": True, "received_ms": NOW_MS, "suspected": {}}


def test_status_tells_which_sensors_the_unit_suspects_and_for_how_long(city: City) -> None:
    sensors = {"rain": "ok", "weather": "ok"}
    city.take(city.unit.status(sensors=sensors, suspected={"weather": Suspected.HOURS, "rain": Suspected.WEEKS}))
    assert city.show()["status"][UNIT]["suspected"] == {"rain": "weeks", "weather": "hours"}
    city.take(city.unit.status(sensors=sensors), now_ms=NOW_MS + 1)
    assert city.show()["status"][UNIT]["suspected"] == {}


def test_last_will_of_an_earlier_session_changes_nothing(city: City) -> None:
    city.take(city.unit.status(session=7))
    city.take(city.unit.status(session=6, presence=Presence.OFFLINE), now_ms=NOW_MS + 1)
    assert city.show()["status"][UNIT] == {"online": True, "received_ms": NOW_MS, "suspected": {}}
    city.take(city.unit.status(session=7, presence=Presence.OFFLINE), now_ms=NOW_MS + 2)
    assert city.show()["status"][UNIT] == {"online": False, "received_ms": NOW_MS + 2, "suspected": {}}


def test_status_of_a_unit_whose_store_is_new_is_believed(city: City) -> None:
    city.take(city.unit.status(session=7, presence=Presence.OFFLINE))
    city.take(city.unit.status(session=1), now_ms=NOW_MS + 1)
    assert city.show()["status"][UNIT]["online"] is True
