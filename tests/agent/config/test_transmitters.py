"""The level probe of the guide, with the models that are installed: from its table to what a stream may release."""

import json
import pickle
from pathlib import Path

import jsonschema
import pytest
import tomli

from agent.config.catalogue import installed
from agent.config.check import Outcome, check
from agent.config.schema import schema
from agent.tomlfile import parse
from tests.support.fake_models import UNIT

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "docs/configuring.md").read_text()
PROBE = GUIDE.partition("### Channels that follow from options")[2].split("```toml\n")[1].split("```")[0]
_HEAD = UNIT[: UNIT.index("[bus.pole]")]
_TAIL = UNIT[UNIT.index("[uplink]") : UNIT.index("[clock]")]
_STREAM = """
[bus.i2c]
kind = "i2c"
path = "/dev/i2c-1"

[stream.culvert]
title = "Culvert"
description = "How high the water stands"
purpose = "Flood warnings"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
access = "public"
contact = "heat@city.example"
window = "1min"
batch = "10min"
overflow = "drop_newest"

[stream.culvert.channel.level]
from = "culvert.level"
rule = "mean"
unit = "m"
resolution = 0.01
range = [0, 5]

[stream.culvert.channel.broken]
from = "culvert.level_fault"
rule = "max"
unit = "/"
"""


def _check(sensor: str, clock: str = '[clock]\ntimezone = "UTC"\n') -> Outcome:
    text = _HEAD + sensor + _STREAM + _TAIL + clock
    return check(parse(text.encode(), name="unit.toml"), installed(), folder=Path("/etc/lamppost"))


def _errors(outcome: Outcome) -> list[tuple[str, str]]:
    return [(problem.code, problem.key) for problem in outcome.report.errors()]


def test_level_probe_of_the_guide_gives_a_stream_its_metres() -> None:
    outcome = _check(PROBE)
    assert outcome.report.text() == ""
    assert outcome.settings is not None
    (sensor,) = outcome.settings.sensors
    assert [(channel.name, channel.unit) for channel in sensor.model.channels] == [
        ("a0", "mA"),
        ("level", "m"),
        ("level_fault", "/"),
    ]
    assert pickle.loads(pickle.dumps(outcome.settings)) == outcome.settings


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('unit = "m"', 'unit = "metres"', ("wrong-value", "sensor.culvert.options.a0.unit")),
        ('unit = "m"', 'unit = "count"', ("wrong-value", "sensor.culvert.options.a0.unit")),
        ("shunt_ohm = 150\n", "", ("bad-option", "sensor.culvert.options.a0")),
        ("shunt_ohm = 150", "shunt_ohm = 500", ("bad-option", "sensor.culvert.options.a0")),
        ('"4-20mA"', '"4-20 mA"', ("wrong-value", "sensor.culvert.options.a0.signal")),
        ('name = "level"', 'name = "depth"', ("unknown-channel", "stream.culvert.channel.level.from")),
        ("high = 5 ", "high = 4 ", ("bad-range", "stream.culvert.channel.level.range")),
    ],
)
def test_level_probe_with_a_mistake_is_told_where_it_is(old: str, new: str, problem: tuple[str, str]) -> None:
    assert old in PROBE
    assert _errors(_check(PROBE.replace(old, new, 1)))[0] == problem


def test_level_probe_fits_the_schema_for_editors_and_a_wrong_unit_does_not() -> None:
    sensors = schema(installed())["properties"]["sensor"]
    right = json.loads(json.dumps(tomli.loads(PROBE)["sensor"]))
    validator = jsonschema.Draft7Validator(sensors)
    assert list(validator.iter_errors(right)) == []
    right["culvert"]["options"]["a0"]["unit"] = "metres"
    assert [list(error.absolute_path)[-1] for error in validator.iter_errors(right)] == ["unit"]


def test_clock_chip_cannot_be_the_source_of_the_units_time() -> None:
    clock = (
        '[sensor.rtc]\nmodel = "ds3231"\nbus = "i2c"\n\n[clock]\nsource = "gnss"\ngnss = "rtc"\ntimezone = "UTC"\n'
    )
    outcome = _check(PROBE, clock)
    assert _errors(outcome) == [("unknown-sensor", "clock.gnss")]
    assert 'sensor "rtc" does not tell the time' in outcome.report.text()
