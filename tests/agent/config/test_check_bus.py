"""Modbus lines: what they are set to, who is on them, and what the checker says about either."""

import re
from pathlib import Path

import pytest

from agent.config import examine
from agent.config.plans import BusKind, BusPlan
from drivers.bus.framing import Parity
from tests.support.config_files import Finding, edited, errors, findings, outcome, resolved
from tests.support.fake_models import METER

ROOT = Path(__file__).resolve().parents[3]
LINE = (
    '[bus.meters]\nkind = "modbus"\npath = "/dev/serial/by-id/c"\nbaudrate = 9600\nparity = "none"\nstop_bits = 1\n'
)
METERS = (
    '[sensor.mains]\nmodel = "meter"\nbus = "meters"\nslave = 1\n'
    '[sensor.solar]\nmodel = "meter"\nbus = "meters"\nslave = 247\n'
)
CHANNELS = (
    '[stream.weather.channel.mains]\nfrom = "mains.power"\nrule = "mean"\nunit = "W"\n'
    '[stream.weather.channel.solar]\nfrom = "solar.power"\nrule = "mean"\nunit = "W"\n'
)
WITH_METERS = edited(
    ("[sensor.air]", f"{LINE}\n{METERS}\n[sensor.air]"), ("[stream.place]", f"{CHANNELS}\n[stream.place]")
)


def meters(*changes: tuple[str, str]) -> str:
    text = WITH_METERS
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_two_devices_on_one_modbus_line_are_right() -> None:
    assert findings(WITH_METERS) == []
    settings = resolved(WITH_METERS)
    assert settings.buses["meters"] == BusPlan(
        name="meters", kind=BusKind.MODBUS, path="/dev/serial/by-id/c", baudrate=9600, parity=Parity.NONE, stop_bits=1
    )
    plans = {plan.name: plan for plan in settings.sensors}
    assert (plans["mains"].model, plans["mains"].slave, plans["mains"].address) == (METER, 1, None)
    assert plans["solar"].slave == 247


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("", (19200, Parity.EVEN, 1)),
        ("baudrate = 9600\n", (9600, Parity.EVEN, 1)),
        ('parity = "none"\n', (19200, Parity.NONE, 2)),
        ('parity = "odd"\n', (19200, Parity.ODD, 1)),
        ('parity = "none"\nstop_bits = 1\n', (19200, Parity.NONE, 1)),
    ],
)
def test_what_a_modbus_line_does_not_say_is_as_the_specification_has_it(
    written: str, form: tuple[int, Parity, int]
) -> None:
    plan = resolved(meters(('baudrate = 9600\nparity = "none"\nstop_bits = 1\n', written))).buses["meters"]
    assert (plan.baudrate, plan.parity, plan.stop_bits) == form


def test_modbus_line_that_says_nothing_is_told_what_is_assumed() -> None:
    text = meters(('baudrate = 9600\nparity = "none"\nstop_bits = 1\n', ""))
    assert findings(text) == [("assumed-line", "bus.meters")]
    assert errors(text) == []
    told = outcome(text).report.text()
    assert "19200 8E1, the default of the Modbus specification" in told
    assert 'many devices leave the factory as 9600 8N1: baudrate = 9600, parity = "none", stop_bits = 1' in told


def test_turnaround_of_a_modbus_line_becomes_seconds() -> None:
    plan = resolved(meters(("stop_bits = 1\n", 'stop_bits = 1\nturnaround = "20ms"\n'))).buses["meters"]
    assert plan.turnaround_s == 0.02


