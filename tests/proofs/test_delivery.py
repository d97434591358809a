"""The proof of what was delivered, without the outage that `test_outage` has."""

from pathlib import Path

import pytest

from tests.proofs import delivery
from tests.proofs.delivery_scene import scene, unit_plan


@pytest.mark.broker
async def test_restored_receiver_gets_what_is_kept_and_replayed_receipts_change_nothing(tmp_path: Path) -> None:
    plans = [unit_plan("keeps", retain="1h"), unit_plan("forgets", retain="0s")]
    async with scene(tmp_path, plans) as running:
        assert await delivery.restored(running) == []
        assert await delivery.replayed(running, seed=1) == []


@pytest.mark.broker
async def test_unit_that_believes_replayed_receipts_is_found_out(tmp_path: Path) -> None:
    async with scene(tmp_path, [unit_plan("keeps", retain="1h", program=delivery.BELIEVES)]) as running:
        assert any("let go" in problem for problem in await delivery.replayed(running, seed=1))
