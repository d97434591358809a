from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.config.check import check
from agent.tomlfile import Unusable, parse
from agent.wire.declaration import MAX_STREAMS
from agent.wire.declared_stream import MAX_KEYWORDS
from agent.wire.messages import MAX_COLUMNS
from tests.support.config_files import Finding, edited, errors, findings, outcome
from tests.support.fake_models import CATALOGUE, UNIT
from tests.support.toml_documents import VALUES


def test_check_of_a_right_file_finds_nothing_and_gives_settings() -> None:
    assert findings(UNIT) == []
    assert outcome(UNIT).settings is not None


PROTECTION = UNIT[UNIT.index("suppress_below = 12") : UNIT.index("[stream.footfall.channel.devices]")]
"""What hides few people, from suppression to noise."""
ONE_MISTAKE: Sequence[tuple[str, str, str, Finding]] = [
    ("unknown-section", "[clock]", "[clocks]\n[clock]", ("unknown-key", "clocks")),
    ("unknown-key", "retain =", "retian =", ("unknown-key", "buffer.retian")),
    ("unknown-option", "height_m = 3", "hight_m = 3", ("unknown-key", "sensor.air.options.hight_m")),
    ("misspelt-required-key", "site =", "sight =", ("unknown-key", "unit.sight")),
    ("missing-key", 'office = "Office of Air"\n', "", ("missing-key", "unit.office")),
    ("missing-contact", 'contact = "air@city.example"\n', "", ("missing-key", "unit.contact")),
    (
        "missing-licence",
        'licence = "https://creativecommons.org/publicdomain/zero/1.0/"\naccess = "public"',
        'access = "public"',
        ("missing-key", "stream.weather.licence"),
    ),
    ("missing-title", 'title = "Weather"\n', "", ("missing-key", "stream.weather.title")),
    (
        "missing-description",
        'description = "Weather at the kerb"\n',
        "",
        ("missing-key", "stream.weather.description"),
    ),
    (
        "missing-access",
        'access = "public"\ncontact = "heat@city.example"\n',
        'contact = "heat@city.example"\n',
        ("missing-key", "stream.weather.access"),
    ),
    ("missing-window", 'window = "1min"\nbatch', "batch", ("missing-key", "stream.weather.window")),
    ("missing-batch", 'batch = "10min"\n', "", ("missing-key", "stream.weather.batch")),
    ("missing-unit", 'unit = "ppm"\n', "", ("missing-key", "stream.weather.channel.co2.unit")),
    ("missing-overflow", 'overflow = "drop_newest"\n', "", ("missing-key", "stream.weather.overflow")),
    ("unit-id", 'id = "corner"', 'id = "5th"', ("bad-name", "unit.id")),
    ("contact", "air@city.example", "air at city", ("bad-contact", "unit.contact")),
    ("stream-contact", "heat@city.example", "heat", ("bad-contact", "stream.weather.contact")),
    ("empty-text", '"5th Avenue"', '" "', ("empty", "unit.site")),
    ("bus-path", '"/dev/i2c-1"', '"i2c-1"', ("bad-path", "bus.pole.path")),
    ("bus-paths-equal", "by-id/b", "by-id/a", ("duplicate-path", "bus.scan.path")),
    ("bus-kind-and-path", '"/dev/serial/by-id/a"', '"/dev/i2c-3"', ("wrong-bus-kind", "bus.sky.kind")),
    (
        "bus-enum",
        'kind = "serial"\npath = "/dev/serial/by-id/a"',
        'kind = "uart"\npath = "/x"',
        ("wrong-value", "bus.sky.kind"),
    ),
    (
        "baudrate-on-i2c",
        'path = "/dev/i2c-1"',
        'path = "/dev/i2c-1"\nbaudrate = 9600',
        ("no-effect", "bus.pole.baudrate"),
    ),
    ("baudrate-range", "57600", "1", ("out-of-range", "bus.scan.baudrate")),
    ("model", 'model = "gas"', 'model = "gaz"', ("unknown-model", "sensor.gas.model")),
    ("bus-unknown", 'bus = "scan"', 'bus = "skan"', ("unknown-bus", "sensor.scan.bus")),
    (
        "bus-of-other-kind",
        'model = "gas"\nbus = "pole"',
        'model = "gas"\nbus = "scan"',
        ("wrong-bus-kind", "sensor.gas.bus"),
    ),
    ("address-impossible", "0x40", "0x42", ("bad-address", "sensor.air.address")),
    ("address-range", "0x40", "0x80", ("out-of-range", "sensor.air.address")),
    ("address-text", "0x40", '"0x40"', ("wrong-type", "sensor.air.address")),
    ("address-missing", "address = 0x40\n", "", ("missing-address", "sensor.air")),
    ("address-misspelt", "address = 0x40", "adress = 0x40", ("unknown-key", "sensor.air.adress")),
    ("address-on-serial", 'bus = "scan"', 'bus = "scan"\naddress = 0x40', ("no-effect", "sensor.scan.address")),
    (
        "address-twice",
        "[sensor.sky]",
        '[sensor.air-two]\nmodel = "thermo"\nbus = "pole"\naddress = 0x40\n[sensor.sky]',
        ("duplicate-address", "sensor.air-two.address"),
    ),
    (
        "address-twice-by-default",
        "[sensor.sky]",
        '[sensor.gas-two]\nmodel = "gas"\nbus = "pole"\n[sensor.sky]',
        ("duplicate-address", "sensor.gas-two.bus"),
    ),
    (
        "line-shared",
        "[sensor.scan]",
        '[sensor.scan-two]\nmodel = "scan"\nbus = "sky"\n[sensor.scan]',
        ("shared-line", "sensor.scan-two.bus"),
    ),
    ("interval", '"20s"', '"1s"', ("too-fast", "sensor.air.interval")),
    ("interval-number", '"20s"', "20", ("wrong-type", "sensor.air.interval")),
    ("interval-unit", '"20s"', '"20sec"', ("bad-duration", "sensor.air.interval")),
    ("interval-range", '"20s"', '"2d"', ("out-of-range", "sensor.air.interval")),
    ("timeout", '"1s"', '"30s"', ("timeout-too-long", "sensor.air.timeout")),
    ("start", '"required"', '"require"', ("wrong-value", "sensor.air.start")),
    ("option-type", "height_m = 3", "height_m = 3.5", ("wrong-type", "sensor.air.options.height_m")),
    ("option-value", "height_m = 3", "height_m = 300", ("bad-option", "sensor.air.options.height_m")),
    ("option-enum", '"fast"', '"fats"', ("wrong-value", "sensor.air.options.mode")),
    ("options-no-table", 'bus = "scan"', 'bus = "scan"\noptions = 3', ("wrong-type", "sensor.scan.options")),
    ("stream-name", "[stream.place]", "[stream.Place]\n", ("bad-name", "stream.Place")),
    (
        "channel-name",
        "[stream.weather.channel.co2]",
        "[stream.weather.channel.CO2]",
        ("bad-name", "stream.weather.channel.CO2"),
    ),
    (
        "licence",
        '"https://creativecommons.org/publicdomain/zero/1.0/"',
        '"CC0"',
        ("bad-licence", "stream.weather.licence"),
    ),
    ("access", '"non-public"', '"private"', ("wrong-value", "stream.place.access")),
    ("overflow", '"drop_newest"', '"drop"', ("wrong-value", "stream.weather.overflow")),
    ("keywords-text", '["weather", "heat"]', '"weather"', ("wrong-type", "stream.weather.keywords")),
    ("keywords-element", '["weather", "heat"]', '["weather", 3]', ("wrong-type", "stream.weather.keywords[1]")),
    (
        "window-division",
        'window = "1min"\nbatch = "10min"',
        'window = "7min"\nbatch = "35min"',
        ("bad-window", "stream.weather.window"),
    ),
    (
        "window-range",
        'window = "1min"\nbatch = "10min"',
        'window = "2d"\nbatch = "1d"',
        ("out-of-range", "stream.weather.window"),
    ),
    ("window-below-interval", 'window = "1min"', 'window = "10s"', ("window-too-short", "stream.weather.window")),
    ("batch-multiple", 'batch = "10min"', 'batch = "90s"', ("bad-batch", "stream.weather.batch")),
    (
        "batch-rows",
        'window = "1min"\nbatch = "10min"',
        'window = "30s"\nbatch = "2d"',
        ("out-of-range", "stream.weather.batch"),
    ),
    (
        "suppress-range",
        "suppress_below = 12",
        "suppress_below = 3",
        ("out-of-range", "stream.footfall.suppress_below"),
    ),
    ("suppress-missing", PROTECTION, "", ("privacy-suppress-below", "stream.footfall")),
    ("source-form", '"gas.co2"', '"gas"', ("bad-source", "stream.weather.channel.co2.from")),
    ("source-sensor", '"gas.co2"', '"gs.co2"', ("unknown-sensor", "stream.weather.channel.co2.from")),
    ("source-channel", '"gas.co2"', '"gas.co"', ("unknown-channel", "stream.weather.channel.co2.from")),
    ("rule-unknown", '"max"', '"maximum"', ("wrong-value", "stream.weather.channel.co2.rule")),
    ("rule-for-place", '"grid"', '"last"', ("privacy-rule", "stream.place.channel.latitude.rule")),
    ("rule-for-identifier", '"count_distinct"', '"count"', ("privacy-rule", "stream.footfall.channel.devices.rule")),
    ("unit", '"ppm"', '"ppb"', ("wrong-unit", "stream.weather.channel.co2.unit")),
    ("unit-of-count", '"count"', '"1"', ("wrong-unit", "stream.footfall.channel.devices.unit")),
    (
        "resolution-finer",
        "resolution = 0.5",
        "resolution = 0.001",
        ("bad-resolution", "stream.weather.channel.temperature.resolution"),
    ),
    (
        "resolution-no-step",
        "resolution = 0.5",
        "resolution = 0.125",
        ("bad-resolution", "stream.weather.channel.temperature.resolution"),
    ),
    (
        "resolution-zero",
        "resolution = 0.5",
        "resolution = 0",
        ("bad-resolution", "stream.weather.channel.temperature.resolution"),
    ),
    (
        "resolution-endless",
        "resolution = 0.5",
        "resolution = inf",
        ("out-of-range", "stream.weather.channel.temperature.resolution"),
    ),
    ("range-inverted", "[-30, 50.5]", "[50.5, -30]", ("bad-range", "stream.weather.channel.temperature.range")),
    ("range-wide", "[-30, 50.5]", "[-30, 500]", ("bad-range", "stream.weather.channel.temperature.range")),
    ("range-fine", "[-30, 50.5]", "[-30, 50.25]", ("bad-range", "stream.weather.channel.temperature.range")),
    ("range-length", "[-30, 50.5]", "[-30]", ("wrong-type", "stream.weather.channel.temperature.range")),
    ("range-negative-count", "[0, 500]", "[-1, 500]", ("bad-range", "stream.footfall.channel.devices.range")),
    ("range-missing", "range = [0, 500]\n", "", ("missing-range", "stream.footfall.channel.devices")),
    ("range-below-suppression", "[0, 500]", "[0, 10]", ("privacy-range", "stream.footfall.channel.devices.range")),
    ("grid-missing", 'grid = "500m"\n', "", ("privacy-grid", "stream.place.channel.latitude")),
    ("grid-small", '"500m"', '"10m"', ("privacy-grid", "stream.place.channel.latitude.grid")),
    ("grid-no-distance", '"500m"', '"500"', ("bad-distance", "stream.place.channel.latitude.grid")),
    (
        "grid-elsewhere",
        'unit = "ppm"',
        'unit = "ppm"\ngrid = "1km"',
        ("privacy-grid", "stream.weather.channel.co2.grid"),
    ),
    ("host-url", '"mqtt.city.example"', '"mqtts://mqtt.city.example:8883"', ("bad-host", "uplink.host")),
    ("host-empty", '"mqtt.city.example"', '""', ("empty", "uplink.host")),
    ("port", "8884", "88840", ("out-of-range", "uplink.port")),
    ("half-certificate", 'client_key = "unit.tls.key"\n', "", ("half-certificate", "uplink.tls.client_cert")),
    ("password-alone", 'username = "corner"\n', "", ("missing-username", "uplink.password_file")),
    ("password-in-file", "password_file =", 'password = "x"\npassword_file =', ("unknown-key", "uplink.password")),
    ("keys-missing", 'receiver_keys = ["keys/receiver.pub"]\n', "", ("missing-receiver-keys", "uplink")),
    ("keys-empty", '["keys/receiver.pub"]', "[]", ("missing-receiver-keys", "uplink.receiver_keys")),
    (
        "keys-damaged",
        '["keys/receiver.pub"]',
        '["a.pub", "-----BEGIN PUBLIC KEY-----\\nx"]',
        ("bad-key", "uplink.receiver_keys[1]"),
    ),
    ("topic-root", '"city/air"', '"city/+"', ("bad-topic", "uplink.topic_root")),
    ("mqtt", 'mqtt = "auto"', "mqtt = 5", ("wrong-type", "uplink.mqtt")),
    ("size", '"128MiB"', '"128 megs"', ("bad-size", "buffer.max_bytes")),
    ("size-range", '"128MiB"', '"1kB"', ("out-of-range", "buffer.max_bytes")),
    ("billing-day", "billing_day = 5", "billing_day = 29", ("out-of-range", "budget.billing_day")),
    ("budget-month", '"300MB"', '"1MB"', ("budget-too-small", "budget.monthly")),
    ("budget-day", '"20MB"', '"1kB"', ("budget-too-small", "budget.daily")),
    ("budget-message", '"256kB"', '"100B"', ("budget-too-small", "budget.bytes_per_minute")),
    ("timezone", '"UTC"', '"Utopia"', ("unknown-timezone", "clock.timezone")),
    ("gnss-unknown", 'gnss = "sky"', 'gnss = "ski"', ("unknown-sensor", "clock.gnss")),
    ("gnss-without-time", 'gnss = "sky"', 'gnss = "air"', ("unknown-sensor", "clock.gnss")),
    ("gnss-missing", 'gnss = "sky"\n', "", ("missing-gnss", "clock.source")),
    ("gnss-without-source", 'source = "gnss"', 'source = "kernel"', ("no-effect", "clock.gnss")),
    ("rtc-with-receiver", 'source = "gnss"', 'source = "gnss"\nrtc = "rtc0"', ("no-effect", "clock.rtc")),
]


