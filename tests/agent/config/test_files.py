"""The delivered configuration, its documentation and the model say the same."""

import ast
import dataclasses
import pickle
import re
from pathlib import Path

import pytest

from agent.config import examine
from agent.config.catalogue import installed
from agent.config.declared import names as declared
from agent.config.model_delivery import Budget, Buffer, Tls, Uplink
from agent.config.model_sensors import Bus, Sensor
from agent.config.model_streams import Alarm, Channel, Fast, Noise, Stream
from agent.config.model_unit import Clock, Control, Unit
from agent.config.schema import explanations, schema
from agent.tomlfile import Quantity

ROOT = Path(__file__).resolve().parents[3]
UNIT = (ROOT / "config/unit.toml").read_text()
GUIDE = (ROOT / "docs/configuring.md").read_text()
SECTIONS = [
    Unit,
    Bus,
    Sensor,
    Stream,
    Noise,
    Channel,
    Alarm,
    Fast,
    Uplink,
    Tls,
    Buffer,
    Budget,
    Clock,
    Control,
]
KEYS = sorted(
    {key for section in SECTIONS for key in explanations(section)} - {"alarm", "fast", "noise", "options", "tls"}
)
CODE = re.compile(r"[a-z]+(-[a-z0-9]+)+|empty|syntax|unreadable|unused")
REPORTERS = {"problem", "Problem", "_too_small"}


def codes() -> set[str]:
    """Every kind of mistake that the source reports: a constant among the arguments of a reporting call."""
    found = {f"bad-{kind.__name__.lower()}" for kind in Quantity.__subclasses__()}
    found |= {"wrong-value", "bad-name", "bad-contact", "bad-topic"}
    for file in [*(ROOT / "agent/config").glob("*.py"), *(ROOT / "agent/tomlfile").glob("*.py")]:
        for call in ast.walk(ast.parse(file.read_text())):
            if isinstance(call, ast.Call) and getattr(call.func, "attr", getattr(call.func, "id", "")) in REPORTERS:
                given = [*call.args, *(entry.value for entry in call.keywords if entry.arg == "code")]
                texts = [
                    part.value for part in given if isinstance(part, ast.Constant) and isinstance(part.value, str)
                ]
                found |= {text for text in texts if CODE.fullmatch(text)}
    return found


def test_delivered_configuration_has_no_mistake_and_no_warning() -> None:
    report = examine(ROOT / "config/unit.toml").report
    assert report.text() == ""


def test_example_of_an_alarm_in_the_delivered_configuration_has_no_mistake(tmp_path: Path) -> None:
    begin, end = UNIT.index("# [stream.weather.alarm.heat]"), UNIT.index("[stream.co2]")
    example = re.sub("^# ?", "", UNIT[begin:end], flags=re.MULTILINE).replace("below = -15", "# below = -15")
    (tmp_path / "unit.toml").write_text(UNIT[:begin] + example + UNIT[end:])
    outcome = examine(tmp_path / "unit.toml")
    assert outcome.report.text() == ""
    assert outcome.settings is not None
    assert outcome.settings.streams[0].alarms[0].fast == (20_000, 1_800_000)


@pytest.mark.parametrize("key", KEYS)
def test_delivered_configuration_has_each_key_with_a_comment_at_least_once(key: str) -> None:
    lines = [line for line in UNIT.splitlines() if re.match(rf"(# )?{key} = ", line)]
    assert any(" # " in line.removeprefix("# ") for line in lines)


@pytest.mark.parametrize("key", KEYS)
def test_guide_explains_each_key(key: str) -> None:
    assert f"`{key}`" in GUIDE


def test_guide_lists_each_kind_of_mistake() -> None:
    assert len(codes()) > 50
    assert sorted(code for code in codes() if f"`{code}`" not in GUIDE) == []


@pytest.mark.parametrize("name", installed().names)
def test_guide_names_each_model_with_its_channels_and_options(name: str) -> None:
    described = installed().load(name)
    row = next(line for line in GUIDE.splitlines() if line.startswith(f"| `{name}` |"))
    options = [option.name for option in dataclasses.fields(described.options)]
    for expected in [*(channel.name for channel in described.channels), *options]:
        assert f"`{expected}`" in row


def test_schema_offers_each_installed_model() -> None:
    sensors = schema(installed())["properties"]["sensor"]["patternProperties"]
    (sensor,) = sensors.values()
    assert sensor["properties"]["model"]["enum"] == [*installed().names, *declared(installed().folders)]


@pytest.mark.parametrize("name", installed().names)
def test_model_survives_the_way_from_the_checkers_process(name: str) -> None:
    model = installed().load(name)
    assert pickle.loads(pickle.dumps(model)) == model


def test_settings_survive_the_way_from_the_checkers_process() -> None:
    settings = examine(ROOT / "config/unit.toml").settings
    assert settings is not None
    assert pickle.loads(pickle.dumps(settings)) == settings
