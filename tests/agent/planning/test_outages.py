"""What the buffer holds: the model on its own, and against a real store that is filled to its cap."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from agent.buffer.records import Overflow
from agent.config import Settings
from agent.config.plans import StreamPlan
from agent.planning.messages import typical_row
from agent.planning.outages import bytes_a_day, capacity_bytes, days_of_buffer, outage
from agent.privacy.released import release
from agent.quality import Quality
from tests.support.config_files import edited, resolved
from tests.support.outbox import DIGEST, START_MS, opened, put

TOLERANCE = 0.1
CLOCK = bytes(5)
"""As long as that of a unit whose clock is right."""
DAY_MS = 86_400_000


@pytest.fixture
def settings() -> Settings:
    return resolved(edited())


def _changed(settings: Settings, policy: Overflow, *, max_bytes: int) -> Settings:
    streams = tuple(replace(plan, policy=replace(plan.policy, overflow=policy)) for plan in settings.streams)
    return replace(settings, streams=streams, limits=replace(settings.limits, max_bytes=max_bytes))


def test_outage_within_the_buffer_costs_nothing(settings: Settings) -> None:
    days = days_of_buffer(settings)
    for fate in outage(settings, days=days * 0.9 / len(settings.streams)):
        assert (fate.lost, fate.dropped) == (0, 0)
        assert fate.window_ms == fate.thinned_ms


@pytest.mark.parametrize("policy", [Overflow.DROP_OLDEST, Overflow.DROP_NEWEST], ids=str)
def test_outage_ten_times_the_buffer_loses_most_of_it_by_dropping(settings: Settings, policy: Overflow) -> None:
    small = _changed(settings, policy, max_bytes=2_000_000)
    fates = outage(small, days=10 * days_of_buffer(small))
    rows, lost = sum(fate.rows for fate in fates), sum(fate.lost for fate in fates)
    assert 0.5 < lost / rows < 1
    assert max(fate.lost_share for fate in fates) > 0.85


def test_outage_ten_times_the_buffer_costs_resolution_by_thinning(settings: Settings) -> None:
    small = _changed(settings, Overflow.THIN, max_bytes=2_000_000)
    once = max(outage(small, days=days_of_buffer(small) * 1.01), key=lambda fate: fate.window_ms / fate.rows)
    fates = outage(small, days=10 * days_of_buffer(small))
    windows = {plan.name: plan.spec.window_ms for plan in small.streams}
    assert once.window_ms <= 2 * windows[once.stream]
    for fate in fates:
        assert fate.window_ms in {windows[fate.stream] << doublings for doublings in range(17)}
        assert fate.window_ms <= max(DAY_MS, windows[fate.stream])
        assert fate.lost == 0 or 2 * fate.window_ms > DAY_MS


def test_outage_by_thinning_doubles_windows_each_time_it_is_twice_as_long(settings: Settings) -> None:
    small = _changed(replace(settings, streams=settings.streams[:1]), Overflow.THIN, max_bytes=2_000_000)
    days = days_of_buffer(small)
    windows = [outage(small, days=days * factor)[0].window_ms for factor in (0.99, 1.99, 3.99, 7.99)]
    assert windows == [small.streams[0].spec.window_ms << doublings for doublings in range(4)]


def test_buffer_of_a_small_store_is_never_negative(settings: Settings) -> None:
    assert capacity_bytes(_changed(settings, Overflow.THIN, max_bytes=1_000_000)) >= 0


@pytest.mark.parametrize("batch_rows", [10, 60])
async def test_days_of_buffer_agree_with_a_real_store_that_is_filled(
    settings: Settings, tmp_path: Path, batch_rows: int
) -> None:
    """Rows are put in until the first one is evicted: the model says how many, to within 10 per cent."""
    plan = settings.streams[0]
    plan = replace(plan, policy=replace(plan.policy, overflow=Overflow.DROP_OLDEST, batch_rows=batch_rows))
    small = replace(_changed(settings, Overflow.DROP_OLDEST, max_bytes=2_000_000), streams=(plan,))
    rows = await _rows_until_full(tmp_path, small, plan)
    days = rows * plan.spec.window_ms / DAY_MS
    assert days_of_buffer(small, log=0) == pytest.approx(days, rel=TOLERANCE)
    assert bytes_a_day(plan) * days == pytest.approx(capacity_bytes(small, log=0), rel=TOLERANCE)


async def _rows_until_full(folder: Path, settings: Settings, plan: StreamPlan) -> int:
    outbox = await opened(folder / "outbox.db", limits=settings.limits, streams={plan.name: plan.policy})
    number, codes = 0, (Quality.OK,) * len(plan.spec.channels)
    while not (await outbox.stats()).rows_evicted:
        chunk = [
            release(
                plan.name,
                start_ms=START_MS + (number + index) * 1000,
                step_ms=1000,
                boot_id=None,
                values=typical_row(plan.spec.channels, number + index),
                quality=codes,
            )
            for index in range(480)
        ]
        number += len(chunk)
        future: asyncio.Future[None] = put(outbox, chunk, declaration=DIGEST, clock=CLOCK)
        await outbox.flush()
        await future
    await outbox.close()
    return number
