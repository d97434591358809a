"""A folder that writes down what is done to it: `python -m tests.crash.recorder BACKING MOUNT JOURNAL`.

In: system calls of any process on files below MOUNT. Out: the same on files below BACKING, and each that changes
something as an event in JOURNAL, in the order in which it was answered. Never: an order of its own: what happens to
the journal happens under one lock, before the call returns.

Two special files, `.stored` and `.noted`, take what processes say; it gets its place in the same order. A process
that says something after its fsync returned has it behind that fsync.

A sync takes `DELAY_S`, as it does on a medium: who does not wait for it is found out. It is an event when it is done,
and covers what had been done when it was begun. Writes are not delayed by the kernel: without FUSE's write-back cache
each write(2) is answered from here (Linux, Documentation/filesystems/fuse/fuse-io.rst).
"""

import errno
import logging
import os
import stat
import sys
import threading
import time
from pathlib import Path
from typing import Any

from mfusepy import FUSE, FuseOSError, Operations

from tests.crash.journal import ROOT, Event, What, Writer

SAYINGS = (".stored", ".noted")
DELAY_S = 0.002
BLOCK = 4096


class Tree:
    """Which number is found under which path."""

    def __init__(self) -> None:
        self.inside: dict[int, dict[str, int]] = {ROOT: {}}
        self._last = ROOT

    def number(self) -> int:
        """Return a number that nothing has."""
        self._last += 1
        return self._last

    def find(self, path: str) -> int:
        """Return what is at a path."""
        node = ROOT
        for name in path.split("/"):
            node = self.inside[node][name] if name else node
        return node

    def place(self, path: str) -> tuple[int, str]:
        """Return the folder and the name of a path."""
        parent, _, name = path.rpartition("/")
        return self.find(parent), name


