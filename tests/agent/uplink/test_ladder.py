"""The steps that are tried when the broker does not answer, and a restart only where it can help."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from agent.budget import BudgetSettings
from agent.service import STALL_S
from agent.uplink import ladder
from agent.uplink.interfaces import Link, LinkRequest
from agent.uplink.ladder import Ladder, child_reaches
from agent.uplink.problems import ClosedEarly, Refused
from agent.uplink.runner import Runner
from agent.uplink.settings import Timing
from tests.agent.uplink.test_runner import World
from tests.support.broker import Mosquitto, free_port
from tests.support.uplink import NS, publishing, settings_for

HOUR_S = 3600


class Restarted(Exception):
    """Stands for the end of the process."""


class Climb(World):
    """A runner that never gets a session, with a child that says what it is told to say."""

    def __init__(
        self, fail: Callable[[LinkRequest], Exception], *, child: bool, budget: BudgetSettings | None = None
    ) -> None:
        super().__init__(settings_for(1), lambda _: AssertionError(), budget or BudgetSettings())
        self.asked_s: list[float] = []
        self.wanted = 0
        self.began = self.clock.mono
        self._outcome = fail
        self._child = child
        object.__setattr__(self.services, "last_step", self._last_step)
        self.runner = Runner(self.services, open_link=self._open, random=lambda: 0.5, ask_child=self._ask)

    async def _open(self, request: LinkRequest) -> Link:
        self.requests.append(request)
        await asyncio.sleep(0)
        raise self._outcome(request)

    async def _ask(self) -> bool:
        self.asked_s.append((self.clock.mono - self.began) / NS)
        return self._child

    def _last_step(self) -> None:
        self.wanted += 1
        raise Restarted

    async def run(self, hours: float) -> None:
        """Run for so long, or until the process ends."""
        task = asyncio.create_task(self.runner.run())
        while self.clock.mono - self.began < hours * HOUR_S * NS and not task.done():  # noqa: ASYNC110 - the clock is faked
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises((asyncio.CancelledError, Restarted)):
            await task


def _unreachable(_: LinkRequest) -> Exception:
    return OSError(101, "no network")


def _reached_then(error: Exception) -> Callable[[LinkRequest], Exception]:
    def fail(request: LinkRequest) -> Exception:
        request.on_reached()
        return error

    return fail


def test_ladder_is_due_after_its_time_without_a_connection_and_again_after_it() -> None:
    steps = Ladder(10.0, now_ns=0)
    assert [second for second in range(35) if steps.due(second * NS)] == [10, 20, 30]
    steps.reached(30 * NS)
    assert [second for second in range(30, 45) if steps.due(second * NS)] == [40]


async def test_uplink_that_a_child_has_and_this_process_has_not_asks_for_a_restart_after_an_hour() -> None:
    climb = Climb(_unreachable, child=True)
    await climb.run(3)
    assert climb.wanted == 1
    assert HOUR_S <= climb.asked_s[0] < HOUR_S + 400, "at the first try after an hour"


@pytest.mark.parametrize("hours", [24])
async def test_uplink_in_a_dark_city_never_asks_for_a_restart(hours: int) -> None:
    """No network, or a broker that is down: a child meets what this process meets."""
    climb = Climb(_unreachable, child=False)
    await climb.run(hours)
    assert climb.wanted == 0
    assert 20 <= len(climb.asked_s) <= 24


@pytest.mark.parametrize(
    "error",
    [ClosedEarly(None), ClosedEarly(TimeoutError()), Refused(0x87), Refused(0x89), TimeoutError()],
    ids=["hangs-up", "silent", "not-authorised", "busy", "handshake-stalls"],
)
async def test_uplink_whose_broker_takes_connections_and_no_more_asks_nobody(error: Exception) -> None:
    climb = Climb(_reached_then(error), child=True)
    await climb.run(24)
    assert (climb.asked_s, climb.wanted) == ([], 0)


async def test_uplink_with_its_budget_spent_asks_nobody() -> None:
    climb = Climb(_unreachable, child=True, budget=BudgetSettings(day_bytes=1))
    await climb.run(30)
    assert (climb.asked_s, climb.wanted) == ([], 0)


def test_connecting_and_asking_a_child_are_shorter_than_the_watchdogs_deadline() -> None:
    """The network is no reason to starve the watchdog: whatever waits for it ends before a task counts as stuck."""
    timing = Timing()
    assert timing.connect_s + timing.greet_s < STALL_S
    assert ladder._CHILD_S + timing.beat_s <= STALL_S
    assert timing.beat_s < STALL_S


async def test_child_reaches_what_listens_and_nothing_else() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert await child_reaches("127.0.0.1", port)
    assert not await child_reaches("127.0.0.1", port)
    assert not await child_reaches("broker.invalid", 1883)


async def test_child_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ladder, "_CHILD", "import time; time.sleep(1000)")
    monkeypatch.setattr(ladder, "_CHILD_S", 0.05)
    assert not await child_reaches("127.0.0.1", 1)


@pytest.mark.parametrize(("code", "reached"), [(24, True), (12, False)], ids=["no-descriptors", "no-memory"])
async def test_child_that_cannot_be_started_is_an_answer_if_it_is_for_want_of_descriptors(
    code: int, *, reached: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> Awaitable[Any]:
        raise OSError(code, "cannot")

    monkeypatch.setattr(asyncio, "create_subprocess_exec", fail)
    assert await child_reaches("127.0.0.1", 1) is reached


# -- new socket, new name resolution


@pytest.mark.broker
async def test_broker_that_moves_to_another_address_is_found_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No address is kept: each connection looks the name up, and the answer of that moment counts."""
    here = "127.0.0.1"
    asked: list[str] = []
    usual = socket.getaddrinfo

    def look_up(host: str | bytes, port: int, *rest: Any, **more: Any) -> Any:  # noqa: ANN401 - the library's own
        if host not in {b"broker.test", "broker.test"}:
            return usual(host, port, *rest, **more)
        asked.append(here)
        return usual(here, port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    port = free_port()
    both = ("allow_anonymous true", f"listener {port} 127.0.0.2")
    broker = Mosquitto(tmp_path, port=port, lines=both)
    async with broker, publishing(settings_for(port, host="broker.test")) as running:
        await running.connected()
        here = "127.0.0.2"
        broker.stop()
        await running.until(lambda: not running.publisher.state().connected)
        await broker.start()
        await running.connected()
        link = running.publisher._link
        assert link is not None
        assert link._client.socket().getpeername() == (here, port)  # type: ignore[attr-defined]  # it is an MqttLink
    assert asked[0] == "127.0.0.1"
    assert asked[-1] == "127.0.0.2"


@pytest.mark.broker
async def test_connection_is_given_up_by_the_kernel_when_nothing_is_acknowledged(tmp_path: Path) -> None:
    async with Mosquitto(tmp_path) as broker, publishing(settings_for(broker.port)) as running:
        await running.connected()
        link = running.publisher._link
        assert link is not None
        sock = link._client.socket()  # type: ignore[attr-defined]  # it is an MqttLink
        timeout_ms = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        assert timeout_ms == running.publisher._settings.timing.ack_s * 1000


@pytest.mark.broker
async def test_age_of_the_last_acknowledgement_goes_on_when_the_session_has_ended(tmp_path: Path) -> None:
    async with Mosquitto(tmp_path) as broker, publishing(settings_for(broker.port)) as running:
        assert running.publisher.state().silent_s is None
        await running.connected()
        broker.stop()
        await running.until(lambda: not running.publisher.state().connected)
        first = running.publisher.state().silent_s
        await running.until(lambda: (running.publisher.state().silent_s or 0) > (first or 0))
