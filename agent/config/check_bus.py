"""Rules about buses.

In: the file's `[bus.*]` tables. Out: plans of those that are right, and problems. Never: opens a bus.
"""

import re
from dataclasses import dataclass
from typing import Final

from agent.config.plans import BusKind, BusPlan
from agent.tomlfile import Severity, Table, quoted

_UNSTEADY: Final = re.compile(r"/dev/tty(USB|ACM)[0-9]+")
_OTHER_KIND: Final = {
    BusKind.I2C: re.compile(r"/dev/(tty|serial/).*"),
    BusKind.SERIAL: re.compile(r"/dev/i2c-[0-9]+"),
}


@dataclass(frozen=True, slots=True)
class Buses:
    """The buses of a file.

    Attributes:
        declared: every name that has a section, right or wrong.
        plans: those whose kind is known and fits their path.
    """

    declared: frozenset[str]
    plans: dict[str, BusPlan]


def check_buses(root: Table) -> Buses:
    """Return the buses, after reporting what is wrong with them."""
    plans: dict[str, BusPlan] = {}
    owners: dict[str, str] = {}
    for name, table in root.tables("bus").items():
        path = table.text("path")
        if path is not None:
            _check_path(table, path, owners)
        kind = table.text("kind")
        if kind is None:
            continue
        baudrate = table.get("baudrate", int)
        if _check_kind(table, BusKind(kind), path):
            plans[name] = BusPlan(name=name, kind=BusKind(kind), path=path or "", baudrate=baudrate)
    return Buses(root.table("bus").written, plans)


def _check_path(table: Table, path: str, owners: dict[str, str]) -> None:
    if not path.startswith("/"):
        table.problem(
            "path",
            "bad-path",
            f"{quoted(path)} is no device node",
            expected='the whole path, such as "/dev/i2c-1" or "/dev/serial/by-id/usb-..."',
            found=quoted(path),
        )
        return
    owner = owners.setdefault(path, table.name)
    if owner != table.name:
        table.problem(
            "path",
            "duplicate-path",
            f"bus {quoted(owner)} already uses this device node",
            expected="one [bus.NAME] section for each device node",
            found=quoted(path),
            hint=f"let the sensors of this bus name {quoted(owner)} instead",
        )
    if _UNSTEADY.fullmatch(path):
        table.problem(
            "path",
            "unsteady-path",
            f"{quoted(path)} can be another adapter after the next start",
            expected="a name that stays with the adapter, under /dev/serial/by-id",
            found=quoted(path),
            hint="see which names there are: ls -l /dev/serial/by-id",
            severity=Severity.WARNING,
        )


def _check_kind(table: Table, kind: BusKind, path: str | None) -> bool:
    """Return whether the kind can be right."""
    fits = path is None or not _OTHER_KIND[kind].fullmatch(path)
    if not fits:
        other = BusKind.SERIAL if kind is BusKind.I2C else BusKind.I2C
        table.problem(
            "kind",
            "wrong-bus-kind",
            f"{quoted(path)} is not of kind {quoted(kind.value)}",
            expected=quoted(other.value),
            found=quoted(kind.value),
            hint="correct the kind, or the path",
        )
    if kind is BusKind.I2C and "baudrate" in table.values:
        table.problem(
            "baudrate",
            "no-effect",
            "an I2C bus has no baudrate",
            expected="no baudrate here",
            hint="remove this line; the speed of I2C is set in the system's /boot/firmware/config.txt",
        )
    return fits
