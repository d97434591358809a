"""The proof of the kills, shortened to one or two kills in each state that needs no full store, and its controls."""

from pathlib import Path

import pytest

from tests.proofs import kill
from tests.proofs.kill_aims import State

pytestmark = pytest.mark.broker

QUOTA = {
    State.IDLE: 1,
    State.SEALING: 1,
    State.IN_FLIGHT: 2,
    State.RECEIPT: 1,
    State.REPORTED: 1,
    State.STARTING: 1,
    State.STOPPING: 1,
}


async def test_kills_in_every_state_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    board, verdicts = await kill.prove(tmp_path, quota=QUOTA, seed=1, units=2)
    assert [problem for verdict in verdicts for problem in verdict.problems] == []
    assert dict(board.hits) == QUOTA
    assert all(verdict.stored == verdict.delivered > 0 for verdict in verdicts)


@pytest.mark.parametrize(("variant", "state"), kill.CONTROLS.items())
async def test_kills_of_a_broken_agent_lose_rows(tmp_path: Path, variant: str, state: State) -> None:
    verdicts = await kill.control(tmp_path, variant=variant, state=state, seed=1, kills=1)
    assert any("lost" in problem for verdict in verdicts for problem in verdict.problems)
