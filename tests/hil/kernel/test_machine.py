"""QEMU's control socket and the dust sensor on its serial line, with the test at the other end."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hil.kernel.image import Missing
from tests.hil.kernel.machine import Dust, Machine, Monitor


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Our end of a socket, and QEMU's."""
    ours, theirs = socket.socketpair()
    theirs.settimeout(5)
    with ours, theirs:
        yield ours, theirs


def say(connection: socket.socket, *messages: object) -> None:
    connection.sendall(b"".join(json.dumps(message).encode() + b"\n" for message in messages))


def test_event_that_comes_before_the_answer_is_not_lost(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, qemu = ends
    say(qemu, {"QMP": {}}, {"return": {}}, {"event": "DEVICE_DELETED"}, {"return": {}})
    monitor = Monitor(ours)
    monitor.run("device_del", id="dust")
    monitor.wait_for("DEVICE_DELETED")
    monitor.close()
    commands = [json.loads(row) for row in qemu.recv(4096).splitlines()]
    assert [command["execute"] for command in commands] == ["qmp_capabilities", "device_del"]
    assert commands[1]["arguments"] == {"id": "dust"}


def test_command_that_qemu_refuses_fails(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, qemu = ends
    say(qemu, {"QMP": {}}, {"return": {}}, {"error": {"class": "DeviceNotFound"}})
    monitor = Monitor(ours)
    with pytest.raises(AssertionError, match="QEMU refuses device_del"):
        monitor.run("device_del", id="dust")
    monitor.close()


def test_dust_sensor_sends_frames_until_qemu_has_ended(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, qemu = ends
    dust = Dust(ours)
    assert qemu.recv(4, socket.MSG_WAITALL) == b"BM\x00\x1c"
    qemu.close()
    dust._thread.join(5)
    assert not dust._thread.is_alive()
    dust.close()


def test_qemu_that_does_not_run_is_told_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="QEMU does not run: no such machine"):
        Machine(tmp_path, ["sh", "-c", "echo no such machine; exit 1"])
