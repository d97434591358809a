"""The proof of the ledger, shortened to a kill before each fifteenth statement; the control is not shortened."""

from pathlib import Path

from tests.proofs import ledger
from tests.proofs.ledger_child import DAILY


async def test_kills_between_statements_leave_the_ledger_ahead_of_the_rows(tmp_path: Path) -> None:
    evidence = await ledger.prove(tmp_path, seed=1, stride=15)
    assert evidence.problems == []
    assert evidence.kills >= 6
    assert evidence.handed_out
    noisy = [value for value in evidence.values.values() if value is not None]
    assert 0 < len(noisy) < len(evidence.values)
    assert len(noisy) <= 2 * DAILY


async def test_kills_of_a_unit_that_stores_its_ledger_after_its_rows_are_found_out(tmp_path: Path) -> None:
    evidence = await ledger.control(tmp_path)
    assert "the ledger does not know the last window that was paid for" in evidence.problems
