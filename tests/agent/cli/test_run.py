"""`lamppost run` as its users see it: a process with signals, a socket, files and exit codes."""

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.restarts import HUNG, UNREACHED
from drivers.sim.line import SimulatedLine
from tests.support.agent_process import FOOTFALL, WEATHER, Site, dead_broker, running, service_manager
from tests.support.broker import Mosquitto

STOP_S = 15.0
"""systemd waits 20 s for a stop."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A unit with a weather sensor that answers, and no broker."""
    site = Site(tmp_path)
    site.plug()
    yield site
    site.adapter.close()


# -- starting


def test_run_without_a_broker_is_ready_stores_and_feeds_the_watchdog(site: Site) -> None:
    with service_manager(site.folder) as manager:
        environment = manager.environment | {"WATCHDOG_USEC": "3000000"}
        with running(site, environment=environment) as agent:
            manager.expect("READY=1")
            assert (site.folder / "store" / "outbox.db").exists()
            manager.expect("WATCHDOG=1")
            agent.until(lambda: len(agent.stored()) >= 2, what="two rows")
            assert agent.stop(deadline_s=STOP_S) == 0
            assert "STOPPING=1" in manager.pending()
        assert manager.heard[0] == "READY=1"


def test_run_while_the_store_is_taken_says_so_and_is_never_ready(site: Site) -> None:
    with running(site) as first:
        first.until(lambda: bool(first.stored()), what="a row")
        with service_manager(site.folder) as manager:
            with running(site, environment=manager.environment) as second:
                assert second.ended() == 1
                said = second.said
            assert "READY=1" not in manager.pending()
    assert "lamppost run: " in said
    assert "another process" in said
    assert "Traceback" not in said


def test_run_with_a_bad_configuration_prints_every_mistake(site: Site) -> None:
    site.config.write_text(site.config.read_text().replace('overflow = "drop_oldest"\n', "").replace("0x76", "0x79"))
    checked = site.command("check", str(site.config))
    done = site.command("run", str(site.config))

    assert done.returncode == 1
    mistakes = [line for line in checked.stdout.splitlines() if line.startswith(f"{site.config}:")]
    assert len(mistakes) == 3, "two mistakes and the last line, which counts them"
    for mistake in mistakes[:2]:
        assert mistake in done.stderr


def test_run_with_a_file_that_is_not_there_names_it(site: Site) -> None:
    done = site.command("run", str(site.folder / "nowhere.toml"))
    assert done.returncode == 1
    assert f"{site.folder / 'nowhere.toml'}: cannot read this file" in done.stderr


def test_run_without_a_key_names_the_path_and_the_remedy(site: Site) -> None:
    (site.folder / "unit.key").unlink()
    done = site.command("run", str(site.config))
    assert done.returncode == 1
    assert str(site.folder / "unit.key") in done.stderr
    assert "lamppost keygen" in done.stderr


def test_run_with_a_key_that_others_can_read_says_what_to_do(site: Site) -> None:
    (site.folder / "unit.key").chmod(0o444)
    done = site.command("run", str(site.config))
    assert done.returncode == 1
    assert "chmod 0400" in done.stderr


def test_run_without_the_stores_directory_names_it(site: Site) -> None:
    shutil.rmtree(site.folder / "store")
    done = site.command("run", str(site.config))
    assert done.returncode == 1
    assert f"{site.folder / 'store'}: expected the outbox's directory" in done.stderr


def test_run_told_to_report_to_a_descriptor_that_is_none_says_so(site: Site) -> None:
    done = site.command("run", str(site.config), "--report-stored", "77")
    assert done.returncode == 1
    assert "--report-stored 77: expected a descriptor" in done.stderr


# -- sensors


def test_run_without_a_required_sensor_ends_and_names_it(site: Site) -> None:
    site.start = "required"
    site.write()
    site.adapter.chips.clear()
    with running(site) as agent:
        assert agent.ended() == 1
        assert "sensor weather is required" in agent.said
        assert "address 0x76: nobody answers" in agent.said
        assert "Traceback" not in agent.said


@pytest.mark.parametrize("start", ["ignore", "retry"])
def test_run_without_another_sensor_goes_on(site: Site, start: str) -> None:
    site.start = start
    site.write()
    site.adapter.chips.clear()
    with running(site) as agent:
        agent.says("sensor weather: absent")
        agent.until(lambda: bool(agent.stored()), what="a row without values")
        assert agent.stop(deadline_s=STOP_S) == 0


