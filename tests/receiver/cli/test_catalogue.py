"""`catalogue` and `declarations` as the city's data office sees them."""

import csv
import dataclasses
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from receiver.cli.main import main
from tests.support.declaring import NOW_MS, City, cited, declare
from tests.support.envelopes import STREAM, UNIT, FakeUnit, content
from tests.support.schemas import problems

SECOND = dataclasses.replace(content(), software="lamppost 0.2.0")
BASE = "https://data.city.example/sensors"
HIDDEN = dataclasses.replace(
    content(),
    streams=(
        *content().streams,
        dataclasses.replace(content().streams[0], name="crowd", title="Crowd", access="non-public"),
    ),
)


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    """A city with a unit that has sent four rows."""
    city = City(tmp_path)
    city.take(city.unit.declare(), city.unit.batch(), city.unit.batch())
    yield city
    city.store.close()


def run(city: City, *arguments: str) -> int:
    return main([arguments[0], "--store", str(city.folder / "receiver.db"), *arguments[1:]])


def printed(capsys: pytest.CaptureFixture[str]) -> Any:  # noqa: ANN401 - whatever JSON holds
    return json.loads(capsys.readouterr().out)


# -- catalogue


def test_catalogue_is_a_data_json_that_holds_against_the_schema(
    city: City, capsys: pytest.CaptureFixture[str]
) -> None:
    other = FakeUnit.make(city.folder, "another")
    city.take(other.declare(), unit=other)
    assert run(city, "catalogue", "--base-url", BASE) == 0
    found = printed(capsys)
    assert problems(found, "pod-non-federal/catalog.json") == []
    assert [told["identifier"] for told in found["dataset"]] == ["another/air", f"{UNIT}/air"]
    assert found["dataset"][1]["temporal"] == "2026-09-21T14:13:20Z/2026-09-21T14:17:20Z"


