"""The proof of the plan, shortened, and its control."""

from pathlib import Path

import pytest

from tests.proofs import plan

SHORT = 0.3


@pytest.mark.broker
async def test_plan_foretells_what_units_do_and_a_wrong_plan_does_not(tmp_path: Path) -> None:
    lived = await plan.prove(tmp_path, plan.plans()[:1], seconds=20)
    for name, life in lived.items():
        found = {one.what: one for one in plan.compare(name, life, life.settings)}
        assert abs(found[plan.WIRE].error) <= SHORT, "a start weighs more in a short time"
        assert found[plan.SIZE].holds
        wrong = {one.what: one for one in plan.compare(name, life, plan.half_as_long(life.settings))}
        assert wrong[plan.WIRE].foretold > found[plan.WIRE].foretold * 1.1