class Recorder(Operations):  # type: ignore[misc]  # the library is not typed for others
    """The file system."""

    use_ns = True

    def __init__(self, backing: Path, journal: Path) -> None:
        self._backing = backing
        self._journal = Writer(journal)
        self._lock = threading.RLock()
        self._tree = Tree()
        self._open: dict[int, int | str] = {}
        self._present(backing, ROOT)

    def _present(self, folder: Path, node: int) -> None:
        """Write down what was there before, as synced."""
        for path in sorted(folder.iterdir()):
            number = self._tree.number()
            self._tree.inside[node][path.name] = number
            if path.is_dir():
                self._tree.inside[number] = {}
                self._add(What.FOLDER, node=number, folder=node, name=path.name)
                self._present(path, number)
            else:
                self._add(What.CREATE, node=number, folder=node, name=path.name)
                self._contents(path, number)
        self._add(What.SYNC, node=node, at=self._journal.count)

    def _contents(self, path: Path, number: int) -> None:
        with path.open("rb") as file:
            at = 0
            while block := file.read(BLOCK):
                if block.strip(b"\0"):
                    self._add(What.WRITE, node=number, at=at, data=block)
                at += len(block)
        self._add(What.TRUNCATE, node=number, at=at)
        self._add(What.SYNC, node=number, at=self._journal.count)

    def _add(self, what: What, **about: Any) -> None:  # noqa: ANN401 - an event's own
        self._journal.add(Event(what=what, **about))

    def _real(self, path: str) -> Path:
        return self._backing / path[1:]

    def destroy(self, path: str) -> None:
        """Finish the journal."""
        del path
        with self._lock:
            self._journal.close()

    # -- names

    def create(self, path: str, mode: int) -> int:
        """Make a file."""
        with self._lock:
            handle = os.open(self._real(path), os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)
            folder, name = self._tree.place(path)
            number = self._tree.inside[folder][name] = self._tree.number()
            self._add(What.CREATE, node=number, folder=folder, name=name)
            self._open[handle] = number
            return handle

    def mkdir(self, path: str, mode: int) -> int:
        """Make a folder."""
        with self._lock:
            self._real(path).mkdir(mode)
            folder, name = self._tree.place(path)
            number = self._tree.inside[folder][name] = self._tree.number()
            self._tree.inside[number] = {}
            self._add(What.FOLDER, node=number, folder=folder, name=name)
            return 0

    def unlink(self, path: str) -> int:
        """Delete a file."""
        with self._lock:
            self._real(path).unlink()
            folder, name = self._tree.place(path)
            number = self._tree.inside[folder].pop(name)
            self._add(What.UNLINK, node=number, folder=folder, name=name)
            return 0

    def rmdir(self, path: str) -> int:
        """Delete a folder."""
        with self._lock:
            self._real(path).rmdir()
            folder, name = self._tree.place(path)
            number = self._tree.inside[folder].pop(name)
            self._add(What.UNLINK, node=number, folder=folder, name=name)
            return 0

    def rename(self, old: str, new: str) -> int:
        """Move a file, over another one if there is one."""
        with self._lock:
            self._real(old).rename(self._real(new))
            folder, name = self._tree.place(old)
            to_folder, to_name = self._tree.place(new)
            number = self._tree.inside[folder].pop(name)
            self._tree.inside[to_folder][to_name] = number
            self._add(What.RENAME, node=number, folder=folder, name=name, to_folder=to_folder, to_name=to_name)
            return 0

    # -- contents

    def open(self, path: str, flags: int) -> int:
        """Open a file; the kernel has judged the flags."""
        with self._lock:
            if path[1:] in SAYINGS:
                handle = os.open(os.devnull, os.O_RDWR)
                self._open[handle] = path[1:]
                return handle
            number = self._tree.find(path)
            handle = os.open(self._real(path), os.O_RDWR)
            self._open[handle] = number
            if flags & os.O_TRUNC:
                os.ftruncate(handle, 0)
                self._add(What.TRUNCATE, node=number)
            return handle

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        """Read."""
        del path
        return os.pread(fh, size, offset)

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        """Write, or hear what is said."""
        del path
        with self._lock:
            number = self._open[fh]
            if isinstance(number, str):
                self._add(What.SAID, who=number, data=data)
                return len(data)
            os.pwrite(fh, data, offset)
            self._add(What.WRITE, node=number, at=offset, data=data)
            return len(data)

    def truncate(self, path: str | None, length: int, fh: int | None = None) -> int:
        """Change a file's size."""
        with self._lock:
            if path and path[1:] in SAYINGS:
                return 0
            number = self._tree.find(path or "") if fh is None else self._open[fh]
            os.truncate(self._real(path or "") if fh is None else fh, length)
            self._add(What.TRUNCATE, node=number, at=length)
            return 0

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        """Sync what had been written to a file when this began."""
        del path, datasync
        return self._sync(self._open[fh])

    def fsyncdir(self, path: str, datasync: int, fh: int) -> int:
        """Sync the names that had been given in a folder when this began."""
        del datasync, fh
        with self._lock:
            number = self._tree.find(path)
        return self._sync(number)

    def _sync(self, number: int | str) -> int:
        with self._lock:
            before = self._journal.count
        time.sleep(DELAY_S)
        with self._lock:
            self._add(What.SYNC, node=number, at=before)
        return 0

    def release(self, path: str, fh: int) -> int:
        """Close a file."""
        del path
        with self._lock:
            del self._open[fh]
            os.close(fh)
        return 0

    # -- what changes nothing that matters here

    def getattr(self, path: str | None, fh: int | None = None) -> dict[str, Any]:
        """Return a file's attributes."""
        if path and path[1:] in SAYINGS:
            return {"st_mode": stat.S_IFREG | 0o600, "st_nlink": 1, "st_uid": os.getuid(), "st_gid": os.getgid()}
        found = os.fstat(fh) if fh is not None else self._real(path or "/").lstat()
        names = ("st_mode", "st_nlink", "st_size", "st_uid", "st_gid", "st_blocks", "st_blksize", "st_ino")
        times = {name: getattr(found, f"{name}_ns") for name in ("st_atime", "st_mtime", "st_ctime")}
        return {name: getattr(found, name) for name in names} | times

    def readdir(self, path: str, fh: int) -> list[str]:
        """Return the names in a folder."""
        del fh
        return [".", "..", *(entry.name for entry in self._real(path).iterdir())]

    def statfs(self, path: str) -> dict[str, int]:
        """Return what the file system below has left."""
        found = os.statvfs(self._real(path))
        names = ("f_bsize", "f_frsize", "f_blocks", "f_bfree", "f_bavail", "f_files", "f_ffree", "f_namemax")
        return {name: getattr(found, name) for name in names}

    def chmod(self, path: str, mode: int) -> int:
        """Change a file's mode."""
        self._real(path).chmod(mode)
        return 0

    def chown(self, path: str, uid: int, gid: int) -> int:
        """Change a file's owner."""
        os.chown(self._real(path), uid, gid)
        return 0

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> int:
        """Change a file's times."""
        now_ns = time.time_ns()
        os.utime(self._real(path), ns=times or (now_ns, now_ns))
        return 0

    def link(self, target: str, source: str) -> int:
        """Refuse: a rebuilt disk knows no second name for a file."""
        del target, source
        raise FuseOSError(errno.EPERM)


def main(backing: str, mount: str, journal: str) -> int:
    """Serve until the folder is unmounted."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    recorder = Recorder(Path(backing), Path(journal))
    FUSE(recorder, mount, foreground=True, nothreads=False, hard_remove=True, fsname="lamppost-recorder")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
