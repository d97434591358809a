"""The proof of the suspensions, shortened, and its controls."""

from pathlib import Path

import pytest

from tests.proofs import suspend

pytestmark = pytest.mark.broker

TIMES = {"full window": 1}


async def test_a_suspension_stops_the_stream_and_a_purge_deletes_and_only_who_may_is_obeyed(tmp_path: Path) -> None:
    measured, kept, attacks, wrong = await suspend.prove(tmp_path, times=TIMES, seed=1, parts=("purge",))
    assert wrong == []
    assert suspend.slow(measured) == []
    assert len(measured) == len(TIMES)
    assert all(one.rows for one in kept)
    assert attacks


@pytest.mark.parametrize("variant", suspend.CONTROLS)
async def test_an_agent_that_does_not_obey_is_caught(tmp_path: Path, variant: str) -> None:
    assert await suspend.control(tmp_path, variant=variant, seed=1)