def test_run_with_a_bus_that_hangs_reports_it_and_the_others_go_on(site: Site) -> None:
    site.parts = (WEATHER, FOOTFALL)
    site.write()
    site.adapter.faults.hang()
    with SimulatedLine(site.folder / "tty-scanner") as scanner, running(site) as agent:
        scanner.send(b"AA:BB:CC:DD:EE:FF,-67\n")
        agent.says("sensor weather: failing: ")
        assert f"{site.folder}/i2c-1 address 0x76: the adapter did not come back" in agent.said
        scanner.send(b"AA:BB:CC:DD:EE:FF,-67\n")
        agent.says("sensor scanner: ok")
        assert agent.stop(deadline_s=STOP_S) == 0
    site.adapter.faults.clear()


_IMPATIENT = """
import sys
from drivers.bus.linux_i2c import LinuxI2c
from agent import housekeeping, poller
from agent.cli.main import main
LinuxI2c.__init__.__kwdefaults__["deadline_s"] = 0.2
poller._BACKOFF_FIRST_S = 0.02
housekeeping._PERIOD_S = 0.05
sys.exit(main([*sys.argv[1:], "--status-every", "0.1"]))
"""


def test_run_with_a_bus_that_hangs_for_good_restarts_three_times_and_then_works_without_it(site: Site) -> None:
    """The other bus is never stalled; each life stores its rows; a unit whose part is left out says so."""
    site.parts = (WEATHER, FOOTFALL)
    site.write()
    site.adapter.faults.hang()
    ends = []
    with SimulatedLine(site.folder / "tty-scanner") as scanner:
        for _ in range(3):
            with running(site, program=("-c", _IMPATIENT)) as agent:
                agent.says("sensor scanner: ok")
                ends.append(agent.ended())
                assert "i2c-1), sensor weather: hangs although it was opened anew; restarting" in agent.said
                assert "Traceback" not in agent.said
        with running(site, program=("-c", _IMPATIENT)) as agent:
            scanner.send(b"AA:BB:CC:DD:EE:FF,-67\n")
            agent.says("the unit works on without it")
            agent.until(lambda: bool(agent.stored()), what="a row")
            agent.until(lambda: '"bus pole": "bus pole' in _status(site), what="a status that says so")
            assert agent.stop(deadline_s=STOP_S) == 0
    site.adapter.faults.clear()
    assert ends == [HUNG] * 3


_STUCK_RESOLVER = """
import socket, sys
from agent.cli.main import main
from agent.uplink.settings import Timing
Timing.__init__.__kwdefaults__["restart_s"] = 0.5
def fail(*_, **__):
    raise socket.gaierror(socket.EAI_AGAIN, "stuck")
socket.getaddrinfo = fail
sys.exit(main(sys.argv[1:]))
"""


def test_run_that_alone_does_not_reach_its_broker_restarts_twice_a_day_and_stores_all_the_while(site: Site) -> None:
    """Its resolver is stuck, a new process has none of that; and while the broker is away it does not restart."""
    with dead_broker() as port:
        site.port = port
        site.write()
        for _ in range(2):
            with running(site, program=("-c", _STUCK_RESOLVER)) as agent:
                assert agent.ended() == UNREACHED
                assert "a new process reaches the broker, this one does not; restarting" in agent.said
                assert "Traceback" not in agent.said
        with running(site, program=("-c", _STUCK_RESOLVER)) as agent:
            agent.says("this one does not; restarting has not helped")
            agent.until(lambda: bool(agent.stored()), what="a row")
            assert agent.stop(deadline_s=STOP_S) == 0
    (site.folder / "store" / "restarts.json").unlink()
    with running(site, program=("-c", _STUCK_RESOLVER)) as agent:
        agent.until(lambda: len(agent.stored()) >= 3, what="three rows, without a restart")
        assert "restarting" not in agent.said
        assert agent.stop(deadline_s=STOP_S) == 0


_BROKEN = """
import sys
from agent.cli import run
from agent.windows import Windows
from agent.cli.main import main
run._FIRST_WAIT_S = 0.2
def fail(self):
    raise ZeroDivisionError
Windows.tick = fail
sys.exit(main(sys.argv[1:]))
"""


def test_run_that_fails_again_and_again_starts_ever_more_slowly(site: Site) -> None:
    said = []
    for _ in range(5):
        with running(site, program=("-c", _BROKEN)) as agent:
            assert agent.ended() == 1
            said.append(agent.said)
    waits = [[line for line in text.splitlines() if "starting in" in line] for text in said]
    assert [len(lines) for lines in waits] == [0, 0, 0, 0, 1]
    assert "failed 4 times in 24 hours" in waits[4][0]


