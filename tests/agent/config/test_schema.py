import copy
import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import tomli

from agent.config.catalogue import installed
from agent.config.model_delivery import Uplink
from agent.config.schema import explanations, schema
from tests.support.fake_models import CATALOGUE, UNIT

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = schema(CATALOGUE)
DELETE = object()


def as_editors_read(value: object) -> object:
    """A TOML file as an editor hands it to a JSON Schema: dates are texts."""
    if isinstance(value, dict):
        return {key: as_editors_read(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [as_editors_read(entry) for entry in value]
    return value.isoformat() if isinstance(value, dt.date) else value


GOOD = as_editors_read(tomli.loads(UNIT))


def marked(document: object) -> list[str]:
    """Paths that an editor would mark."""
    found = jsonschema.Draft7Validator(SCHEMA).iter_errors(document)
    return sorted(".".join(map(str, error.absolute_path)) for error in found)


def altered(path: str, value: object) -> object:
    document: Any = copy.deepcopy(GOOD)
    *tables, key = path.split(".")
    place: Any = document
    for table in tables:
        place = place[table]
    if value is DELETE:
        del place[key]
    else:
        place[key] = value
    return document


def test_schema_is_draft_07_and_plain_json() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"


def test_schema_of_a_right_file_marks_nothing() -> None:
    assert marked(GOOD) == []


def test_schema_of_the_delivered_configuration_marks_nothing() -> None:
    document = as_editors_read(tomli.loads((ROOT / "config/unit.toml").read_text()))
    assert list(jsonschema.Draft7Validator(schema(installed())).iter_errors(document)) == []


VALUES: Sequence[tuple[str, object]] = [
    ("unit.id", "Corner"),
    ("unit.site", ""),
    ("unit.contact", "somebody"),
    ("unit.location", [40.7]),
    ("unit.location_grid", "1 km"),
    ("unit.installed", 2026),
    ("unit.legal_basis", ""),
    ("unit.dtpr", ["purpose__everything"]),
    ("unit.notice_url", "city.example"),
    ("bus.pole.kind", "spi"),
    ("bus.scan.baudrate", 1),
    ("bus.scan.parity", "evne"),
    ("bus.scan.stop_bits", 3),
    ("bus.scan.turnaround", "5ms"),
    ("bus.pole.baudrate", 9600),
    ("bus.pole.channel", 3),
    ("sensor.air.slave", 1),
    ("sensor.air.model", "thermos"),
    ("sensor.air.address", 0x42),
    ("sensor.air.interval", "20 s"),
    ("sensor.air.interval", 20),
    ("sensor.air.start", "later"),
    ("sensor.air.calibrated", 2026),
    ("sensor.scan.quiet_hours", ["22-6"]),
    ("sensor.air.options.height_m", 1.5),
    ("sensor.air.options.mode", "slowly"),
    ("sensor.scan.address", 0x40),
    ("stream.weather.access", "secret"),
    ("stream.weather.window", "1minute"),
    ("stream.weather.overflow", "drop"),
    ("stream.weather.keywords", "weather"),
    ("stream.footfall.suppress_below", 4),
    ("stream.footfall.rights", "x" * 256),
    ("stream.footfall.delay", "1 hour"),
    ("stream.footfall.dtpr", "purpose__mobility"),
    ("stream.footfall.noise.epsilon", "0.5"),
    ("stream.footfall.noise.daily", 0),
    ("stream.footfall.noise.sensitivity", 0),
    ("stream.weather.channel.co2.property", "co2"),
    ("stream.weather.channel.temperature.rule", "average"),
    ("stream.weather.channel.temperature.range", [1]),
    ("stream.place.channel.latitude.grid", "500"),
    ("uplink.port", 0),
    ("uplink.tls", "no"),
    ("uplink.tls.ca", 3),
    ("uplink.mqtt", "4"),
    ("uplink.in_flight", 65),
    ("buffer.max_bytes", "1 GB"),
    ("buffer.log_bytes", 16),
    ("buffer.log_days", "400d"),
    ("budget.billing_day", 29),
    ("clock.source", "ntp"),
]


ELEMENTS = {"unit.dtpr", "sensor.scan.quiet_hours"}
"""Here the element is marked."""


@pytest.mark.parametrize(("path", "value"), [pytest.param(p, v, id=f"{p}={v}"[:80]) for p, v in VALUES])
def test_schema_of_a_wrong_value_marks_exactly_that_key(path: str, value: object) -> None:
    place = [f"{path}.0"] if path in ELEMENTS else [path]
    assert marked(altered(path, value)) == place


@pytest.mark.parametrize(
    "path",
    ["colour", "unit.colour", "sensor.air.options.colour", "stream.weather.channel.co2.form", "uplink.tls.key"],
)
def test_schema_of_an_unknown_key_marks_its_table_and_names_the_key(path: str) -> None:
    (error,) = jsonschema.Draft7Validator(SCHEMA).iter_errors(altered(path, 1))
    table, _, key = path.rpartition(".")
    assert ".".join(map(str, error.absolute_path)) == table
    assert error.validator == "additionalProperties"
    assert f"'{key}' was unexpected" in error.message


@pytest.mark.parametrize(
    "path", ["unit.office", "sensor.air.address", "stream.weather.licence", "uplink.host", "clock.gnss"]
)
def test_schema_of_a_missing_key_marks_its_table_when_it_is_required(path: str) -> None:
    table = path.rpartition(".")[0]
    assert marked(altered(path, DELETE)) == ([] if path == "clock.gnss" else [table])


MUX = {"kind": "i2c-mux", "bus": "pole", "address": 0x70, "channel": 3}
METER = {"model": "meter", "bus": "meters", "slave": 17}


def test_schema_of_a_channel_of_a_multiplexer_marks_nothing_and_what_it_lacks_at_its_table() -> None:
    assert marked(altered("bus.north", MUX)) == []
    for key in ("bus", "address", "channel"):
        assert marked(altered("bus.north", {name: value for name, value in MUX.items() if name != key})) == [
            "bus.north"
        ]
    assert marked(altered("bus.north", {**MUX, "address": 0x40})) == ["bus.north.address"]
    assert marked(altered("bus.north", {**MUX, "path": "/dev/i2c-1"})) == ["bus.north.path"]


def test_schema_of_a_modbus_device_wants_its_number_and_no_address() -> None:
    assert marked(altered("sensor.mains", METER)) == []
    assert marked(altered("sensor.mains", {"model": "meter", "bus": "meters"})) == ["sensor.mains"]
    assert marked(altered("sensor.mains", {**METER, "slave": 248})) == ["sensor.mains.slave"]
    assert marked(altered("sensor.mains", {**METER, "address": 0x40})) == ["sensor.mains.address"]


def test_schema_describes_every_key() -> None:
    def undescribed(part: dict[str, Any], path: str) -> list[str]:
        found = []
        for name, entry in part.get("properties", {}).items():
            found += [] if "description" in entry or entry is False else [f"{path}.{name}"]
            found += undescribed(entry, f"{path}.{name}")
        for entry in part.get("patternProperties", {}).values():
            found += undescribed(entry, f"{path}.*")
        return found

    assert undescribed(SCHEMA, "") == []


def test_explanations_of_a_section_join_continued_lines() -> None:
    texts = explanations(Uplink)
    assert texts["delivery"].endswith('needs mqtt = "5").')
    assert "  " not in texts["delivery"]