@pytest.mark.parametrize(
    ("old", "new", "finding"), [pytest.param(old, new, finding, id=name) for name, old, new, finding in ONE_MISTAKE]
)
def test_check_of_one_mistake_reports_exactly_that(old: str, new: str, finding: Finding) -> None:
    if finding[0] == "bad-name" and finding[1] == "stream.Place":
        text = edited((old, new), ("[stream.place.channel", "[stream.Place.channel"))
    else:
        text = edited((old, new))
    assert errors(text) == [finding]
    assert outcome(text).settings is None


def test_check_of_a_second_stream_from_one_group_reports_the_second() -> None:
    second = UNIT[UNIT.index("[stream.footfall]") : UNIT.index("[uplink]")].replace("footfall", "footfall-two")
    assert findings(edited(("[uplink]", second + "[uplink]"))) == [
        ("privacy-from", "stream.footfall-two.channel.devices.from")
    ]


def test_check_of_broker_delivery_without_mqtt_5_reports_the_version() -> None:
    keys = ('receiver_keys = ["keys/receiver.pub"]\n', "")
    assert findings(edited(keys, ('"receipts"', '"broker"'))) == [("broker-needs-mqtt-5", "uplink.mqtt")]
    assert findings(edited(keys, ('"receipts"', '"broker"'), ('"auto"', '"5"'))) == []


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.0.1", "::1", "LOCALHOST."])
def test_check_of_no_tls_to_this_machine_finds_nothing(host: str) -> None:
    text = edited(('"mqtt.city.example"', f'"{host}"'), ("port = 8884", "tls = false"))
    start = text.index("[uplink.tls]")
    text = text[:start] + text[text.index("[buffer]") :]
    assert findings(text) == []
    assert findings(text.replace(host, "broker.local")) == [("tls-off", "uplink.tls")]


