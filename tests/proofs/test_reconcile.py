"""The proof of the disclosure log, shortened to a purge, a kill and a restart, and its control."""

from pathlib import Path

import pytest

from tests.proofs import reconcile

pytestmark = pytest.mark.broker


async def test_a_log_agrees_with_the_city_after_a_purge_and_a_kill_and_every_edit_is_found(tmp_path: Path) -> None:
    [report] = await reconcile.prove(
        tmp_path, lives=reconcile.SHORT, seed=1, forms=("cbor",), most=20, every_kind=False
    )
    assert report.problems == []
    assert report.result.differences == ()
    assert report.result.envelopes > 20
    assert report.result.explained > 0
    assert {"envelope", "receipt", "lost", "withheld", "order"} <= report.entries.keys()
    assert all(tally.tried for tally in report.edits.values())


async def test_an_agent_that_leaves_envelopes_out_of_its_log_is_caught(tmp_path: Path) -> None:
    result = await reconcile.control(tmp_path, seed=1)
    assert "not entered" in {finding.what for finding in result.differences}
