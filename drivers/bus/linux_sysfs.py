"""A tree of attributes that the kernel's own drivers show: sysfs, read in a thread.

In: names of files below one folder. Out: their content. Never: a file that is written, a path that leaves the folder
but by the kernel's own links, a wait without an end.

A read runs the kernel's driver, which talks to the chip: it can take as long as the chip does, and hang where the
chip's bus does. So each tree has a thread of its own, and each sensor a tree of its own: one that hangs delays no
other.
"""

import asyncio
import errno
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar, TypeVarTuple

from drivers.bus.abandoned import Abandoned
from drivers.bus.nodes import Node, hangs_on_nothing
from drivers.bus.worker import BusWorker, WorkerHung
from drivers.errors import BusDenied, BusError, BusFault, BusGone, BusTimeout, NoAcknowledge

_DEADLINE_S: Final = 10.0
"""The kernel's I2C core gives up after 1 s for a transfer (unverified), and a sample of a bridge is several."""
_MOST_BYTES: Final = 4096
"""An attribute is one page at most (Linux Documentation/filesystems/sysfs.rst, unverified)."""
_NOTHING_NOW: Final = frozenset({errno.ENODATA, errno.EAGAIN})
_PROBLEMS: Final[dict[int, tuple[type[BusError], str]]] = {
    errno.ENOENT: (BusGone, "the device is gone: unbound, or unplugged"),
    errno.ENODEV: (BusGone, "the device is gone: unbound, or unplugged"),
    errno.EACCES: (BusDenied, "may not be read by this user: the kernel shows it to root only"),
    errno.EPERM: (BusDenied, "may not be read by this user: the kernel shows it to root only"),
    errno.EBUSY: (BusDenied, "busy: another program captures from this device (buffer/enable is 1); stop that one"),
    errno.ETIMEDOUT: (BusTimeout, "the kernel's driver gave up waiting for the chip: check wiring and power"),
    errno.ENXIO: (NoAcknowledge, "the chip does not answer the kernel's driver: check wiring and power"),
    errno.EREMOTEIO: (NoAcknowledge, "the chip does not answer the kernel's driver: check wiring and power"),
}

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")


class LinuxSysfs:
    """The attributes below one folder, usually ``/sys``. For one reader.

    Attributes:
        abandoned: its threads that hang.
    """

    def __init__(self, path: str, *, deadline_s: float = _DEADLINE_S) -> None:
        """Describe the tree; nothing is looked at yet.

        Args:
            path: where sysfs is mounted.
            deadline_s: seconds after which a read that has not come back is given up with its thread.
        """
        self.path = path
        self.simulated = False
        self.abandoned = Abandoned()
        self._deadline_s = deadline_s
        self._opening = asyncio.Lock()
        self._worker: BusWorker | None = None

    async def open(self) -> None:
        """Start the thread if it does not run, and see whether the folder is there; see `Bus.open`."""
        async with self._opening:
            if self._worker is None or self._worker.hung:
                self.abandoned.check(self.path)
                self._worker = BusWorker(f"tree {self.path}", dispose=lambda: None, given_up=self.abandoned.add)
            node = await self._call(Node.at, self.path, label="opening it")
        if node is None or not node.is_folder:
            raise BusGone("there is no such folder; expected where sysfs is mounted, usually /sys", bus=self.path)
        self.simulated = node.simulated

    async def close(self) -> None:
        """Let the thread end after what it is doing; see `Bus.close`."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.stop()

    async def entries(self, folder: str) -> list[str]:
        """Return the names in `folder`; see `AttributeTree.entries`."""
        return await self._call(_entries, Path(self.path, folder), label=f"listing {folder}")

    async def take_up(self, folder: str) -> list[str]:
        """Return the names in a device's folder; see `AttributeTree.take_up`."""
        path = Path(self.path, folder)
        place = await self._call(os.path.realpath, path, label=f"looking at {folder}")
        self.simulated |= hangs_on_nothing(place)
        return await self._call(_entries, path, label=f"listing {folder}")

    async def place(self, folder: str) -> tuple[str, ...]:
        """Return the parts of the path that `folder` stands for; see `AttributeTree.place`."""
        return await self._call(_place, Path(self.path, folder), label=f"looking at {folder}")

    async def read(self, files: Sequence[str]) -> list[bytes | None]:
        """Return what the files hold; see `AttributeTree.read`. A cancelled one is finished, its answer is lost."""
        paths = [Path(self.path, file) for file in files]
        return await self._call(_read_all, paths, label="reading attributes")

    async def _call(self, function: Callable[[*Arguments], Result], *arguments: *Arguments, label: str) -> Result:
        worker = self._worker
        if worker is None:
            raise BusGone("the tree is not open", bus=self.path)
        try:
            return await worker.call(function, *arguments, deadline_s=self._deadline_s, label=label)
        except WorkerHung as hung:
            problem = f"the kernel did not come back from {hung.label} within {self._deadline_s:g} s; given up"
            raise BusTimeout(problem, bus=self.path) from None


def _entries(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return []


def _place(folder: Path) -> tuple[str, ...]:
    return folder.resolve().parts


def _read_all(paths: list[Path]) -> list[bytes | None]:
    return [_read(path) for path in paths]


def _read(path: Path) -> bytes | None:
    try:
        return _content(path)
    except OSError as error:
        if error.errno in _NOTHING_NOW:
            return None
        raise _translated(error, path) from error


def _content(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        return os.read(descriptor, _MOST_BYTES)
    finally:
        os.close(descriptor)


def _translated(error: OSError, path: Path) -> BusError:
    code = error.errno or 0
    kind, problem = _PROBLEMS.get(code, (BusFault, f"the kernel's driver failed: {os.strerror(code)}"))
    return kind(problem, bus=str(path))
