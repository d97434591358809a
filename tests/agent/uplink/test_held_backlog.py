"""What is present while the budget holds back the past that was sealed before it, over a real outbox and session."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from agent.budget import BudgetSettings
from agent.uplink.problems import Unusable
from agent.uplink.settings import Timing
from tests.agent.uplink.test_lanes import BATCH, OUTAGE, STREAMS, Stage
from tests.support.outbox import DECLARATION, opened, rows, stored
from tests.support.uplink import STATUS_TOPIC, settings_for

DAY_BYTES = 1_000_000
SPENT = 740_000
"""At the time of day of the test's clock the backlog may still send some messages; the present, a hundred more."""
MINUTES = 30
NS_PER_S = 10**9


@contextlib.asynccontextmanager
async def _after_an_outage(folder: Path) -> AsyncIterator[Stage]:
    """Begin a session with the deadlines of a real unit, over a backlog that the day's budget holds back."""
    outbox = await opened(folder / "outbox.db", streams=STREAMS)
    await outbox.declare(DECLARATION)
    for stream in STREAMS:
        await stored(outbox, rows(0, OUTAGE * BATCH, stream=stream))
    stage = Stage(outbox, replace(settings_for(1), timing=Timing()), BudgetSettings(day_bytes=DAY_BYTES))
    stage.services.budget.charge(SPENT)
    stage.link.grants.append((1, 1))
    try:
        yield stage
    finally:
        stage.task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Unusable):
            await stage.task
        await outbox.close()


async def _pass_minute(stage: Stage, minute: int) -> None:
    """Store a batch of the present, and answer whatever is sent within the minute."""
    await stored(stage.outbox, rows((OUTAGE + minute) * BATCH, BATCH))
    stage.services.signals.stored = True
    end_ns = stage.clock.mono + 60 * NS_PER_S

    def over() -> bool:
        stage.clock.advance(2)
        return stage.clock.mono >= end_ns

    await stage.drain(over)


async def test_present_behind_a_past_that_the_budget_holds_back_is_sent_once(tmp_path: Path) -> None:
    async with _after_an_outage(tmp_path) as stage:
        for minute in range(MINUTES):
            await _pass_minute(stage, minute)
        sent = Counter((topic, data) for topic, data, _ in stage.link.sent if topic != STATUS_TOPIC)
        live = {data: times for (topic, data), times in sent.items() if "/live/" in topic}
        assert 0 < stage.sent.count("backlog") < 2 * OUTAGE, "the budget holds some of it back"
        assert len(live) >= MINUTES, "every batch of the present was sent"
        assert set(live.values()) == {1}, "and none of them twice"