def test_check_of_a_batch_with_too_many_windows_reports_the_batch() -> None:
    text = edited(('window = "1min"\nbatch = "10min"', 'window = "20s"\nbatch = "1d"'))
    assert findings(text.replace("[sensor.gas]", '[sensor.gas]\ninterval = "20s"')) == [
        ("bad-batch", "stream.weather.batch")
    ]


def test_check_of_a_batch_with_too_many_values_reports_the_batch() -> None:
    weather = UNIT[UNIT.index("[stream.weather.channel") :]
    channel = weather[: weather.index("\n[", 1)]
    name = channel[: channel.index("]")]
    more = "".join(f"\n{channel.replace(name, f'[stream.weather.channel.more{number}')}" for number in range(20))
    text = edited(('window = "1min"\nbatch = "10min"', 'window = "1min"\nbatch = "1d"'), (channel, channel + more))
    assert ("bad-batch", "stream.weather.batch") in errors(text)
    assert errors(text.replace('batch = "1d"', 'batch = "6h"')) == []


def test_check_of_more_than_a_declaration_can_hold_reports_it() -> None:
    stream = UNIT[UNIT.index("[stream.place]") : UNIT.index("[stream.footfall]")]
    many = "".join(stream.replace("stream.place", f"stream.place-{index}") for index in range(MAX_STREAMS))
    assert ("too-many-streams", "stream") in errors(edited(("[uplink]", many + "[uplink]")))
    channels = stream[stream.index("[stream.place.channel") :]
    more = "".join(channels.replace("channel.latitude", f"channel.l{index}") for index in range(MAX_COLUMNS))
    assert ("too-many-channels", "stream.place.channel") in errors(edited((channels, channels + more)))
    words = str([f"w{index}" for index in range(MAX_KEYWORDS + 1)])
    assert errors(edited(('["weather", "heat"]', words))) == [("too-many-keywords", "stream.weather.keywords")]


