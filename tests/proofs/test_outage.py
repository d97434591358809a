"""The proof of the outages, shortened to two of them, and its control."""

from pathlib import Path
from typing import Any

import pytest

from tests.proofs import outage


@pytest.mark.broker
async def test_outages_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    plans = [outage.unit_plan("5"), outage.unit_plan("3.1.1")]
    verdicts, wrong = await outage.prove(tmp_path, names=outage.SHORT, plans=plans, seed=1)
    assert wrong == []
    assert [problem for verdict in verdicts for problem in verdict.problems] == []
    assert all(verdict.stored == verdict.delivered > 0 for verdict in verdicts)


@pytest.mark.broker
async def test_brokers_word_alone_loses_rows(tmp_path: Path) -> None:
    verdicts = await outage.control(tmp_path, seed=1)
    assert any("lost" in problem for verdict in verdicts for problem in verdict.problems)


def _row(start_ms: int, *, number: int | None, samples: int) -> dict[str, Any]:
    values = {"number": {"value": None if number is None else str(number)}, "samples": {"value": str(samples)}}
    return {"start_ms": start_ms, "values": values}


GOOD = [_row(1000, number=7, samples=1), _row(2000, number=None, samples=0), _row(3000, number=9, samples=2)]


def test_numbers_that_go_on_miss_nothing() -> None:
    assert outage.missed(GOOD, last=9) == []


@pytest.mark.parametrize(
    ("rows", "last", "part"),
    [
        pytest.param([GOOD[0], GOOD[2]], 9, "holes", id="window"),
        pytest.param([*GOOD[:2], _row(3000, number=9, samples=1)], 9, "after number 7", id="frame"),
        pytest.param([*GOOD[:2], _row(3000, number=8, samples=2)], 8, "after number 7", id="read-twice"),
        pytest.param(GOOD, 10, "the last one sent 10", id="end"),
    ],
)
def test_numbers_that_do_not_go_on_are_told(rows: list[dict[str, Any]], last: int, part: str) -> None:
    assert any(part in problem for problem in outage.missed(rows, last=last))
