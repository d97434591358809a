"""Lines of a serial device: separators, patterns, JSON, checksums in digits.

In: the file's tables. Out: forms for the driver, or problems. Never: a line; a pattern that could take long.
"""

import re
from typing import Final

from agent.config.devices.channel import describe
from agent.config.devices.checksums import check_of
from agent.config.devices.values import text_bytes
from agent.tomlfile import Table, did_you_mean, listing, quoted
from drivers.declared.lines import Key, LineChannel, LineCheck, LineForm
from drivers.declared.matching import MOST_WORK, work
from drivers.declared.patterns import BadPattern
from drivers.declared.programs import Program, compiled
from drivers.declared.splitters import Delimited, Json, Patterned
from drivers.reading import Channel

Fields = Delimited | Patterned | Json
_KEYS: Final = {"separator": "delimited", "fields": "delimited", "pattern": "pattern"}
_STEP: Final = re.compile(r'\.?([A-Za-z_][A-Za-z0-9_-]*)|\.?\["([^"\]]+)"\]|\[([0-9]{1,3})\]')
DEFAULT_LONGEST: Final = 256


def check_line(root: Table) -> tuple[LineForm, Fields, tuple[Channel, ...]] | None:
    """Return the form, how a line is split, and the channels; None after something was reported."""
    before = len(root.report.errors())
    section = root.table("line")
    tables = root.tables("channel")
    fields = _fields(section, tables)
    found = [_channel(table) for table in tables.values()]
    right = [entry for entry in found if entry is not None]
    check = _check(section)
    needed = _requirements(section)
    end, begins = (_bytes(section, key, usual) for key, usual in (("end", "\n"), ("begins", "")))
    if len(root.report.errors()) > before or not right or fields is None:
        return None
    form = LineForm(
        end=end,
        longest=section.get("longest", int) or DEFAULT_LONGEST,
        begins=begins,
        check=check,
        requirements=needed,
        channels=tuple(place for place, _ in right),
    )
    return form, fields, tuple(channel for _, channel in right)


def _bytes(table: Table, key: str, usual: str) -> bytes:
    return text_bytes(table, key, table.text(key) or usual) or b""


def _fields(section: Table, channels: dict[str, Table]) -> Fields | None:
    form = section.text("form")
    if form is None:
        return None
    for key, wanted in _KEYS.items():
        if key in section.written and form != wanted:
            section.problem(
                key,
                "no-effect",
                f"this has no effect with form = {quoted(form)}",
                expected=f"form = {quoted(wanted)}, or no {key} here",
            )
    users = [*channels.values(), *(section.get("require", tuple) or ())]
    match form:
        case "delimited":
            return _delimited(section, users)
        case "pattern":
            return _patterned(section, users)
    return _json(users)


def _delimited(section: Table, users: list[Table]) -> Delimited | None:
    separator, count = section.text("separator"), section.get("fields", int)
    for table in users:
        number = table.get("field", int)
        if "field" in table.values and number is None:
            table.problem(
                "field",
                "bad-field",
                "fields of a delimited line have numbers",
                expected="a number from 1, without quotes",
                found=quoted(table.values["field"]),
            )
        elif number is not None and count is not None and number > count:
            table.problem(
                "field", "bad-field", f"a line has {count} fields", expected=f"1 to {count}", found=str(number)
            )
    written = None if separator is None else text_bytes(section, "separator", separator)
    return Delimited(separator=written, count=count)


def _patterned(section: Table, users: list[Table]) -> Patterned | None:
    pattern = section.text("pattern")
    if pattern is None:
        if "pattern" not in section.written:
            section.problem(
                "form",
                "missing-key",
                "a line by pattern needs its pattern",
                expected="pattern = '...'",
                found="nothing",
            )
        return None
    program = _program(section, pattern)
    if program is None:
        return None
    for table in users:
        name = table.text("field")
        if "field" in table.values and name not in program.names:
            table.problem(
                "field",
                "bad-field",
                f"the pattern has no group {quoted(table.values['field'])}",
                expected=f"one of {listing(program.names)}",
                found=quoted(table.values["field"]),
                hint=None if name is None else did_you_mean(name, program.names),
            )
    return Patterned(pattern=pattern)


def _program(section: Table, pattern: str) -> Program | None:
    try:
        program = compiled(pattern)
    except BadPattern as error:
        section.problem(
            "pattern",
            "bad-pattern",
            f"this pattern is not understood: {error}",
            expected="a regular expression without \\b, back references or looking ahead",
            found=quoted(pattern),
        )
        return None
    longest = section.get("longest", int) or DEFAULT_LONGEST
    if work(program, longest) > MOST_WORK:
        section.problem(
            "pattern",
            "slow-pattern",
            "a line that somebody makes up could keep this pattern busy for too long",
            expected=f"at most {MOST_WORK} steps: a shorter pattern, smaller repetitions, or a smaller longest",
            found=f"{len(program.steps)} steps for each of {longest} bytes",
        )
        return None
    return program


def _json(users: list[Table]) -> Json:
    paths: dict[Key, tuple[str | int, ...]] = {}
    for table in users:
        written = table.values.get("field")
        steps = _steps(written) if isinstance(written, str) else ()
        if steps:
            paths[str(written)] = steps
        elif written is not None:
            table.problem(
                "field",
                "bad-field",
                "this is no path in JSON",
                expected='names and places: "temperature", "wind.speed", "values[0]", \'["PM2.5"].value\'',
                found=quoted(written),
            )
    return Json(paths=tuple(paths.items()))


def _steps(path: str) -> tuple[str | int, ...]:
    """Return the steps of a path, none when it is no path."""
    steps: list[str | int] = []
    at = 0
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None or (at == 0 and path[0] == ".") or (at > 0 and match[1] and path[at] != "."):
            return ()
        steps.append(int(match[3]) if match[3] else match[1] or match[2])
        at = match.end()
    return tuple(steps)


def _channel(table: Table) -> tuple[LineChannel, Channel] | None:
    described = describe(table)
    key = table.values.get("field")
    words = table.table("words")
    if described is None or not isinstance(key, int | str):
        return None
    if described.scaling is None and words.written:
        table.problem("words", "no-effect", "an identifier is no number", expected="no words here")
        return None
    absent: tuple[str, ...] = table.get("not_available", tuple) or ()
    place = LineChannel(
        name=table.name,
        key=key,
        scaling=described.scaling,
        words=tuple((word.encode(), value) for word, value in words.values.items() if isinstance(value, int)),
        unavailable=tuple(word.encode() for word in absent),
    )
    return place, described.channel


def _check(section: Table) -> LineCheck | None:
    table = section.table("checksum")
    if "checksum" not in section.values:
        return None
    check, before = check_of(table), table.text("before")
    if check is None or before is None:
        return None
    return LineCheck(check=check, after=_bytes(table, "after", ""), before=_bytes(table, "before", before))


def _requirements(section: Table) -> tuple[tuple[Key, tuple[bytes, ...]], ...]:
    tables: tuple[Table, ...] = section.get("require", tuple) or ()
    found: list[tuple[Key, tuple[bytes, ...]]] = []
    for table in tables:
        key, allowed = table.values.get("field"), table.get("is", tuple)
        if isinstance(key, int | str) and allowed is not None:
            found.append((key, tuple(word.encode() for word in allowed)))
    return tuple(found)
