"""What the bench takes from the plan: of its own configurations, for a row, and so that a wrong plan shows."""

from dataclasses import replace
from pathlib import Path

import pytest

from agent.planning.plan import make
from tests.bench.figures import Figure
from tests.bench.foretold import WIRE_TOLERANCE, Foretold
from tests.bench.workload import BATCHES_OF_10_S, BATCHES_OF_60_S, Cadence, write_files

_DAY_S = 86_400
_MONTH_ROWS = 30 * _DAY_S * 10
_CADENCES = [pytest.param(BATCHES_OF_10_S, id="10s"), pytest.param(BATCHES_OF_60_S, id="60s")]


def foretold(folder: Path, cadence: Cadence) -> Foretold:
    """Return the plan of the bench's own file."""
    write_files(folder, cadence=cadence, agent_port=1883, broker_port=1884)
    return Foretold.of(folder / "unit.toml")


@pytest.mark.parametrize("cadence", _CADENCES)
def test_foretold_of_a_month_since_the_start_is_what_the_plan_says(tmp_path: Path, cadence: Cadence) -> None:
    found = foretold(tmp_path, cadence)
    once = replace(make(found.settings).assumptions, connections_a_day=1 / 30)
    said = make(found.settings, once)
    assert found.rows_a_second == 10
    assert found.wire_row_bytes_since_start(_MONTH_ROWS) == pytest.approx(said.traffic.month_bytes / _MONTH_ROWS)
    assert found.batch_bytes * 10 == sum(cost.batch_bytes for cost in said.traffic.streams)
    assert found.flash_row_bytes * 10 * _DAY_S == pytest.approx(said.writes.bytes)


@pytest.mark.parametrize("cadence", _CADENCES)
def test_foretold_amid_the_work_has_batches_and_status_but_nothing_that_happens_once(
    tmp_path: Path, cadence: Cadence
) -> None:
    found = foretold(tmp_path, cadence)
    said = make(found.settings).traffic
    lasting = said.lanes["live"] + said.parts["status"] + said.parts["tests of the connection"]
    assert found.wire_row_bytes(120) == pytest.approx(lasting / _MONTH_ROWS, rel=0.001)
    assert found.wire_row_bytes_since_start(1200) > found.wire_row_bytes(120) * 1.1


def test_foretold_for_batches_half_as_long_would_be_found_out(tmp_path: Path) -> None:
    (tmp_path / "half").mkdir()
    right = foretold(tmp_path, BATCHES_OF_10_S)
    wrong = foretold(tmp_path / "half", Cadence("1s", "5s", 5))
    value = right.wire_row_bytes(120)
    found = [
        Figure(name="a", value=value, unit="bytes", foretold=said.wire_row_bytes(120), tolerance=WIRE_TOLERANCE)
        for said in (right, wrong)
    ]
    assert [figure.as_foretold for figure in found] == [True, False]