def test_check_of_a_file_without_streams_reports_that_nothing_leaves() -> None:
    text = UNIT[: UNIT.index("[stream.weather]")] + "[stream]\n" + UNIT[UNIT.index("[uplink]") :]
    assert ("no-stream", "stream") in findings(text)


def test_check_of_an_empty_file_reports_each_missing_section_at_the_first_line() -> None:
    report = outcome("").report
    assert [problem.key for problem in report.errors()] == ["unit", "sensor", "stream", "uplink"]
    assert {(problem.code, problem.line) for problem in report.errors()} == {("missing-section", 1)}


WARNINGS: Sequence[tuple[str, str, str, Finding]] = [
    ("usb-path", "/dev/serial/by-id/a", "/dev/ttyUSB0", ("unsteady-path", "bus.sky.path")),
    ("plain-port", "8884", "1883", ("plain-port", "uplink.port")),
    ("sizes", '"32MB"', '"1GB"', ("odd-sizes", "buffer.free_floor")),
    ("interval-of-pushed", 'bus = "scan"', 'bus = "scan"\ninterval = "1s"', ("no-effect", "sensor.scan.interval")),
    (
        "bus-unused",
        "[sensor.air]",
        '[bus.spare]\nkind = "i2c"\npath = "/dev/i2c-9"\n[sensor.air]',
        ("unused", "bus.spare"),
    ),
    (
        "sensor-unused",
        "[sensor.sky]",
        '[sensor.spare]\nmodel = "thermo"\nbus = "pole"\naddress = 0x41\n[sensor.sky]',
        ("unused", "sensor.spare"),
    ),
]


