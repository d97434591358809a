"""Options that channels follow from: tables inside options, and what a stream may then name."""

import dataclasses
from decimal import Decimal
from pathlib import Path

import pytest

from agent.config.catalogue import Catalogue
from agent.config.check import Outcome, check
from agent.tomlfile import parse
from drivers.model import I2cModel, Model
from drivers.reading import Channel
from tests.support.fake_models import MODELS, THERMO, UNIT, Mode


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """One port.

    Attributes:
        name: what is connected.
        high: the largest value.
        mode: how fast.
        ends: two numbers.
    """

    name: str
    high: Decimal = Decimal(10)
    mode: Mode = Mode.SLOW
    ends: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if self.high <= 0:
            raise ValueError("high must be above zero")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The ports.

    Attributes:
        p0: the first.
        p1: the second.
    """

    p0: Port | None = None
    p1: Port | None = None


def _channels(options: Ports) -> tuple[Channel, ...]:
    ports = [port for port in (options.p0, options.p1) if port is not None]
    return tuple(
        Channel(name=port.name, title=port.name, unit="m", exponent=-3, maximum=int(port.high * 1000))
        for port in ports
    )


BOX = I2cModel(
    name="box",
    title="Box of ports",
    addresses=(0x48,),
    create=THERMO.create,
    options=Ports,
    channels=(Channel(name="raw", title="Raw", unit="V", maximum=5),),
    channels_of=_channels,
)
ALL: dict[str, Model] = {**MODELS, "box": BOX}


def _check(options: str, channel: str = "level", bound: str = "5.5") -> Outcome:
    text = UNIT.replace(
        "[sensor.gas]\n",
        f'[sensor.tank]\nmodel = "box"\nbus = "pole"\n{options}\n\n[sensor.gas]\n',
        1,
    ).replace(
        "[stream.weather.channel.co2]\n",
        f'[stream.weather.channel.level]\nfrom = "tank.{channel}"\nrule = "mean"\nunit = "m"\n'
        f"range = [0, {bound}]\n\n"
        "[stream.weather.channel.co2]\n",
        1,
    )
    catalogue = Catalogue(tuple(ALL), ALL.__getitem__)
    return check(parse(text.encode(), name="unit.toml"), catalogue, folder=Path("/etc/lamppost"))


def _found(outcome: Outcome) -> list[tuple[str, str]]:
    return [(problem.code, problem.key) for problem in outcome.report.ordered()]


def test_options_in_tables_become_the_models_types_and_its_channels() -> None:
    outcome = _check('options.p0 = { name = "level", high = 5.5, mode = "fast", ends = [1, 2] }')
    assert _found(outcome) == []
    assert outcome.settings is not None
    tank = next(plan for plan in outcome.settings.sensors if plan.name == "tank")
    assert tank.options == Ports(p0=Port(name="level", high=Decimal("5.5"), mode=Mode.FAST, ends=(1, 2)))
    assert [channel.name for channel in tank.model.channels] == ["level"]
    (source,) = (
        channel.source
        for plan in outcome.settings.streams
        for channel in plan.spec.channels
        if channel.sensor == "tank"
    )
    assert source == tank.model.channels[0]


def test_options_decide_the_range_that_a_channel_may_have() -> None:
    outcome = _check('options.p0 = { name = "level", high = 5 }')
    assert _found(outcome) == [("bad-range", "stream.weather.channel.level.range")]


def test_channel_that_no_option_makes_is_unknown_and_the_others_are_listed() -> None:
    outcome = _check('options.p0 = { name = "level" }\noptions.p1 = { name = "depth" }', "levle")
    (problem,) = outcome.report.problems
    assert (problem.code, problem.hint) == ("unknown-channel", 'did you mean "level"?')
    assert problem.expected == "one of depth, level"


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ('options.p0 = { name = "level", high = "5" }', ("wrong-type", "sensor.tank.options.p0.high")),
        ('options.p0 = { name = "level", mode = "fats" }', ("wrong-value", "sensor.tank.options.p0.mode")),
        ("options.p0 = { high = 5 }", ("missing-key", "sensor.tank.options.p0")),
        ('options.p0 = { name = "level", hihg = 5 }', ("unknown-key", "sensor.tank.options.p0.hihg")),
        ('options.p1 = { name = "level", high = -1 }', ("bad-option", "sensor.tank.options.p1")),
    ],
)
def test_options_that_are_wrong_are_told_once_and_not_as_an_unknown_channel(
    options: str, problem: tuple[str, str]
) -> None:
    outcome = _check(options)
    assert [(code, key.removesuffix(".name")) for code, key in _found(outcome)] == [problem]
    assert outcome.settings is None


def test_model_without_channels_of_keeps_its_channels_and_is_still_known_with_wrong_options() -> None:
    text = UNIT.replace("height_m = 3", "height_m = 300").replace('"air.temperature"', '"air.temperatur"')
    outcome = check(
        parse(text.encode(), name="unit.toml"), Catalogue(tuple(ALL), ALL.__getitem__), folder=Path("/etc/lamppost")
    )
    assert [code for code, _ in _found(outcome)] == ["bad-option", "unknown-channel"]
