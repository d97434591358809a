"""Rules about where a sensor is: the kind of its bus, its I2C address or Modbus slave number, who is there already.

In: a sensor's table, its model, the buses. Out: its place on the bus, and problems. Never: touches hardware.
"""

from dataclasses import dataclass
from typing import Final

from agent.config.check_bus import Buses
from agent.config.plans import BusKind
from agent.tomlfile import Table, listing, quoted
from drivers.model import I2cModel, ModbusModel, Model, SysfsModel

_I2C_KINDS: Final = (BusKind.I2C, BusKind.MUX)


@dataclass(frozen=True, slots=True)
class Place:
    """Where on its bus a sensor is.

    Attributes:
        address: I2C address.
        slave: number on a Modbus line.
        known: whether nothing that is needed is missing or wrong.
    """

    address: int | None = None
    slave: int | None = None
    known: bool = True


def check_place(
    table: Table, model: Model, *, bus: str | None, buses: Buses, at: dict[tuple[str, int | None], str]
) -> Place:
    """Return where the sensor is, after reporting what is wrong with that.

    Args:
        table: the sensor's.
        model: its model.
        bus: the bus that it names, None if it names none that is there.
        buses: of the file.
        at: which sensor has a place on a bus; this one is added.
    """
    _check_fit(table, model, bus=bus, buses=buses)
    place = _place(table, model)
    if bus is not None and place.known and not isinstance(model, SysfsModel):  # a tree is shared by all who read it
        _check_owner(table, place, bus=bus, at=at)
    return place


def _kinds(model: Model) -> tuple[BusKind, ...]:
    """Return the kinds of buses that a model can be on."""
    if isinstance(model, I2cModel):
        return _I2C_KINDS
    if isinstance(model, SysfsModel):
        return (BusKind.SYSFS,)
    return (BusKind.MODBUS,) if isinstance(model, ModbusModel) else (BusKind.SERIAL,)


def _check_fit(table: Table, model: Model, *, bus: str | None, buses: Buses) -> None:
    plan, wanted = buses.plans.get(bus or ""), _kinds(model)
    if plan is None or plan.kind in wanted:
        return
    fitting = [name for name, other in buses.plans.items() if other.kind in wanted]
    lines = {plan.kind, wanted[0]} == {BusKind.SERIAL, BusKind.MODBUS}
    table.problem(
        "bus",
        "wrong-bus-kind",
        f"a {model.name} needs a bus of kind {' or '.join(quoted(kind.value) for kind in wanted)}",
        expected=f"one of {listing(fitting)}",
        found=f"{quoted(plan.name)}, of kind {quoted(plan.kind.value)}",
        hint=f"or write kind = {quoted(wanted[0].value)} in [bus.{plan.name}]" if lines else None,
    )


def _place(table: Table, model: Model) -> Place:
    if isinstance(model, I2cModel):
        _refuse(table, "slave", f"a {model.name} is on I2C and has an address, no slave number")
        address = _address(table, model)
        return Place(address=address, known=address is not None)
    if isinstance(model, ModbusModel):
        _refuse(table, "address", f"a {model.name} is on a Modbus line and has a slave number, no address")
        slave = table.get("slave", int)
        if "slave" not in table.written:
            _miss_slave(table)
        return Place(slave=slave, known=slave is not None)
    where = "read by the kernel" if isinstance(model, SysfsModel) else "on a serial line"
    for key, word in (("address", "address"), ("slave", "slave number")):
        _refuse(table, key, f"a {model.name} is {where} and has no {word}")
    return Place()


def _refuse(table: Table, key: str, message: str) -> None:
    if key in table.values:
        table.problem(key, "no-effect", message, expected=f"no {key} here", hint="remove this line")


def _address(table: Table, model: I2cModel) -> int | None:
    address = table.get("address", int)
    possible = " or ".join(f"0x{entry:02x}" for entry in model.addresses)
    if address is not None and address not in model.addresses:
        table.problem(
            "address",
            "bad-address",
            f"a {model.name} cannot have this address",
            expected=possible,
            found=f"0x{address:02x}",
        )
        return None
    if "address" in table.written:
        return address
    if len(model.addresses) == 1:
        return model.addresses[0]
    table.problem(
        None,
        "missing-address",
        f"sensor {quoted(table.name)} lacks its address",
        expected=f"address = {possible}",
        found="nothing",
        hint="the chip's address pin decides; i2cdetect -y 1 shows who answers",
    )
    return None


def _miss_slave(table: Table) -> None:
    written = "write slave in place of address; " if "address" in table.written else ""
    table.problem(
        None,
        "missing-slave",
        f"sensor {quoted(table.name)} lacks its slave number",
        expected="slave = 1 to 247, as it is set on the device",
        found="nothing",
        hint=f"{written}manuals also call it device address, station number or unit id; new devices often have 1",
    )


def _check_owner(table: Table, place: Place, *, bus: str, at: dict[tuple[str, int | None], str]) -> None:
    number = place.slave if place.address is None else place.address
    owner = at.setdefault((bus, number), table.name)
    if owner == table.name:
        return
    if place.slave is not None:
        key, code, what, found = "slave", "duplicate-slave", f"slave number {place.slave}", str(place.slave)
        expected = "another number, set on the device as well, or another bus"
    elif place.address is not None:
        key, code = "address" if "address" in table.written else "bus", "duplicate-address"
        what = found = f"0x{place.address:02x}"
        what, expected = f"address {what}", "another address, or another bus"
    else:
        key, code, what, found = "bus", "shared-line", "", quoted(bus)
        expected = "a serial line for each sensor; only Modbus devices share one"
    message = f"the serial line {quoted(bus)}" if not what else f"{what} on bus {quoted(bus)}"
    table.problem(key, code, f"sensor {quoted(owner)} already has {message}", expected=expected, found=found)
