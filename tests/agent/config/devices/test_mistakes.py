"""Mistakes in device files: each is found at its line, all in one run, with what was expected and what was found."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config.declared import examine_device
from agent.tomlfile import Problem, Unusable, parse
from drivers.model import Model

ROOT = Path(__file__).parents[4]
FOLDER = ROOT / "config" / "devices"
GUIDE = (ROOT / "docs" / "adding-a-sensor.md").read_text()
Change = tuple[str, str]


def changed(name: str, *changes: Change) -> str:
    text = (FOLDER / f"{name}.toml").read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def problems(text: str) -> tuple[list[Problem], Model | None]:
    report, model = examine_device(parse(text.encode(), name="thing.toml"), name="thing")
    return report.ordered(), model


def found(name: str, *changes: Change) -> list[tuple[str, str]]:
    """Return code and the text of the line of each problem."""
    return [(problem.code, problem.source.strip()) for problem in problems(changed(name, *changes))[0]]


def test_ten_mistakes_in_a_modbus_file_are_each_found_on_their_line() -> None:
    changes: Sequence[Change] = [
        ('table = "input"', 'table = "inputs"'),
        ("gap = 8 ", "gap = 800 "),
        ('unit = "V"', 'unit = "volt"'),
        ("range = [0, 300]", "range = [300, 0]"),
        ('class = "measurement"\nunit = "A"', 'class = "content"\nunit = "A"'),
        ("register = 0x000C", "registr = 0x000C"),
        ('type = "f32"\n\n[channel.frequency]', 'type = "u8"\n\n[channel.frequency]'),
        (
            (
                '"unverified for this meter; of the SDM120-Modbus mV 0.2 % of the middle frequency '
                '(its user manual V1.1, page 2)"'
            ),
            '"±1 Hz"',
        ),
        ('title = "Active energy taken from the grid"\n', ""),
        ('title = "Active energy given to the grid"', 'title = "Vehicles that were charged"'),
    ]
    assert found("eastron_sdm120", *changes) == [
        ("wrong-value", 'table = "inputs"'),
        (
            "out-of-range",
            "gap = 800       # voltage to power factor come in one answer, frequency and energies in another",
        ),
        ("unknown-unit", 'unit = "volt"'),
        ("bad-range", "range = [300, 0]"),
        ("wrong-value", 'class = "content"'),
        ("unknown-key", "registr = 0x000C"),
        ("wrong-value", 'type = "u8"'),
        ("no-source", 'accuracy = "±1 Hz"'),
        ("missing-key", "[channel.energy_import]"),
        ("people-class", 'class = "measurement"'),
    ]


def test_ten_mistakes_in_a_chips_file_are_each_found_on_their_line() -> None:
    changes: Sequence[Change] = [
        ("addresses = [0x28]", "addresses = [0x28, 0x128]"),
        ('{ write = "", wait = "100ms" },', '{ write = "0", wait = "100ms" },'),
        ("{ read = 4 },", "{ raed = 4 },"),
        ('{ at = 0, bits = "7", is = [0],', '{ at = 0, bits = "8", is = [0],'),
        ("exponent = -1", "exponent = -10"),
        ('bits = "13..0"', 'bits = "0..13"'),
        ('scale = "100/16383"', 'scale = "100:16383"'),
        ("range = [-40, 125]", "range = [-40.001, 125]"),
        ('bits = "15..2"', 'bits = "17..2"'),
        ("offset = -40", 'offset = "forty"'),
    ]
    told = found("ist_hyt", *changes)
    assert [code for code, _ in told] == [
        "out-of-range",
        "bad-bytes",
        "unknown-key",
        "bad-bits",
        "out-of-range",
        "bad-bits",
        "bad-fraction",
        "bad-range",
        "bad-bits",
        "bad-fraction",
    ]
    for (_, line), (_, new) in zip(told, changes, strict=True):
        assert new.split(", wait")[0] in line


def test_ten_mistakes_in_a_line_file_are_each_found_on_their_line() -> None:
    changes: Sequence[Change] = [
        ('timeout = "5s"', "timeout = 5"),
        ("baudrate = 9600", "baudrate = 9"),
        ('separator = ","', 'seperator = ","'),
        ("longest = 64", "longest = 64000"),
        ('kind = "xor8", after', 'kind = "xor", after'),
        ('{ field = 4, is = ["M"] }', '{ field = 4, is = "M" }'),
        ("range = [0, 359]", "range = [0]"),
        ("field = 2", 'field = "2"'),
        ("exponent = -2", "exponent = 2"),
        ('property = "http', 'property = "htp'),
    ]
    told = found("gill_windsonic", *changes)
    assert [code for code, _ in told] == [
        "wrong-type",
        "out-of-range",
        "unknown-key",
        "out-of-range",
        "wrong-value",
        "wrong-type",
        "wrong-type",
        "bad-field",
        "bad-range",
        "bad-property",
    ]
    shown = [*(new for _, new in changes[:8]), "range = [0, 75]", changes[9][1]]
    for (_, line), new in zip(told, shown, strict=True):
        assert new in line


def test_ten_mistakes_in_a_request_file_are_each_found_on_their_line() -> None:
    changes: Sequence[Change] = [
        ('fastest = "1s"', 'fastest = "1 s"'),
        ('settle = "10s"', 'setle = "10s"'),
        ("baudrate = 9600\nopen", "baudrate = 96.5\nopen"),
        ('close = [{ send = "68 01 02 95" }]', 'close = [{ wait = "1s" }]'),
        ('[request]\nsend = "68 01 04 93"', '[request]\nsend = "68 01 04 9"'),
        ("shortest = 8", "shortest = 1"),
        ('checksum = { kind = "negated8" }', 'checksum = { kind = "negated8", polynomial = 7 }'),
        ('title = "PM2.5"\nclass = "measurement"', 'title = "PM2.5"\nclass = "count"'),
        ("at = 5", "at = -5"),
        (
            'accuracy = "unverified"\nproperty = "http://dd.eionet.europa.eu/vocabulary/aq/pollutant/5"',
            "accuracy = 3",
        ),
    ]
    told = found("honeywell_hpma115s0", *changes)
    assert [code for code, _ in told] == [
        "bad-duration",
        "unknown-key",
        "wrong-type",
        "missing-key",
        "bad-bytes",
        "out-of-range",
        "no-effect",
        "missing-group",
        "wrong-unit",
        "wrong-type",
        "out-of-range",
    ]


@pytest.mark.parametrize(
    ("name", "change", "code", "line"),
    [
        ("dfrobot_a02yyuw", ("length = 4", "length = 5"), "example-fails", "[[example]]"),
        ("dfrobot_a02yyuw", ("FF 07 A1 A7", "FF 07 A1 A8"), "example-fails", "[[example]]"),
        (
            "dfrobot_a02yyuw",
            ("distance = 1953", "distance = 1954"),
            "example-differs",
            "values = { distance = 1954 }",
        ),
        ("dfrobot_a02yyuw", ('kind = "frame"', 'kind = "frames"'), "unknown-kind", 'kind = "frames"'),
        (
            "dfrobot_a02yyuw",
            ("range = [30, 4500]", "range = [30, 1000]"),
            "example-out-of-range",
            "values = { distance = 1953 }",
        ),
        ("dfrobot_a02yyuw", ("range = [30, 4500]", "range = [-30, 4500]"), "beyond-type", "range = [-30, 4500]"),
        ("dfrobot_a02yyuw", ("at = 1", "at = 3"), "beyond-end", "at = 3"),
        ("dfrobot_a02yyuw", ("length = 4\n", ""), "bad-length", "[frame]"),
        ("dfrobot_a02yyuw", ('checksum = { kind = "sum8" }\n', ""), "no-checksum", "[frame]"),
        (
            "dfrobot_a02yyuw",
            ('{ kind = "sum8" }', '{ kind = "sum8", start = 1 }'),
            "no-effect",
            'checksum = { kind = "sum8", start = 1 }',
        ),
        (
            "dfrobot_a02yyuw",
            ('{ kind = "sum8" }', '{ kind = "sum8", at = 4 }'),
            "beyond-end",
            'checksum = { kind = "sum8", at = 4 }',
        ),
        (
            "dfrobot_a02yyuw",
            ("Distance to the surface", "Pedestrians before it"),
            "people-class",
            'class = "measurement"',
        ),
        ("dfrobot_a02yyuw", ('class = "measurement"', 'class = "count"'), "missing-group", 'class = "count"'),
        ("dfrobot_a02yyuw", ('fastest = "1s"', 'fastest = "2s"'), "too-fast", 'interval = "1s"'),
        ("honeywell_hpma115s0", ('sent = "68 01 04 93"', 'sent = "68 01 04 94"'), "example-differs", None),
        ("honeywell_hpma115s0", ("shortest = 8", "shortest = 20"), "bad-range", None),
        ("honeywell_hpma115s0", ("[request]\nsend", "[request]\nsend_text"), "example-differs", None),
        ("honeywell_hpma115s0", ("pm10 = 49", "pm1 = 49"), "unknown-channel", None),
        ("honeywell_hpma115s0", (", pm10 = 49", ""), "example-incomplete", None),
        ("vaisala_wxt530", ("(?P<dm>", "(?P<dn>"), "bad-field", 'field = "dm"'),
        ("vaisala_wxt530", (r"(?P<dm>\d+)", r"(?P<dm>(?=x)\d+)"), "bad-pattern", None),
        ("vaisala_wxt530", (r"(?P<dm>\d+)", r"(?P<dm>\d{1,250})(\d{250}){3}"), "slow-pattern", None),
        ("vaisala_wxt530", ('send_text = "0R0', 'send = "30"\nsend_text = "0R0'), "twice", None),
        ("omnipresense_ops242", ('field = "speed"', 'field = "speed..x"'), "bad-field", 'field = "speed..x"'),
        ("omnipresense_ops242", ('group = "traffic"\n', ""), "people-class", None),
        ("eastron_sdm120", ("71 CB", "71 CC"), "bad-telegram", None),
        ("eastron_sdm120", ("04 04 43 66 33 34 1B 38", "04 02 43 66 E8 0A"), "bad-telegram", None),
        ("eastron_sdm120", ("register = 0x0000", "register = 0x0002"), "example-differs", None),
        ("eastron_sdm120", ('type = "f32"', 'type = "u32"\nword_order = "little"'), "example-differs", None),
        ("dfrobot_sen0575", ("is = [0x734300C0]", 'is = [0x734300C0]\n, type = "f32"'), None, None),
        ("dfrobot_sen0575", ('sent = "14"', 'sent = "18"'), "example-differs", None),
        ("ist_hyt", ('class = "measurement"', 'class = "identifier"\ngroup = "people"'), "no-effect", None),
        ("keller_level", ("register = 2", "register = 65535"), "beyond-end", "register = 65535"),
        ("eastron_sdm120", ('class = "measurement"', 'class = "location"'), "wrong-unit", 'unit = "V"'),
        ("keller_level", ('unit = "m"', 'unit = "count"'), "people-class", None),
    ],
)
def test_mistake_is_found_where_it_is(name: str, change: Change, code: str | None, line: str | None) -> None:
    try:
        told = found(name, change)
    except Unusable:
        assert code is None
        return
    assert code is not None
    codes = [entry for entry, _ in told]
    assert code in codes
    if line is not None:
        assert (code, line) in told
    assert f"`{code}`" in GUIDE


@pytest.mark.parametrize("name", sorted(file.stem for file in FOLDER.glob("*.toml")))
def test_every_problem_says_what_was_expected(name: str) -> None:
    text = changed(name).replace('class = "measurement"', 'class = "nothing"').replace("exponent = ", "exponnent = ")
    told, model = problems(text)
    assert model is None
    assert told
    for problem in told:
        assert problem.line > 0
        assert problem.expected
        assert problem.file == "thing.toml"


def test_identifier_takes_its_company_into_its_group() -> None:
    text = """
