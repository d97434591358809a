"""What hangs is opened anew, then the process restarts, then the unit works on without it."""

import asyncio
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from agent.poller import Poller
from agent.restarts import HUNG, LIMIT, UNREACHED, RestartNeeded, Restarts
from agent.sensors import AnyBus
from agent.supervision import REOPENED_S, UPLINK_LIMIT, Supervisor
from tests.support.uplink import FakeClock

NS = 1_000_000_000
STUCK = "bus pole (/dev/i2c-1), sensors weather, air: hangs although it was opened anew"


@dataclass
class FakeThreads:
    full: bool = False


@dataclass
class FakeBus:
    path: str
    closed: int = 0
    abandoned: FakeThreads = field(default_factory=FakeThreads)

    async def close(self) -> None:
        self.closed += 1


@dataclass
class FakePoller:
    sensor: str
    progress_mono_ns: int
    deadline_s: float = 85.0


class Bench:
    """Two sensors on one bus and one on another, and a process after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.pole, self.kerb = FakeBus("/dev/i2c-1"), FakeBus("/dev/ttyUSB0")
        self.pollers = [FakePoller(name, self.clock.mono) for name in ("weather", "air", "dust")]
        self.supervisor = self.process()

    def process(self) -> Supervisor:
        self.pole.abandoned.full = False
        for poller in self.pollers:
            poller.progress_mono_ns = self.clock.mono
        self.supervisor = Supervisor(
            {"pole": cast("AnyBus", self.pole), "kerb": cast("AnyBus", self.kerb)},
            bus_of={"weather": "pole", "air": "pole", "dust": "kerb"},
            restarts=Restarts(self.folder, clock=self.clock),
            clock=self.clock,
        )
        return self.supervisor

    def look(self) -> list[str]:
        return self.supervisor.look(cast("list[Poller]", self.pollers))

    def restarts(self) -> int:
        """Restart as often as it wants to; return how often that was."""
        for count in range(100):
            self.pole.abandoned.full = True
            try:
                self.look()
            except RestartNeeded:
                self.process()
            else:
                return count
        raise AssertionError("a loop")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_supervisor_with_everything_at_work_has_nothing_to_say(bench: Bench) -> None:
    assert bench.look() == []
    assert bench.supervisor.state() == {"restarts": 0, "left_out": {}}


async def test_bus_that_hangs_although_it_was_opened_anew_restarts_the_process(bench: Bench) -> None:
    bench.pole.abandoned.full = True
    with pytest.raises(RestartNeeded) as caught:
        bench.look()
    assert str(caught.value) == f"{STUCK}; restarting"
    assert caught.value.exit_code == HUNG


async def test_bus_that_no_restart_mends_is_left_out_and_says_so(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        assert bench.restarts() == LIMIT
        assert bench.look() == [STUCK], "still told, but no restart"
    reason = f"{STUCK}; restarting has not helped (3 times in 24 hours)"
    assert bench.supervisor.state() == {"restarts": LIMIT, "left_out": {"bus pole": reason}}
    assert caplog.messages == [f"{reason}; the unit works on without it"], "once"


async def test_bus_that_was_left_out_and_comes_back_is_no_longer_told(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.restarts()
    bench.pole.abandoned.full = False
    caplog.clear()
    with caplog.at_level(logging.INFO):
        assert bench.look() == []
    assert bench.supervisor.left_out == {}
    assert caplog.messages == ["bus pole: works again"]


async def test_bus_that_hangs_again_the_next_day_may_restart_the_process_again(bench: Bench) -> None:
    bench.restarts()
    bench.pole.abandoned.full = False
    bench.look()
    bench.clock.advance(24 * 3600)
    bench.process()
    assert bench.restarts() == LIMIT


async def test_poller_that_hangs_has_its_bus_closed_under_it_once(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.clock.advance(86)
    bench.pollers[0].progress_mono_ns = bench.pollers[1].progress_mono_ns = bench.clock.mono
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            assert bench.look() == ["sensor dust on bus kerb (/dev/ttyUSB0)"]
            bench.clock.advance(1)
            await asyncio.sleep(0)
    assert (bench.kerb.closed, bench.pole.closed) == (1, 0)
    assert caplog.messages == ["no progress: sensor dust on bus kerb (/dev/ttyUSB0); its bus is opened anew"]


async def test_poller_that_gets_on_after_its_bus_was_closed_is_forgiven(bench: Bench) -> None:
    bench.clock.advance(86)
    bench.look()
    for poller in bench.pollers:
        poller.progress_mono_ns = bench.clock.mono
    bench.clock.advance(REOPENED_S + 1)
    assert bench.look() == []


async def test_poller_that_hangs_although_its_bus_was_closed_restarts_the_process(bench: Bench) -> None:
    bench.pollers = bench.pollers[2:]
    bench.clock.advance(86)
    bench.look()
    bench.clock.advance(REOPENED_S)
    with pytest.raises(RestartNeeded, match=r"sensor dust on bus kerb \(/dev/ttyUSB0\): hangs .* restarting"):
        bench.look()


async def test_driver_that_fails_after_every_restart_has_its_sensor_left_out(bench: Bench) -> None:
    for _ in range(LIMIT):
        assert bench.process().failed("dust") is None
    reason = bench.process().failed("dust")
    assert reason == "its driver has failed again after 3 restarts in 24 hours: report it"
    assert bench.look() == []
    assert bench.supervisor.state() == {"restarts": LIMIT, "left_out": {"sensor dust": reason}}
    assert bench.supervisor.failed("air") is None, "another one has its own"


async def test_uplink_that_no_restart_mends_stays_as_it_is(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(UPLINK_LIMIT):
        with pytest.raises(RestartNeeded) as caught:
            bench.process().uplink_stuck()
        assert caught.value.exit_code == UNREACHED
    with caplog.at_level(logging.ERROR):
        bench.process().uplink_stuck()
    assert "restarting has not helped" in caplog.text
