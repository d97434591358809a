"""The proof of the clock, shortened to three of its cases, and its control."""

from pathlib import Path
from typing import Any

import pytest

from tests.proofs import clock
from tests.proofs.clock_cases import CASES, CONTROL, SHORT, all_dated, none_dated
from tests.proofs.clock_scene import Outcome


@pytest.mark.broker
@pytest.mark.faketime
async def test_every_row_has_the_right_time_within_its_bound_or_none(tmp_path: Path) -> None:
    outcomes = await clock.prove(tmp_path, {name: CASES[name] for name in SHORT}, seed=1)
    assert {name: outcome.problems for name, outcome in outcomes.items()} == {name: [] for name in SHORT}
    assert all(outcome.rows for outcome in outcomes.values())


@pytest.mark.broker
@pytest.mark.faketime
async def test_agent_that_invents_wall_time_is_found_out(tmp_path: Path) -> None:
    outcomes = await clock.prove(tmp_path, {CONTROL: CASES[CONTROL]}, seed=1, spoiled=True)
    assert any("wrong by" in problem for problem in outcomes[CONTROL].problems)


def _row(utc_ms: int | None, *, clock: int = 2) -> dict[str, Any]:
    return {"time": {"utc_ms": utc_ms}, "boot": None if utc_ms else "00", "clock": clock}


def _outcome(undated: int) -> Outcome:
    return Outcome(rows=1, placed=0, undated=undated, withheld=0, late=0, bound_ms=0)


def test_cases_that_expect_dates_take_no_row_without_one() -> None:
    assert all_dated(None, _outcome(0), [_row(5)]) == []  # type: ignore[arg-type]  # the line is not looked at
    assert all_dated(None, _outcome(1), [_row(None)])  # type: ignore[arg-type]  # as above
    assert all_dated(None, _outcome(0), [])  # type: ignore[arg-type]  # as above


def test_case_that_expects_no_date_takes_none() -> None:
    assert none_dated(None, _outcome(1), [_row(None)]) == []  # type: ignore[arg-type]  # as above
    assert none_dated(None, _outcome(0), [_row(5)])  # type: ignore[arg-type]  # as above
    assert none_dated(None, _outcome(1), [_row(None, clock=0)])  # type: ignore[arg-type]  # as above
