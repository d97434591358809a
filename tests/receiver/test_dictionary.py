"""Data dictionaries and data packages, held against the published schemas, and tables held against them."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.privacy.spec import Rule
from agent.quality import Quality
from agent.wire.declared import DeclaredChannel, DeclaredNoise
from receiver import wording
from receiver.datasets import Dataset
from receiver.dictionary import data_package, table_schema
from tests.support.datasets import DATASETS, FULL, entry
from tests.support.envelopes import content
from tests.support.schemas import problems

TABLE = "frictionless/table-schema.json"
PACKAGE = "frictionless/tabular-data-package.json"
STREAM = content().streams[0]
TEMPERATURE = STREAM.channels[0]


def field(channel: DeclaredChannel, *, suppress_below: int | None = None, noise: DeclaredNoise | None = None) -> str:
    """Return the description of a channel's field."""
    stream = dataclasses.replace(STREAM, channels=(channel,), suppress_below=suppress_below, noise=noise)
    description: str = table_schema(stream)["fields"][3]["description"]
    return description


@pytest.mark.parametrize("listed", DATASETS)
def test_dictionary_holds_against_the_schema(listed: Dataset) -> None:
    assert problems(table_schema(listed.stream), TABLE) == []


def test_package_holds_against_the_schema_and_names_every_public_table() -> None:
    listed = [entry(), entry(FULL, contact="", licence="public domain"), entry(content("another"))]
    found = data_package([*listed, entry(content("hidden"), access="non-public")])
    assert problems(found, PACKAGE) == []
    assert [resource["path"] for resource in found["resources"]] == [
        "corner-5th-main/air.csv",
        "corner-5th-main/air.csv",
        "another/air.csv",
    ]
    assert "hidden" not in str(found)
    assert found["contributors"][0] == {"title": "City of Example", "role": "publisher"}
    assert found["contributors"][1]["email"] == "sensors@city.example"


@pytest.mark.parametrize("unit", ["Corner-5TH.main", "a_b"], ids=["upper", "line"])
def test_package_of_any_unit_has_names_that_the_schema_takes(unit: str) -> None:
    assert problems(data_package([entry(content(unit))], name="City of Example"), PACKAGE) == []


@pytest.mark.parametrize(
    ("place", "change"),
    [
        pytest.param("fields", [], id="no-fields"),
        pytest.param("fields", [{"type": "number"}], id="no-name"),
        pytest.param("fields", [{"name": "a", "type": "decimal"}], id="no-type"),
        pytest.param("missingValues", [1], id="missing"),
    ],
)
def test_schema_refuses_what_is_wrong(place: str, change: object) -> None:
    """The negative control."""
    assert problems(table_schema(STREAM) | {place: change}, TABLE) != []
    broken = data_package([entry()])
    broken["resources"][0]["schema"][place] = change
    assert problems(broken, PACKAGE) != []


def test_dictionary_has_a_number_and_its_quality_for_each_channel() -> None:
    found = table_schema(STREAM)
    assert [(told["name"], told["type"]) for told in found["fields"]] == [
        ("window.start", "datetime"),
        ("window.seconds", "number"),
        ("window.clock", "string"),
        ("temperature", "number"),
        ("temperature.quality", "string"),
        ("humidity", "number"),
        ("humidity.quality", "string"),
    ]
    assert (found["primaryKey"], found["missingValues"]) == (["window.start"], [""])
    assert found["fields"][3]["constraints"] == {"minimum": -40, "maximum": 85}
    assert found["fields"][4]["constraints"]["enum"] == [quality.name.lower() for quality in Quality]


def test_dictionary_names_every_quality_code_with_its_meaning() -> None:
    assert set(wording.QUALITIES) == set(Quality)
    told = table_schema(STREAM)["fields"][4]["description"]
    assert all(f"{quality.name.lower()}: " in told for quality in Quality)


def test_dictionary_has_words_for_every_rule_of_the_filter() -> None:
    assert set(wording.RULES) == {rule.value for rule in Rule}


def test_channel_is_described_with_units_resolution_accuracy_and_calibration() -> None:
    channel = dataclasses.replace(
        TEMPERATURE, ucum="Cel", resolution=5, accuracy="1 K at 25 Cel (BST-BME280-DS002)", calibrated="2026-05-04"
    )
    assert field(channel) == (
        "Arithmetic mean of the samples in the window. From weather.temperature (bme280). "
        "Unit: Cel (SenML), Cel (UCUM). Rounded to multiples of 0.5, from -40.0 to 85.0. "
        "Accuracy: 1 K at 25 Cel (BST-BME280-DS002). Last calibrated on 2026-05-04."
    )


def test_channel_of_people_is_described_with_its_protection() -> None:
    people = dataclasses.replace(TEMPERATURE, rule="count_distinct", sensitivity="count", exponent=0, unit="count")
    assert "Null when fewer than 10 contributed, nobody included." in field(people, suppress_below=10)
    noisy = field(people, suppress_below=10, noise=DeclaredNoise(epsilon=(1, 2), daily=(12, 1), sensitivity=1))
    assert "epsilon 1/2 for each window, sensitivity 1; then null when below 10." in noisy
    whole = field(people, suppress_below=10, noise=DeclaredNoise(epsilon=(2, 1), daily=(12, 1), sensitivity=1))
    assert "epsilon 2 for" in whole


def test_bin_and_grid_are_described_with_their_edges() -> None:
    assert "begins at 10, which it includes, and ends at 20" in field(
        dataclasses.replace(TEMPERATURE, rule="histogram", bins=(10, 20))
    )
    assert "Cells are 250 m wide" in field(dataclasses.replace(TEMPERATURE, rule="grid", grid_m=250))


def test_unknown_rule_of_a_later_version_is_named() -> None:
    assert field(dataclasses.replace(TEMPERATURE, rule="entropy")).startswith("Aggregated by rule entropy.")


def test_whole_numbers_are_integers_and_windows_below_a_second_have_fractions() -> None:
    counts = dataclasses.replace(TEMPERATURE, exponent=0)
    found = table_schema(dataclasses.replace(STREAM, channels=(counts,), window_ms=1500))["fields"]
    assert (found[3]["type"], found[0]["format"]) == ("integer", "%Y-%m-%dT%H:%M:%S.%fZ")
    assert found[1]["constraints"]["minimum"] == 1.5


@settings(max_examples=60, deadline=None)
@given(
    exponent=st.integers(-12, 12),
    bounds=st.tuples(st.integers(-(2**53), 2**53), st.integers(-(2**53), 2**53)),
    resolution=st.integers(1, 10**6),
    unit=st.sampled_from(["", "Cel", "%RH", "count"]),
)
def test_dictionary_of_any_channel_holds_against_the_schema(
    exponent: int, bounds: tuple[int, int], resolution: int, unit: str
) -> None:
    channel = dataclasses.replace(
        TEMPERATURE, exponent=exponent, minimum=min(bounds), maximum=max(bounds), resolution=resolution, unit=unit
    )
    assert problems(table_schema(dataclasses.replace(STREAM, channels=(channel,))), TABLE) == []
