"""A TOML file with the position of every key and value.

In: bytes of a file. Out: its values (decimal fractions as `Decimal`) and its positions, or the one mistake that keeps
it from being TOML. Never: what the keys mean.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path as FilePath
from typing import Any, Final

import tomli

from agent.tomlfile.problem import Problem, Severity, quoted
from agent.tomlfile.scan import Path, Place, scan
from agent.tomlfile.syntax import explain

_LARGEST_BYTES: Final = 1_000_000
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class Unusable(Exception):
    """The file cannot be read or is no TOML.

    Attributes:
        problem: what and where.
        readable: whether the file could be read at all.
    """

    def __init__(self, problem: Problem, *, readable: bool) -> None:
        super().__init__("\n".join(problem.lines()))
        self.problem = problem
        self.readable = readable


@dataclass(frozen=True, slots=True)
class Document:
    """A file that is TOML.

    Attributes:
        name: the file, as the caller named it.
        text: its content, lines ended by LF.
        values: what it says.
        places: where each path stands.
    """

    name: str
    text: str
    values: Mapping[str, Any]
    places: Mapping[Path, Place]
    line_starts: tuple[int, ...]

    def line_column(self, offset: int) -> tuple[int, int]:
        """Return line and column, both from 1, of an offset."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line_text(self, line: int) -> str:
        """Return a line without its end."""
        start = self.line_starts[line - 1]
        end = self.text.find("\n", start)
        return self.text[start:] if end < 0 else self.text[start:end]

    def problem(
        self,
        path: Path,
        *,
        code: str,
        message: str,
        at_value: bool = False,
        expected: str | None = None,
        found: str | None = None,
        hint: str | None = None,
        severity: Severity = Severity.ERROR,
    ) -> Problem:
        """Return a problem at a key, or at its value; at the nearest table when the key is not there."""
        start, end = self._span(path, at_value=at_value)
        line, column = self.line_column(start)
        source = self.line_text(line)
        return Problem(
            code=code,
            file=self.name,
            line=line,
            column=column,
            width=max(1, min(end - start, len(source) - column + 1)),
            key=dotted(path),
            message=message,
            expected=expected,
            found=found,
            hint=hint,
            source=source,
            severity=severity,
        )

    def _span(self, path: Path, *, at_value: bool) -> tuple[int, int]:
        while path and path not in self.places:
            path, at_value = path[:-1], False
        if not path:
            return 0, 1
        place = self.places[path]
        return (place.value_start, place.value_end) if at_value else (place.start, place.end)


def dotted(path: Iterable[str | int]) -> str:
    """Return a path as it is written in a message."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if part and part.replace("-", "").replace("_", "").isalnum() else quoted(part)
            text += f".{name}" if text else name
    return text


def read(file: FilePath, *, name: str | None = None) -> Document:
    """Return the document in a file.

    Raises:
        Unusable: it cannot be read, or is no TOML.
    """
    shown = str(file) if name is None else name
    try:
        with file.open("rb") as stream:
            data = stream.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise _unreadable(shown, error.strerror or str(error)) from error
    return parse(data, name=shown)


def parse(data: bytes, *, name: str) -> Document:
    """Return the document in these bytes.

    Raises:
        Unusable: they are no TOML, or too many.
    """
    if len(data) > _LARGEST_BYTES:
        raise _unreadable(name, f"it is larger than {_LARGEST_BYTES} bytes, too large for a configuration")
    text = _decode(data, name=name)
    try:
        values = tomli.loads(text, parse_float=_fraction)
        places = scan(text)
    except tomli.TOMLDecodeError as error:
        raise Unusable(explain(name, text, error), readable=True) from error
    except (RecursionError, ValueError) as error:
        problem = Problem(
            code="syntax", file=name, line=1, column=1, message=_too_much(error), source=text.partition("\n")[0]
        )
        raise Unusable(problem, readable=True) from error
    starts = [0]
    starts.extend(index + 1 for index, sign in enumerate(text) if sign == "\n")
    return Document(name, text, values, places, tuple(starts))


def _decode(data: bytes, *, name: str) -> str:
    data = data.removeprefix(_BYTE_ORDER_MARK)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode().replace("\r\n", "\n")
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        problem = Problem(
            code="syntax",
            file=name,
            line=line,
            column=column,
            message="there is a character here that is not UTF-8",
            hint='save the file with the encoding "UTF-8"',
            source=data.decode(errors="replace").replace("\r\n", "\n").split("\n")[line - 1],
        )
        raise Unusable(problem, readable=True) from error
    return text.replace("\r\n", "\n")


def _fraction(text: str) -> Decimal:
    """Return the number; one beyond every bound becomes infinite, which no key accepts."""
    try:
        return Decimal(text)
    except ArithmeticError:
        return Decimal("Infinity")


def _too_much(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "lists or tables stand inside each other too deep"
    return "a number in this file has too many digits"


def _unreadable(name: str, reason: str) -> Unusable:
    problem = Problem(code="unreadable", file=name, line=0, column=0, message=f"cannot read this file: {reason}")
    return Unusable(problem, readable=False)
