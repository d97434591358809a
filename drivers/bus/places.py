"""Finds the device node of an adapter that is named by where it is plugged in, whatever number it has this time.

In: a path as configured. Out: the path of a node below /dev. Never: a node opened.

Adapters are numbered as they come. A USB adapter that was pulled out and put back can be i2c-2 where it was i2c-1,
and for I2C no system makes names that stay, as /dev/serial has them for serial ports. What stays is the place: the
port of the hub (`/sys/bus/usb/devices/1-1.3`), or the controller in the chip (`/sys/devices/platform/soc/
fe804000.i2c`). Below it the kernel shows which number the adapter has now: a folder `i2c-dev/i2c-2`, or `tty/ttyUSB1`
for a serial port. Adapters behind a multiplexer that the kernel drives lie deeper than the one they hang on.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from drivers.errors import BusFault

ROOT: Final = "/sys/"
I2C: Final = "i2c-dev"
SERIAL: Final = "tty"
_DEPTH: Final = 8
"""From a hub's port over interface and adapter to its node are five folders."""


def is_place(path: str) -> bool:
    """Return whether a bus is named by its place."""
    return path.startswith(ROOT)


def nodes_at(path: str, kind: str) -> list[str]:
    """Return the nodes of a bus: its path as it is, or those that are at its place now.

    Args:
        path: as configured.
        kind: `I2C` or `SERIAL`.
    """
    if not is_place(path):
        return [path]
    try:
        level = [Path(os.path.realpath(path))]
    except OSError:  # pulled out just now: Python 3.11 looks whether it is a link, and then reads it
        return []
    for _ in range(_DEPTH):
        if found := sorted(place.name for folder in level if folder.name == kind for place in _folders(folder)):
            return [f"/dev/{name}" for name in found]
        level = [name for folder in level for name in _folders(folder)]
    return []


def node_at(path: str, kind: str) -> str:
    """Return the node of a bus; one that cannot be opened where nothing is at its place.

    Raises:
        BusFault: several are there, and any of them could be meant.
    """
    found = nodes_at(path, kind)
    if len(found) > 1:
        raise BusFault(f"{len(found)} of them are at this place: name a place further in, of one alone", bus=path)
    return found[0] if found else ""


def _folders(place: Path) -> Iterator[Path]:
    """Yield the folders in a folder, links left out: they lead round in circles. None where it has gone."""
    try:
        with os.scandir(place) as entries:
            yield from [place / entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return
