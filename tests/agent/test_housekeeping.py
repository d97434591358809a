"""Housekeeping: what the city is told soon, what the status says, and whose bus is opened anew."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

import pytest

from agent import housekeeping
from agent.housekeeping import Housekeeping
from agent.poller import Poller, SensorState
from agent.sensors import make_pollers
from agent.service import Stages
from tests.support.agent_process import reached


@pytest.fixture
def poller(stages: Stages) -> Poller:
    """The poller of the sensor, which the status knows and nobody runs."""
    (poller,) = make_pollers(stages.settings, buses=stages.buses, clock=stages.clock, sink=stages.windows)
    stages.reporter.pollers = [poller]
    return poller


@pytest.fixture
def announced(stages: Stages, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A word for each time that the city is told."""
    told: list[str] = []
    monkeypatch.setattr(stages.publisher, "announce", lambda: told.append("announced"))
    return told


async def test_city_is_told_soon_of_a_sensor_that_changes_state_but_not_of_every_flutter(
    stages: Stages, announced: list[str]
) -> None:
    keeping = Housekeeping(stages)
    keeping.announce()
    assert announced == []
    stages.windows.on_state("weather", SensorState.OK)
    keeping.announce()
    assert announced == ["announced"]
    stages.windows.on_state("weather", SensorState.FAILING)
    keeping.announce()
    assert announced == ["announced"], "not of every flutter"


async def test_city_is_told_soon_of_a_suspicion_and_that_it_is_over_but_not_of_every_flutter(
    stages: Stages, poller: Poller, announced: list[str]
) -> None:
    keeping = Housekeeping(stages)
    stages.windows.on_state("weather", SensorState.OK)
    keeping.announce()
    announced.clear()
    keeping._announced = keeping._announced[0], 0
    keeping.announce()
    assert announced == []
    poller.condition.suspected_mono_ns = stages.clock.mono_ns()
    keeping.announce()
    assert announced == ["announced"]
    poller.condition.suspected_mono_ns = None
    keeping.announce()
    assert announced == ["announced"], "not of every flutter"
    keeping._announced = keeping._announced[0], 0
    keeping.announce()
    assert announced == ["announced", "announced"], "that it is over is told, too"


async def test_poller_that_is_stuck_is_named_with_its_bus_which_is_opened_anew(
    stages: Stages, poller: Poller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    described: list[str] = []
    monkeypatch.setattr(stages.health, "describe", described.append)
    keeping = Housekeeping(stages)
    poller._sampling.progress_mono_ns = stages.clock.mono_ns() - int(poller.deadline_s * 1e9) - 1_000_000_000
    where = f"sensor weather on bus pole ({stages.settings.buses['pole'].path})"
    with caplog.at_level(logging.ERROR, logger="agent.supervision"):
        await _for_a_moment(keeping.run, until=lambda: bool(described))
    assert caplog.messages == [f"no progress: {where}; its bus is opened anew"]
    assert described == [f"hung: {where}"]
    poller._sampling.progress_mono_ns = stages.clock.mono_ns()
    await _for_a_moment(keeping.run, until=lambda: len(described) > 1)
    assert described[1] == "0 of 1 sensors ok; not connected"


async def _for_a_moment(work: Callable[[], Awaitable[None]], *, until: Callable[[], bool]) -> None:
    task = asyncio.ensure_future(work())
    await reached(until)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_memory_is_given_back_every_ten_minutes(stages: Stages, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    mono_ns = stages.clock.mono_ns()
    monkeypatch.setattr(stages.clock, "mono_ns", lambda: mono_ns)
    monkeypatch.setattr(housekeeping, "give_memory_back", lambda: given.append(mono_ns))
    keeping = Housekeeping(stages)
    for minute in range(61):
        monkeypatch.setattr(stages.clock, "mono_ns", lambda passed=minute: mono_ns + passed * 60 * 1_000_000_000)
        keeping.give_back()
    assert len(given) == 6
