"""From a line to its fields, in the three ways that a file can declare. Pure.

In: a line. Out: its fields as text, by number, by group or by path. Never: what a field means, recursion into what a
line holds beyond Python's own bound, a pattern that can run away (`patterns`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.declared.lines import Fields, Key, Splitter
from drivers.declared.matching import match
from drivers.declared.programs import compiled


@dataclass(frozen=True, slots=True, kw_only=True)
class Delimited:
    """Fields between separators, numbered from 1.

    Attributes:
        separator: between two fields; None for any number of spaces and tabs.
        count: how many fields there are, None for any number.
    """

    separator: bytes | None
    count: int | None = None

    def splitter(self) -> Splitter:
        """Return what splits a line."""
        return self.split

    def split(self, line: bytes) -> Fields | None:
        """Return the fields, None when their number is not the right one."""
        fields = line.split(self.separator)
        if self.count is not None and len(fields) != self.count:
            return None
        return dict(enumerate((field.strip() for field in fields), start=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterned:
    """Named groups of a pattern for the whole line.

    Attributes:
        pattern: as `patterns` knows them.
    """

    pattern: str

    def splitter(self) -> Splitter:
        """Return what splits a line: into the groups, or into None when it is not as the pattern says."""
        program = compiled(self.pattern)

        def split(line: bytes) -> Fields | None:
            groups = match(program, line)
            return None if groups is None else dict[Key, bytes | None](groups.items())

        return split


@dataclass(frozen=True, slots=True, kw_only=True)
class Json:
    """Values of a JSON object, by paths such as ``wind.speed`` or ``range[0]``, given as their steps.

    Attributes:
        paths: each path as written, and its steps: names and indices.
    """

    paths: tuple[tuple[Key, tuple[str | int, ...]], ...]

    def splitter(self) -> Splitter:
        """Return what splits a line."""
        return self.split

    def split(self, line: bytes) -> Fields | None:
        """Return the values as text, None when the line is no JSON object; missing ones are left out."""
        import json  # noqa: PLC0415 - devices that send no JSON live without it

        try:
            found = json.loads(line.decode(), parse_float=str, parse_int=str, parse_constant=str)
        except (ValueError, RecursionError):
            return None
        if not isinstance(found, Mapping):
            return None
        fields = {path: _text(_at(found, steps)) for path, steps in self.paths}
        return {path: text for path, text in fields.items() if text is not None}


def _at(value: object, steps: tuple[str | int, ...]) -> object:
    for step in steps:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, Mapping) else None
        else:
            value = value[step] if isinstance(value, list) and step < len(value) else None
    return value


def _text(value: object) -> bytes | None:
    """Return a number, a word or a truth as text; an object or a list is no field."""
    if isinstance(value, bool):
        return b"true" if value else b"false"
    return value.encode(errors="replace") if isinstance(value, str) else None