def test_parity_of_a_serial_line_is_none_unless_it_says_so() -> None:
    assert resolved(edited()).buses["scan"].parity is Parity.NONE
    odd = resolved(edited(("baudrate = 57600", 'baudrate = 57600\nparity = "odd"\nstop_bits = 2'))).buses["scan"]
    assert (odd.parity, odd.stop_bits) == (Parity.ODD, 2)


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        pytest.param('parity = "none"', 'parity = "evne"', ("wrong-value", "bus.meters.parity"), id="parity"),
        pytest.param("stop_bits = 1", "stop_bits = 3", ("out-of-range", "bus.meters.stop_bits"), id="stop-bits"),
        pytest.param("stop_bits = 1", "stopbits = 1", ("unknown-key", "bus.meters.stopbits"), id="misspelt"),
        pytest.param(
            "stop_bits = 1",
            'stop_bits = 1\nturnaround = "2s"',
            ("out-of-range", "bus.meters.turnaround"),
            id="turnaround",
        ),
        pytest.param(
            "stop_bits = 1", "stop_bits = 1\nchannel = 1", ("no-effect", "bus.meters.channel"), id="channel"
        ),
        pytest.param(
            '"/dev/serial/by-id/c"', '"/dev/i2c-9"', ("wrong-bus-kind", "bus.meters.kind"), id="path-of-i2c"
        ),
        pytest.param('path = "/dev/serial/by-id/c"\n', "", ("missing-key", "bus.meters"), id="no-path"),
        pytest.param('kind = "modbus"', 'kind = "modbuss"', ("wrong-value", "bus.meters.kind"), id="kind"),
        pytest.param("slave = 247", "slave = 1", ("duplicate-slave", "sensor.solar.slave"), id="twice"),
        pytest.param("slave = 247", "slave = 248", ("out-of-range", "sensor.solar.slave"), id="reserved"),
        pytest.param("slave = 247", "slave = 0", ("out-of-range", "sensor.solar.slave"), id="broadcast"),
        pytest.param("slave = 247\n", "", ("missing-slave", "sensor.solar"), id="no-slave"),
        pytest.param("slave = 247", "slav = 247", ("unknown-key", "sensor.solar.slav"), id="slave-misspelt"),
        pytest.param(
            "slave = 247", "slave = 247\naddress = 0x40", ("no-effect", "sensor.solar.address"), id="address"
        ),
        pytest.param(
            'bus = "meters"\nslave = 247',
            'bus = "pole"\nslave = 247',
            ("wrong-bus-kind", "sensor.solar.bus"),
            id="on-i2c",
        ),
        pytest.param(
            "address = 0x40", "address = 0x40\nslave = 3", ("no-effect", "sensor.air.slave"), id="slave-on-i2c"
        ),
        pytest.param('bus = "scan"', 'bus = "scan"\nslave = 3', ("no-effect", "sensor.scan.slave"), id="on-serial"),
    ],
)
def test_check_of_one_mistake_about_modbus_reports_exactly_that(old: str, new: str, found: Finding) -> None:
    assert errors(meters((old, new))) == [found]


def test_address_written_for_a_slave_is_told_what_to_write() -> None:
    told = outcome(meters(("slave = 247", "address = 0x40"))).report.text()
    assert "write slave in place of address; manuals also call it device address" in told


def test_modbus_device_on_a_serial_line_is_told_to_change_the_kind() -> None:
    text = meters(('kind = "modbus"', 'kind = "serial"'), ("[sensor.solar]", "[sensor.spare]"))
    told = outcome(text).report.text()
    assert 'a meter needs a bus of kind "modbus"' in told
    assert 'or write kind = "modbus" in [bus.meters]' in told


def test_examples_of_buses_in_the_delivered_configuration_have_no_mistake(tmp_path: Path) -> None:
    text = (ROOT / "config/unit.toml").read_text()
    begin, end = text.index("# [bus.meters]"), text.index("# ---- Sensors")
    example = re.sub("^# ?", "", text[begin:end], flags=re.MULTILINE)
    (tmp_path / "unit.toml").write_text(text[:begin] + example + text[end:])
    report = examine(tmp_path / "unit.toml").report
    assert [(problem.code, problem.key) for problem in report.ordered()] == [
        ("unused", "bus.meters"),
        ("unused", "bus.north"),
    ]


def test_misspelt_parity_is_told_what_was_probably_meant() -> None:
    assert 'did you mean "even"?' in outcome(meters(('parity = "none"', 'parity = "evne"'))).report.text()
