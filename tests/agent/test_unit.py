"""A unit at work: the order in which stages start and stop, and what is kept when one fails."""

import asyncio
import datetime as dt
import logging
import math
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest

from agent import housekeeping, pausing, unit
from agent.boots import NAME as BOOTS
from agent.clock import Discipline, SystemClock, WallTime
from agent.config import load
from agent.discipline import SystemDiscipline
from agent.errors import SensorError, StoreError
from agent.given import NAME as GIVEN
from agent.given import Given
from agent.poller import Poller, SensorState
from agent.privacy.released import Released
from agent.restarts import LIMIT, UNREACHED, RestartNeeded
from agent.selftest import findings
from agent.service import Stages, build
from agent.surroundings import Surroundings
from agent.unit import Unit
from agent.windows import Closed
from agent.wire import keyfile
from drivers.bus.linux_i2c import LinuxI2c
from drivers.reading import Reading
from tests.support.agent_process import Site, reached


class Bench:
    """A unit in this process, whose stages say what is done to them."""

    def __init__(self, site: Site, stages: Stages, monkeypatch: pytest.MonkeyPatch) -> None:
        self.site = site
        self.stages = stages
        self.events: list[str] = []
        self.stop = asyncio.Event()
        self.unit = Unit(stages)
        self._patch = monkeypatch

    def hear(self, owner: object, name: str, event: str) -> None:
        """Note `event` when a method of a stage is called."""
        real = getattr(owner, name)

        def heard(*arguments: object, **named: object) -> object:
            self.events.append(event)
            return real(*arguments, **named)

        self._patch.setattr(owner, name, heard)

    def put(self, owner: object, name: str, other: object) -> None:
        """Put something else in the place of a method."""
        self._patch.setattr(owner, name, other)

    async def restart(self) -> None:
        """Make the unit anew, as another process would."""
        self.stages = await _stages(self.site)
        self.unit, self.stop = Unit(self.stages), asyncio.Event()

    async def run(self, until: Callable[[], bool] = lambda: True) -> None:
        """Run the unit until a condition holds, then stop it."""
        running = asyncio.create_task(self.unit.run(self.stop))
        await reached(lambda: until() or running.done())
        self.stop.set()
        await running


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A unit with a weather sensor that answers, and no broker."""
    site = Site(tmp_path)
    site.plug()
    yield Bench(site, await _stages(site), monkeypatch)
    site.adapter.close()


async def _stages(site: Site, discipline: Discipline | None = None) -> Stages:
    clock = SystemClock(discipline or SystemDiscipline())
    around = Surroundings(clock=clock, environment={}, runtime=site.folder / "run")
    settings, key = load(site.config), keyfile.load_private(site.folder / "unit.key")
    return await build(settings, tested=findings(settings), key=key, around=around)


async def test_unit_starts_from_the_sink(bench: Bench) -> None:
    stages = bench.stages
    bench.hear(stages.outbox, "declare", "store")
    bench.hear(stages.outbox, "govern", "control")
    bench.hear(stages.publisher, "run", "publisher")
    bench.hear(stages.health, "ready", "ready")
    bench.hear(Poller, "run", "sensors")
    await bench.run()
    assert bench.events == ["store", "control", "publisher", "ready", "sensors"]


async def test_unit_stops_from_the_source_and_the_store_closes_last(bench: Bench) -> None:
    stages = bench.stages
    bench.hear(stages.health, "stopping", "stopping")
    bench.hear(stages.windows, "stop", "windows")
    bench.hear(stages.outbox, "flush", "flush")
    bench.hear(unit, "close_buses", "buses")
    bench.hear(stages.outbox, "close", "store")
    bench.hear(stages.desk, "close", "control")
    published = bench.stages.publisher.run

    async def publish() -> None:
        try:
            await published()
        finally:
            bench.events.append("farewell")

    bench.put(stages.publisher, "run", publish)
    bench.put(stages.windows, "on_reading", _note_closing(bench, stages.windows.on_reading))
    await bench.run(until=lambda: stages.windows.readings > 0)
    stopped = bench.events[bench.events.index("stopping") :]
    assert stopped == ["stopping", "windows", "flush", "farewell", "buses", "store", "control"]


def _note_closing(bench: Bench, real: Callable[..., None]) -> Callable[..., None]:
    def on_reading(*arguments: object) -> None:
        assert "windows" not in bench.events, "a sensor was polled after the windows were closed"
        real(*arguments)

    return on_reading


async def test_unit_that_is_stopped_stores_the_open_windows_and_which_they_were(bench: Bench) -> None:
    await bench.run(until=lambda: bench.stages.windows.readings > 0)
    again = await _stages(bench.site)
    assert (await again.outbox.stats()).rows_stored >= 1
    kept = Given(again.clock.boot_id, await again.outbox.load_counters(GIVEN))
    assert kept.last_ms("weather", None) is not None
    await again.close()


async def test_unit_commits_which_windows_it_gave_out_with_their_rows(bench: Bench) -> None:
    """And a crash right after that finds both or neither."""
    outbox, rows, kept = bench.stages.outbox, [0], []
    append, save = outbox.append, outbox.save_counters

    def appended(released: Sequence[Released], **about: Any) -> object:  # noqa: ANN401 - whatever it is handed
        rows[0] += len(released)
        if GIVEN in about["counters"]:
            kept.append(Given(bench.stages.clock.boot_id, about["counters"][GIVEN]).last_ms("weather", None))
            assert kept[-1] == released[-1].start_ms
        return append(released, **about)

    async def saved(name: str, data: bytes) -> None:
        assert name != GIVEN, "by a commit of its own"
        await save(name, data)

    bench.put(outbox, "append", appended)
    bench.put(outbox, "save_counters", saved)
    await bench.run(until=lambda: rows[0] > 1)
    assert len(kept) == 2, "with the first rows, and with the windows that the stop has closed"


async def test_unit_whose_stage_fails_ends_with_that_error_and_keeps_what_it_has(bench: Bench) -> None:
    async def fail() -> NoReturn:
        await reached(lambda: bench.stages.windows.readings > 0)
        raise ZeroDivisionError

    bench.put(bench.stages.publisher, "run", fail)
    with pytest.raises(ZeroDivisionError):
        await bench.run(until=lambda: False)
    again = await _stages(bench.site)
    assert (await again.outbox.stats()).rows_stored >= 1
    await again.close()


async def test_unit_whose_store_fails_at_the_start_ends_with_that_error(bench: Bench) -> None:
    async def fail(_content: bytes) -> NoReturn:
        raise StoreError("gone")

    bench.put(bench.stages.outbox, "declare", fail)
    with pytest.raises(StoreError, match="gone"):
        await bench.run(until=lambda: False)
    await (await _stages(bench.site)).close()


class Untold:
    """A discipline that knows nothing of the time until it is told, and the right time from then on."""

    def __init__(self) -> None:
        self.told = False

    def wall(self, mono_ns: int) -> WallTime:
        del mono_ns
        return WallTime(utc_ns=time.time_ns(), synchronised=self.told, error_ms=0 if self.told else None)

    def resume(self, *, mono_ns: int, utc_ns: int, error_ms: int | None) -> None:
        raise AssertionError("no earlier process knew the time", mono_ns, utc_ns, error_ms)

    def agrees(self, wall: WallTime) -> bool:
        del wall
        return False


async def test_unit_lets_no_sensor_go_into_a_window_from_before_the_clock_was_set(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock is set while a window is open: the sensor's quiet hours are over before that window is."""
    await bench.stages.close()
    monkeypatch.setattr(pausing, "LOOK_AGAIN_S", 0.01)
    hour = (dt.datetime.now(tz=dt.UTC).hour + 11) % 24
    text = bench.site.config.read_text()
    bench.site.config.write_text(
        text.replace('interval = "1s"', f'interval = "1s"\nquiet_hours = ["{hour:02}:00-{hour:02}:59"]')
    )
    untold = Untold()
    bench.stages = stages = await _stages(bench.site, untold)
    bench.unit = Unit(stages)
    bench.put(stages.windows, "next_tick_s", lambda: 3600.0)
    running = asyncio.create_task(bench.run(until=lambda: stages.windows.readings > 0))
    await reached(lambda: stages.windows.states.get("weather") is SensorState.PAUSED)
    assert stages.windows.timeline.grid.boot_id is not None
    grids: list[bytes | None] = []
    real = stages.windows.on_reading

    def on_reading(sensor: str, reading: Reading) -> None:
        grids.append(stages.windows.timeline.grid.boot_id)
        real(sensor, reading)

    bench.put(stages.windows, "on_reading", on_reading)
    untold.told = True
    await running
    assert grids, "sampled once it is allowed"
    assert set(grids) == {None}, "in windows that follow the calendar"


