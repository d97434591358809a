"""The proof of a month without uplink, with a day of it; and its controls."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.proofs import month
from tests.proofs.month import Month
from tests.proofs.size_scene import STREAMS

FAST = Path("/dev/shm")


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=FAST if FAST.is_dir() else None) as made:
        yield Path(made)


async def test_after_a_day_without_uplink_the_present_comes_first_and_the_past_within_the_budget(
    folder: Path,
) -> None:
    passed = await month.simulate(Month(folder, 1), days=1)
    try:
        assert month.check(passed, outage_days=1) == []
        assert passed.days[0].waiting == month.MINUTES * len(STREAMS)
        assert passed.days[1].backlog > 0
    finally:
        passed.close()


@pytest.mark.parametrize("name", month.CONTROLS)
async def test_unit_that_was_broken_is_caught(folder: Path, name: str) -> None:
    found = await month.control(folder, name, days=2, number=1)
    assert [problem for problem in found if month.CONTROLS[name] in problem]
