"""DCAT-US 1.1 entries, held against the published schemas."""

import dataclasses
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.wire.declared import DeclaredStream
from receiver.catalogue import catalogue, dataset, spatial
from receiver.datasets import Dataset
from tests.support.datasets import DATASETS, FULL, NOISE, entry
from tests.support.envelopes import content
from tests.support.schemas import problems

BASE = "https://data.city.example/sensors"
CATALOG = "pod-non-federal/catalog.json"
ENTRY = "pod-non-federal/dataset-non-federal.json"
FEDERAL_ENTRY = "pod-federal/dataset.json"


@pytest.mark.parametrize("base_url", [None, BASE, BASE + "/"], ids=["nowhere", "somewhere", "slash"])
@pytest.mark.parametrize("listed", DATASETS)
def test_entry_holds_against_the_schema_for_cities(listed: Dataset, base_url: str | None) -> None:
    assert problems(dataset(listed, base_url=base_url), ENTRY) == []


@pytest.mark.parametrize("listed", DATASETS)
def test_entry_with_the_two_federal_codes_holds_against_the_schema_for_agencies(listed: Dataset) -> None:
    codes = {"bureauCode": ["015:11"], "programCode": ["015:001"]}
    assert problems(dataset(listed, base_url=BASE), FEDERAL_ENTRY) != []
    assert problems(dataset(listed, base_url=BASE) | codes, FEDERAL_ENTRY) == []


def test_catalogue_of_several_holds_against_the_schema() -> None:
    listed = [entry(), entry(FULL), entry(content("another"), access="non-public")]
    found = catalogue(listed, base_url=BASE)
    assert problems(found, CATALOG) == []
    assert [told["identifier"] for told in found["dataset"]] == [
        "corner-5th-main/air",
        "corner-5th-main/air",
        "another/air",
    ]
    assert found["@id"] == f"{BASE}/data.json"
    assert problems(catalogue(listed), CATALOG) == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"accessLevel": "open"}, id="access"),
        pytest.param({"modified": "yesterday"}, id="modified"),
        pytest.param({"accrualPeriodicity": "PT1M"}, id="periodicity"),
        pytest.param({"keyword": []}, id="keyword"),
        pytest.param({"temporal": "2026"}, id="temporal"),
        pytest.param(
            {"contactPoint": {"@type": "vcard:Contact", "fn": "x", "hasEmail": "sensors@city"}}, id="contact"
        ),
        pytest.param({"publisher": {}}, id="publisher"),
        pytest.param({"distribution": [{"downloadURL": BASE}]}, id="distribution"),
    ],
)
def test_schema_refuses_what_is_wrong(change: dict[str, object]) -> None:
    """The negative control: a schema that took anything would prove nothing."""
    assert problems(dataset(entry(), base_url=BASE) | change, ENTRY) != []
    assert problems({"conformsTo": "x", "dataset": [dataset(entry()) | change]}, CATALOG) != []


def test_entry_says_what_the_declaration_says() -> None:
    assert dataset(entry(rights="CC BY"), base_url=BASE) == {
        "@type": "dcat:Dataset",
        "identifier": "corner-5th-main/air",
        "title": "Air, 5th and Main",
        "description": "Air at the corner. Purpose: street climate. One row for each minute.",
        "keyword": ["air"],
        "modified": "2026-09-21T14:13:20Z",
        "publisher": {
            "@type": "org:Organization",
            "name": "Transportation",
            "subOrganizationOf": {"@type": "org:Organization", "name": "City of Example"},
        },
        "contactPoint": {
            "@type": "vcard:Contact",
            "fn": "Transportation",
            "hasEmail": "mailto:sensors@city.example",
        },
        "accessLevel": "public",
        "accrualPeriodicity": "R/PT2M",
        "rights": "CC BY",
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "spatial": "5th and Main",
        "temporal": "2026-09-21T14:13:20Z/2026-09-21T14:14:20Z",
        "describedBy": f"{BASE}/corner-5th-main/air.schema.json",
        "describedByType": "application/json",
        "distribution": [
            {
                "@type": "dcat:Distribution",
                "title": "Air, 5th and Main",
                "downloadURL": f"{BASE}/corner-5th-main/air.csv",
                "mediaType": "text/csv",
                "format": "CSV",
                "describedBy": f"{BASE}/corner-5th-main/air.schema.json",
                "describedByType": "application/json",
            }
        ],
    }


