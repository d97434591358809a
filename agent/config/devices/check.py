"""One device file: from a document to a model, or to every mistake in it.

In: a document. Out: a report, and the model when nothing is wrong. Never: a model whose examples do not hold.
"""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from agent.config.devices.chips import addresses, check_i2c, duration_s
from agent.config.devices.examples import check_examples, check_telegrams
from agent.config.devices.frames import check_frame
from agent.config.devices.kinds import (
    FrameFile,
    FrameRequestFile,
    I2cFile,
    LineFile,
    LineRequestFile,
    ModbusFile,
)
from agent.config.devices.layout import Device
from agent.config.devices.lines import check_line
from agent.config.devices.people import check_company
from agent.config.devices.spans import check_modbus, response_s
from agent.config.devices.stage import i2c_reading, serial_reading
from agent.config.devices.streams import busy_s, check_sends, serial_form
from agent.tomlfile import Document, Duration, Report, Table, did_you_mean, quoted
from agent.tomlfile import check as check_model
from drivers.declared.i2c import I2cMaker
from drivers.declared.registers import ModbusMaker
from drivers.declared.streams import SerialMaker
from drivers.model import Delivery, I2cModel, ModbusModel, Model, SerialModel

_KINDS: Final[Mapping[str, type[Device]]] = MappingProxyType(
    {"modbus": ModbusFile, "i2c": I2cFile, "line": LineFile, "frame": FrameFile, "request": LineRequestFile}
)
_SLACK_S: Final = 1.0
"""So that the driver can say first what is wrong."""
_I2C_S: Final = 2.0


def check_device(document: Document, *, name: str, report: Report) -> Model | None:
    """Return the model that a device file declares, None after reporting every mistake in it."""
    kind = _kind(document, report)
    if kind is None:
        return None
    before = len(report.errors())
    root = check_model(document, kind, report=report)
    _check_times(root)
    check_company(root.tables("channel"))
    model = _model(root, name)
    return model if len(report.errors()) == before else None


def _kind(document: Document, report: Report) -> type[Device] | None:
    written = document.values.get("kind")
    if written == "request" and "frame" in document.values:
        return FrameRequestFile
    if isinstance(written, str) and written in _KINDS:
        return _KINDS[written]
    report.add(
        document.problem(
            ("kind",),
            code="unknown-kind",
            message="this file does not say which kind of device it describes",
            at_value=True,
            expected="kind = one of " + ", ".join(map(quoted, _KINDS)),
            found=quoted(written) if "kind" in document.values else "nothing",
            hint=did_you_mean(written, _KINDS) if isinstance(written, str) else None,
        )
    )
    return None


def _check_times(root: Table) -> None:
    interval, fastest = root.get("interval", Duration), root.get("fastest", Duration)
    if interval is not None and fastest is not None and interval < fastest:
        root.problem(
            "interval",
            "too-fast",
            "the usual time between two samples is shorter than the shortest",
            expected=f"{fastest.written()} or more",
            found=quoted(interval.written()),
        )


def _seconds(root: Table, key: str, usual: float) -> float:
    written = root.get(key, Duration)
    return usual if written is None else written.seconds


def _common(root: Table, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "title": root.text("title") or name,
        "agreement": root.get("agreement", tuple) or (),
        "warm_up_s": _seconds(root, "warm_up", 0.0),
        "fastest_s": _seconds(root, "fastest", 1.0),
        "interval_s": _seconds(root, "interval", max(10.0, _seconds(root, "fastest", 1.0))),
    }


def _model(root: Table, name: str) -> Model | None:
    match root.text("kind"):
        case "modbus":
            return _modbus(root, name)
        case "i2c":
            return _i2c(root, name)
    return _serial(root, name)


def _modbus(root: Table, name: str) -> ModbusModel | None:
    found = check_modbus(root, settle_s=_seconds(root, "settle", 0.0))
    if found is None:
        return None
    form, channels = found
    check_telegrams(root, channels, form)
    answer_s = response_s(root)
    timeout_s = _seconds(root, "timeout", 2 * len(form.spans) * answer_s + _SLACK_S)
    common = _common(root, name)
    return ModbusModel(
        **common, channels=channels, timeout_s=timeout_s, response_s=answer_s, create=ModbusMaker(form)
    )


def _i2c(root: Table, name: str) -> I2cModel | None:
    possible = addresses(root)
    found = check_i2c(root, name=name, settle_s=_seconds(root, "settle", 0.0))
    if found is None or not possible:
        return None
    form, channels = found
    if _are_right(root, "i2c"):
        check_examples(root, channels, partial(i2c_reading, form, possible[0]), text=False)
    return I2cModel(
        **_common(root, name),
        channels=channels,
        addresses=possible,
        timeout_s=_seconds(root, "timeout", duration_s(form) + _I2C_S),
        create=I2cMaker(form),
    )


def _are_right(root: Table, *sections: str) -> bool:
    """Return whether nothing is wrong in these sections: else an example that fails tells nothing new."""
    return not any(problem.key.partition(".")[0] in sections for problem in root.report.errors())


def _serial(root: Table, name: str) -> SerialModel | None:
    check_sends(root)
    before = len(root.report.errors())
    if "frame" in root.values:
        framed, lined = check_frame(root), None
    else:
        framed, lined = None, check_line(root)
    if len(root.report.errors()) > before or (framed is None and lined is None):
        return None
    message = framed[0] if framed is not None else lined[0] if lined is not None else None
    channels = framed[1] if framed is not None else lined[2] if lined is not None else ()
    if message is None:
        return None
    fields = None if lined is None else lined[1]
    form = serial_form(root, name=name, message=message, fields=fields, settle_s=_seconds(root, "settle", 0.0))
    if _are_right(root, "line", "frame", "request"):
        check_examples(root, channels, partial(serial_reading, form), text=lined is not None)
    polled = form.request is not None or form.newest
    common = _common(root, name) | ({} if polled else {"interval_s": 1.0})
    return SerialModel(
        **common,
        channels=channels,
        delivery=Delivery.POLLED if polled else Delivery.PUSHED,
        quiet=root.table("serial").values.get("quiet") is True,
        timeout_s=form.answer_s + busy_s(form) + _SLACK_S,
        baudrate=root.table("serial").get("baudrate", int) or 0,
        create=SerialMaker(form),
    )
