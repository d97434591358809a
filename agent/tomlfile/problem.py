"""What is wrong with a file, said so that somebody on a ladder in the rain can mend it.

In: places and words. Out: text with the line shown and a caret, or plain values for JSON. Never: reading files.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """Whether the file can be used as it is."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake.

    Attributes:
        code: names the kind of mistake, such as ``unknown-key``.
        file: as the caller named it.
        line: from 1; 0 when the file could not be read at all.
        column: from 1, in characters.
        width: how many characters are meant.
        key: the key with its tables, such as ``sensor.air.interval``; empty for the file.
        message: what is wrong, in one sentence without a full stop.
        expected: what should stand there, or None.
        found: what stands there, or None.
        hint: what to do, or None.
        source: the line.
        severity: error or warning.
    """

    code: str
    file: str
    line: int
    column: int
    width: int = 1
    key: str = ""
    message: str
    expected: str | None = None
    found: str | None = None
    hint: str | None = None
    source: str = ""
    severity: Severity = Severity.ERROR

    @property
    def headline(self) -> str:
        """``file:line:column: message``."""
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        kind = "warning: " if self.severity is Severity.WARNING else ""
        return f"{where}: {kind}{self.message}"

    def lines(self) -> Iterator[str]:
        """Yield the message for a terminal: headline, the line, a caret, then what is known."""
        yield printable(self.headline)
        if self.line:
            number = str(self.line)
            margin = "".join("\t" if sign == "\t" else " " for sign in self.source[: self.column - 1])
            yield f"  {number} | {printable(self.source)}".rstrip()
            yield f"  {' ' * len(number)} | {margin}{'^' * max(1, self.width)}"
        for label, text in (("expected", self.expected), ("found", self.found)):
            if text is not None:
                yield f"    {label}: {printable(text)}"
        if self.hint is not None:
            yield f"    {printable(self.hint)}"

    def as_dict(self) -> dict[str, str | int | None]:
        """Return plain values for JSON."""
        return {
            "severity": self.severity.value,
            "code": self.code,
            "line": self.line,
            "column": self.column,
            "width": self.width,
            "key": self.key,
            "message": self.message,
            "expected": self.expected,
            "found": self.found,
            "hint": self.hint,
        }


@dataclass(slots=True)
class Report:
    """Everything that is wrong with one file."""

    problems: list[Problem] = field(default_factory=list)

    def add(self, problem: Problem) -> None:
        """Keep one more."""
        self.problems.append(problem)

    def ordered(self) -> list[Problem]:
        """Return the problems in the order of the file; of several files, one after the other."""
        files = list(dict.fromkeys(problem.file for problem in self.problems))
        return sorted(self.problems, key=lambda problem: (files.index(problem.file), problem.line, problem.column))

    def errors(self) -> list[Problem]:
        """Return those that make the file unusable."""
        return [problem for problem in self.ordered() if problem.severity is Severity.ERROR]

    def warnings(self) -> list[Problem]:
        """Return those that do not."""
        return [problem for problem in self.ordered() if problem.severity is Severity.WARNING]

    def has(self, code: str) -> bool:
        """Return whether a mistake of this kind was found."""
        return any(problem.code == code for problem in self.problems)

    def text(self) -> str:
        """Return all of them for a terminal, an empty line between two."""
        return "\n\n".join("\n".join(problem.lines()) for problem in self.ordered())


def printable(text: str) -> str:
    """Return `text` with everything that could disturb a terminal or a log written as an escape; tabs stay."""
    return "".join(sign if sign.isprintable() or sign == "\t" else ascii(sign)[1:-1] for sign in text)


def quoted(value: object) -> str:
    """Return a value as it is written in TOML, shortened, for a message."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


_SHOWN = 80