def test_entry_of_a_simulated_unit_cannot_be_taken_for_a_measured_one() -> None:
    told = dataset(entry(FULL))
    assert told["title"].endswith("(simulated)")
    assert "no value was measured" in told["description"]


def test_entry_with_people_says_how_they_are_protected() -> None:
    told = dataset(entry(noise=NOISE, suppress_below=12))["description"]
    assert "fewer than 12 people or vehicles" in told
    assert "differential privacy" in told


@pytest.mark.parametrize("access", ["restricted public", "non-public"])
def test_data_that_is_not_public_is_listed_without_an_address_and_with_a_reason(access: str) -> None:
    told = dataset(entry(access=access), base_url=BASE)
    assert "distribution" not in told
    assert told["rights"].startswith("Not released")
    assert ".csv" not in str(told)


def test_mailbox_falls_back_to_the_units_and_then_to_none() -> None:
    bare = dataclasses.replace(content(), contact="ask at the counter")
    assert dataset(entry(contact="air"))["contactPoint"]["hasEmail"] == "mailto:sensors@city.example"
    assert "hasEmail" not in dataset(entry(bare, contact="air"))["contactPoint"]


def test_publisher_that_is_its_own_office_is_named_once() -> None:
    told = dataclasses.replace(content(), office="City of Example")
    assert dataset(entry(told))["publisher"] == {"@type": "org:Organization", "name": "City of Example"}


# -- where


def test_spatial_is_a_box_around_the_cell_and_not_much_more() -> None:
    west, south, east, north = (
        float(degrees) for degrees in (spatial((4_044_062, -7_999_589, 250)) or "").split(",")
    )
    assert west < -79.99589 < east
    assert south < 40.44062 < north
    assert 250 <= (north - south) * 111_035 <= 270
    assert 250 <= (east - west) * 84_800 <= 270


def test_spatial_is_not_told_when_the_place_is_not() -> None:
    assert spatial(None) is None


@settings(max_examples=200, deadline=None)
@given(
    latitude=st.integers(-9_000_000, 9_000_000),
    longitude=st.integers(-18_000_000, 18_000_000),
    edge_m=st.integers(100, 100_000),
)
def test_spatial_is_on_the_globe_wherever_the_unit_stands(latitude: int, longitude: int, edge_m: int) -> None:
    text = spatial((latitude, longitude, edge_m)) or ""
    assert re.fullmatch(r"(-?\d+\.\d{5},){3}-?\d+\.\d{5}", text)
    west, south, east, north = (float(degrees) for degrees in text.split(","))
    assert -180 <= west <= longitude / 1e5 <= east <= 180
    assert -90 <= south <= latitude / 1e5 <= north <= 90


# -- any declaration

WORDS = st.text(max_size=40)


@settings(max_examples=100, deadline=None)
@given(
    title=st.text(min_size=1, max_size=20),
    words=st.tuples(WORDS, WORDS, WORDS, WORDS),
    access=st.sampled_from(["public", "restricted public", "non-public"]),
    window_ms=st.integers(1, 10**9),
    batch_rows=st.integers(1, 4096),
    keywords=st.lists(st.text(min_size=1, max_size=10), max_size=3),
)
def test_entry_of_any_declaration_holds_against_the_schema(
    title: str,
    words: tuple[str, str, str, str],
    access: str,
    window_ms: int,
    batch_rows: int,
    keywords: list[str],
) -> None:
    description, purpose, rights, contact = words
    stream: DeclaredStream = dataclasses.replace(
        content().streams[0],
        title=title,
        description=description,
        purpose=purpose,
        rights=rights,
        contact=contact,
        licence=contact,
        access=access,
        window_ms=window_ms,
        batch_rows=batch_rows,
        keywords=tuple(keywords),
    )
    listed = dataclasses.replace(entry(), stream=stream)
    assert problems(dataset(listed, base_url=BASE), ENTRY) == []
