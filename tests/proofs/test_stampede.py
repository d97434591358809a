"""The proof of the stampede: fewer seeds, a shorter real outage, and its controls."""

from collections import Counter
from pathlib import Path

import pytest

from tests.proofs import stampede
from tests.proofs.stampede import JITTER, OUTAGE_S, UNITS, Curve
from tests.proofs.stampede_real import come_back


@pytest.mark.parametrize("seed", [1, 2])
def test_thousand_units_after_an_outage_come_back_one_after_the_other(seed: int) -> None:
    curve = stampede.simulate(units=UNITS, outage_s=OUTAGE_S, dice=JITTER["as it is"], seed=seed)
    assert stampede.judge(curve) == []
    assert sum(curve.back.values()) == UNITS


def test_simulation_with_the_same_seed_is_the_same() -> None:
    curves = [stampede.simulate(units=50, outage_s=100, dice=JITTER["as it is"], seed=7) for _ in range(2)]
    assert curves[0] == curves[1]


@pytest.mark.parametrize("name", ["no jitter", "a tenth"])
def test_waits_without_full_jitter_are_a_stampede(name: str) -> None:
    curve = stampede.simulate(units=UNITS, outage_s=OUTAGE_S, dice=JITTER[name], seed=1)
    assert "connections in one second" in stampede.judge(curve)[0]


@pytest.mark.parametrize(
    ("curve", "part"),
    [
        pytest.param(Curve(Counter({400: 1}), Counter()), "after 400 s", id="late"),
        pytest.param(Curve(Counter({1: 9}), Counter({300: 41})), "41 tries in one second", id="tries"),
        pytest.param(Curve(Counter({1: 9}), Counter()), "9 of 1000 units", id="missing"),
    ],
)
def test_curve_that_breaks_a_bound_is_told(curve: Curve, part: str) -> None:
    assert any(part in problem for problem in stampede.judge(curve))


def test_plot_draws_the_busiest_step_widest() -> None:
    lines = stampede.plot(Curve(Counter({0: 10, 15: 30}), Counter()), width=30).splitlines()
    assert [line.count("#") for line in lines] == [10, 30]
    assert lines[-1].endswith("0 still away")


@pytest.mark.broker
async def test_real_publishers_after_an_outage_come_back_one_after_the_other(tmp_path: Path) -> None:
    assert await come_back(tmp_path, units=12, seed=1, outage_s=240) == []


@pytest.mark.broker
async def test_real_publishers_without_jitter_come_back_all_at_once(tmp_path: Path) -> None:
    (problem,) = await come_back(tmp_path, units=12, seed=1, jitter=False, outage_s=240)
    assert "came back within" in problem
