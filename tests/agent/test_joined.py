"""A unit at work with what a city asks of it: orders, the disclosure log, a budget for noise."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.clock import SystemClock
from agent.config import load
from agent.control.spool import Spool
from agent.control.state import NAMES
from agent.discipline import SystemDiscipline
from agent.poller import SensorState
from agent.privacy.ledgers import Found, Ledgers, budgets_of
from agent.privacy.payment import NAME as BUDGETS
from agent.selftest import findings
from agent.service import Stages, build
from agent.surroundings import Surroundings
from agent.unit import Unit
from agent.wire import keyfile
from agent.wire.orders import Order, Role
from tests.support.agent_process import FOOTFALL, REST, WEATHER, Site, reached
from tests.support.orders import KEYS, everywhere, ordered

CONTROL = """
[control]
keys = [{{ key = "{key}", role = "privacy" }}]
"""
NOISE = """
[stream.footfall.noise]
epsilon = "1/2"
daily = "48"
sensitivity = 1
"""
COUNTED = FOOTFALL.replace('window = "15min"', 'window = "1s"').replace('batch = "1h"', 'batch = "10s"')
NOISY = COUNTED[: COUNTED.index("[stream.footfall.channel.signal]")] + NOISE


def _site(folder: Path, *, parts: tuple[str, ...] = (WEATHER,)) -> Site:
    return Site(folder, parts=parts, rest=REST + CONTROL.format(key=KEYS[Role.PRIVACY].public.line))


async def _stages(site: Site) -> Stages:
    around = Surroundings(clock=SystemClock(SystemDiscipline()), environment={}, runtime=site.folder / "run")
    settings, key = load(site.config), keyfile.load_private(site.folder / "unit.key")
    return await build(settings, tested=findings(settings), key=key, around=around)


async def _run(stages: Stages, *steps: Callable[[], bool]) -> None:
    """Run a unit until each condition has held in turn, then stop it."""
    stop = asyncio.Event()
    running = asyncio.create_task(Unit(stages).run(stop))
    for step in steps:
        await reached(lambda step=step: step() or running.done())  # type: ignore[misc]  # the default binds it
    stop.set()
    await running


def _weather_is(stages: Stages, state: SensorState) -> bool:
    return stages.windows.states.get("weather") is state


async def test_the_sensor_of_a_suspended_stream_is_closed_until_the_stream_runs_again(tmp_path: Path) -> None:
    site = _site(tmp_path)
    site.plug()
    stages = await _stages(site)
    spool = Spool(site.folder / "store")

    def give(order: Order, version: int) -> bool:
        spool.put(ordered(everywhere(order), unit="corner", version=version))
        return True

    await _run(
        stages,
        lambda: stages.windows.readings > 0,
        lambda: give(Order.SUSPEND, 1),
        lambda: stages.windows.suspended == {"weather"} and _weather_is(stages, SensorState.PAUSED),
        lambda: give(Order.RUN, 2),
        lambda: not stages.windows.suspended and _weather_is(stages, SensorState.OK),
    )
    site.adapter.close()


async def test_a_unit_without_control_state_is_silent_and_says_so(tmp_path: Path) -> None:
    site = _site(tmp_path)
    site.plug()
    for name in NAMES:
        (site.folder / "store" / name).unlink()
    stages = await _stages(site)
    await _run(stages, lambda: _weather_is(stages, SensorState.PAUSED))
    assert stages.windows.readings == 0
    status = stages.reporter.snapshot()["control"]
    assert isinstance(status, dict)
    assert "lamppost control reset" in status["lost"]
    again = await _stages(site)
    assert (await again.outbox.stats()).rows_stored == 0
    await again.close()
    site.adapter.close()


async def test_the_disclosure_log_of_a_unit_that_worked_begins_with_its_configuration(tmp_path: Path) -> None:
    site = _site(tmp_path)
    site.plug()
    stages = await _stages(site)
    await _run(stages, lambda: stages.windows.readings > 0)
    again = await _stages(site)
    assert (await again.outbox.log_head()).last >= 2  # the configuration, the declaration's envelope
    await again.close()
    site.adapter.close()


@pytest.mark.parametrize("noise", [True, False], ids=["noise", "no noise"])
async def test_the_budget_for_noise_is_stored_with_the_rows_that_it_paid_for(tmp_path: Path, *, noise: bool) -> None:
    site = _site(tmp_path, parts=(WEATHER, NOISY if noise else FOOTFALL))
    site.plug()
    stages = await _stages(site)
    specs = [plan.spec for plan in stages.settings.streams]
    await _run(stages, lambda: stages.windows.counters()["weather"]["rows_released"] > 0)
    again = await _stages(site)
    saved = await again.outbox.load_counters(BUDGETS)
    if noise:
        assert Ledgers(budgets_of(specs), saved).found is Found.SOUND
    else:
        assert saved is None
    await again.close()
    site.adapter.close()
