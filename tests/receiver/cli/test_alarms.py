"""`alarms` as the city's duty officer sees it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.quality import Quality
from agent.wire.messages import AlarmState
from receiver.cli.main import main
from tests.receiver.test_alarms import CITED, TOLD
from tests.support.declaring import City, declare


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    """A city that was told of a frost, of its end, and of another one that cannot be told any more."""
    city = City(tmp_path)
    unit = city.unit
    city.take(
        declare(unit, TOLD),
        unit.alarm(declaration=CITED),
        unit.alarm(declaration=CITED, state=AlarmState.CLEARED, value=4, number=2),
    )
    yield city
    city.store.close()


def run(city: City, *arguments: str) -> int:
    return main(["alarms", "--store", str(city.folder / "receiver.db"), *arguments])


def test_alarms_that_are_over_are_not_listed(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(city) == 0
    assert capsys.readouterr().out == "no alarm is raised\n"


def test_alarms_lists_what_is_raised_with_value_and_threshold(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    city.take(city.unit.alarm(declaration=CITED, number=5))
    assert run(city) == 0
    line = capsys.readouterr().out
    assert line == (
        "corner-5th-main air frost (Frost at the kerb): RAISED, temperature -3.1 Cel, below -3.0, "
        "2026-09-21T14:16:20Z, 2 changes before it were not told\n"
    )


def test_alarms_lists_what_is_unknown_with_the_reason(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    unknown: dict[str, Any] = {"state": AlarmState.UNKNOWN, "value": None, "quality": Quality.SENSOR_FAILING}
    city.take(city.unit.alarm(declaration=CITED, number=4, boot_id=bytes(16), **unknown))
    run(city)
    assert "UNKNOWN (sensor failing), clock unset, 1 changes" in capsys.readouterr().out


def test_alarms_all_lists_every_change(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(city, "--all") == 0
    first, second = capsys.readouterr().out.splitlines()
    assert "RAISED, temperature -3.1 Cel, below -3.0" in first
    assert "over, temperature 0.4 Cel, back at 0.0" in second


def test_alarms_json_is_one_object_a_line(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(city, "--all", "--json", "--stream", "air") == 0
    assert [json.loads(line)["state"] for line in capsys.readouterr().out.splitlines()] == ["raised", "cleared"]
    assert run(city, "--json") == 0
    assert capsys.readouterr().out == ""


def test_alarms_of_a_city_without_any_says_so(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(city, "--all", "--unit", "nobody") == 0
    assert capsys.readouterr().out == "no alarm was told\n"


def test_alarms_of_no_store_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alarms", "--store", str(tmp_path / "none.db")]) == 2
    assert "found no file" in capsys.readouterr().err
