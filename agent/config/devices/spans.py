"""Modbus devices: registers, tables, how they are read together.

In: the file's tables. Out: a form for the driver, or problems. Never: a request.
"""

from typing import Final

from agent.config.devices.channel import Described, describe
from agent.config.devices.fields import field_of, kind_of, register_order
from agent.tomlfile import Duration, Table, quoted
from drivers.declared.fields import Field, Kind
from drivers.declared.registers import ModbusForm, RegisterChannel, spans
from drivers.declared.registers import Table as Registers
from drivers.declared.scaling import Scaling
from drivers.modbus.device import RESPONSE_S
from drivers.reading import Channel

_LAST: Final = 0xFFFF
_ONE_BYTE: Final = frozenset({Kind.U8, Kind.I8})
_ODD: Final = frozenset({Kind.U24, Kind.I24})


def check_modbus(root: Table, *, settle_s: float) -> tuple[ModbusForm, tuple[Channel, ...]] | None:
    """Return the form and its channels, None after something was reported."""
    section = root.table("modbus")
    found = [_channel(table, section) for table in root.tables("channel").values()]
    right = [entry for entry in found if entry is not None]
    if len(right) < len(found) or not right:
        return None
    channels = tuple(channel for _, channel in right)
    places = tuple(place for place, _ in right)
    gap, most = section.get("gap", int) or 0, section.get("most", int) or 125
    form = ModbusForm(channels=places, spans=spans(places, gap=gap, most=most), settle_s=settle_s)
    return form, channels


def response_s(root: Table) -> float:
    """Return in how many seconds an answer must begin."""
    response = root.table("modbus").get("response", Duration)
    return RESPONSE_S if response is None else response.seconds


def _channel(table: Table, section: Table) -> tuple[RegisterChannel, Channel] | None:
    name = table.text("table") or section.text("table") or "holding"
    registers = Registers(name)
    field = None if registers.of_bits else _field(table, section)
    if registers.of_bits:
        _check_bit(table, name)
    described = describe(table, field=field)
    address = table.get("register", int)
    if described is None or address is None or (field is None and not registers.of_bits):
        return None
    return _placed(table, described, registers=registers, address=address, field=field)


def _placed(
    table: Table, described: Described, *, registers: Registers, address: int, field: Field | None
) -> tuple[RegisterChannel, Channel] | None:
    if described.scaling is None:
        table.problem(
            "class",
            "no-identifier",
            "a register holds a number, never an identifier",
            expected='"count", with its group',
            found='"identifier"',
        )
        return None
    scaling: Scaling = described.scaling
    place = RegisterChannel(name=table.name, table=registers, address=address, field=field, scaling=scaling)
    if address + place.count - 1 > _LAST:
        table.problem("register", "beyond-end", "there are no registers behind 65535", expected="a lower address")
        return None
    return place, described.channel


def _field(table: Table, section: Table) -> Field | None:
    if "type" not in table.written:
        table.problem(
            None,
            "missing-key",
            f"channel {quoted(table.name)} lacks the key {quoted('type')}",
            expected='type = how the number is written: "u16", "i16", "u32", "i32", "f32", ...',
            found="nothing",
        )
        return None
    kind = kind_of(table, Kind.U16)
    if kind in _ONE_BYTE | _ODD:
        table.problem(
            "type",
            "wrong-value",
            f"registers have 16 bits, so none holds a {kind}",
            expected='a type of 16, 32 or 64 bits; for a part of a register: type = "u16" and bits = "7..0"',
            found=quoted(kind),
        )
        return None
    return field_of(table, at=0, order=register_order(table, section), usual=Kind.U16)


def _check_bit(table: Table, name: str) -> None:
    for key in ("type", "bits", "byte_order", "word_order"):
        if key in table.written:
            table.problem(
                key,
                "no-effect",
                f"table {quoted(name)} holds single bits",
                expected=f"no {key} here",
                hint="remove this line",
            )
