"""A folder that stands for /dev and /sys of the processes that are run with its environment.

    with Testbed() as bed:
        bed.plug_adapter(1, SimulatedAdapter({0x76: Bme280Chip(TYPICAL)}))
        subprocess.run(["i2cdetect", "-y", "1"], env=bed.environment)

In: simulated adapters and lines. Out: device nodes, links of udev's kind, attributes of sysfs, and an environment in
which unmodified programs take them for the machine's own. Never: anything of the machine's own /dev and /sys changed.

The folder has a short name, as the library makes socket addresses (108 bytes) of it.
"""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from drivers.sim.adapter import SimulatedAdapter
from drivers.sim.line import SimulatedLine
from tests.hil.preload import I2cDevice, ModemLines, RealDevice, Server, library

_I2C_MAJOR, _USB_SERIAL_MAJOR = 89, 188
HUB: Final = "devices/pci0000:00/0000:00:14.0/usb1"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsbIdentity:
    """What a USB device says about itself."""

    vendor_id: str = "0403"
    product_id: str = "6001"
    maker: str = "FTDI"
    product: str = "FT232R USB UART"
    serial: str = "A50285BI"

    @property
    def by_id(self) -> str:
        """The name that udev gives its port under /dev/serial/by-id."""
        words = f"{self.maker}_{self.product}_{self.serial}".replace(" ", "_")
        return f"usb-{words}-if00-port0"


class Testbed:
    """The devices of a machine that is not there.

    Attributes:
        folder: what stands for the root of /dev and /sys.
    """

    __test__ = False  # for pytest, which collects classes by name

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="lp-", dir="/tmp"))
        for name in ("dev/.node", "sys/class/i2c-dev", "sys/class/tty", "sys/bus/i2c/devices", "sys/dev/char"):
            (self.folder / name).mkdir(parents=True)
        self.modem = ModemLines()
        self._servers = {"_default": Server(self.folder / "ioctl" / "_default", lambda: RealDevice(self.modem))}
        self._plugged: dict[int, set[object]] = {}

    @property
    def environment(self) -> dict[str, str]:
        """Environment of a process that is to see these devices."""
        found = library()
        assert found is not None, "umockdev is not installed"
        return os.environ | {"LD_PRELOAD": found, "UMOCKDEV_DIR": str(self.folder)}

    def plug_adapter(
        self, number: int, adapter: SimulatedAdapter, *, port: str = "1-1", links: tuple[str, ...] = ()
    ) -> None:
        """Make /dev/i2c-NUMBER, with these links to it, of an adapter in a USB port."""
        name = f"i2c-{number}"
        token = object()
        plugged = self._plugged.setdefault(number, set())
        plugged.add(token)
        place = f"{HUB}/{port}/{port}:1.0/{name}"
        self._attributes(place, name=f"i2c-tiny-usb at bus 001 device {number:03d}")
        self._attributes(
            f"{place}/i2c-dev/{name}",
            name=f"i2c-tiny-usb at bus 001 device {number:03d}",
            dev=f"{_I2C_MAJOR}:{number}",
        )
        self._link(f"sys/class/i2c-dev/{name}", f"sys/{place}/i2c-dev/{name}")
        self._link(f"sys/class/i2c-dev/{name}/device", f"sys/{place}")
        self._link(f"sys/bus/i2c/devices/{name}", f"sys/{place}")
        self._link(f"sys/dev/char/{_I2C_MAJOR}:{number}", f"sys/{place}/i2c-dev/{name}")
        self._link(f"sys/bus/usb/devices/{port}", f"sys/{HUB}/{port}")
        self._special(name, _I2C_MAJOR, number)
        socket = self.folder / "ioctl" / "dev" / name
        self._servers[name] = Server(socket, lambda: I2cDevice(adapter, lambda: token in plugged))
        for link in links:
            self._link(f"dev/{link}", f"dev/{name}")
            self._link(f"ioctl/dev/{link}", f"ioctl/dev/{name}")
        (self.folder / "dev" / name).write_bytes(b"")  # last: whoever finds it finds the rest

    def pull_adapter(self, number: int, *, port: str = "1-1", links: tuple[str, ...] = ()) -> None:
        """Take /dev/i2c-NUMBER away: open descriptors of it give EIO."""
        name = f"i2c-{number}"
        (self.folder / "dev" / name).unlink()
        self._plugged[number].clear()
        for link in links:
            (self.folder / "dev" / link).unlink()
            (self.folder / "ioctl" / "dev" / link).unlink()
        self._servers.pop(name).close()
        of_adapter = (f"class/i2c-dev/{name}", f"bus/i2c/devices/{name}", f"dev/char/{_I2C_MAJOR}:{number}")
        for link in (*of_adapter, f"bus/usb/devices/{port}"):
            (self.folder / "sys" / link).unlink()
        shutil.rmtree(self.folder / "sys" / HUB / port)

    def plug_line(
        self, number: int, line: SimulatedLine, *, usb: UsbIdentity = UsbIdentity(), port: str = "1-2"
    ) -> None:
        """Make /dev/ttyUSBNUMBER and its link under /dev/serial/by-id of a simulated line in a USB port."""
        name = f"ttyUSB{number}"
        place = f"{HUB}/{port}"
        self._attributes(
            place,
            idVendor=usb.vendor_id,
            idProduct=usb.product_id,
            manufacturer=usb.maker,
            product=usb.product,
            serial=usb.serial,
            busnum="1",
            devnum="4",
            bNumInterfaces="1",
        )
        self._attributes(f"{place}/{port}:1.0", bInterfaceNumber="00", interface=usb.product)
        self._attributes(f"{place}/{port}:1.0/{name}/tty/{name}", dev=f"{_USB_SERIAL_MAJOR}:{number}")
        self._link(f"sys/{place}/{port}:1.0/{name}/tty/{name}/device", f"sys/{place}/{port}:1.0/{name}")
        self._link(f"sys/class/tty/{name}", f"sys/{place}/{port}:1.0/{name}/tty/{name}")
        (self.folder / "sys/bus/usb-serial").mkdir(parents=True, exist_ok=True)
        (self.folder / "sys/bus/usb").mkdir(parents=True, exist_ok=True)
        self._link(f"sys/{place}/{port}:1.0/{name}/subsystem", "sys/bus/usb-serial")
        self._link(f"sys/{place}/{port}:1.0/subsystem", "sys/bus/usb")
        self._special(name, _USB_SERIAL_MAJOR, number)
        (self.folder / "dev" / name).symlink_to(line.link.readlink())
        self._link(f"dev/serial/by-id/{usb.by_id}", f"dev/{name}")

    def close(self) -> None:
        """Take everything away."""
        for server in self._servers.values():
            server.close(opened=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _special(self, name: str, major: int, minor: int) -> None:
        node = self.folder / "dev" / ".node" / name
        node.unlink(missing_ok=True)
        node.symlink_to(f"{major}:{minor}")

    def _attributes(self, place: str, **values: str) -> None:
        folder = self.folder / "sys" / place
        folder.mkdir(parents=True, exist_ok=True)
        for name, value in values.items():
            (folder / name).write_text(f"{value}\n")

    def _link(self, link: str, target: str) -> None:
        path = self.folder / link
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(os.path.relpath(self.folder / target, path.parent.resolve()))