kind = "line"
title = "Tag reader"
sources = ["made up"]
agreement = ["nothing"]
[serial]
baudrate = 9600
[line]
form = "delimited"
separator = ","
[channel.tag]
title = "Tag"
class = "identifier"
group = "riders"
field = 1
[channel.strength]
title = "Signal"
class = "measurement"
unit = "dBm"
exponent = 0
range = [-120, 0]
accuracy = "unverified"
field = 2
[[example]]
source = "made up"
exchange = [{ received_text = "04A1B2,-60\\n" }]
values = { tag = "04A1B2", strength = -60 }
"""
    told, _ = problems(text)
    assert [(problem.code, problem.key) for problem in told] == [("outside-group", "channel.strength.class")]
    told, model = problems(text.replace('unit = "dBm"', 'unit = "dBm"\ngroup = "riders"'))
    assert told == []
    assert model is not None
    assert model.channels[0].group == "riders"


@given(st.data())
def test_any_damage_to_a_device_file_is_reported_or_harmless_and_never_raises(data: st.DataObject) -> None:
    """Whatever a device file says, the checker returns problems with places, or a model that pickles."""
    text = (FOLDER / f"{data.draw(st.sampled_from(FILES))}.toml").read_text()
    lines = text.splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(lines) - 1))
        what = data.draw(st.sampled_from(["drop", "double", "value", "swap"]))
        if what == "drop":
            del lines[place]
        elif what == "double":
            lines.insert(place, lines[place])
        elif what == "swap":
            other = data.draw(st.integers(0, len(lines) - 1))
            lines[place], lines[other] = lines[other], lines[place]
        elif "=" in lines[place]:
            lines[place] = f"{lines[place].partition('=')[0]}= {data.draw(VALUES)}"
    try:
        told, model = problems("\n".join(lines))
    except Unusable:
        return
    assert all(problem.line >= 1 and problem.message for problem in told)
    assert (model is None) == any(problem.severity == "error" for problem in told)


FILES = sorted(file.stem for file in FOLDER.glob("*.toml"))
VALUES = st.sampled_from(
    [
        '""',
        '"x"',
        "0",
        "-1",
        "1.5",
        "true",
        "[]",
        "[1]",
        "{}",
        '"FF"',
        '"1/0"',
        "1e400",
        "nan",
        "1979-05-27",
        "0xFFFF",
        '"u64"',
        "99999999999999999999",
        '"[a"',
        "[[1]]",
        '"\\u20ac"',
    ]
)
