"""Debian's own kernel, unpacked for QEMU, and what it takes to boot it.

In: the kernel's package, downloaded by apt-get. Out: a kernel. Never: a package installed.

What was unpacked stays in a folder of the checkout that no commit has, so that the second run downloads nothing.
"""

import platform
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.broker import find_program

ROOT: Final = Path(__file__).resolve().parents[3]
CACHE: Final = ROOT / ".venvs" / "hil-kernel"
PROGRAMS: Final = {
    "qemu-system-x86_64": "qemu-system-x86",
    "busybox": "busybox-static",
    "cpio": "cpio",
    "modprobe": "kmod",
    "apt-get": "apt",
    "dpkg-deb": "dpkg",
}
"""What is needed, and the Debian package it is in."""
_MACHINE: Final = "x86_64"
_META: Final = "linux-image-amd64"
_PARTS: Final = (
    "./boot/vmlinuz-*",
    "./lib/modules/*/modules.*",
    *(
        f"./lib/modules/*/kernel/{part}"
        for part in ("drivers/usb", "drivers/i2c", "drivers/iio", "drivers/virtio", "drivers/base", "fs", "net/9p")
    ),
    "./lib/modules/*/kernel/lib",
)


class Missing(Exception):
    """Something that this needs is not here; the text says what to do about it."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """An unpacked kernel package."""

    folder: Path
    release: str

    @property
    def image(self) -> Path:
        """What QEMU boots."""
        return self.folder / "boot" / f"vmlinuz-{self.release}"


def missing() -> list[str]:
    """Return the Debian packages that are missing."""
    return [package for program, package in PROGRAMS.items() if find_program(program) is None]


def program(name: str) -> str:
    """Return where a program is.

    Raises:
        Missing: nowhere.
    """
    found = find_program(name)
    if found is None:
        raise Missing(f"{name} is not installed: sudo apt install {' '.join(missing()) or name}")
    return found


def kernel() -> Kernel:
    """Return Debian's present kernel, downloaded and unpacked if it is not here yet.

    Raises:
        Missing: something is not installed, or the kernel cannot be downloaded.
    """
    if platform.machine() != _MACHINE:
        raise Missing(f"it needs a machine of type {_MACHINE}: the guest runs the programs of this one")
    if lacking := missing():
        raise Missing(f"what it needs is not installed: sudo apt install {' '.join(lacking)}")
    try:
        name = _package()
        folder = CACHE / name
        if not folder.exists():
            _fetch(name, folder)
    except OSError as error:
        raise Missing(f"Debian's kernel cannot be downloaded: {error}") from error
    except subprocess.CalledProcessError as error:
        said = (error.stderr or b"").decode(errors="replace").strip() or str(error)
        raise Missing(f"Debian's kernel cannot be downloaded, sudo apt-get update may help: {said}") from error
    return Kernel(folder, name.removeprefix("linux-image-"))


def _package() -> str:
    """Return the package of the kernel that Debian's own points to."""
    command = ["apt-cache", "depends", "--important", _META]
    for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
        name = line.rpartition(" ")[2]
        if "Depends:" in line and name.startswith("linux-image-"):
            return name
    raise Missing(f"apt knows no {_META}: run sudo apt-get update; without Debian's kernel there is none to boot")


def _fetch(name: str, folder: Path) -> None:
    """Download and unpack a package. Two that do it at the same time do not disturb each other."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as making:
        fresh = Path(making) / name
        fresh.mkdir()
        subprocess.run(["apt-get", "download", "-qq", name], cwd=making, check=True, capture_output=True)
        (package,) = Path(making).glob("*.deb")
        _unpack(package, fresh)
        subprocess.run([program("depmod"), "-b", str(fresh), name.removeprefix("linux-image-")], check=True)
        if not folder.exists():
            shutil.move(fresh, folder)


def _unpack(package: Path, folder: Path) -> None:
    """Unpack the parts of a package that are needed."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE) as archive:
        take = ["tar", "-x", "-C", str(folder), "--wildcards", *_PARTS]
        subprocess.run(take, stdin=archive.stdout, check=True)
