"""The sample configuration of every model's README, as a whole file for the real checker: not one word against it."""

import tomllib
from pathlib import Path
from typing import Final

import msgspec
import pytest

from agent.config.catalogue import installed
from agent.config.check import Outcome, check
from agent.tomlfile import parse
from drivers import registry
from drivers.reading import Channel, Sensitivity

_ROOT: Final = Path(__file__).parents[3]
_UNIT: Final = (_ROOT / "config" / "unit.toml").read_text()
_REST: Final = "# ---- The way to the city"
_BEFORE: Final = _UNIT.partition("# ---- Buses")[0]
_AFTER: Final = _REST + _UNIT.partition(_REST)[2]
_STREAM: Final = """
[stream.sample]
title = "Sample"
description = "What the sample's sensors measure."
purpose = "Trial"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
access = "public"
dtpr = ["purpose__planning_decision_making", "process__aggregated"]
window = "5min"
batch = "1h"
overflow = "drop_oldest"
"""
_RULES: Final = {
    Sensitivity.MEASUREMENT: 'rule = "mean"',
    Sensitivity.COUNT: 'rule = "sum"\nrange = [0, 100]',
    Sensitivity.IDENTIFIER: 'rule = "count_distinct"\nrange = [0, 100]',
    Sensitivity.LOCATION: 'rule = "grid"\ngrid = "500m"',
}


def _sample(name: str) -> str:
    return (_ROOT / "drivers" / name / "README.md").read_text().split("```toml\n")[1].split("```")[0]


def _channels(sample: str) -> dict[str, Channel]:
    """Return what the sensors of a sample measure and may tell, by sensor and channel."""
    found: dict[str, Channel] = {}
    for name, sensor in tomllib.loads(sample)["sensor"].items():
        model = registry.load(sensor["model"])
        options = msgspec.convert(sensor.get("options", {}), model.options, strict=False)
        fitted = model.fitted(options).channels
        found |= {f"{name}.{channel.name}": channel for channel in fitted}
    return found


def _stream(channels: dict[str, Channel]) -> str:
    people = {Sensitivity.COUNT, Sensitivity.IDENTIFIER} & {channel.sensitivity for channel in channels.values()}
    tables = [
        f'[stream.sample.channel.c{number}]\nfrom = "{source}"\n'
        f'unit = "{channel.unit or "count"}"\n{_RULES[channel.sensitivity]}\n'
        for number, (source, channel) in enumerate(channels.items())
    ]
    return _STREAM + ("suppress_below = 10\n" if people else "") + "\n".join(tables)


def _checked(sample: str) -> Outcome:
    text = _BEFORE + sample + _stream(_channels(sample)) + _AFTER
    return check(parse(text.encode(), name="unit.toml"), installed(), folder=_ROOT / "config")


@pytest.mark.parametrize("name", registry.names())
def test_sample_of_the_readme_is_a_right_configuration(name: str) -> None:
    outcome = _checked(_sample(name))
    assert outcome.report.text() == ""
    assert outcome.settings is not None
    assert name in {plan.model.name for plan in outcome.settings.sensors}


def test_sample_with_a_misspelt_key_would_be_reported() -> None:
    outcome = _checked(_sample("bme280").replace("interval", "intervall"))
    assert [problem.code for problem in outcome.report.errors()] == ["unknown-key"]
