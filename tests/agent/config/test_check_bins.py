from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from agent.config.check import Outcome, check
from agent.privacy.spec import ReleasedChannel
from agent.tomlfile import parse
from agent.wire.messages import MAX_COLUMNS
from tests.support.fake_models import CATALOGUE
from tests.support.fake_models import UNIT as FILE

UNIT = FILE.replace("sensitivity = 1", "sensitivity = 9")
"""One event may change several counts: the noise is not what is tested here."""
WEATHER = "[stream.weather.channel.temperature]"
FOOTFALL = "[stream.footfall.channel.devices]"


def outcome(histogram: str, *, before: str = WEATHER) -> Outcome:
    text = UNIT.replace(before, f"{histogram}\n{before}", 1)
    return check(parse(text.encode(), name="unit.toml"), CATALOGUE, folder=Path("/etc/lamppost"))


def section(bins: str | None, *, name: str = "humid", **keys: str) -> str:
    given = {"from": "air.humidity", "rule": "histogram", "unit": "count"} | keys
    lines = [f'{key} = "{value}"' for key, value in given.items()]
    lines += ["range = [0, 1000]", *([] if bins is None else [f"bins = {bins}"])]
    return "\n".join([f"[stream.weather.channel.{name}]", *lines])


def findings(found: Outcome) -> list[tuple[str, str]]:
    return [(problem.code, problem.key) for problem in found.report.ordered()]


def released(found: Outcome, stream: str = "weather") -> tuple[ReleasedChannel, ...]:
    assert findings(found) == []
    assert found.settings is not None
    return next(plan.spec.channels for plan in found.settings.streams if plan.name == stream)


def test_histogram_becomes_one_channel_for_each_bin_in_the_sensors_steps() -> None:
    bins = released(outcome(section("[0, 12.5, 60, 100]")))[:3]
    assert [column.name for column in bins] == ["humid-0-12_5", "humid-12_5-60", "humid-60-100"]
    assert [column.bins for column in bins] == [(0, 1250), (1250, 6000), (6000, 10_001)]
    assert {(column.unit, column.exponent, column.resolution, column.maximum) for column in bins} == {
        ("count", 0, 1, 1000)
    }


def test_last_bin_has_the_largest_value_of_the_sensor_only_where_its_edge_says_so() -> None:
    assert released(outcome(section("[0, 50, 99]")))[1].bins == (5000, 9900)
    assert released(outcome(section("[0, 50, 100.01]")))[1].bins == (5000, 10_001)


def test_histogram_of_people_below_zero_has_names_without_a_minus() -> None:
    text = section("[-90, -60.0, 0]", name="x", **{"from": "scan.rssi"}).replace("stream.weather", "stream.footfall")
    bins = released(outcome(text, before=FOOTFALL), "footfall")[:2]
    assert [column.name for column in bins] == ["x-m90-m60", "x-m60-0"]
    assert [column.bins for column in bins] == [(-90, -60), (-60, 1)]


def test_histogram_feeds_as_many_columns_as_it_has_bins() -> None:
    found = outcome(section("[0, 50, 99]"))
    assert found.settings is not None
    weather = next(plan for plan in found.settings.streams if plan.name == "weather")
    assert weather.policy.columns == len(weather.spec.channels) == 4


MISTAKES: Sequence[tuple[str, str, tuple[str, str]]] = [
    ("missing", section(None), ("missing-bins", "stream.weather.channel.humid")),
    ("one bin", section("[0, 50]"), ("bad-bins", "stream.weather.channel.humid.bins")),
    ("descending", section("[0, 60, 50]"), ("bad-bins", "stream.weather.channel.humid.bins")),
    ("equal", section("[0, 50, 50]"), ("bad-bins", "stream.weather.channel.humid.bins")),
    ("too fine", section("[0, 50.001, 60]"), ("bad-bins", "stream.weather.channel.humid.bins")),
    ("too low", section("[-1, 50, 60]"), ("bad-bins", "stream.weather.channel.humid.bins")),
    ("too high", section("[0, 50, 101]"), ("bad-bins", "stream.weather.channel.humid.bins")),
    ("of text", section('["0", "50", "60"]'), ("wrong-type", "stream.weather.channel.humid.bins[0]")),
    ("a long name", section("[0, 50, 60]", name="n" * 60), ("bad-bins", f"stream.weather.channel.{'n' * 60}")),
    ("unit", section("[0, 50, 60]", unit="%RH"), ("wrong-unit", "stream.weather.channel.humid.unit")),
]


@pytest.mark.parametrize(("text", "finding"), [case[1:] for case in MISTAKES], ids=[case[0] for case in MISTAKES])
def test_mistake_in_a_histogram_is_reported_once_at_its_key(text: str, finding: tuple[str, str]) -> None:
    found = findings(outcome(text))
    assert finding in found
    assert [code for code, _ in found].count(finding[0]) == (3 if finding[0] == "wrong-type" else 1)


def test_bins_with_another_rule_are_refused() -> None:
    text = section("[0, 50, 60]", rule="mean", unit="%RH").replace("range = [0, 1000]\n", "")
    assert findings(outcome(text)) == [("bad-bins", "stream.weather.channel.humid.bins")]


def test_second_histogram_of_a_source_is_refused_at_its_bins() -> None:
    found = findings(outcome(section("[0, 50, 60]") + "\n" + section("[0, 55, 60]", name="again")))
    assert found == [("privacy-bins", "stream.weather.channel.again.bins")]


def test_problem_of_all_bins_is_told_once() -> None:
    text = section("[0, 50, 60]").replace("[0, 1000]", "[7, 8]") + "\nresolution = 5"
    assert findings(outcome(text)) == [("privacy-range", "stream.weather.channel.humid.range")]


def test_more_bins_than_columns_are_refused() -> None:
    edges = [f"{Decimal(edge) / 10:f}" for edge in range(MAX_COLUMNS + 1)]
    assert ("too-many-channels", "stream.weather.channel") in findings(outcome(section(f"[{', '.join(edges)}]")))


def test_batch_of_more_columns_has_fewer_rows() -> None:
    """Ten minutes fit whatever there is; a day of minutes fits one channel and not sixty."""
    edges = [f"{Decimal(edge) / 10:f}" for edge in range(61)]
    text = UNIT.replace('batch = "10min"', 'batch = "1d"', 1)
    narrow = check(parse(text.encode(), name="unit.toml"), CATALOGUE, folder=Path("/etc/lamppost"))
    assert findings(narrow) == []
    many = section(f"[{', '.join(edges)}]")
    wide = text.replace(WEATHER, f"{many}\n{WEATHER}", 1)
    found = check(parse(wide.encode(), name="unit.toml"), CATALOGUE, folder=Path("/etc/lamppost"))
    assert findings(found) == [("bad-batch", "stream.weather.batch")]
