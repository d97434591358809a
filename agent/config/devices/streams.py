"""Serial devices: what is sent to them, and how often they are read.

In: the file's tables, and the form of a message. Out: the form for the driver. Never: what a message looks like.
"""

from agent.config.devices.values import required
from agent.tomlfile import Duration, Table
from drivers.declared.frames import FrameForm
from drivers.declared.lines import LineForm
from drivers.declared.splitters import Delimited, Json, Patterned
from drivers.declared.streams import SerialForm
from drivers.declared.wire import Send

Fields = Delimited | Patterned | Json
DEFAULT_ANSWER_S = 5.0
SILENCE_S = 0.05
"""Longer than a byte at 300 bits a second, and than what an adapter holds back."""


def serial_form(
    root: Table, *, name: str, message: LineForm | FrameForm, fields: Fields | None, settle_s: float
) -> SerialForm:
    """Return the form of a serial device; call it only when nothing was reported."""
    serial, timeout = root.table("serial"), root.get("timeout", Duration)
    return SerialForm(
        name=name,
        message=message,
        fields=fields,
        setup=sends(serial, "open"),
        request=send(root.table("request")) if "request" in root.values else None,
        answer_s=DEFAULT_ANSWER_S if timeout is None else timeout.seconds,
        newest="interval" in root.values and "request" not in root.values,
        settle_s=settle_s,
        silence_s=SILENCE_S if _may_begin_anywhere(message, fields, asked="request" in root.values) else 0.0,
        goodbye=sends(serial, "close"),
    )


def _may_begin_anywhere(message: LineForm | FrameForm, fields: Fields | None, *, asked: bool) -> bool:
    """Return whether the rest of a message could be taken for a whole one."""
    if asked or isinstance(message, FrameForm) or isinstance(fields, Json):
        return False
    return message.check is None and not message.begins


def check_sends(root: Table) -> None:
    """Report what is wrong with what is sent."""
    serial = root.table("serial")
    sends(serial, "open")
    sends(serial, "close")
    if "request" in root.values:
        send(root.table("request"))


def sends(serial: Table, key: str) -> tuple[Send, ...]:
    """Return what is sent under `key`."""
    tables: tuple[Table, ...] = serial.get(key, tuple) or ()
    return tuple(entry for entry in map(send, tables) if entry is not None)


def send(table: Table) -> Send | None:
    """Return what one table sends, None after reporting that it sends nothing."""
    data, wait = required(table, "send"), table.get("wait", Duration)
    return None if data is None else Send(data=data, wait_s=0.0 if wait is None else wait.seconds)


def busy_s(form: SerialForm) -> float:
    """Return how long a request keeps the device busy before its answer is waited for."""
    return 0.0 if form.request is None else form.request.wait_s
