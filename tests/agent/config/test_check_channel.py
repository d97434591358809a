"""Rules of release that need more of a configuration than a mean: their units, ranges and resolutions."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from agent.config.catalogue import Catalogue
from agent.config.check import Outcome, check
from agent.privacy.spec import ReleasedChannel
from agent.tomlfile import parse
from drivers.model import Model
from drivers.reading import Channel, Sensitivity
from tests.support.fake_models import MODELS, SCAN, THERMO
from tests.support.fake_models import UNIT as FILE

NOISE = '[stream.footfall.noise]\nepsilon = "1/2"\ndaily = 48\nsensitivity = 1\n'
UNIT = FILE.replace(NOISE, "")
"""Without noise, beside which only counts may leave: that is not what is tested here."""
WIND = Channel(name="wind", title="Wind direction", unit="deg", exponent=-1, minimum=0, maximum=3600)
NOTE = Channel(name="note", title="Note", unit="", sensitivity=Sensitivity.CONTENT)
VANE = replace(THERMO, channels=(*THERMO.channels, WIND, NOTE))
KNOWN: dict[str, Model] = {**MODELS, "thermo": VANE}
CATALOGUE = Catalogue(tuple(KNOWN), KNOWN.__getitem__)


def outcome(stream: str, **keys: str) -> Outcome:
    """Return what comes of a file with one more channel, called x."""
    lines = "\n".join(f"{key} = {value}" for key, value in keys.items())
    before = next(line for line in UNIT.splitlines() if line.startswith(f"[stream.{stream}.channel."))
    text = UNIT.replace(before, f"[stream.{stream}.channel.x]\n{lines}\n{before}", 1)
    return check(parse(text.encode(), name="unit.toml"), CATALOGUE, folder=Path("/etc/lamppost"))


def air(rule: str, unit: str, source: str = "temperature", **keys: str) -> Outcome:
    return outcome("weather", **{"from": f'"air.{source}"', "rule": f'"{rule}"', "unit": f'"{unit}"'}, **keys)


def scan(rule: str, unit: str, source: str, **keys: str) -> Outcome:
    return outcome("footfall", **{"from": f'"scan.{source}"', "rule": f'"{rule}"', "unit": f'"{unit}"'}, **keys)


def findings(found: Outcome) -> list[tuple[str, str]]:
    return [(problem.code, problem.key) for problem in found.report.ordered()]


def released(found: Outcome) -> ReleasedChannel:
    assert findings(found) == []
    assert found.settings is not None
    channels = [channel for plan in found.settings.streams for channel in plan.spec.channels]
    return next(channel for channel in channels if channel.name == "x")


@pytest.mark.parametrize("rule", ["median", "p90"])
def test_quantile_has_the_unit_and_the_range_of_its_source(rule: str) -> None:
    channel = released(air(rule, "Cel"))
    assert (channel.unit, channel.exponent, channel.minimum, channel.maximum) == ("Cel", -2, -4000, 8500)


def test_deviation_has_the_unit_of_its_source_and_the_width_of_its_range() -> None:
    channel = released(air("stdev", "Cel", resolution="0.1"))
    assert (channel.unit, channel.exponent, channel.minimum, channel.maximum) == ("Cel", -1, 0, 1250)
    assert findings(air("stdev", "Cel", range="[-1, 20]")) == [("bad-range", "stream.weather.channel.x.range")]


def test_mean_direction_is_for_bearings() -> None:
    channel = released(air("circular_mean", "deg", source="wind", resolution="5"))
    assert (channel.unit, channel.exponent, channel.resolution, channel.maximum) == ("deg", 0, 5, 360)
    assert findings(air("circular_mean", "Cel")) == [("privacy-rule", "stream.weather.channel.x.rule")]
    assert findings(air("circular_mean", "deg", source="wind", resolution="7")) == [
        ("privacy-resolution", "stream.weather.channel.x.resolution")
    ]


def test_dwell_is_in_seconds_and_needs_its_range() -> None:
    channel = released(scan("dwell", "s", "mac", range="[0, 900]", resolution="10"))
    assert (channel.unit, channel.exponent, channel.resolution, channel.maximum) == ("s", 1, 1, 90)
    assert findings(scan("dwell", "s", "mac")) == [("missing-range", "stream.footfall.channel.x")]
    assert findings(scan("dwell", "count", "mac", range="[0, 900]")) == [
        ("wrong-unit", "stream.footfall.channel.x.unit")
    ]
    assert findings(scan("dwell", "s", "mac", range="[0, 900]", resolution="0.5")) == [
        ("bad-resolution", "stream.footfall.channel.x.resolution")
    ]
    assert findings(scan("dwell", "s", "mac", range="[-5, 900]")) == [
        ("bad-range", "stream.footfall.channel.x.range")
    ]


@pytest.mark.parametrize("rule", ["median", "p90", "stdev", "min", "max", "last", "dwell", "circular_mean"])
def test_rule_that_tells_about_one_member_of_a_group_is_refused_and_cites_class_and_group(rule: str) -> None:
    found = scan(rule, "dBm", "rssi")
    assert findings(found) == [("privacy-rule", "stream.footfall.channel.x.rule")]
    assert SCAN.channels[1].group is not None
    assert 'class "measurement", in group "devices"' in found.report.text()


@pytest.mark.parametrize("rule", ["last", "count_distinct", "histogram", "dwell", "grid", "count"])
def test_content_has_no_rule_and_the_checker_says_why(rule: str) -> None:
    found = air(rule, "count", source="note")
    assert findings(found) == [("privacy-rule", "stream.weather.channel.x.rule")]
    assert "class content (free text, images, sound) has no releasable form" in found.report.text()


WINDOWS: Sequence[tuple[str, str, list[tuple[str, str]]]] = [
    ("median", "1d", [("window-too-long", "stream.weather.window")]),
    ("p90", "1d", [("window-too-long", "stream.weather.window")]),
    ("median", "12h", []),
    ("mean", "1d", []),
]


@pytest.mark.parametrize(("rule", "window", "expected"), WINDOWS, ids=[f"{case[0]} {case[1]}" for case in WINDOWS])
def test_window_with_more_samples_than_a_quantile_keeps_is_refused(
    rule: str, window: str, expected: list[tuple[str, str]]
) -> None:
    text = UNIT.replace('window = "1min"\nbatch = "10min"', f'window = "{window}"\nbatch = "1d"', 1)
    text = text.replace('rule = "mean"', f'rule = "{rule}"', 1)
    found = check(parse(text.encode(), name="unit.toml"), CATALOGUE, folder=Path("/etc/lamppost"))
    assert findings(found) == expected