@pytest.mark.parametrize(
    ("old", "new", "finding"), [pytest.param(old, new, finding, id=name) for name, old, new, finding in WARNINGS]
)
def test_check_of_something_odd_warns_and_gives_settings(old: str, new: str, finding: Finding) -> None:
    result = outcome(edited((old, new)))
    assert [(problem.code, problem.key) for problem in result.report.warnings()] == [finding]
    assert result.report.errors() == []
    assert result.settings is not None


def test_check_of_a_dangling_reference_lists_what_exists_and_what_was_meant() -> None:
    (problem,) = outcome(edited(('bus = "scan"', 'bus = "skan"'))).report.errors()
    assert problem.expected == "one of the [bus.NAME] sections: pole, scan, sky"
    assert problem.found == '"skan"'
    assert problem.hint == 'did you mean "scan"?'
    assert problem.source == 'bus = "skan"'
    assert (problem.column, problem.width) == (7, len('"skan"'))


def test_check_of_several_mistakes_reports_all_of_them() -> None:
    text = edited(("0x40", "0x42"), ('"ppm"', '"ppb"'), ("8884", '"x"'), ('"500m"', '"500"'))
    assert [code for code, _ in findings(text)] == ["bad-address", "wrong-unit", "bad-distance", "wrong-type"]


