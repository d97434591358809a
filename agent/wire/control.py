"""The layout of a control document: what the city orders, by what right, in which order.

What comes back from `read_control` was well formed; whether it is obeyed is for `agent.control` to say. A document
that expires before it was issued is well formed: what it forbids holds all the same.
"""

from agent.wire import fields
from agent.wire.errors import MalformedPayload
from agent.wire.orders import Command, Control, Order

MAX_COMMANDS = 256
MAX_REFERENCE_BYTES = 200
MAX_AUTHORITY_BYTES = 1000

_ORDERS = tuple(Order)


def control_map(control: Control) -> dict[int, object]:
    """Return the fields of a control document, checked: read back, it is the same."""
    layout: dict[int, object] = {0: fields.VERSION, 1: control.unit, 2: control.version, 3: control.issued_ms}
    if control.expires_ms is not None:
        layout[4] = control.expires_ms
    layout[5] = control.reference
    layout[6] = control.authority
    layout[7] = [[command.stream, int(command.order), command.until_ms] for command in control.commands]
    read_control(layout)
    return layout


def read_control(value: object) -> Control:
    """Return the control document that a payload claims."""
    layout = fields.keyed(value, "control", required=(*range(4), 5, 6, 7), optional=(4,))
    fields.version(layout, "control")
    commands = fields.array(layout[7], "control commands", least=1, most=MAX_COMMANDS)
    control = Control(
        unit=fields.name(layout[1], "control unit"),
        version=fields.uint(layout[2], "control version"),
        issued_ms=fields.uint(layout[3], "control issued"),
        expires_ms=fields.optional(layout, 4, lambda value: fields.uint(value, "control expiry")),
        reference=fields.text(layout[5], "control reference", least=1, most=MAX_REFERENCE_BYTES),
        authority=fields.text(layout[6], "control authority", most=MAX_AUTHORITY_BYTES),
        commands=tuple(_read_command(command) for command in commands),
    )
    if len({(command.stream, command.order) for command in control.commands}) != len(control.commands):
        raise MalformedPayload("control commands: one order for one stream stands there twice")
    return control


def _read_command(value: object) -> Command:
    stream, number, until = fields.array(value, "control command", least=3, most=3)
    order = _ORDERS[fields.uint(number, "control order", most=len(_ORDERS) - 1)]
    if until is not None and order is not Order.PURGE:
        raise MalformedPayload("control command: only a purge has a time until which it holds")
    return Command(
        stream=None if stream is None else fields.stream(stream, "control stream"),
        order=order,
        until_ms=None if until is None else fields.uint(until, "control until"),
    )
