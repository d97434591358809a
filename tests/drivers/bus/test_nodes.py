"""Node identity and what people are told when a node cannot be opened."""

import errno
import os
import pty
import socket
from pathlib import Path

import pytest

from drivers.bus.nodes import Node, opening_error
from drivers.errors import BusDenied, BusError, BusFault, BusGone


def test_node_nothing_there_is_none(tmp_path: Path) -> None:
    assert Node.at(str(tmp_path / "none")) is None


def test_node_device_of_the_kernel_is_not_simulated() -> None:
    node = Node.at("/dev/null")
    assert node is not None
    assert not node.simulated


def test_node_file_that_somebody_passes_off_as_a_device_is_simulated(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    node = Node.at(str(tmp_path / "file"))
    assert node is not None
    assert node.simulated


@pytest.mark.parametrize(
    ("place", "simulated"),
    [
        ("../../devices/platform/soc/fe804000.i2c/i2c-1/i2c-dev/i2c-1", False),
        ("../../devices/platform/scb/usb1/1-1/1-1.3/1-1.3:1.0/ttyUSB0/tty/ttyUSB0", False),
        ("../../devices/platform/vhci_hcd.0/usb3/3-1/3-1:1.0/i2c-7/i2c-dev/i2c-7", True),
        ("../../devices/platform/dummy_hcd.0/usb3/3-1/3-1:1.0/ttyUSB0/tty/ttyUSB0", True),
        ("../../devices/i2c-3/i2c-dev/i2c-3", True),
    ],
)
def test_node_device_that_somebody_plays_to_the_kernel_is_simulated(
    monkeypatch: pytest.MonkeyPatch, *, place: str, simulated: bool
) -> None:
    monkeypatch.setattr(os, "readlink", lambda _path: place)
    node = Node.at("/dev/null")
    assert node is not None
    assert node.simulated is simulated


@pytest.mark.parametrize(("maker", "simulated"), [("QEMU", True), ("FTDI", False)])
def test_node_usb_device_of_a_hypervisor_is_simulated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, maker: str, simulated: bool
) -> None:
    (tmp_path / "usb1/1-2").mkdir(parents=True)
    (tmp_path / "usb1/1-2/manufacturer").write_text(f"{maker}\n")
    monkeypatch.setattr(os, "readlink", lambda _path: f"{tmp_path}/usb1/1-2/1-2:1.0/ttyUSB0/tty/ttyUSB0")
    node = Node.at("/dev/null")
    assert node is not None
    assert node.simulated is simulated


def test_node_pseudo_terminal_behind_a_link_is_simulated(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    (tmp_path / "port").symlink_to(os.ttyname(slave))
    node = Node.at(str(tmp_path / "port"))
    os.close(master)
    os.close(slave)
    assert node is not None
    assert node.simulated


def test_node_socket_made_anew_is_another_node(tmp_path: Path) -> None:
    path = tmp_path / "i2c"
    with socket.socket(socket.AF_UNIX) as first:
        first.bind(str(path))
    node = Node.at(str(path))
    assert node is not None
    assert node.simulated
    assert node.still_at(str(path))
    path.unlink()
    assert not node.still_at(str(path))
    with socket.socket(socket.AF_UNIX) as second:
        second.bind(str(path))
    assert not node.still_at(str(path))


@pytest.mark.parametrize(
    ("code", "kind", "text"),
    [
        (errno.EACCES, BusDenied, "group .* usermod"),
        (errno.EPERM, BusDenied, "group .* usermod"),
        (errno.EBUSY, BusDenied, "another process"),
        (errno.EAGAIN, BusDenied, "another process"),
        (errno.ENOENT, BusGone, "no such file; expected a serial port"),
        (errno.ENOTTY, BusGone, "this is not a serial port"),
        (None, BusGone, "this is not a serial port"),
        (errno.ENXIO, BusGone, "no serial port behind it"),
        (errno.EIO, BusGone, "no serial port behind it"),
        (errno.EISDIR, BusFault, "Is a directory"),
    ],
)
def test_opening_error_each_errno_says_what_to_do(code: int | None, kind: type[BusError], text: str) -> None:
    cause = OSError("no number") if code is None else OSError(code, os.strerror(code))
    error = opening_error(cause, path="/dev/none", kind="a serial port", group="dialout")
    assert type(error) is kind
    with pytest.raises(BusError, match=text):
        raise error


def test_opening_error_denied_names_the_default_group() -> None:
    error = opening_error(PermissionError(errno.EACCES, ""), path="/dev/none", kind="an I2C adapter", group="i2c")
    assert "to the group i2c" in str(error)
