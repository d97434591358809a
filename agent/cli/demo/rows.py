"""A row as the comparison knows it: one window of one stream, what stands in it and why not.

In: the receiver's export. Out: rows, and the line of text that stands for each in a digest. Never: a floating number.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

OK: Final = "ok"
PARTIAL: Final = "partial"
SUPPRESSED: Final = "suppressed"
UNDATED: Final = "undated"

Cell = tuple[Decimal | None, str]
"""A value, or None, and its quality."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One window of one stream. `start_ms` is wall time; a row without a date is marked."""

    stream: str
    start_ms: int
    cells: Mapping[str, Cell]
    undated: bool = False

    @property
    def text(self) -> str:
        """What stands in it, for people and for digests."""
        cells = "  ".join(f"{name} {_cell(value, quality)}" for name, (value, quality) in self.cells.items())
        return f"{cells}  {UNDATED}" if self.undated else cells


def line(stream: str, start_ms: int, text: str) -> str:
    """Return the line that stands for a row in a digest."""
    return f"{stream} {start_ms} {text}"


def clock(start_ms: int) -> str:
    """Return a moment as a time of day, UTC."""
    return f"{datetime.fromtimestamp(start_ms / 1000, tz=UTC):%H:%M:%S}"


def read_export(lines: Iterable[str]) -> list[Row]:
    """Return the rows that `lamppost-receiver export` printed, in its order."""
    return [_row(json.loads(text)) for text in lines if text.strip()]


def alter(rows: list[Row], *, stream: str, step: Decimal) -> tuple[list[Row], Row | None]:
    """Return the rows with one value raised by one rounding step, and the row as it was, None if there was none.

    The value is in the middle of the stream's complete rows, so that no open end of time can explain it away.
    """
    candidates = [row for row in rows if row.stream == stream and all(q == OK for _, q in row.cells.values())]
    if not candidates:
        return rows, None
    chosen = sorted(candidates, key=lambda row: row.start_ms)[len(candidates) // 2]
    name, (value, quality) = next(iter(chosen.cells.items()))
    altered = replace(chosen, cells={**chosen.cells, name: ((value or Decimal(0)) + step, quality)})
    return [altered if row is chosen else row for row in rows], chosen


def _row(entry: Mapping[str, object]) -> Row:
    values, start_ms = entry["values"], entry["start_ms"]
    if not isinstance(values, dict) or not isinstance(start_ms, int):
        raise TypeError("an exported row has values and a start")
    cells = {
        name: (None if cell["value"] is None else Decimal(cell["value"]), str(cell["quality"]))
        for name, cell in values.items()
    }
    return Row(stream=str(entry["stream"]), start_ms=start_ms, cells=cells, undated=entry["boot"] is not None)


def _cell(value: Decimal | None, quality: str) -> str:
    if value is None:
        return f"({quality})"
    number = f"{value.normalize():f}"
    return number if quality == OK else f"{number} ({quality})"
