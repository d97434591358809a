"""Mounting the recorder, and file systems in a file; both end with their context.

`recorded` needs /dev/fuse and fusermount3, `ext4` needs to be root and a loop device. `why_no_fuse` and `why_no_ext4`
try, and say in words what is missing.
"""

import contextlib
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.broker import find_program
from tests.support.process import DEADLINE_S, Process

IMAGE_BYTES = 12 << 20


@dataclass(frozen=True)
class Recording:
    """A folder whose changes are written down.

    Attributes:
        folder: where it is mounted.
        journal: complete once the context has ended.
    """

    folder: Path
    journal: Path

    def say(self, data: bytes, *, to: str = ".noted") -> None:
        """Put a word of this process into the journal; it has its place when this returns."""
        handle = os.open(self.folder / to, os.O_WRONLY)
        try:
            os.write(handle, data)
        finally:
            os.close(handle)


@contextlib.contextmanager
def recorded(folder: Path, *, home: Path) -> Iterator[Recording]:
    """Move what is in a folder to `home`, and mount a recorder over it.

    Args:
        folder: the folder.
        home: a new folder, for the backing files, the journal and the recorder's own log.
    """
    home.mkdir()
    backing, journal = home / "backing", home / "journal"
    folder.rename(backing)
    folder.mkdir(mode=backing.stat().st_mode & 0o777)
    log = home / "recorder.log"
    process = Process([sys.executable, "-m", "tests.crash.recorder", backing, folder, journal], log=log)
    try:
        _until_mounted(folder, process, log)
        yield Recording(folder, journal)
        _unmount("fusermount3", "-u", str(folder))
        _until_ended(process, log)
    finally:
        _unmount("fusermount3", "-u", "-z", str(folder), must=False)
        process.destroy()


def _until_mounted(folder: Path, process: Process, log: Path) -> None:
    end = time.monotonic() + DEADLINE_S
    while not folder.is_mount():
        if process.exit_code is not None or time.monotonic() > end:
            raise OSError(f"{folder}: cannot mount: {log.read_text().strip() or 'no FUSE'}")
        time.sleep(0.01)


def _until_ended(process: Process, log: Path) -> None:
    end = time.monotonic() + DEADLINE_S
    while process.exit_code is None:
        assert time.monotonic() < end, "the recorder does not end"
        time.sleep(0.01)
    assert process.exit_code == 0, log.read_text()


def _unmount(*command: str, must: bool = True) -> None:
    """Unmount; what has it open for a moment more is waited for."""
    end = time.monotonic() + DEADLINE_S
    while True:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0 or not must:
            return
        assert time.monotonic() < end, done.stderr
        time.sleep(0.02)


def make_ext4(image: Path) -> None:
    """Make a small file system in a file."""
    with image.open("wb") as file:
        file.truncate(IMAGE_BYTES)
    program = find_program("mkfs.ext4")
    assert program is not None, "mkfs.ext4 is not installed (Debian: apt install e2fsprogs)"
    options = ("-q", "-F", "-b", "4096", "-J", "size=4", "-N", "64", "-E", "lazy_itable_init=0,nodiscard")
    subprocess.run([program, *options, image], check=True, capture_output=True)


@contextlib.contextmanager
def ext4(image: Path, folder: Path) -> Iterator[None]:
    """Mount the file system in a file; as root.

    Raises:
        OSError: it cannot be mounted.
    """
    done = subprocess.run(
        ["mount", "-t", "ext4", "-o", "loop", image, folder], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise OSError(done.stderr.strip())
    try:
        yield
        _unmount("umount", str(folder))
    finally:
        if folder.is_mount():
            _unmount("umount", "-l", str(folder), must=False)


def scratch() -> Path:
    """Return a new folder in memory where there is one: what is written there is looked at once."""
    memory = Path("/dev/shm")
    usable = memory.is_dir() and os.access(memory, os.W_OK)
    return Path(tempfile.mkdtemp(prefix="lamppost-crash-", dir=memory if usable else None))


@functools.cache
def why_no_fuse() -> str:
    """Return why nothing can be recorded here, empty if it can."""
    if find_program("fusermount3") is None:
        return "fusermount3 is not installed (Debian: apt install fuse3)"
    place = scratch()
    try:
        (place / "folder").mkdir()
        with recorded(place / "folder", home=place / "home") as recording:
            recording.say(b"\n")
    except (OSError, AssertionError) as error:
        return f"a FUSE file system cannot be mounted here: {error}"
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return ""


@functools.cache
def why_no_ext4() -> str:
    """Return why no file system in a file can be mounted here, empty if one can."""
    if os.geteuid():
        return "mounting a file system needs root"
    place = scratch()
    try:
        (place / "folder").mkdir()
        make_ext4(place / "image")
        with ext4(place / "image", place / "folder"):
            pass
    except (OSError, AssertionError) as error:
        return f"an ext4 image cannot be mounted here: {error}"
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return ""
