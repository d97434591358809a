"""Rules about buses: their kind, what it needs and what it has no use for, their device nodes.

In: the file's `[bus.*]` tables. Out: plans of those that are right, and problems. Never: opens a bus.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from agent.config.model_sensors import KEYS
from agent.config.plans import BusKind, BusPlan, MuxPlan
from agent.tomlfile import Duration, Severity, Table, either, listing, quoted
from drivers.bus.framing import LineFormat, Parity

NEEDED: Final = {
    "path": 'a device node, such as "/dev/i2c-1" or "/dev/serial/by-id/usb-..."',
    "bus": "the name of the bus that the multiplexer is on",
    "address": "the multiplexer's own I2C address, 0x70 to 0x77",
    "channel": "which of its channels this bus is, 0 to 7",
}
"""Keys that are needed by the kinds that have them, and what they are."""
_NO_USE: Final = {
    (BusKind.I2C, "baudrate"): "the speed of I2C is set in the system's /boot/firmware/config.txt",
    (BusKind.I2C, "channel"): 'a channel of a multiplexer is a bus of its own, of kind "i2c-mux"',
    (BusKind.MUX, "path"): "a multiplexer has no node of its own: bus names the one that it is on",
}
_UNSTEADY: Final = re.compile(r"/dev/tty(USB|ACM)[0-9]+")
_LINE_PATH: Final = re.compile(r"/dev/(tty|serial/).*")
_I2C_PATH: Final = re.compile(r"/dev/i2c-[0-9]+")
MODBUS_FORMAT: Final = LineFormat(19200, Parity.EVEN, 1)
"""What the Modbus specification has every device know and use where nothing else is set: 19200 bits a second, even
parity ("MODBUS over Serial Line", V1.02, sections 3.2 and 2.5.1; unverified)."""


@dataclass(frozen=True, slots=True)
class Buses:
    """The buses of a file.

    Attributes:
        declared: every name that has a section, right or wrong.
        plans: those whose kind is known and fits their path.
        parents: names that multiplexers give for the bus they are on, right or wrong.
    """

    declared: frozenset[str]
    plans: dict[str, BusPlan]
    parents: set[str] = field(default_factory=set)

    def above(self, name: str) -> Iterator[BusPlan]:
        """Yield the buses between a bus and its adapter, the adapter's own last; none twice, where they go round."""
        seen = {name}
        plan = self.plans.get(name)
        while plan is not None and plan.channel is not None and plan.channel.bus not in seen:
            seen.add(plan.channel.bus)
            plan = self.plans.get(plan.channel.bus)
            if plan is not None:
                yield plan


def check_buses(root: Table) -> Buses:
    """Return the buses, after reporting what is wrong with them."""
    buses = Buses(root.table("bus").written, {})
    owners: dict[str, str] = {}
    for name, table in root.tables("bus").items():
        path, parent = table.text("path"), table.text("bus")
        if path is not None and table.text("kind") != BusKind.MUX:
            _check_path(table, path, owners)
        if parent is not None:
            buses.parents.add(parent)
        written = table.text("kind")
        if written is None:
            continue
        kind = BusKind(written)
        fits = _check_kind(table, kind, path)
        complete = _check_keys(table, kind)
        plan = _plan(name, kind, table)
        if fits and complete and plan is not None:
            buses.plans[name] = plan
    return buses


def _plan(name: str, kind: BusKind, table: Table) -> BusPlan | None:
    """Return the plan, None if something that it needs is missing or wrong."""
    path, bus = table.text("path"), table.text("bus")
    address, number = table.get("address", int), table.get("channel", int)
    if kind is BusKind.MUX:
        if bus is None or address is None or number is None:
            return None
        return BusPlan(name=name, kind=kind, path="", channel=MuxPlan(bus=bus, address=address, number=number))
    if kind in {BusKind.I2C, BusKind.SYSFS}:
        return BusPlan(name=name, kind=kind, path=path or "")
    written = table.text("parity")
    if kind is BusKind.SERIAL:
        parity = Parity.NONE if written is None else Parity(written)
        stop_bits = table.get("stop_bits", int) or 1
        return BusPlan(
            name=name,
            kind=kind,
            path=path or "",
            baudrate=table.get("baudrate", int),
            parity=parity,
            stop_bits=stop_bits,
        )
    form, turnaround = _modbus_format(table, written), table.get("turnaround", Duration)
    return BusPlan(
        name=name,
        kind=kind,
        path=path or "",
        baudrate=form.baudrate,
        parity=form.parity,
        stop_bits=form.stop_bits,
        turnaround_s=0.0 if turnaround is None else turnaround.seconds,
    )


def _modbus_format(table: Table, written: str | None) -> LineFormat:
    """Return the line's format; without parity there are two stop bits, so that a byte always has eleven bits."""
    parity = MODBUS_FORMAT.parity if written is None else Parity(written)
    usual = 2 if parity is Parity.NONE else MODBUS_FORMAT.stop_bits
    form = LineFormat(
        table.get("baudrate", int) or MODBUS_FORMAT.baudrate, parity, table.get("stop_bits", int) or usual
    )
    if not table.written & {"baudrate", "parity", "stop_bits"}:
        table.problem(
            None,
            "assumed-line",
            f"bus {quoted(table.name)} is taken to be {form.words()}, the default of the Modbus specification: "
            f"{form.baudrate} bits a second, even parity, 1 stop bit",
            expected="baudrate, parity and stop_bits as they are set on the devices",
            found="nothing",
            hint='many devices leave the factory as 9600 8N1: baudrate = 9600, parity = "none", stop_bits = 1',
            severity=Severity.WARNING,
        )
    return form


def _check_keys(table: Table, kind: BusKind) -> bool:
    """Return whether everything is there that this kind needs; report that, and what it has no use for."""
    for key in sorted({key for keys in KEYS.values() for key in keys} - set(KEYS[kind])):
        if key in table.values:
            _refuse(table, key, kind)
    missing = [key for key in KEYS[kind] if key in NEEDED and key not in table.written]
    for key in missing:
        table.problem(
            None,
            "missing-key",
            f"[bus.{table.name}] lacks the key {quoted(key)}",
            expected=NEEDED[key],
            found="nothing",
        )
    return not missing


def _refuse(table: Table, key: str, kind: BusKind) -> None:
    """Report a key of another kind."""
    owners = either(quoted(other) for other, keys in KEYS.items() if key in keys)
    why = _NO_USE.get((kind, key))
    table.problem(
        key,
        "no-effect",
        f"{quoted(key)} is a key of kind {owners}; this bus is of kind {quoted(kind.value)}",
        expected=f"one of {listing(['kind', *KEYS[kind]])}",
        found=quoted(key),
        hint="remove this line or correct kind" + ("" if why is None else f"; {why}"),
    )


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
    """Return whether the kind can be right for the path."""
    if path is None or kind in {BusKind.MUX, BusKind.SYSFS}:
        return True
    other, fitting = (_LINE_PATH, '"serial" or "modbus"') if kind is BusKind.I2C else (_I2C_PATH, '"i2c"')
    if not other.fullmatch(path):
        return True
    table.problem(
        "kind",
        "wrong-bus-kind",
        f"{quoted(path)} is not of kind {quoted(kind.value)}",
        expected=fitting,
        found=quoted(kind.value),
        hint="correct the kind, or the path",
    )
    return False