LINES = UNIT.splitlines()


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(LINES) - 1),
            st.sampled_from(["drop", "value", "swap", "key"]),
            VALUES,
            st.integers(0, 200),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_check_of_any_altered_file_gives_settings_or_errors_inside_the_file(
    edits: list[tuple[int, str, str, int]],
) -> None:
    lines = list(LINES)
    for index, edit, value, other in edits:
        key, equals, _ = lines[index].partition(" =")
        if edit == "drop":
            lines[index] = ""
        elif edit == "swap":
            lines[index] = LINES[other % len(LINES)]
        elif edit == "value" and equals:
            lines[index] = f"{key} = {value}"
        elif edit == "key" and equals:
            lines[index] = f"{key}x{lines[index].removeprefix(key)}"
    text = "\n".join(lines)
    try:
        document = parse(text.encode(), name="unit.toml")
    except Unusable:
        return
    result = check(document, CATALOGUE, folder=Path("/"))
    assert (result.settings is None) == bool(result.report.errors())
    rows = document.text.split("\n")
    for problem in result.report.problems:
        assert problem.source == rows[problem.line - 1]
        assert 1 <= problem.column <= max(1, len(problem.source))
        assert problem.column - 1 + problem.width <= max(1, len(problem.source))
        assert all(line.replace("\t", "").isprintable() for line in problem.lines())


CITY_KEYS = "[control]\nkeys = {}\n"


def with_keys(keys: str) -> list[Finding]:
    return findings(UNIT + CITY_KEYS.format(keys))


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        pytest.param('[{ key = "p.pub", role = "privacy" }]', [], id="file"),
        pytest.param('[{ key = "o.pub", role = "ops" }, { key = "r.pub", role = "root" }]', [], id="two"),
        pytest.param("[]", [], id="none"),
        pytest.param('[{ key = "p.pub" }]', [("missing-key", "control.keys[0].role")], id="no-role"),
        pytest.param('[{ role = "ops" }]', [("missing-key", "control.keys[0].key")], id="no-key"),
        pytest.param('[{ key = "p.pub", role = "mayor" }]', [("wrong-value", "control.keys[0].role")], id="role"),
        pytest.param('[{ key = "", role = "root" }]', [("empty", "control.keys[0].key")], id="empty"),
        pytest.param('["p.pub"]', [("wrong-type", "control.keys[0]")], id="text"),
        pytest.param(
            '[{ key = "-----BEGIN PRIVATE KEY-----", role = "root" }]',
            [("bad-key", "control.keys[0].key")],
            id="private",
        ),
        pytest.param(
            '[{ key = "p.pub", role = "root" }, { key = "p.pub", role = "privacy" }]',
            [("duplicate-key", "control.keys[1].key")],
            id="twice",
        ),
        pytest.param('[{ key = "o.pub", role = "ops" }]', [("no-privacy-key", "control.keys")], id="ops-only"),
    ],
)
def test_check_of_the_citys_keys_finds_each_mistake(keys: str, found: list[Finding]) -> None:
    assert with_keys(keys) == found