async def test_unit_without_a_required_sensor_ends_and_names_it(bench: Bench) -> None:
    bench.site.start = "required"
    bench.site.write()
    bench.site.adapter.chips.clear()
    settings = load(bench.site.config)
    bench.unit = Unit(replace(bench.stages, settings=settings))
    with pytest.raises(SensorError, match=r"sensor weather is required .* address 0x76: nobody answers"):
        await bench.run(until=lambda: False)


async def test_unit_stopped_while_a_window_waits_for_its_declaration_loses_no_window(bench: Bench) -> None:
    """Stopped at its worst moment: a window is due and the store takes its time with a declaration."""
    stages, real = bench.stages, bench.stages.outbox.declare
    waiting = asyncio.Event()

    async def declare(content: bytes) -> None:
        if waiting.is_set() or not stages.windows.readings:
            await real(content)
            return
        waiting.set()
        await asyncio.Event().wait()

    bench.put(stages.outbox, "declare", declare)
    bench.put(stages.reporter.simulation, "look", lambda: not stages.windows.readings)
    await bench.run(until=waiting.is_set)
    released = _released(stages)
    again = await _stages(bench.site)
    assert released == (await again.outbox.stats()).rows_stored >= 1
    await again.close()


async def test_unit_stopped_while_it_keeps_what_is_known_of_its_boot_loses_no_window(bench: Bench) -> None:
    stages, real = bench.stages, bench.stages.outbox.save_counters
    waiting = asyncio.Event()

    async def save(name: str, data: bytes) -> None:
        if name != BOOTS or waiting.is_set() or not _released(stages):
            await real(name, data)
            return
        waiting.set()
        await asyncio.Event().wait()

    bench.put(stages.outbox, "save_counters", save)
    tick = stages.windows.tick

    def ticked() -> Closed:
        stages.boots.is_due = True
        return tick()

    bench.put(stages.windows, "tick", ticked)
    await bench.run(until=waiting.is_set)
    released = _released(stages)
    again = await _stages(bench.site)
    assert released == (await again.outbox.stats()).rows_stored >= 1
    await again.close()


