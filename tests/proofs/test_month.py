"""The proof of a month without uplink, with a day of it; the real agent after twelve; and the controls."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.proofs import month, month_checks
from tests.proofs.month_judge import judge
from tests.proofs.month_return import come_back
from tests.proofs.month_scene import MINUTES, Month, simulate
from tests.proofs.month_tampering import tampered
from tests.proofs.size_scene import STREAMS

FAST = Path("/dev/shm")


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=FAST if FAST.is_dir() else None) as made:
        yield Path(made)


async def test_after_a_day_without_uplink_the_present_comes_first_and_the_past_within_the_budget(
    folder: Path,
) -> None:
    passed = await simulate(Month(folder, 1), days=1)
    try:
        assert month_checks.check(passed, outage_days=1) == []
        assert passed.days[0].waiting == MINUTES * len(STREAMS)
        assert passed.days[1].backlog > 0
    finally:
        passed.close()


@pytest.mark.parametrize("name", month_checks.CONTROLS)
async def test_unit_that_was_broken_is_caught(folder: Path, name: str) -> None:
    found = await month_checks.control(folder, name, days=2, number=1)
    assert [problem for problem in found if month_checks.CONTROLS[name] in problem]


async def test_real_agent_after_an_outage_brings_every_row_once_the_present_first(folder: Path) -> None:
    evidence = await come_back(folder, month.SHORT)
    assert judge(evidence) == []
    for fault, (sentence, doctored) in tampered(evidence).items():
        assert [problem for problem in judge(doctored) if sentence in problem], fault
