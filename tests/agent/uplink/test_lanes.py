"""What the lanes promise after an outage, counted in messages: a real outbox, a session, and a link that answers.

The present is sent before anything of the past, and what becomes present while the past drains overtakes all of it
but what is under way already; alarms overtake both.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from agent.budget import Budget, BudgetSettings
from agent.buffer.outbox import Outbox
from agent.buffer.records import Overflow, StreamPolicy
from agent.uplink.interfaces import Link
from agent.uplink.journal import Journal
from agent.uplink.problems import Unusable
from agent.uplink.services import Services
from agent.uplink.session import Session
from agent.uplink.settings import UplinkSettings
from agent.uplink.window import Window
from tests.agent.uplink.test_session import FakeLink
from tests.support.outbox import CLOCK, DECLARATION, DIGEST, RECEIVER, opened, rows, stored
from tests.support.uplink import STATUS_TOPIC, FakeClock, settings_for, status_of, topic_of

IN_FLIGHT = 8
BATCH = 10
STREAMS = {
    name: StreamPolicy(overflow=Overflow.DROP_OLDEST, batch_rows=BATCH, backlog_rows=BATCH, columns=2)
    for name in ("air", "noise")
}
OUTAGE = 60
"""Batches of each stream that the outage has left."""


class City:
    """The broker and the receiver behind a link: each publish is acknowledged, and receipted as far as it joins."""

    def __init__(self, link: FakeLink, outbox: Outbox) -> None:
        self.link = link
        self.outbox = outbox
        self._answered = 0
        self._held: dict[str, dict[int, bytes]] = {}

    def answer(self) -> None:
        """Acknowledge what was sent since the last time, and have a receipt sent for it."""
        for mid, (topic, data, _) in enumerate(self.link.sent[self._answered :], self._answered + 1):
            self.link.acks.append((mid, 0))
            if topic != STATUS_TOPIC:
                self._hold(data)
        self._answered = len(self.link.sent)

    def _hold(self, data: bytes) -> None:
        said = json.loads(data)
        held = self._held.setdefault(said["stream"], {})
        held[said["seq"]] = data
        joined = next(seq for seq in range(len(held) + 1) if seq not in held) - 1
        if joined >= 0:
            self.link.inbox.append((said["stream"], held[joined]))

    async def receipt(self, stream: str, envelope: bytes) -> None:
        said = json.loads(envelope)
        await self.outbox.receipt(
            stream=stream,
            epoch=bytes.fromhex(said["epoch"]),
            seq=said["seq"],
            hash=sha256(envelope).digest(),
            receiver=RECEIVER,
        )


class Stage:
    """A session over an outbox that an outage has filled; nothing is answered unless the test says so."""

    def __init__(self, outbox: Outbox, settings: UplinkSettings, budget: BudgetSettings) -> None:
        self.outbox = outbox
        self.clock = FakeClock()
        self.link = FakeLink(self.clock)
        self.city = City(self.link, outbox)
        self.services = Services(
            settings=settings,
            queue=outbox,
            budget=Budget(budget, clock=self.clock),
            clock=self.clock,
            topic_of=topic_of,
            on_message=self.city.receipt,
            status=status_of,
            window=Window(settings),
            journal=Journal(settings.where, self.clock.mono),
            beat=lambda: None,
        )
        link: Link = self.link
        self.task = asyncio.create_task(Session(self.services, link, number=1).run())

    @property
    def sent(self) -> list[str]:
        """What was sent, by lane: the level of the topic behind the unit."""
        return [topic.split("/")[3] for topic, _, _ in self.link.sent if topic != STATUS_TOPIC]

    async def reached(self, condition: Callable[[], bool]) -> None:
        """Let the session work until a condition holds, while its time goes on."""
        end = time.monotonic() + 20
        while not condition():
            assert not self.task.done(), self.task
            assert time.monotonic() < end, self.sent
            self.clock.advance(0.02)
            self.link.last_inbound_ns = self.clock.mono
            self.services.signals.wake.set()
            await asyncio.sleep(0.001)

    async def begin(self) -> None:
        """Open the session, and let it send what goes without an answer."""
        self.link.grants.append((1, 1))
        await self.full()

    async def full(self) -> None:
        """Return when as much as may be is under way."""
        await self.reached(lambda: self.services.window.room == 0)

    async def drain(self, condition: Callable[[], bool]) -> None:
        """Answer everything until a condition holds."""

        def answered() -> bool:
            self.city.answer()
            return condition()

        await self.reached(answered)


@contextlib.asynccontextmanager
async def _after_an_outage(folder: Path, budget: BudgetSettings | None = None) -> AsyncIterator[Stage]:
    outbox = await opened(folder / "outbox.db", streams=STREAMS)
    await outbox.declare(DECLARATION)
    for stream in STREAMS:
        await stored(outbox, rows(0, OUTAGE * BATCH, stream=stream))
    stage = Stage(outbox, replace(settings_for(1), in_flight=IN_FLIGHT), budget or BudgetSettings())
    try:
        yield stage
    finally:
        stage.task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Unusable):
            await stage.task
        await outbox.close()


async def _becomes_present(stage: Stage, *, alarm: bool) -> None:
    """Store a whole batch of the present, with an alarm or without, and say so as the unit does."""
    alarms = [("air", b"0")] if alarm else []
    future = stage.outbox.append(rows(OUTAGE * BATCH, BATCH), declaration=DIGEST, clock=CLOCK, alarms=alarms)
    await stage.outbox.flush()
    await future
    stage.services.signals.stored = True
    stage.services.signals.sealed = alarm
    stage.services.signals.wake.set()


async def test_present_is_sent_before_anything_of_the_past(tmp_path: Path) -> None:
    async with _after_an_outage(tmp_path) as stage:
        await stage.begin()
        assert stage.sent[0] == "declaration"
        newest = {f"lamppost/1/unit-a/live/{stream}" for stream in STREAMS}
        first = stage.sent.index("backlog")
        before = {topic for topic, _, _ in stage.link.sent[: first + 1]}
        assert newest <= before, "the newest batch of every stream goes first"
        assert "live" not in stage.sent[first:]
        await stage.drain(lambda: stage.sent.count("backlog") >= OUTAGE)


@pytest.mark.parametrize("alarm", [False, True], ids=["live", "alarm"])
async def test_what_becomes_present_while_the_past_drains_waits_for_no_message_of_it(
    tmp_path: Path,
    alarm: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    async with _after_an_outage(tmp_path) as stage:
        await stage.begin()
        await stage.drain(lambda: stage.sent.count("backlog") >= OUTAGE // 2)
        await stage.full()
        known = len(stage.sent)
        await _becomes_present(stage, alarm=alarm)
        await stage.drain(lambda: "live" in stage.sent[known:])
        present = stage.sent[known:]
        overtaken = present[: present.index("live")].count("backlog")
        assert overtaken <= IN_FLIGHT, "no more than one window of the past goes before it"
        if alarm:
            assert present.index("alarm") < present.index("live")
            assert present[: present.index("alarm")].count("backlog") == 0, "an alarm waits for nothing"
        await stage.drain(lambda: stage.sent.count("backlog") >= OUTAGE)


async def test_alarm_overtakes_what_is_live_and_the_past_that_were_sealed_before_it(tmp_path: Path) -> None:
    async with _after_an_outage(tmp_path) as stage:
        while await stage.outbox.seal():
            pass
        await stage.outbox.append(rows(OUTAGE * BATCH, 1), declaration=DIGEST, clock=CLOCK, alarms=[("air", b"0")])
        await stage.begin()
        assert stage.sent[:3] == ["declaration", "alarm", "live"]


async def test_alarm_is_sent_at_once_although_the_budget_of_everything_else_is_spent(tmp_path: Path) -> None:
    async with _after_an_outage(tmp_path, BudgetSettings(day_bytes=1_000_000)) as stage:
        stage.services.budget.charge(960_000)
        stage.link.grants.append((1, 1))
        await stage.drain(lambda: stage.sent == ["declaration"])
        await stage.drain(lambda: stage.services.window.ahead == 0)
        began_ns = stage.clock.mono
        await _becomes_present(stage, alarm=True)
        await stage.drain(lambda: "alarm" in stage.sent)
        assert stage.sent == ["declaration", "alarm"]
        assert stage.clock.mono - began_ns < 10 * 10**9, "it did not wait for the next look at the budget"


async def test_alarm_takes_the_first_place_that_becomes_free(tmp_path: Path) -> None:
    async with _after_an_outage(tmp_path) as stage:
        await stage.begin()
        known = len(stage.sent)
        await _becomes_present(stage, alarm=True)
        stage.link.acks.append((len(stage.link.sent), 0))
        await stage.reached(lambda: len(stage.sent) > known)
        assert stage.sent[known:] == ["alarm"]
