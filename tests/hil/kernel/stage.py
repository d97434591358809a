"""What a case has in the guest: adapters that are played and pulled, and the host's hands.

In: simulated chips. Out: device nodes of the real kernel. Never: a node that the kernel has not made.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, Self

from drivers.bus.places import I2C, SERIAL, nodes_at
from drivers.sim.chip import SimulatedChip
from tests.hil.usbip import VHCI, Plug, TinyUsb

PATIENCE_S: Final = 120.0
"""For what does happen: a processor that is emulated on a busy machine takes its time."""
_LOOK_S: Final = 0.05
_HIGH_SPEED: Final = "480"
_DEVICES: Final = "/sys/bus/usb/devices"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a case has found.

    Attributes:
        what: must hold.
        holds: whether it does.
        found: what there was.
        seconds: it took; None where time is nothing to go by.
    """

    what: str
    holds: bool
    found: str
    seconds: float | None = None


class Host(Protocol):
    """The machine around the guest."""

    def ask(self, request: str) -> None:
        """Have the host do something with its hands, and return when it is done."""


def until(condition: Callable[[], bool], *, within_s: float = PATIENCE_S) -> float | None:
    """Return after how many seconds `condition` held; None when it did not in time."""
    began_s = time.monotonic()
    while not condition():
        if time.monotonic() - began_s > within_s:
            return None
        time.sleep(_LOOK_S)
    return time.monotonic() - began_s


class Adapter:
    """An i2c-tiny-usb in a port of the kernel's virtual hub.

    Attributes:
        port: of the hub, from 0.
        place: of that port in sysfs, as a configuration names it.
    """

    def __init__(self, port: int, chips: Mapping[int, SimulatedChip]) -> None:
        self.port = port
        self.place = f"{_hub()}-{port + 1}"
        self._device = TinyUsb(chips)
        self._plug: Plug | None = None

    @property
    def nodes(self) -> list[str]:
        """Its device node, if it has one now."""
        return nodes_at(self.place, I2C)

    def put_in(self, *, within_s: float = PATIENCE_S) -> str:
        """Plug it in, and return its node; empty when the kernel does not bring it up in time."""
        self._plug = Plug.in_hub(self._device, port=self.port)
        until(lambda: bool(self.nodes and Path(self.nodes[0]).exists()), within_s=within_s)
        return next(iter(self.nodes), "")

    def pull(self) -> None:
        """Pull it out, if it is in, and return when its node is gone and its port is free."""
        if self._plug is not None:
            self._plug.pull()
            self._plug = None
            until(lambda: not self.nodes and not _in_use(self.port))

    def __enter__(self) -> Self:
        self.put_in()
        return self

    def __exit__(self, *_: object) -> None:
        self.pull()


def _hub() -> str:
    """Return where the ports of the virtual hub are, without their numbers: those that full-speed devices go into."""
    for hub in sorted(VHCI.glob("usb*")):
        if (hub / "speed").read_text().strip() == _HIGH_SPEED:
            return f"{_DEVICES}/{hub.name.removeprefix('usb')}"
    raise AssertionError("the kernel has no virtual hub")


def _in_use(port: int) -> bool:
    """Return whether a port of the hub is anything but free (drivers/usb/usbip/vhci_sysfs.c: status 4 is null)."""
    rows = [row.split() for row in (VHCI / "status").read_text().splitlines()[1:]]
    return any(int(row[1]) == port and row[2] != "004" for row in rows)


def serial_place() -> str:
    """Return the USB port that QEMU's serial adapter is in, once it is there."""
    if until(lambda: bool(_serial_places())) is None:
        raise AssertionError("there is no USB serial adapter")
    return _serial_places()[0]


def _serial_places() -> list[str]:
    ports = sorted(port for port in Path(_DEVICES).glob("*-*") if ":" not in port.name)
    return [str(port) for port in ports if nodes_at(str(port), SERIAL)]
