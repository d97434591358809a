"""The tree of attributes: in a thread, with an end to every wait."""

import asyncio
import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.bus import linux_sysfs
from drivers.bus.linux_sysfs import LinuxSysfs
from drivers.bus.nodes import Node
from drivers.errors import BusDenied, BusError, BusFault, BusGone, BusTimeout, NoAcknowledge
from tests.support.sysfs import FakeSysfs


@pytest.fixture
def root(tmp_path: Path) -> Path:
    sysfs = FakeSysfs(tmp_path / "sys")
    sysfs.hwmon(0, {"name": "sht3x", "temp1_input": "21000"})
    return sysfs.root


async def test_read_returns_what_the_files_hold_in_order(root: Path) -> None:
    tree = LinuxSysfs(str(root))
    await tree.open()
    assert await tree.entries("class/hwmon") == ["hwmon0"]
    assert await tree.entries("class/hwmon/hwmon0") == ["name", "temp1_input"]
    files = [f"class/hwmon/hwmon0/{name}" for name in ("temp1_input", "name")]
    assert await tree.read(files) == [b"21000\n", b"sht3x\n"]
    assert (await tree.place("class/hwmon/hwmon0"))[-3:] == ("1-0044", "hwmon", "hwmon0")
    await tree.close()


async def test_read_in_a_tree_that_is_not_open_says_so(root: Path) -> None:
    tree = LinuxSysfs(str(root))
    with pytest.raises(BusGone, match="not open"):
        await tree.read(["class"])
    await tree.open()
    await tree.close()
    await tree.close()
    with pytest.raises(BusGone, match="not open"):
        await tree.read(["class"])


async def test_open_without_the_folder_says_what_is_expected(tmp_path: Path) -> None:
    tree = LinuxSysfs(str(tmp_path / "nothing"))
    with pytest.raises(BusGone, match="no such folder; expected where sysfs is mounted"):
        await tree.open()
    (tmp_path / "nothing").mkdir()
    await tree.open()
    await tree.close()


async def test_simulated_is_whatever_is_not_the_kernels_sysfs(root: Path) -> None:
    tree = LinuxSysfs(str(root))
    await tree.open()
    assert tree.simulated is True
    await tree.close()


def test_simulated_is_not_what_is_mounted_as_sysfs() -> None:
    node = Node.at("/sys")
    assert node is not None
    assert node.simulated is (" /sys sysfs " not in Path("/proc/self/mounts").read_text())


async def test_entries_of_a_class_that_the_kernel_does_not_have_are_none(root: Path) -> None:
    tree = LinuxSysfs(str(root))
    await tree.open()
    assert await tree.entries("class/teapots") == []
    await tree.close()


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (errno.ENOENT, BusGone),
        (errno.ENODEV, BusGone),
        (errno.EACCES, BusDenied),
        (errno.EBUSY, BusDenied),
        (errno.ETIMEDOUT, BusTimeout),
        (errno.ENXIO, NoAcknowledge),
        (errno.EREMOTEIO, NoAcknowledge),
        (errno.EIO, BusFault),
    ],
)
async def test_read_translates_what_the_kernel_says(
    code: int, kind: type[BusError], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> bytes:
        raise OSError(code, os.strerror(code))

    tree = LinuxSysfs(str(root))
    await tree.open()
    monkeypatch.setattr(linux_sysfs, "_content", fail)
    with pytest.raises(BusError) as caught:
        await tree.read(["class/hwmon/hwmon0/temp1_input"])
    assert type(caught.value) is kind
    assert caught.value.bus == f"{root}/class/hwmon/hwmon0/temp1_input"
    monkeypatch.undo()
    await tree.close()


@pytest.mark.parametrize("code", [errno.ENODATA, errno.EAGAIN])
async def test_read_of_a_value_that_is_not_there_now_is_none(
    code: int, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> bytes:
        raise OSError(code, os.strerror(code))

    tree = LinuxSysfs(str(root))
    await tree.open()
    monkeypatch.setattr(linux_sysfs, "_content", fail)
    assert await tree.read(["class/hwmon/hwmon0/temp1_input"]) == [None]
    monkeypatch.undo()
    await tree.close()


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Reads hang until this is set."""
    released = threading.Event()

    def hang(_path: Path) -> bytes:
        released.wait(30)
        return b""

    monkeypatch.setattr(linux_sysfs, "_content", hang)
    yield released
    released.set()


async def test_read_that_hangs_is_given_up_and_the_tree_opens_anew(root: Path, stuck: threading.Event) -> None:
    tree = LinuxSysfs(str(root), deadline_s=0.05)
    await tree.open()
    with pytest.raises(BusTimeout, match=r"did not come back from reading attributes within 0\.05 s; given up"):
        await tree.read(["class/hwmon/hwmon0/name"])
    assert tree.abandoned.stuck == 1
    await tree.open()
    assert await tree.entries("class/hwmon") == ["hwmon0"]
    await tree.close()
    stuck.set()


async def test_open_after_three_threads_hang_is_refused(root: Path, stuck: threading.Event) -> None:
    tree = LinuxSysfs(str(root), deadline_s=0.02)
    for _ in range(3):
        await tree.open()
        with pytest.raises(BusTimeout):
            await tree.read(["class/hwmon/hwmon0/name"])
    assert tree.abandoned.full
    with pytest.raises(BusTimeout, match="3 calls hang in the kernel"):
        await tree.open()
    stuck.set()


async def test_read_that_is_cancelled_leaves_the_tree_usable(root: Path, stuck: threading.Event) -> None:
    tree = LinuxSysfs(str(root))
    await tree.open()
    reading = asyncio.create_task(tree.read(["class/hwmon/hwmon0/name"]))
    await asyncio.sleep(0)
    reading.cancel()
    stuck.set()
    await asyncio.wait([reading])
    assert await tree.entries("class/hwmon") == ["hwmon0"]
    await tree.close()


@pytest.mark.parametrize(
    ("place", "simulated"),
    [
        ("devices/platform/soc/fe804000.i2c/i2c-1/1-0076/iio:device0", False),
        ("devices/platform/vhci_hcd.0/usb3/3-1/3-1:1.0/i2c-2/2-0076/iio:device0", True),
        ("devices/i2c-7/7-0076/iio:device0", True),
        ("devices/iio:device0", True),
        ("devices/virtual/thermal/thermal_zone0/hwmon0", False),
    ],
)
async def test_device_that_hangs_on_nothing_makes_the_tree_simulated(
    tmp_path: Path, place: str, *, simulated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / place).mkdir(parents=True)
    (tmp_path / place / "name").write_text("bmp280\n")
    (tmp_path / "device").symlink_to(place)
    monkeypatch.setattr(Node, "simulated", False)
    tree = LinuxSysfs(str(tmp_path))
    await tree.open()
    assert await tree.take_up("device") == ["name"]
    assert tree.simulated is simulated
    await tree.close()
