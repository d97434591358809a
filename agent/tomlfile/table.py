"""One table of a document after it was compared with its model: what was right, and where to report more.

In: results of the walk. Out: values by key and type; problems at keys. Never: a value that was wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from agent.tomlfile.document import Document
from agent.tomlfile.problem import Report, Severity
from agent.tomlfile.scan import Path

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the document.

    Attributes:
        document: the file.
        report: where problems go.
        path: where the table is.
        values: key to value; nested tables are `Table`, lists are tuples.
        written: the keys that are there, right or wrong, and those that a misspelt key was probably meant to be.
    """

    document: Document
    report: Report
    path: Path
    values: Mapping[str, Any] = field(default_factory=dict)
    written: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The last part of its path."""
        return str(self.path[-1])

    def get(self, key: str, kind: type[T]) -> T | None:
        """Return the value of `key` if it is there, right, and a `kind`."""
        value = self.values.get(key)
        return value if isinstance(value, kind) else None

    def text(self, key: str) -> str | None:
        """Return a text, None when it is missing or wrong."""
        return self.get(key, str)

    def table(self, key: str) -> "Table":
        """Return a nested table; an empty one when it is missing or wrong."""
        found = self.get(key, Table)
        return Table(self.document, self.report, (*self.path, key)) if found is None else found

    def tables(self, key: str) -> dict[str, "Table"]:
        """Return the tables that stand under `key`, by name."""
        return {name: table for name, table in self.table(key).values.items() if isinstance(table, Table)}

    def problem(
        self,
        key: str | tuple[str, int] | None,
        code: str,
        message: str,
        *,
        expected: str | None = None,
        found: str | None = None,
        hint: str | None = None,
        severity: Severity = Severity.ERROR,
    ) -> None:
        """Report something about the value of `key` (or of an element of its list), or about the table itself."""
        below: Path = () if key is None else (key,) if isinstance(key, str) else key
        self.report.add(
            self.document.problem(
                (*self.path, *below),
                code=code,
                message=message,
                at_value=key is not None,
                expected=expected,
                found=found,
                hint=hint,
                severity=severity,
            )
        )

    def plain(self) -> dict[str, Any]:
        """Return the values without positions, ready for `msgspec.convert`."""
        return {key: _plain(value) for key, value in self.values.items()}


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return tuple(_plain(entry) for entry in value)
    return value.plain() if isinstance(value, Table) else value
