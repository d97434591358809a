"""Sensors that the kernel drives, as the checker sees them: without the hardware."""

import pickle
from pathlib import Path

import jsonschema
import tomli

from agent.config.catalogue import installed
from agent.config.check import Outcome, check
from agent.config.plans import BusKind
from agent.config.schema import schema
from agent.tomlfile import parse
from tests.support.agent_process import REST, UNIT

BRIDGED = """
[sensor.shade]
model = "iio"

[sensor.shade.options]
device = "ads1115"
channels = ["voltage0", "voltage:battery"]

[sensor.box]
model = "hwmon"
options = { device = "sht3x" }

[stream.power]
title = "Power"
description = "Battery of the unit"
purpose = "Maintenance"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
access = "public"
window = "1min"
batch = "10min"
overflow = "drop_oldest"

[stream.power.channel.battery]
from = "shade.voltage_battery"
rule = "mean"
unit = "V"
range = [0, 30]

[stream.power.channel.inside]
from = "box.temp1"
rule = "max"
unit = "Cel"
"""


def _text(*replacements: tuple[str, str]) -> str:
    text = UNIT + BRIDGED + REST.replace("{port}", "1883").replace("{receiver}", "receiver.pub")
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def _outcome(*replacements: tuple[str, str]) -> Outcome:
    return check(parse(_text(*replacements).encode(), name="unit.toml"), installed(), folder=Path("/etc/lamppost"))


def _found(*replacements: tuple[str, str]) -> list[tuple[str, str, str]]:
    problems = _outcome(*replacements).report.ordered()
    return [(problem.code, problem.key, f"{problem.message} {problem.expected}") for problem in problems]


def test_bridged_sensors_need_no_bus_and_get_one_each_of_the_kernels() -> None:
    outcome = _outcome()
    assert outcome.report.text() == ""
    assert outcome.settings is not None
    assert {name: (plan.kind, plan.path) for name, plan in outcome.settings.buses.items()} == {
        "/sys:shade": (BusKind.SYSFS, "/sys"),
        "/sys:box": (BusKind.SYSFS, "/sys"),
    }
    assert [plan.bus for plan in outcome.settings.sensors] == ["/sys:shade", "/sys:box"]
    assert pickle.loads(pickle.dumps(outcome.settings)) == outcome.settings


def test_bridged_sensors_on_one_declared_bus_are_read_apart() -> None:
    bus = '[bus.tree]\nkind = "sysfs"\npath = "/srv/sys"\n\n[sensor.shade]\nmodel = "iio"\nbus = "tree"'
    outcome = _outcome(('[sensor.shade]\nmodel = "iio"', bus), ('model = "hwmon"', 'model = "hwmon"\nbus = "tree"'))
    assert outcome.report.text() == ""
    assert outcome.settings is not None
    assert {name: plan.path for name, plan in outcome.settings.buses.items()} == {
        "tree:shade": "/srv/sys",
        "tree:box": "/srv/sys",
    }


def test_bridged_channel_that_was_not_asked_for_is_named_with_those_that_were() -> None:
    ((code, key, words),) = _found(("shade.voltage_battery", "shade.voltage1"))
    assert (code, key) == ("unknown-channel", "stream.power.channel.battery.from")
    assert 'one of "voltage0", "voltage_battery"' in words or "voltage0, voltage_battery" in words


def test_bridged_sensor_without_a_device_lacks_it() -> None:
    found = _found(('device = "ads1115"\n', ""))
    assert [entry[:2] for entry in found] == [("missing-key", "sensor.shade.options.device")]


def test_bridged_sensor_without_options_lacks_its_device() -> None:
    found = _found(('options = { device = "sht3x" }\n', ""))
    assert ("missing-key", "sensor.box.options.device") in [entry[:2] for entry in found]


def test_bridged_sensor_of_an_unknown_device_must_list_its_channels() -> None:
    ((code, key, words),) = _found(('channels = ["voltage0", "voltage:battery"]\n', ""))
    assert (code, key) == ("bad-option", "sensor.shade.options")
    assert "channels of 'ads1115' are not known here" in words


def test_bridged_channel_that_tells_of_people_is_refused_at_its_line() -> None:
    ((code, key, words),) = _found(('"voltage0", ', '"proximity", '))
    assert (code, key) == ("bad-option", "sensor.shade.options.channels")
    assert "can tell of people near the unit: it is not bridged" in words


def test_bridged_sensor_has_neither_address_nor_slave_number() -> None:
    found = _found(('model = "hwmon"', 'model = "hwmon"\naddress = 0x44\nslave = 3'))
    assert [entry[:2] for entry in found] == [
        ("no-effect", "sensor.box.address"),
        ("no-effect", "sensor.box.slave"),
    ]
    assert "is read by the kernel and has no address" in found[0][2]


def test_bridged_sensor_on_an_i2c_bus_is_told_which_kind_it_needs() -> None:
    found = _found(
        (
            '[sensor.shade]\nmodel = "iio"',
            '[bus.pole]\nkind = "i2c"\npath = "/dev/i2c-1"\n\n[sensor.shade]\nmodel = "iio"\nbus = "pole"',
        )
    )
    assert [entry[:2] for entry in found] == [("wrong-bus-kind", "sensor.shade.bus")]
    assert 'needs a bus of kind "sysfs"' in found[0][2]


def test_other_sensor_without_a_bus_lacks_it() -> None:
    found = _found(('model = "hwmon"\noptions = { device = "sht3x" }', 'model = "bme280"\naddress = 0x76'))
    assert ("missing-key", "sensor.box") in [entry[:2] for entry in found]


def test_schema_demands_a_bus_of_all_but_bridges() -> None:
    validator = jsonschema.Draft7Validator(schema(installed()))
    assert list(validator.iter_errors(tomli.loads(_text()))) == []
    wrong = tomli.loads(
        _text(('model = "hwmon"\noptions = { device = "sht3x" }', 'model = "bme280"\naddress = 0x76'))
    )
    assert [error.message for error in validator.iter_errors(wrong)] == ["'bus' is a required property"]
    wrong = tomli.loads(_text(('device = "ads1115"\n', "")))
    assert [error.message for error in validator.iter_errors(wrong)] == ["'device' is a required property"]
