"""A spent budget over a real outbox: what it keeps back waits, and what is lost while it waits is declared."""

import asyncio
import contextlib
from dataclasses import replace
from pathlib import Path

from agent.budget import Budget, BudgetSettings
from agent.uplink.journal import Journal
from agent.uplink.services import Services
from agent.uplink.session import Session
from agent.uplink.window import Window
from tests.agent.uplink.test_session import FakeLink
from tests.support.outbox import AIR, GENEROUS, confirm, opened, parsed, rows, stored, waiting
from tests.support.uplink import FakeClock, settings_for, status_of, topic_of

CHUNK = 500


async def test_rows_that_a_spent_budget_keeps_back_arrive_later_or_are_declared(tmp_path: Path) -> None:
    """The buffer overflows while the day's budget is spent: every row is sent in the end, or counted by a gap."""
    clock = FakeClock()
    budget = Budget(BudgetSettings(day_bytes=60_000), clock=clock)
    budget.charge(58_000)  # what is left is for control messages
    outbox = await opened(tmp_path / "outbox.db", limits=replace(GENEROUS, max_bytes=1_000_000), streams=AIR)
    settings = settings_for(1)

    async def nothing(topic: str, payload: bytes) -> None:
        raise AssertionError(topic, payload)

    link = FakeLink(clock)
    services = Services(
        settings=settings,
        queue=outbox,
        budget=budget,
        clock=clock,
        topic_of=topic_of,
        on_message=nothing,
        status=status_of,
        window=Window(settings),
        journal=Journal(settings.where, clock.mono),
        beat=lambda: None,
    )
    session = asyncio.create_task(Session(services, link, number=1).run())
    link.grants.append((1, 1))
    total = 0
    while not (await outbox.stats()).rows_evicted:
        await stored(outbox, rows(total, CHUNK))
        total += CHUNK
        clock.advance(0.1)
        link.acks.extend((mid, 0) for mid in range(1, len(link.sent) + 1))
        link.last_inbound_ns = clock.mono
        services.signals.stored = True
        services.signals.wake.set()
        await asyncio.sleep(0)
    assert link.envelopes == []
    assert not session.done()
    session.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await session
    outbox.let_backlog(None)
    arrived = declared = 0
    while envelopes := [*await waiting(outbox)] if await outbox.seal(partial=True) else await waiting(outbox):
        for envelope in envelopes:
            said = parsed(envelope)
            arrived += len(said.get("rows", ()))
            declared += said["count"] if said["kind"] == "gap" else 0
            await confirm(outbox, envelope)
    assert declared == (await outbox.stats()).rows_evicted > 0
    assert arrived + declared == total
    await outbox.close()