# -- stopping


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_run_stopped_at_once_ends_in_order(site: Site, number: signal.Signals) -> None:
    with service_manager(site.folder) as manager, running(site, environment=manager.environment) as agent:
        manager.expect("READY=1")
        assert agent.stop(number, deadline_s=STOP_S) == 0
        assert "Traceback" not in agent.said
        assert "ERROR" not in agent.said


def test_run_stopped_while_it_connects_to_a_broker_that_is_silent_ends_in_order(site: Site) -> None:
    with dead_broker() as port:
        site.port = port
        site.write()
        with running(site) as agent:
            agent.until(lambda: bool(agent.stored()), what="a row")
            assert agent.stop(deadline_s=STOP_S) == 0


@pytest.mark.broker
async def test_run_stopped_while_its_broker_hangs_ends_in_order(site: Site) -> None:
    async with Mosquitto(site.folder) as broker:
        site.port = broker.port
        site.write()
        with running(site) as agent:
            await asyncio.to_thread(agent.says, "connected with MQTT 5")
            broker.pause()
            stored = len(agent.stored())
            await asyncio.to_thread(agent.until, lambda: len(agent.stored()) > stored, what="one more row")
            assert await asyncio.to_thread(agent.stop, deadline_s=STOP_S) == 0


def test_run_after_a_stop_leaves_no_status_and_a_store_that_is_whole(site: Site) -> None:
    with running(site) as agent:
        agent.until((site.folder / "run" / "status.json").exists, what="the status")
        agent.until(lambda: bool(agent.stored()), what="a row")
        assert agent.stop(deadline_s=STOP_S) == 0
    assert not (site.folder / "run" / "status.json").exists()
    database = sqlite3.connect(site.folder / "store" / "outbox.db")
    assert database.execute("SELECT clean FROM meta").fetchone() == (1,)
    database.close()


def test_run_restarted_inside_a_window_stores_that_window_once(site: Site) -> None:
    site.window = "1h"
    site.write()
    stored: list[tuple[str, int]] = []
    for _ in range(2):
        with running(site) as agent:
            agent.says("sensor weather: ok")
            assert agent.stop(deadline_s=STOP_S) == 0
            stored += agent.stored()
    assert Counter(stored).most_common(1)[0][1] == 1
    assert len(stored) in {1, 2}, "two only if an hour began meanwhile"


# -- what it says about itself


def test_status_while_the_agent_runs_tells_sensors_and_the_broker_that_is_away(site: Site) -> None:
    with running(site) as agent:
        agent.says("sensor weather: ok")
        agent.until(lambda: "absent" not in _status(site), what="a status")
        status = json.loads(_status(site))
        shown = site.command("status", "--runtime", str(site.folder / "run"))
        agent.stop(deadline_s=STOP_S)

    assert status["unit"] == "corner"
    assert status["simulated"] is True
    assert status["clock"]["quality"] == "synchronised"
    assert shown.returncode == 1
    assert "corner" in shown.stdout
    assert "SIMULATED SENSORS" in shown.stdout
    assert "no connection to the broker" in shown.stdout


def _status(site: Site) -> str:
    file = site.folder / "run" / "status.json"
    return file.read_text() if file.exists() else "absent"


def test_run_keeps_its_memory_from_core_files_and_debuggers(site: Site) -> None:
    with service_manager(site.folder) as manager, running(site, environment=manager.environment) as agent:
        manager.expect("READY=1")
        limits = Path(f"/proc/{agent.process.pid}/limits").read_text()
        owner = Path(f"/proc/{agent.process.pid}/mem").stat().st_uid
        assert agent.stop(deadline_s=STOP_S) == 0
    (core,) = [line for line in limits.splitlines() if line.startswith("Max core file size")]
    assert core.split()[4:6] == ["0", "0"]
    assert owner == 0, "a process that is not dumpable belongs to root"
    assert os.getuid() == owner or not os.access(f"/proc/{agent.process.pid}/mem", os.R_OK)


_LOADED = """
import sys, agent.cli.run as command
from agent.cli.main import main
command.run = lambda _: print(*sys.modules) or 0
main(["run", "unit.toml"])
"""


def test_run_does_not_load_what_a_unit_needs_once_or_never() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LOADED],
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    costly = {"agent.config.check", "msgspec", "tomli", "rich", "decimal", "difflib"}
    costly |= {"agent.privacy.oracle", "shutil", "lzma", "pickle"}
    costly |= {"agent.buffer.copying", "agent.buffer.purging", "agent.buffer.salvage"}
    costly |= {"agent.alarms", "agent.alarming"}
    costly |= {"importlib.metadata", "urllib.request", "http.client", "email", "zoneinfo", "multiprocessing"}
    assert costly.isdisjoint(done.stdout.split())
