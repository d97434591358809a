"""What systemd and `lamppost status` are told."""

import asyncio
import json
import logging
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.health import Health, Notifier, NotifyError, StatusFile, watchdog_s
from tests.support.uplink import FakeClock


class Manager:
    """The service manager's side of the notify socket."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address[0] == "@" else address)
        self._socket.settimeout(0)

    def heard(self) -> list[str]:
        messages = []
        while True:
            try:
                messages.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return messages

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    made = Manager(f"@lamppost-test{tmp_path}" if request.param == "abstract" else str(tmp_path / "notify"))
    yield made
    made.close()


def test_notifier_with_a_socket_hands_assignments_over(manager: Manager) -> None:
    notifier = Notifier(manager.address)
    assert notifier.send("READY=1", "STATUS=here")
    assert manager.heard() == ["READY=1\nSTATUS=here"]
    notifier.close()


@pytest.mark.parametrize("address", [None, ""])
def test_notifier_without_systemd_is_silent(address: str | None) -> None:
    assert not Notifier(address).send("READY=1")


def test_notifier_with_an_impossible_address_says_so() -> None:
    with pytest.raises(NotifyError, match="NOTIFY_SOCKET"):
        Notifier("vsock:2:1")


def test_notifier_whose_manager_is_gone_does_not_fail(tmp_path: Path) -> None:
    notifier = Notifier(str(tmp_path / "nobody"))
    assert not notifier.send("WATCHDOG=1")
    notifier.close()


def test_notifier_whose_manager_does_not_read_does_not_block(manager: Manager) -> None:
    notifier = Notifier(manager.address)
    results = [notifier.send("WATCHDOG=1") for _ in range(2000)]
    assert not results[-1]
    notifier.close()


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_watchdog_interval_is_taken_when_it_is_meant_for_this_process(
    environment: dict[str, str], seconds: float | None
) -> None:
    assert watchdog_s(environment, pid=7) == seconds


def test_health_with_progress_everywhere_feeds_the_watchdog(manager: Manager) -> None:
    clock = FakeClock()
    health = Health(Notifier(manager.address), clock=clock, watchdog_s=30)
    beats = [health.register(name, deadline_s=10) for name in ("store", "publisher")]
    clock.advance(9)
    for beat in beats:
        beat()
    clock.advance(9)
    assert health.check()
    assert manager.heard() == ["WATCHDOG=1"]
    health.close()


def test_health_with_one_task_stuck_starves_the_watchdog_and_names_it_once(
    manager: Manager, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock()
    health = Health(Notifier(manager.address), clock=clock, watchdog_s=30)
    good = health.register("store", deadline_s=10)
    stuck = health.register("publisher", deadline_s=10)
    clock.advance(11)
    good()
    with caplog.at_level(logging.INFO):
        assert not health.check()
        assert not health.check()
    assert manager.heard() == []
    assert health.stalled() == ("publisher",)
    assert [record.getMessage() for record in caplog.records] == ["no progress: publisher; the watchdog is not fed"]
    stuck()
    assert health.check()
    assert manager.heard() == ["WATCHDOG=1"]
    health.close()


def test_health_forgets_a_task_that_has_ended_on_purpose() -> None:
    clock = FakeClock()
    health = Health(Notifier(None), clock=clock)
    health.register("poller", deadline_s=1)
    health.unregister("poller")
    clock.advance(5)
    assert health.stalled() == ()


def test_health_tells_ready_status_and_stopping_on_one_line_each(manager: Manager) -> None:
    health = Health(Notifier(manager.address), clock=FakeClock())
    health.ready("two sensors\nWATCHDOG=trigger")
    health.describe("connected")
    health.describe("connected")
    health.stopping()
    assert manager.heard() == [
        "READY=1\nSTATUS=two sensors WATCHDOG=trigger",
        "STATUS=connected",
        "STOPPING=1\nSTATUS=stopping",
    ]
    health.close()


async def test_health_run_feeds_and_writes_at_its_periods(manager: Manager, tmp_path: Path) -> None:
    clock = FakeClock()
    counts = iter(range(1000))
    file = StatusFile(tmp_path / "status.json")
    health = Health(
        Notifier(manager.address), clock=clock, watchdog_s=6, status=file, snapshot=lambda: {"n": next(counts)}
    )
    task = asyncio.create_task(health.run())
    heard: list[str] = []
    while len(clock.slept) < 21:
        heard += manager.heard()  # the kernel keeps ten only
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert set(clock.slept) == {2.0}
    assert heard + manager.heard() == ["WATCHDOG=1"] * 21
    assert json.loads((tmp_path / "status.json").read_text()) == {"n": 4}
    health.close()
    assert not (tmp_path / "status.json").exists()


def test_status_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    file = StatusFile(path)
    file.write({"a": 1})
    reader = path.open()
    file.write({"a": 2})
    assert json.load(reader) == {"a": 1}
    reader.close()
    assert json.loads(path.read_text()) == {"a": 2}
    assert [entry.name for entry in tmp_path.iterdir()] == ["status.json"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_status_file_in_a_missing_directory_is_reported_once_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = StatusFile(tmp_path / "run" / "status.json")
    file.write({})
    file.write({})
    assert len(caplog.records) == 1
    (tmp_path / "run").mkdir()
    file.write({"a": 1})
    assert json.loads((tmp_path / "run" / "status.json").read_text()) == {"a": 1}


def test_status_file_does_not_follow_a_planted_link(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    (tmp_path / ".status.json.part").symlink_to(victim)
    StatusFile(tmp_path / "status.json").write({})
    assert victim.read_text() == "untouched"


def test_health_from_the_environment_takes_systemds_addresses(manager: Manager) -> None:
    health = Health.from_environment({"NOTIFY_SOCKET": manager.address}, clock=FakeClock())
    health.ready("here")
    assert manager.heard() == ["READY=1\nSTATUS=here"]
    health.close()
