"""Frames of a serial device: header, length, checksum, fields.

In: the file's tables. Out: a form for the driver, or problems. Never: a frame.
"""

from typing import Final

from agent.config.devices.channel import describe
from agent.config.devices.checksums import check_of
from agent.config.devices.fields import check_reach, field_of
from agent.config.devices.requirements import requirements
from agent.tomlfile import Severity, Table, quoted
from drivers.declared.fields import Field, Kind
from drivers.declared.frames import FrameCheck, FrameForm, LengthRule
from drivers.declared.samples import Identifier, Number
from drivers.reading import Channel

_SURE_HEADER: Final = 3
"""A header of so many bytes is rarely found in noise, even without a checksum."""
_WHAT: Final = "the shortest frame"


def check_frame(root: Table) -> tuple[FrameForm, tuple[Channel, ...]] | None:
    """Return the form and its channels, None after something was reported."""
    before = len(root.report.errors())
    section = root.table("frame")
    header = bytes.fromhex(section.text("header") or "")
    length, shortest, longest = _length(section)
    check = _check(section, shortest)
    needed = requirements(section, shortest, what=_WHAT)
    found = [_channel(table, shortest) for table in root.tables("channel").values()]
    right = [entry for entry in found if entry is not None]
    if len(root.report.errors()) > before or not right or length is None or not header or shortest is None:
        return None
    form = FrameForm(
        header=header,
        length=length,
        shortest=shortest,
        longest=longest,
        footer=bytes.fromhex(section.text("footer") or ""),
        check=check,
        requirements=needed,
        channels=tuple(place for place, _ in right),
    )
    return form, tuple(channel for _, channel in right)


def _length(section: Table) -> tuple[int | LengthRule | None, int | None, int]:
    """Return the length or its rule, the shortest and the longest length."""
    fixed, rule = section.get("length", int), section.table("length_from")
    if ("length" in section.written) == ("length_from" in section.written):
        section.problem(
            "length" if "length" in section.written else None,
            "bad-length",
            "a frame has one length, or one rule for it",
            expected="length = bytes, or length_from = { at = ..., plus = ..., shortest = ..., longest = ... }",
            found="both" if "length" in section.written else "neither",
        )
        return None, None, 0
    if "length" in section.written:
        return fixed, fixed, fixed or 0
    shortest, longest = rule.get("shortest", int), rule.get("longest", int)
    field = field_of(rule)
    if shortest is None or longest is None or field is None:
        return None, None, 0
    if shortest > longest:
        rule.problem(
            "shortest", "bad-range", "the shortest frame is longer than the longest", expected=f"at most {longest}"
        )
        return None, None, 0
    if not check_reach(rule, field, shortest, what=_WHAT):
        return None, shortest, longest
    return LengthRule(field=field, plus=rule.get("plus", int) or 0), shortest, longest


def _check(section: Table, shortest: int | None) -> FrameCheck | None:
    table = section.table("checksum")
    if "checksum" not in section.written:
        _warn_unchecked(section)
        return None
    check = check_of(table)
    if check is None or shortest is None:
        return None
    first = table.get("from", int) or 0
    at = table.get("at", int)
    footer = len(bytes.fromhex(section.text("footer") or ""))
    place = -check.length - footer if at is None else at
    start = place if place >= 0 else shortest + place
    if start + check.length > shortest or start <= first:
        table.problem(
            "at" if "at" in table.written else None,
            "beyond-end",
            "the checksum does not lie behind what it covers and inside the frame",
            expected=f"from byte {first + 1} to byte {shortest - check.length}, counted from 0",
            found=f"byte {start}",
        )
        return None
    return FrameCheck(check=check, first=first, at=place, low_first=table.text("byte_order") == "little")


def _warn_unchecked(section: Table) -> None:
    if len(bytes.fromhex(section.text("header") or "")) < _SURE_HEADER and "footer" not in section.written:
        section.problem(
            None,
            "no-checksum",
            "without a checksum, noise on the line can pass for a frame",
            expected="checksum = { kind = ... }, if the device sends one",
            severity=Severity.WARNING,
        )


def _channel(table: Table, shortest: int | None) -> tuple[Number | Identifier, Channel] | None:
    if table.text("type") == "bytes" or table.text("class") == "identifier":
        return _identifier(table, shortest)
    field = field_of(table)
    described = describe(table, field=field)
    if "length" in table.written:
        table.problem("length", "no-effect", "the type says how long a number is", expected="no length here")
        return None
    if not check_reach(table, field, shortest, what=_WHAT) or described is None or field is None:
        return None
    if described.scaling is None:
        return None
    return Number(name=table.name, field=field, scaling=described.scaling), described.channel


def _identifier(table: Table, shortest: int | None) -> tuple[Identifier, Channel] | None:
    described = describe(table)
    at, length = table.get("at", int), table.get("length", int)
    if table.text("type") != "bytes" or table.text("class") != "identifier" or "length" not in table.written:
        table.problem(
            "type" if table.text("type") != "bytes" else "class",
            "no-identifier",
            "bytes that are no number can only be an identifier, and an identifier is bytes",
            expected='type = "bytes", class = "identifier" and length = how many',
            found=f"type = {quoted(table.text('type') or '')}, class = {quoted(table.text('class') or '')}",
        )
        return None
    if described is None or at is None or length is None:
        return None
    whole = Field(at=at + length - 1, kind=Kind.U8)
    if not check_reach(table, whole, shortest, what=_WHAT):
        return None
    return Identifier(name=table.name, at=at, length=length), described.channel
