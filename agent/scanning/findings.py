"""What a scan has found: values, for the page, for programs, and for the TOML to paste.

In: nothing. Out: value types. Never: what a sensor measures, an address of somebody's device, a serial number.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from drivers.bus.mux import Way
from drivers.identity import Certainty


@dataclass(frozen=True, slots=True)
class Match:
    """A model that may be the one that answers.

    Attributes:
        model: its name.
        certainty: how sure that is.
        by: what speaks for it, in words.
    """

    model: str
    certainty: Certainty
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A driver of the kernel that has an address for itself.

    Attributes:
        driver: its name, empty where the kernel does not tell.
        bridge: our model that reads what it measures: ``iio`` or ``hwmon``; empty for neither.
        device: the name of its device in that class.
        parent: where the device is, such as ``1-0076``.
        channels: its channels, as that bridge writes them.
    """

    driver: str = ""
    bridge: str = ""
    device: str = ""
    parent: str = ""
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """Somebody at an address.

    Attributes:
        address: of seven bits.
        matches: which models it may be, the surest first; none for a stranger.
        multiplexer: it is one.
        owner: the kernel's driver that has it; it was not asked then.
        doubt: why its answers are not to be believed, empty where they are.
    """

    address: int
    matches: tuple[Match, ...] = ()
    multiplexer: bool = False
    owner: Owner | None = None
    doubt: str = ""

    @property
    def best(self) -> Match | None:
        """The match that is surer than all others, None where there is none."""
        surest = [match for match in self.matches if match.certainty == self.matches[0].certainty]
        return surest[0] if len(surest) == 1 and surest[0].certainty > Certainty.POSSIBLE else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One I2C bus: an adapter's own, or one behind a channel of a multiplexer.

    Attributes:
        path: the adapter's device node.
        way: from the adapter to this bus.
        chips: who is on it.
        problem: why it could not be looked at to the end, empty where it could.
    """

    path: str
    way: Way = ()
    chips: tuple[Chip, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """One I2C adapter.

    Attributes:
        path: its device node.
        name: what the kernel calls it, empty where that is not told.
        branches: its own bus, then those behind multiplexers.
    """

    path: str
    name: str = ""
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """One serial port.

    Attributes:
        path: as it is best written: its lasting name where it has one.
        matches: which models may be on it, the surest first.
        baudrate: at which it was understood.
        parity: the same.
        slaves: Modbus devices that answered.
        heard: whether anything came.
        problem: why it could not be looked at, empty where it could.
    """

    path: str
    matches: tuple[Match, ...] = ()
    baudrate: int | None = None
    parity: str = "none"
    slaves: tuple[int, ...] = ()
    heard: bool = False
    problem: str = ""

    @property
    def best(self) -> Match | None:
        """The match that is surer than all others, None where there is none."""
        return Chip(address=0, matches=self.matches).best


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Everything that was found.

    Attributes:
        adapters: in the order of their paths.
        ports: in the order of their paths.
        warnings: what to mind, each with what to do.
    """

    adapters: tuple[Adapter, ...] = ()
    ports: tuple[Port, ...] = ()
    warnings: tuple[str, ...] = field(default=())

    @property
    def problems(self) -> list[str]:
        """What could not be looked at."""
        of_buses = [branch.problem for adapter in self.adapters for branch in adapter.branches]
        return [problem for problem in (*of_buses, *(port.problem for port in self.ports)) if problem]

    def plain(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "adapters": [_adapter(adapter) for adapter in self.adapters],
            "ports": [_port(port) for port in self.ports],
            "warnings": list(self.warnings),
        }


def _adapter(adapter: Adapter) -> dict[str, Any]:
    return {
        "path": adapter.path,
        "name": adapter.name,
        "buses": [
            {
                "way": [{"multiplexer": hop.address, "channel": hop.channel} for hop in branch.way],
                "problem": branch.problem,
                "chips": [_chip(chip) for chip in branch.chips],
            }
            for branch in adapter.branches
        ],
    }


def _chip(chip: Chip) -> dict[str, Any]:
    owner = chip.owner
    return {
        "address": chip.address,
        "multiplexer": chip.multiplexer,
        "matches": _matches(chip.matches),
        "doubt": chip.doubt,
        "owner": None
        if owner is None
        else {"driver": owner.driver, "bridge": owner.bridge, "device": owner.device, "parent": owner.parent},
    }


def _port(port: Port) -> dict[str, Any]:
    return {
        "path": port.path,
        "heard": port.heard,
        "baudrate": port.baudrate,
        "parity": port.parity,
        "slaves": list(port.slaves),
        "matches": _matches(port.matches),
        "problem": port.problem,
    }


def _matches(matches: Sequence[Match]) -> list[dict[str, str]]:
    return [{"model": match.model, "certainty": match.certainty.word, "by": match.by} for match in matches]
