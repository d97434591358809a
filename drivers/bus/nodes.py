"""What the Linux buses have in common: which node is open, whether it is still there, who may open it.

In: paths and errno values. Out: `BusError`. Never: a descriptor that stays open.

What a node is says the kernel alone. A library that was put between a program and the C library (umockdev's, for one)
shows it a file as a device and a pseudo-terminal as ttyUSB0, whenever a path below /dev is looked at. So the path is
only opened (O_PATH: nothing is asked of the device), and what was opened is looked at where the kernel keeps it.
"""

import errno
import grp
import os
import re
import stat
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

from drivers.errors import BusDenied, BusError, BusFault, BusGone

_PTY_MAJORS = range(136, 144)
"""Device majors of Unix98 pseudo-terminals (Linux Documentation/admin-guide/devices.txt, unverified)."""
_NO_HARDWARE = frozenset({"vhci_hcd", "dummy_hcd", "gpio-sim", "gpio-mockup"})
"""Drivers of the kernel whose devices somebody plays: USB/IP, USB gadgets on the same machine, simulated pins."""
_BARE = re.compile(r"/devices/(i2c-|iio:device)[0-9]+(/|$)")
"""A device that hangs on nothing: i2c-stub, iio_dummy, the kernel's own stand-ins. Real ones are part of a chip."""
_USB = "/usb"
_PORT = re.compile(r".*/[0-9]+-[0-9.]+(?=/)")
_HYPERVISORS = frozenset({"QEMU"})
"""Makers of USB devices that exist in a virtual machine only."""
_GONE = frozenset({errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.ENOTDIR, errno.EIO, errno.ENOTTY})


@dataclass(frozen=True, slots=True)
class Node:
    """The identity of a device node: another one at the same path after a replug differs.

    Attributes:
        device: file system.
        inode: of the node. File systems on disk give the number of a removed socket to the next one, hence
        made_ns: when a socket or a file was made; 0 for devices, whose permissions udev may change later.
        mode: what it is.
        special: major and minor number of a device.
    """

    device: int
    inode: int
    made_ns: int
    mode: int
    special: int

    @classmethod
    def at(cls, path: str) -> Self | None:
        """Return the node at `path`, None if there is none; links are followed."""
        try:
            found = _looked_up(path)
        except OSError:
            return None
        made_ns = found.st_ctime_ns if stat.S_ISSOCK(found.st_mode) or stat.S_ISREG(found.st_mode) else 0
        return cls(found.st_dev, found.st_ino, made_ns, stat.S_IFMT(found.st_mode), found.st_rdev)

    @property
    def is_folder(self) -> bool:
        """Whether a folder is here: attributes of the kernel, or what plays them."""
        return stat.S_ISDIR(self.mode)

    @property
    def simulated(self) -> bool:
        """Whether anything is here but a device of the kernel that stands for hardware, or the kernel's sysfs.

        An adapter's socket, a pseudo-terminal, a device that comes over the network (USB/IP) or is made up by the
        kernel (i2c-stub), a file that a library passes off as a device.
        """
        if self.is_folder:
            return not _is_sysfs(self.device)
        return not stat.S_ISCHR(self.mode) or os.major(self.special) in _PTY_MAJORS or _is_virtual(self.special)

    def still_at(self, path: str) -> bool:
        """Return whether this very node is at `path`."""
        return Node.at(path) == self


def _looked_up(path: str) -> os.stat_result:
    """Return what the kernel knows of the node at `path`; links are followed."""
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        return os.stat(f"/proc/self/fd/{descriptor}")  # noqa: PTH116 - as below
    finally:
        os.close(descriptor)


def _is_virtual(special: int) -> bool:
    """Return whether a character device hangs on what is no hardware of this machine, by its place in sysfs.

    Not kept: after a replug the same number can be another device.
    """
    try:
        place = os.readlink(f"/sys/dev/char/{os.major(special)}:{os.minor(special)}")  # noqa: PTH115 - often, and text
    except OSError:
        return False
    return hangs_on_nothing(place) or (_USB in place and _maker(place) in _HYPERVISORS)


def hangs_on_nothing(place: str) -> bool:
    """Return whether a device, by its place in sysfs, is played by somebody or by the kernel itself."""
    played = any(part.split(".")[0] in _NO_HARDWARE for part in place.split("/"))
    return played or _BARE.search(place) is not None


def _maker(place: str) -> str:
    """Return who a USB device says that it is from; empty where it says nothing."""
    port = _PORT.match(place)
    with suppress(OSError):
        return Path("/sys/dev/char", port[0], "manufacturer").read_text(errors="replace").strip() if port else ""
    return ""


@cache
def _is_sysfs(device: int) -> bool:
    """Return whether a file system is the kernel's sysfs, by its number (proc_pid_mountinfo(5), fields 3 and 9)."""
    wanted = f"{os.major(device)}:{os.minor(device)}"
    with suppress(OSError):  # what cannot be proved real counts as simulated
        for line in Path("/proc/self/mountinfo").read_text().splitlines():
            mount, _, source = line.partition(" - ")
            if mount.split(" ")[2] == wanted:
                return source.startswith("sysfs ")
    return False


def opening_error(error: OSError, *, path: str, kind: str, group: str) -> BusError:
    """Return what went wrong when `path` was opened.

    Args:
        error: what the system said.
        path: of the node.
        kind: what should be there, in words.
        group: the group that Debian lets open such nodes.
    """
    code = error.errno
    if code in (errno.EACCES, errno.EPERM):
        return BusDenied(f"may not be opened: {_remedy(path, group)}", bus=path)
    if code in (errno.EBUSY, errno.EAGAIN):
        return BusDenied("another process has it open; stop that one first", bus=path)
    if code == errno.ENOENT:
        return BusGone(f"there is no such file; expected {kind}: is it plugged in and enabled?", bus=path)
    if code == errno.ENOTTY or code is None:
        return BusGone(f"this is not {kind}", bus=path)
    if code in _GONE:
        return BusGone(f"the file is there but no {kind.removeprefix('an ').removeprefix('a ')} behind it", bus=path)
    return BusFault(f"cannot be opened: {os.strerror(code)}", bus=path)


def _remedy(path: str, group: str) -> str:
    with suppress(OSError, KeyError):
        group = grp.getgrgid(Path(path).stat().st_gid).gr_name
    return f"add the user that runs Lamppost to the group {group} (sudo usermod -aG {group} USER), then start it anew"
