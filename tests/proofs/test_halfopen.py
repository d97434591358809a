"""The proof of the half-open connection, with an agent that waits a tenth of the time, and its control."""

from pathlib import Path

import pytest

from tests.proofs import halfopen
from tests.proofs.hurried import QUICK_S

QUICK = ("-m", "tests.proofs.hurried", "quick")
DEAF = ("-m", "tests.proofs.hurried", "deaf")


@pytest.mark.broker
async def test_connection_whose_other_end_has_vanished_is_replaced_and_loses_nothing(tmp_path: Path) -> None:
    limit_s = halfopen.SENT_S + QUICK_S + halfopen.RECONNECT_S
    plans = [halfopen.busy_plan("5", QUICK), halfopen.busy_plan("3.1.1", QUICK)]
    verdicts, wrong = await halfopen.busy(tmp_path, plans=plans, times=2, limit_s=limit_s, seed=1)
    assert wrong == []
    assert [problem for verdict in verdicts for problem in verdict.problems] == []
    assert all(verdict.stored == verdict.delivered > 0 for verdict in verdicts)


@pytest.mark.broker
async def test_agent_for_which_nothing_is_overdue_does_not_notice(tmp_path: Path) -> None:
    limit_s = halfopen.SENT_S + QUICK_S + halfopen.RECONNECT_S
    _, wrong = await halfopen.busy(tmp_path, plans=[halfopen.busy_plan("5", DEAF)], times=1, limit_s=limit_s, seed=1)
    assert "took no data" in wrong[0]