async def test_unit_with_a_bus_that_hangs_whenever_it_is_opened_ends_and_says_which(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And after as many restarts as there may be in a day it works on without it, and stores its windows."""
    monkeypatch.setattr("agent.poller._BACKOFF_FIRST_S", 0.01)
    monkeypatch.setattr(housekeeping, "_PERIOD_S", 0.05)
    bench.site.adapter.faults.hang()
    for _ in range(LIMIT):
        _make_impatient(bench)
        with pytest.raises(RestartNeeded, match=r"bus pole \(.*i2c-1\), sensor weather: hangs although"):
            await bench.run(until=lambda: False)
        await bench.restart()
    _make_impatient(bench)
    await bench.run(until=lambda: bool(bench.stages.supervisor.left_out))
    assert list(bench.stages.supervisor.left_out) == ["bus pole"]
    assert bench.stages.buses["pole"].abandoned.stuck == 3
    assert bench.stages.reporter.snapshot()["supervision"] == bench.stages.supervisor.state()
    again = await _stages(bench.site)
    assert (await again.outbox.stats()).rows_stored >= 1
    await again.close()


def _make_impatient(bench: Bench) -> None:
    bus = bench.stages.buses["pole"]
    assert isinstance(bus, LinuxI2c)
    bus._deadline_s = 0.2


async def test_unit_that_alone_does_not_reach_its_broker_ends_to_be_started_again(bench: Bench) -> None:
    async def give_up() -> NoReturn:
        bench.stages.publisher._services.last_step()
        await asyncio.Event().wait()
        raise AssertionError

    bench.put(bench.stages.publisher, "run", give_up)
    with pytest.raises(RestartNeeded) as caught:
        await bench.run(until=lambda: False)
    assert caught.value.exit_code == UNREACHED


async def test_unit_whose_driver_has_a_fault_ends_until_it_has_ended_often_enough(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_self: Poller) -> NoReturn:
        raise ZeroDivisionError("4711 is a secret")

    bench.put(Poller, "run", fail)
    for _ in range(LIMIT):
        with pytest.raises(ZeroDivisionError):
            await bench.run(until=lambda: False)
        await bench.restart()
    with caplog.at_level(logging.ERROR, logger="agent.unit"):
        await bench.run(until=lambda: bool(bench.stages.supervisor.left_out))
    assert "sensor weather is left out after ZeroDivisionError: its driver has failed again" in caplog.text
    assert "4711" not in caplog.text
    (poller,) = bench.stages.reporter.pollers
    assert (poller.condition.state, poller.deadline_s) == (SensorState.FAILING, math.inf)


def _released(stages: Stages) -> int:
    return sum(counted["rows_released"] for counted in stages.windows.counters().values())
