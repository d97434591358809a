"""Sessions one after the other, on links that the test makes."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable

import pytest

from agent.budget import Budget, BudgetSettings
from agent.errors import UplinkError
from agent.uplink.interfaces import MQTT_5, MQTT_311, Link, LinkRequest
from agent.uplink.journal import Journal
from agent.uplink.problems import ClosedEarly, Refused
from agent.uplink.runner import Runner
from agent.uplink.services import Services
from agent.uplink.settings import Delivery, UplinkSettings
from agent.uplink.window import Window
from tests.support.uplink import FakeClock, FakeQueue, settings_for, status_of, topic_of


class World:
    """A runner whose tries to connect all end with what `fail` returns."""

    def __init__(self, settings: UplinkSettings, fail: Callable[[int], Exception], budget: BudgetSettings) -> None:
        self.clock = FakeClock()
        self.queue = FakeQueue()
        self.requests: list[LinkRequest] = []
        self.beats = 0
        self.budget = Budget(budget, clock=self.clock)
        self._fail = fail
        self.services = Services(
            settings=settings,
            queue=self.queue,
            budget=self.budget,
            clock=self.clock,
            topic_of=topic_of,
            on_message=self._on_message,
            status=status_of,
            window=Window(settings),
            journal=Journal(settings.where, self.clock.mono),
            beat=self._beat,
        )
        self.runner = Runner(self.services, open_link=self._open, random=lambda: 0.5)

    async def _on_message(self, topic: str, payload: bytes) -> None:
        raise AssertionError(topic, payload)

    def _beat(self) -> None:
        self.beats += 1

    async def _open(self, request: LinkRequest) -> Link:
        self.requests.append(request)
        await asyncio.sleep(0)
        raise self._fail(request.version)


@contextlib.asynccontextmanager
async def _world(
    fail: Callable[[int], Exception], *, budget: BudgetSettings | None = None, tries: int = 10, **changes: object
) -> AsyncIterator[World]:
    world = World(settings_for(1, **changes), fail, budget or BudgetSettings())
    task = asyncio.create_task(world.runner.run())
    while len(world.requests) < tries and not task.done():  # noqa: ASYNC110 - nothing to wait for: the clock is faked
        await asyncio.sleep(0)
    try:
        yield world
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_runner_with_a_repeated_problem_logs_it_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        async with _world(lambda _: ConnectionRefusedError(111, "refused")) as world:
            assert world.runner.state().tries == 10
    assert len(caplog.records) == 1
    assert "nothing listens" in caplog.text


async def test_runner_with_a_will_signs_it_for_the_session_that_is_next() -> None:
    async with _world(lambda _: TimeoutError(), tries=2) as world:
        assert {request.will for request in world.requests} == {b"offline 1"}


async def test_runner_with_mqtt_5_refused_goes_on_with_3_1_1() -> None:
    async with _world(lambda version: Refused(0x84) if version == MQTT_5 else TimeoutError()) as world:
        versions = [request.version for request in world.requests]
    assert versions == [MQTT_5] + [MQTT_311] * 9


async def test_runner_hung_up_on_before_an_answer_tries_both_versions() -> None:
    async with _world(lambda _: ClosedEarly(None), tries=4) as world:
        versions = [request.version for request in world.requests]
    assert versions == [MQTT_5, MQTT_311, MQTT_5, MQTT_311]


async def test_runner_in_broker_mode_never_speaks_3_1_1_and_says_what_it_needs() -> None:
    async with _world(lambda _: Refused(0x84), delivery=Delivery.BROKER) as world:
        assert {request.version for request in world.requests} == {MQTT_5}
        assert "needs" in (world.runner.state().problem or "")


async def test_runner_with_a_local_mistake_says_so_and_keeps_trying() -> None:
    async with _world(lambda _: UplinkError("password: chmod 0400 it")) as world:
        assert world.runner.state().problem == "password: chmod 0400 it"


async def test_runner_refused_by_tcp_is_charged_no_handshake() -> None:
    async with _world(lambda _: ConnectionRefusedError(111, "refused")) as world:
        assert world.budget.spending().total_bytes < 10 * 500


async def test_runner_failing_after_tls_is_charged_the_handshake() -> None:
    async with _world(lambda _: Refused(0x87)) as world:
        assert world.budget.spending().total_bytes > 10 * 500


async def test_runner_with_the_budget_spent_waits_for_the_next_day() -> None:
    budget = BudgetSettings(day_bytes=20_000)
    async with _world(lambda _: Refused(0x87), budget=budget, tries=40) as world:
        assert world.clock.mono > 3600 * 1_000_000_000
        assert max(world.clock.slept) <= 60


async def test_runner_while_it_waits_gives_signs_of_life() -> None:
    async with _world(lambda _: TimeoutError(), tries=60) as world:
        assert max(world.clock.slept) <= world.services.settings.timing.beat_s
        assert world.beats >= len(world.clock.slept)
