"""A first file system that makes this machine's root the guest's, and runs the cases there.

In: an unpacked kernel, this machine's busybox. Out: an initramfs. Never: a file of this machine written: the guest
sees its root by 9p, read-only, under an overlay in memory. What it writes goes to /run, so that a checkout below /tmp
is seen too.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.hil.kernel.image import ROOT, Kernel, program

_MODULES: Final = (
    *("virtio_pci", "9pnet_virtio", "9p", "overlay"),
    *("xhci_pci", "ftdi_sio", "vhci_hcd", "i2c_tiny_usb", "i2c_dev", "bmp280_i2c"),
)
"""What the guest's root is on, and what the cases are about."""
_FOLDERS: Final = ("bin", "proc", "sys", "dev", "lower", "rw", "root", "modules")
_INIT: Final = """#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc; $b mount -t sysfs sysfs /sys; $b mount -t devtmpfs devtmpfs /dev
while read m; do $b insmod /modules/$m || echo "guest: $m cannot be loaded"; done < /modules/order
$b mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=262144 host /lower
$b mount -t tmpfs tmpfs /rw; $b mkdir /rw/upper /rw/work
$b mount -t overlay -o lowerdir=/lower,upperdir=/rw/upper,workdir=/rw/work overlay /root
for d in proc sys dev; do $b mount --move /$d /root/$d; done
$b mount -t tmpfs tmpfs /root/run
$b ip link set lo up
$b chroot /root /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/run TMPDIR=/run \\
  sh -c 'cd {root} && exec {python} -m tests.hil.kernel.guest'
$b poweroff -f
"""


def initramfs(kernel: Kernel, at: Path) -> Path:
    """Return an initramfs that loads the modules and runs `tests.hil.kernel.guest` on this machine's root."""
    tree = at / "tree"
    for name in _FOLDERS:
        (tree / name).mkdir(parents=True)
    shutil.copy(program("busybox"), tree / "bin" / "busybox")
    order = _modules(kernel)
    for module in order:
        shutil.copy(module, tree / "modules" / module.name)
    (tree / "modules" / "order").write_text("".join(f"{module.name}\n" for module in order))
    (tree / "init").write_text(_INIT.format(root=ROOT, python=sys.executable))
    (tree / "init").chmod(0o755)
    names = "\n".join(os.path.relpath(path, tree) for path in sorted(tree.rglob("*")))
    file = at / "initramfs"
    with file.open("wb") as sink:
        archive = [program("cpio"), "--create", "--format=newc", "--quiet", "--owner=0:0"]
        subprocess.run(archive, input=names.encode(), stdout=sink, cwd=tree, check=True)
    return file


def _modules(kernel: Kernel) -> list[Path]:
    """Return the files of the modules and of what they need, each after what it needs."""
    order: dict[Path, None] = {}
    for module in _MODULES:
        ask = [program("modprobe"), "-d", str(kernel.folder), "-S", kernel.release, "--show-depends", module]
        told = subprocess.run(ask, capture_output=True, text=True, check=True).stdout
        order |= dict.fromkeys(Path(line.split()[1]) for line in told.splitlines() if line.startswith("insmod "))
    return list(order)
