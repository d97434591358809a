"""What the Linux buses have in common: which node is open, whether it is still there, who may open it.

In: paths and errno values. Out: `BusError`. Never: a descriptor.
"""

import errno
import grp
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from drivers.errors import BusDenied, BusError, BusFault, BusGone

_PTY_MAJORS = range(136, 144)
"""Device majors of Unix98 pseudo-terminals (Linux Documentation/admin-guide/devices.txt, unverified)."""
_GONE = frozenset({errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.ENOTDIR, errno.EIO, errno.ENOTTY})


@dataclass(frozen=True, slots=True)
class Node:
    """The identity of a device node: another one at the same path after a replug differs.

    Attributes:
        device: file system.
        inode: of the node. File systems on disk give the number of a removed socket to the next one, hence
        made_ns: when a socket was made; 0 for devices, whose permissions udev may change later.
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
            found = Path(path).stat()
        except OSError:
            return None
        made_ns = found.st_ctime_ns if stat.S_ISSOCK(found.st_mode) else 0
        return cls(found.st_dev, found.st_ino, made_ns, stat.S_IFMT(found.st_mode), found.st_rdev)

    @property
    def simulated(self) -> bool:
        """Whether a simulated adapter's socket or a pseudo-terminal is here."""
        terminal = stat.S_ISCHR(self.mode) and os.major(self.special) in _PTY_MAJORS
        return terminal or stat.S_ISSOCK(self.mode)

    def still_at(self, path: str) -> bool:
        """Return whether this very node is at `path`."""
        return Node.at(path) == self


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
