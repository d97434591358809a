"""Where everything stands in a TOML text: a scanner of TOML's surface.

In: a text that the TOML parser has accepted (or refused: then the scan may end with `Unclosed` or `Misfit`).
Out: for the path of every key and list element, the offsets of its key and of its value. Never: values.

A path is a tuple of keys, with the index of the element after the name of a list.
"""

import re
from dataclasses import dataclass, field
from typing import Final

import tomli

Path = tuple[str | int, ...]

_BLANK: Final = re.compile(r"[ \t]*")
_SPACE: Final = re.compile(r"(?:[ \t\n]+|#[^\n]*)*")
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_QUOTED: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'')
_LONG: Final = re.compile(r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}', re.DOTALL)
_SCALAR: Final = re.compile(r"[^,\]}#\n\"']+")
_NEXT: Final = re.compile(r"\[|[A-Za-z0-9_.\"'-]+[ \t]*=|\Z")
"""What follows a list or table whose end was forgotten; anything else there is a forgotten comma."""


@dataclass(frozen=True, slots=True)
class Place:
    """Offsets of a key and of its value; for a table both are where its name stands."""

    start: int
    end: int
    value_start: int
    value_end: int


class Misfit(ValueError):
    """The text is no TOML."""


class Unclosed(Misfit):
    """Something is opened and not closed.

    Attributes:
        offset: where it is opened.
        what: what it is, in words.
    """

    def __init__(self, offset: int, what: str) -> None:
        super().__init__(f"{what} at {offset}")
        self.offset = offset
        self.what = what


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    start: int
    end: int


def scan(text: str) -> dict[Path, Place]:
    """Return the place of every key and list element of `text`.

    Raises:
        Misfit: the text is no TOML; `Unclosed` tells where something was opened.
    """
    scanner = _Scanner(text)
    scanner.document()
    return scanner.places


@dataclass(slots=True)
class _Scanner:
    text: str
    at: int = 0
    places: dict[Path, Place] = field(default_factory=dict)
    lists: dict[Path, int] = field(default_factory=dict)

    def document(self) -> None:
        base: Path = ()
        self.skip(_SPACE)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                base = self.header()
            else:
                self.pair(base)
            self.skip(_SPACE)

    def skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()

    def take(self, sign: str) -> None:
        if not self.text.startswith(sign, self.at):
            raise Misfit(f"{sign} expected at {self.at}")
        self.at += len(sign)

    def header(self) -> Path:
        brackets = "[[" if self.text.startswith("[[", self.at) else "["
        self.take(brackets)
        parts = self.key()
        self.take("]" * len(brackets))
        path = self.enter((), parts, through_lists=True)
        path += (parts[-1].name,)
        if brackets == "[[":
            self.note(path, parts[-1])
            index = self.lists.get(path, 0)
            self.lists[path] = index + 1
            path += (index,)
        elif path in self.lists:
            path += (self.lists[path] - 1,)
        self.places[path] = _at(parts[-1])
        return path

    def enter(self, path: Path, parts: list[_Part], *, through_lists: bool) -> Path:
        """Return the path of the table that holds the last part, and note the tables on the way."""
        for part in parts[:-1]:
            path += (part.name,)
            self.note(path, part)
            if through_lists and path in self.lists:
                path += (self.lists[path] - 1,)
        return path

    def note(self, path: Path, part: _Part) -> None:
        self.places.setdefault(path, _at(part))

    def pair(self, base: Path) -> None:
        parts = self.key()
        path = (*self.enter(base, parts, through_lists=False), parts[-1].name)
        self.take("=")
        self.skip(_BLANK)
        start = self.at
        self.value(path)
        self.places[path] = Place(parts[-1].start, parts[-1].end, start, self.at)

    def key(self) -> list[_Part]:
        parts = []
        while True:
            self.skip(_BLANK)
            parts.append(self.part())
            self.skip(_BLANK)
            if not self.text.startswith(".", self.at):
                return parts
            self.at += 1

    def part(self) -> _Part:
        match = _BARE.match(self.text, self.at) or _QUOTED.match(self.text, self.at)
        if match is None:
            raise Misfit(f"key expected at {self.at}")
        self.at = match.end()
        return _Part(key_text(match.group()), match.start(), match.end())

    def value(self, path: Path) -> None:
        sign = self.text[self.at : self.at + 1]
        if sign == "[":
            self.array(path)
        elif sign == "{":
            self.inline_table(path)
        elif sign and sign in "\"'":
            self.string(sign)
        else:
            self.scalar()

    def array(self, path: Path) -> None:
        opened = self.at
        self.at += 1
        index = 0
        self.skip(_SPACE)
        while not self.text.startswith("]", self.at):
            if self.at >= len(self.text):
                raise Unclosed(opened, "list")
            start = self.at
            self.value((*path, index))
            self.places[*path, index] = Place(start, self.at, start, self.at)
            index += 1
            self.separator("]", opened=opened, what="list")
        self.at += 1

    def inline_table(self, path: Path) -> None:
        opened = self.at
        self.at += 1
        self.skip(_SPACE)
        while not self.text.startswith("}", self.at):
            if self.at >= len(self.text):
                raise Unclosed(opened, "table")
            self.pair(path)
            self.separator("}", opened=opened, what="table")
        self.at += 1

    def separator(self, closing: str, *, opened: int, what: str) -> None:
        self.skip(_SPACE)
        if self.text.startswith(",", self.at):
            self.at += 1
            self.skip(_SPACE)
        elif not self.text.startswith(closing, self.at):
            if _NEXT.match(self.text, self.at):
                raise Unclosed(opened, what)
            raise Misfit(f"a comma is missing at {self.at}")

    def string(self, sign: str) -> None:
        long = self.text.startswith(sign * 3, self.at)
        match = (_LONG if long else _QUOTED).match(self.text, self.at)
        if match is None:
            raise Unclosed(self.at, "text over several lines" if long else "text")
        self.at = match.end()

    def scalar(self) -> None:
        match = _SCALAR.match(self.text, self.at)
        if match is None:
            raise Misfit(f"value expected at {self.at}")
        self.at += len(match.group().rstrip(" \t"))


def _at(part: _Part) -> Place:
    return Place(part.start, part.end, part.start, part.end)


def key_text(written: str) -> str:
    """Return the key that is written bare or in quotes as `written`."""
    if written[0] == "'":
        return written[1:-1]
    if written[0] == '"':
        return written[1:-1] if "\\" not in written else next(iter(tomli.loads(f"{written} = 0")))
    return written
