"""The second writing of the rules, against the first one: two implementations that share nothing must agree."""

import itertools
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.cli.demo.declared import Column, Stream, read
from agent.cli.demo.recompute import cells
from agent.privacy.grid import Grid
from agent.privacy.rounding import Scale

E7 = 10**7


def column(rule: str, step: str = "1", **more: object) -> Column:
    return Column(name="c", source="c", rule=rule, step=Decimal(step), **more)  # type: ignore[arg-type]  # one of each test's


def one(which: Column, *values: str | None, k: int | None = None) -> tuple[Decimal | None, str]:
    stream = Stream(name="s", sensor="s", window_ms=1000, columns=(which,), k=k)
    return cells(stream, [{which.source: value} for value in values])["c"]


@pytest.mark.parametrize(
    ("rule", "step", "values", "expected"),
    [
        ("mean", "0.1", ["17.25"], "17.2"),
        ("mean", "0.1", ["17.35"], "17.4"),
        ("mean", "0.1", ["-0.25"], "-0.2"),
        ("mean", "1", ["1", "2"], "2"),
        ("mean", "1", ["2", "3"], "2"),
        ("mean", "10", ["99865"], "99860"),
        ("mean", "0.5", ["57.75", None], "58.0"),
        ("max", "1", ["8", "11", "9"], "11"),
        ("min", "1", ["8", "11", "9"], "8"),
        ("last", "1", ["8", "11", "9"], "9"),
    ],
)
def test_number_of_a_window_is_exact_and_rounded_half_to_even(
    rule: str, step: str, values: list[str | None], expected: str
) -> None:
    assert one(column(rule, step), *values) == (Decimal(expected), "ok")


def test_window_without_a_number_has_no_data() -> None:
    assert one(column("mean")) == (None, "no_data")
    assert one(column("mean"), None) == (None, "no_data")


def test_value_outside_the_declared_range_is_withheld_and_a_count_clamped() -> None:
    assert one(column("mean", low=Decimal(0), high=Decimal(5)), "7") == (None, "out_of_range")
    assert one(column("count_distinct", low=Decimal(0), high=Decimal(1)), "a", "b") == (Decimal(1), "saturated")


@pytest.mark.parametrize(("people", "expected"), [(0, None), (9, None), (10, Decimal(10)), (11, Decimal(11))])
def test_fewer_people_than_k_are_suppressed(people: int, expected: Decimal | None) -> None:
    seen = [f"02:{number:02}" for number in range(people)] * 2
    assert one(column("count_distinct"), *seen, k=10) == (expected, "ok" if expected else "suppressed")


@given(st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=9), st.sampled_from([1, 2, 5, 10, 50]))
@settings(max_examples=100, deadline=None)
def test_mean_agrees_with_the_filter(hundredths: list[int], step: int) -> None:
    scale = Scale.between(-2, -1, resolution=step)
    values = [f"{Decimal(value).scaleb(-2):f}" for value in hundredths]
    mean, _ = one(column("mean", str(Decimal(step).scaleb(-1))), *values)
    assert mean == Decimal(scale.apply((sum(hundredths), len(hundredths)))).scaleb(-1)


@given(
    st.integers(-90 * E7, 90 * E7),
    st.integers(-180 * E7, 180 * E7),
    st.sampled_from([100, 250, 500, 1000, 7777, 99999]),
)
@settings(max_examples=200, deadline=None)
def test_grid_agrees_with_the_filter(latitude: int, longitude: int, edge_m: int) -> None:
    grid = Grid(edge_m, -7)
    sample = {
        "latitude": f"{Decimal(latitude).scaleb(-7):f}",
        "longitude": f"{Decimal(longitude).scaleb(-7):f}",
    }
    columns = tuple(
        Column(name=name, source=name, rule="grid", step=Decimal("1E-7"), grid_m=edge_m) for name in sample
    )
    found = cells(Stream(name="s", sensor="s", window_ms=1000, columns=columns), [sample])
    assert found["latitude"][0] == Decimal(grid.latitude(latitude)).scaleb(-7)
    assert found["longitude"][0] == Decimal(grid.longitude(longitude, latitude=latitude)).scaleb(-7)


def test_grid_without_a_fix_has_no_data() -> None:
    place = Column(name="c", source="latitude", rule="grid", step=Decimal("1E-7"), grid_m=500)
    stream = Stream(name="s", sensor="s", window_ms=1000, columns=(place,))
    assert cells(stream, [{"latitude": None, "longitude": None}]) == {"c": (None, "no_data")}


def declaration(**changes: str) -> str:
    lines = {
        "window": '"5s"',
        "channel.a.from": '"dust.pm2_5"',
        "channel.a.rule": '"mean"',
        "channel.a.resolution": "1",
    } | changes
    return "[stream.s]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items())


@pytest.mark.parametrize(
    ("text", "window_ms"), [('"500ms"', 500), ('"5s"', 5_000), ('"10min"', 600_000), ('"1h"', 3_600_000)]
)
def test_declared_window_is_read(tmp_path: Path, text: str, window_ms: int) -> None:
    file = tmp_path / "unit.toml"
    file.write_text(declaration(window=text))
    assert [stream.window_ms for stream in read(file)] == [window_ms]


@pytest.mark.parametrize("wrong", [{"window": '"soon"'}, {"channel.b.from": '"air.co2"', "channel.b.rule": '"max"'}])
def test_declaration_that_this_reader_does_not_know_is_refused(tmp_path: Path, wrong: dict[str, str]) -> None:
    file = tmp_path / "unit.toml"
    file.write_text(declaration(**wrong))
    with pytest.raises(ValueError, match=r"no duration|one sensor"):
        read(file)


def test_comparison_imports_nothing_of_what_it_checks() -> None:
    """The sources are read, not the modules: other tests may have imported anything."""
    folder = Path(__file__).parents[3] / "agent" / "cli" / "demo"
    allowed = {"agent.cli.demo.declared", "agent.cli.demo.recompute", "agent.cli.demo.rows"}
    for name, line in itertools.chain.from_iterable(
        ((name, line) for line in (folder / f"{name}.py").read_text().splitlines())
        for name in ("compare", "declared", "recompute", "rows")
    ):
        words = line.split()
        if words[:1] in (["import"], ["from"]) and words[1].startswith(("agent", "drivers", "receiver")):
            assert words[1] in allowed, (name, line)
