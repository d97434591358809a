"""Small disks that can be filled, broken and mended: a file system in memory, and an ext4 in a file. As root.

In: a folder. Out: a mounted disk. Never: anything left mounted.
"""

import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_CAP_SYS_ADMIN = 21


def may_mount() -> bool:
    """Tell whether this process may mount file systems."""
    status = Path("/proc/self/status").read_text()
    effective = next(line for line in status.splitlines() if line.startswith("CapEff:"))
    return bool(int(effective.split()[1], 16) >> _CAP_SYS_ADMIN & 1)


def _do(*command: object, must: bool = True) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if must and done.returncode:
        raise OSError(f"{command[0]}: {done.stderr.strip()}")


@contextlib.contextmanager
def memory_disk(folder: Path, *, kib: int) -> Iterator[Path]:
    """Mount an empty disk of a given size."""
    _do("mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", folder)
    try:
        yield folder
    finally:
        _do("umount", "--lazy", folder)


@contextlib.contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Let the disk take nothing more."""
    ballast = folder / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    try:
        yield
    finally:
        ballast.unlink()


@dataclass(frozen=True)
class Card:
    """An ext4 in a file, as on a card whose controller fails: mounted at `folder`."""

    image: Path
    folder: Path

    def fail(self) -> None:
        """Have the kernel meet an error: it mounts the file system read-only, under everybody who writes there."""
        _do("mount", "-o", "remount,abort", self.folder)

    def pull(self) -> None:
        """Unmount it, whoever has files open there."""
        _do("umount", "--lazy", self.folder)

    def put(self) -> None:
        """Check it, as at boot, and mount it again."""
        _do("fsck.ext4", "-p", "-f", self.image, must=False)  # 1 means that something was mended
        _do("mount", "-t", "ext4", "-o", "loop,errors=remount-ro", self.image, self.folder)


@contextlib.contextmanager
def card(folder: Path, *, mib: int) -> Iterator[Card]:
    """Make and mount an ext4.

    Raises:
        OSError: that cannot be done here.
    """
    image = folder.with_suffix(".ext4")
    with image.open("wb") as file:
        file.truncate(mib << 20)
    _do("mkfs.ext4", "-q", "-F", image)
    made = Card(image, folder)
    made.put()
    try:
        yield made
    finally:
        _do("umount", "--lazy", folder, must=False)
