"""The proof of flat memory: its judgement, and a few simulated minutes of the fast agent."""

from pathlib import Path
from typing import Any

import pytest

from tests.proofs import flat
from tests.proofs.flat import Day

SPEED = 60
HOURS = 0.2


def _status(**changes: int) -> dict[str, Any]:
    outbox = {"rows_evicted": 5, "rows_receipted": 5, "rows_stored": 10} | changes
    return {"outbox": outbox, "sensors": {"sick": {"failures": 11}}, "uplink": {"tries": 21, "sessions": 2}}


def _day(rss_kb: list[int], **changes: int) -> Day:
    return Day(rss_kb=rss_kb, full=len(rss_kb) // 2, refused=1, status=_status(**changes))


def test_day_whose_memory_rises_while_it_warms_up_is_flat() -> None:
    assert flat.judge(_day([40_000 + min(index, 100) * 20 for index in range(300)])) == []


def test_day_whose_memory_goes_on_rising_is_not_flat() -> None:
    (problem,) = flat.judge(_day([40_000 + index * 2 for index in range(300)]))
    assert problem.startswith("the memory rises: rise +3")


def test_day_on_which_nothing_happened_proves_nothing() -> None:
    day = Day(rss_kb=[40_000] * 300, full=3, status=_status(rows_evicted=0))
    assert flat.judge(day) == [
        "no row was evicted",
        "the disk never refused a write",
        "the store was full less than a quarter of the time",
    ]


def test_agent_that_ended_by_itself_proves_nothing() -> None:
    assert flat.judge(Day(rss_kb=[1], died=10)) == ["the agent ended with 10"]


@pytest.mark.broker
@pytest.mark.parametrize("how", ["whole", "leak"])
async def test_fast_agent_lives_through_an_outage_in_seconds(tmp_path: Path, how: str) -> None:
    day = await flat.live(tmp_path, how, hours=HOURS, speed=SPEED)
    assert day.died is None
    assert len(day.rss_kb) > 8
    assert day.status["outbox"]["rows_stored"] > HOURS * 3600 / 2, "real time would have made a few rows only"
    assert day.status["sensors"]["sick"]["failures"] > 0
