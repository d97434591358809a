"""The proof of the damages, shortened to two of them, and its controls."""

from pathlib import Path

import pytest

from tests.proofs import damage
from tests.proofs.damage_cases import CASES
from tests.proofs.damage_scene import scene


@pytest.mark.broker
async def test_damages_are_survived_and_a_broken_salvage_is_found_out(tmp_path: Path) -> None:
    async with scene(tmp_path) as running:
        cases = [case for case in CASES if case.name in damage.SHORT]
        for outcome in await damage.matrix(running, cases, seed=1):
            assert outcome.problems == []
        for how in damage.CONTROLS:
            assert (await damage.control(running, how, seed=1)).problems