def test_catalogue_of_one_unit_and_stream(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    other = FakeUnit.make(city.folder, "another")
    city.take(other.declare(), unit=other)
    assert run(city, "catalogue", "--unit", UNIT, "--stream", STREAM) == 0
    assert [told["identifier"] for told in printed(capsys)["dataset"]] == [f"{UNIT}/air"]


def test_catalogue_as_a_package_and_as_a_dictionary(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(city, "catalogue", "--format", "frictionless") == 0
    package = printed(capsys)
    assert problems(package, "frictionless/tabular-data-package.json") == []
    assert run(city, "catalogue", "--format", "table-schema") == 0
    schema = printed(capsys)
    assert problems(schema, "frictionless/table-schema.json") == []
    assert package["resources"][0]["schema"] == schema


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--stream", "noise"], "no unit has declared such a stream", id="no-stream"),
        pytest.param(["--unit", "elsewhere"], "no unit has declared such a stream", id="no-unit"),
        pytest.param(["--base-url", "data.city.example"], "--base-url: expected an address", id="no-address"),
        pytest.param(
            ["--format", "table-schema"], "these are 2 streams; name one with --unit and --stream", id="two"
        ),
        pytest.param(
            ["--format", "frictionless", "--stream", "crowd"], "none of these streams is public", id="hidden"
        ),
    ],
)
def test_catalogue_that_cannot_be_made_says_why(
    city: City, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    city.take(declare(city.unit, HIDDEN), now_ms=NOW_MS + 1)
    assert run(city, "catalogue", *arguments) == 2
    assert said in capsys.readouterr().err


# -- a folder to serve


def test_folder_has_everything_that_its_catalogue_and_package_point_to(city: City, tmp_path: Path) -> None:
    city.take(declare(city.unit, HIDDEN), now_ms=NOW_MS + 1)
    folder = tmp_path / "public"
    assert run(city, "catalogue", "--base-url", BASE, "--into", str(folder)) == 0
    catalog = json.loads((folder / "data.json").read_text())
    package = json.loads((folder / "datapackage.json").read_text())
    assert problems(catalog, "pod-non-federal/catalog.json") == []
    assert problems(package, "frictionless/tabular-data-package.json") == []
    for told in catalog["dataset"]:
        assert (folder / told["describedBy"].removeprefix(f"{BASE}/")).is_file()
        for table in told.get("distribution", []):
            assert (folder / table["downloadURL"].removeprefix(f"{BASE}/")).is_file()
    for resource in package["resources"]:
        assert (folder / resource["path"]).is_file()
    assert sorted(path.name for path in (folder / UNIT).iterdir()) == [
        "air.csv",
        "air.schema.json",
        "crowd.schema.json",
    ]


def test_table_is_what_its_dictionary_says(city: City, tmp_path: Path) -> None:
    assert run(city, "catalogue", "--into", str(tmp_path / "public")) == 0
    schema = json.loads((tmp_path / "public" / UNIT / "air.schema.json").read_text())
    with (tmp_path / "public" / UNIT / "air.csv").open(newline="") as file:
        head, *rows = csv.reader(file)
    assert head == [told["name"] for told in schema["fields"]]
    assert rows[0] == ["2026-09-21T14:13:20Z", "60", "synchronised", "20.0", "ok", "", "no_data"]
    assert len(rows) == 4
    for row in rows:
        for told, cell in zip(schema["fields"], row, strict=True):
            assert_cell(cell, told)
    starts = [row[0] for row in rows]
    assert starts == sorted(set(starts)), "the primary key"


def assert_cell(cell: str, told: dict[str, Any]) -> None:
    """Hold one cell against its field, by the rules of the standard."""
    limits = told.get("constraints", {})
    if cell == "":
        assert not limits.get("required")
        return
    match told["type"]:
        case "datetime":
            datetime.strptime(cell, "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007 - the standard's default format
        case "number" | "integer":
            assert limits.get("minimum", float("-inf")) <= float(cell) <= limits.get("maximum", float("inf"))
        case "string":
            assert cell in limits["enum"]
        case kind:
            raise AssertionError(kind)


def test_table_leaves_out_and_counts_what_its_dictionary_does_not_describe(
    city: City, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A declaration with other columns; rows of one with the same columns stay."""
    coarse = dataclasses.replace(
        SECOND,
        streams=(dataclasses.replace(SECOND.streams[0], channels=tuple(reversed(SECOND.streams[0].channels))),),
    )
    city.take(declare(city.unit, SECOND), city.unit.batch(declaration=cited(SECOND)), now_ms=NOW_MS + 1)
    assert run(city, "catalogue", "--into", str(tmp_path / "same")) == 0
    assert "air.csv: 6 rows\n" in capsys.readouterr().out
    city.take(declare(city.unit, coarse), city.unit.batch(declaration=cited(coarse)), now_ms=NOW_MS + 2)
    assert run(city, "catalogue", "--into", str(tmp_path / "other")) == 0
    assert "air.csv: 2 rows; left out: 6 of declarations with other columns\n" in capsys.readouterr().out


def test_table_has_each_window_once_when_a_unit_has_lost_its_store(
    city: City, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    renewed = dataclasses.replace(city.unit, epoch=b"epoch-02", chains={})
    city.take(renewed.declare(), renewed.batch(rows=5))
    assert run(city, "catalogue", "--into", str(tmp_path / "public")) == 0
    assert "air.csv: 5 rows; left out: 4 of windows that are there already\n" in capsys.readouterr().out


def test_table_that_is_public_no_more_is_taken_away(
    city: City, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "public"
    assert run(city, "catalogue", "--into", str(folder)) == 0
    assert (folder / UNIT / "air.csv").is_file()
    closed = dataclasses.replace(
        content(), streams=(dataclasses.replace(content().streams[0], access="restricted public"),)
    )
    city.take(declare(city.unit, closed), now_ms=NOW_MS + 1)
    assert run(city, "catalogue", "--into", str(folder)) == 0
    assert not (folder / UNIT / "air.csv").exists()
    assert not (folder / "datapackage.json").exists()
    assert "not written, as access to corner-5th-main/air is restricted public" in capsys.readouterr().out


def test_folder_that_cannot_be_written_is_named(
    city: City, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "public").write_text("a file")
    assert run(city, "catalogue", "--into", str(tmp_path / "public")) == 2
    assert f"{tmp_path / 'public'}" in capsys.readouterr().err


# -- declarations


def test_declarations_lists_versions_with_their_rows(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    city.take(city.unit.batch(declaration=bytes(32)), now_ms=NOW_MS + 60_000)
    assert run(city, "declarations") == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{UNIT} {cited(content()).hex()[:16]}, current",
        "  seen from 2026-09-21T15:13:20Z to 2026-09-21T15:13:20Z, cited by 2 batches",
        "  air: 4 rows from 2026-09-21T14:13:20Z to 2026-09-21T14:17:20Z",
        f"{UNIT} 0000000000000000, not here: it was asked for",
        "  seen from 2026-09-21T15:14:20Z to 2026-09-21T15:14:20Z, cited by 1 batch",
        "  set aside until it comes: 1 batch",
    ]


def test_declarations_as_json_has_whole_hashes(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(city, "declarations", "--json", "--unit", UNIT) == 0
    (version,) = printed(capsys)
    assert version["hash"] == cited(content()).hex()
    assert version["streams"] == {"air": ["temperature", "humidity"]}
    assert version["rows"]["air"]["count"] == 4


def test_declarations_of_a_store_without_any_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    city = City(tmp_path)
    assert run(city, "declarations") == 0
    assert capsys.readouterr().out == "no declaration has come yet\n"
    city.store.close()
