"""What the machine tells of its buses: which there are, their lasting names, who has them.

In: folders such as /dev and /sys. Out: paths, names, owners. Never: a bus that is opened; a fault because a folder is
not there; a sign that would disturb a terminal, but in the name of a device, which a configuration must give exactly.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.scanning.findings import Owner
from agent.tomlfile import printable
from drivers.hwmon.decode import HwmonBridge
from drivers.iio.decode import IioBridge

_ADAPTER: Final = re.compile(r"i2c-([0-9]+)")
_UNSTEADY: Final = re.compile(r"tty(?:USB|ACM)[0-9]+")
_IIO_FILE: Final = re.compile(r"in_([a-z].*)_(?:raw|input)")
_HWMON_FILE: Final = re.compile(r"([a-z]+[0-9]+)_(?:input|average)")


@dataclass(frozen=True, slots=True)
class Machine:
    """Where to look.

    Attributes:
        dev: folder of the device nodes.
        sys: folder of the kernel's attributes.
        proc: folder of the processes.
    """

    dev: Path = Path("/dev")
    sys: Path = Path("/sys")
    proc: Path = Path("/proc")

    def adapters(self) -> list[str]:
        """Return the nodes of all I2C adapters, by number."""
        nodes = [node for node in _entries(self.dev) if _ADAPTER.fullmatch(node.name)]
        return [str(node) for node in sorted(nodes, key=lambda node: int(node.name[4:]))]

    def ports(self) -> list[str]:
        """Return the serial ports of adapters, each once: by its lasting name where it has one."""
        lasting = self._lasting()
        others = [node for node in _entries(self.dev) if _UNSTEADY.fullmatch(node.name)]
        return [*sorted(lasting.values()), *(str(node) for node in others if os.path.realpath(node) not in lasting)]

    def lasting(self, path: str) -> str | None:
        """Return the name under ``serial/by-id`` of a port, None where it has none."""
        return self._lasting().get(os.path.realpath(path))

    def _lasting(self) -> dict[str, str]:
        """Return the first lasting name of each port, by its node; what no configuration can hold is no name."""
        names = [str(name) for name in _entries(self.dev / "serial" / "by-id") if name.name.isprintable()]
        return {os.path.realpath(name): name for name in reversed(names)}

    def adapter_name(self, path: str) -> str:
        """Return what the kernel calls an adapter, empty where it does not tell."""
        return printable(_text(self.sys / "class" / "i2c-dev" / Path(path).name / "name"))

    def owner(self, path: str, address: int) -> Owner:
        """Return which driver of the kernel has an address of an adapter, and what it measures."""
        number = _ADAPTER.fullmatch(Path(path).name)
        if number is None:
            return Owner()
        parent = f"{number[1]}-{address:04x}"
        device = self.sys / "bus" / "i2c" / "devices" / parent
        driver = (device / "driver").resolve().name if (device / "driver").exists() else _text(device / "name")
        driver = printable(driver)
        for folder in _entries(device):
            if folder.name.startswith("iio:device"):
                return _bridged("iio", driver, folder, parent)
        for folder in _entries(device / "hwmon"):
            return _bridged("hwmon", driver, folder, parent)
        return Owner(driver=driver)

    def holders(self, path: str) -> list[str]:
        """Return the other processes that have a device open, as far as this one may see them."""
        try:
            wanted = Path(path).stat()
        except OSError:
            return []
        if not stat.S_ISCHR(wanted.st_mode):
            return []
        processes = [each for each in _entries(self.proc) if each.name.isdecimal() and int(each.name) != os.getpid()]
        named = {each: printable(_text(each / "comm")) for each in processes if _has(each, wanted.st_rdev)}
        return [f"process {each.name} ({comm})" for each, comm in named.items()]


def is_unsteady(path: str) -> bool:
    """Return whether a name can be another port after the next start."""
    return _UNSTEADY.fullmatch(Path(path).name) is not None


def _has(process: Path, device: int) -> bool:
    for descriptor in _entries(process / "fd"):
        with suppress(OSError):
            found = descriptor.stat()
            if stat.S_ISCHR(found.st_mode) and found.st_rdev == device:
                return True
    return False


def _bridged(bridge: str, driver: str, folder: Path, parent: str) -> Owner:
    name, files = _text(folder / "name"), [file.name for file in _entries(folder)]
    channels = tuple(sorted(_iio_channels(files) if bridge == "iio" else _hwmon_channels(files)))
    return Owner(driver=driver, bridge=bridge, device=name, parent=parent, channels=channels)


def _iio_channels(files: Iterable[str]) -> Iterator[str]:
    bridge = IioBridge()
    for own in {found[1] for file in files if (found := _IIO_FILE.fullmatch(file))}:
        with suppress(ValueError):  # what must not be bridged is not proposed either
            spec = bridge.named(own)
            if spec is not None and spec.kind in bridge.kinds:
                yield own


def _hwmon_channels(files: Iterable[str]) -> Iterator[str]:
    bridge = HwmonBridge()
    for own in {found[1] for file in files if (found := _HWMON_FILE.fullmatch(file))}:
        spec = bridge.named(own)
        if spec is not None and spec.kind in bridge.kinds:
            yield own


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode(errors="replace").strip()
    except OSError:
        return ""
