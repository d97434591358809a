"""What a window must say, computed from the sensors' log alone: the rules of release, written a second time.

In: a declared stream and the samples of one window. Out: the row that must leave. Never: a line of the agent's own
filter; an error there must not hide an error here. Exact fractions, one rounding, halves to the even neighbour.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from agent.cli.demo.declared import Column, Stream
from agent.cli.demo.rows import OK, SUPPRESSED, Cell

Sample = Mapping[str, str | None]
"""Channel name to what the sensor showed, None for not available."""

_LATITUDE_DEGREE_M: Final = 110_574
_EQUATOR_DEGREE_M: Final = 111_319
_DEGREES: Final = Fraction(1, 10**7)
"""A receiver tells degrees to seven places, so the middle of a cell is cut to them."""


def cells(stream: Stream, samples: Sequence[Sample]) -> dict[str, Cell]:
    """Return what the window with these samples must say: a value and a quality for each column."""
    found = {column.name: _cell(column, samples) for column in stream.columns}
    if stream.k is None:
        return found
    contributors = min(_distinct(column, samples) for column in stream.columns if column.rule == "count_distinct")
    return found if contributors >= stream.k else dict.fromkeys(found, (None, SUPPRESSED))


def _cell(column: Column, samples: Sequence[Sample]) -> Cell:
    if column.rule == "count_distinct":
        return _clamped(column, _rounded(Fraction(_distinct(column, samples)), column.step))
    if column.rule == "grid":
        numbers = [place for sample in samples if (place := _place(column, sample)) is not None]
    else:
        numbers = [Fraction(text) for sample in samples if (text := sample[column.source]) is not None]
    if not numbers:
        return None, "no_data"
    value = _rounded(_RULES[column.rule](numbers), column.step)
    return (value, OK) if _clamped(column, value)[0] == value else (None, "out_of_range")


def _clamped(column: Column, value: Decimal) -> Cell:
    low = value if column.low is None else max(column.low, value)
    inside = low if column.high is None else min(column.high, low)
    return inside, OK if inside == value else "saturated"


def _distinct(column: Column, samples: Sequence[Sample]) -> int:
    return len({sample[column.source] for sample in samples} - {None})


def _rounded(number: Fraction, step: Decimal) -> Decimal:
    return round(number / Fraction(step)) * step  # round() takes the even one of two that are equally near


def _mean(numbers: Sequence[Fraction]) -> Fraction:
    return sum(numbers, Fraction(0)) / len(numbers)


def _last(numbers: Sequence[Fraction]) -> Fraction:
    return numbers[-1]


_RULES: Final[Mapping[str, Callable[[Sequence[Fraction]], Fraction]]] = {
    "mean": _mean,
    "min": min,
    "max": max,
    "last": _last,
    "grid": _last,
}


def _place(column: Column, sample: Sample) -> Fraction | None:
    """Return the middle of the cell in which a position lies."""
    latitude, longitude = sample["latitude"], sample["longitude"]
    if latitude is None or longitude is None or column.grid_m is None:
        return None
    rows = 180 * _LATITUDE_DEGREE_M // column.grid_m
    row = min(int((Fraction(latitude) + 90) * rows / 180), rows - 1)
    if column.source == "latitude":
        return _cut(Fraction(2 * row + 1, 2) * 180 / rows) - 90
    cells_in_row = _cells(row, rows=rows, edge_m=column.grid_m)
    cell = int((Fraction(longitude) + 180) * cells_in_row / 360) % cells_in_row
    return _cut(Fraction(2 * cell + 1, 2) * 360 / cells_in_row) - 180


def _cells(row: int, *, rows: int, edge_m: int) -> int:
    """Return how many cells of the edge fit into a row, at the whole degree poleward of it."""
    poleward = max(abs(Fraction(180 * border, rows) - 90) for border in (row, row + 1))
    degree = min(90, math.ceil(poleward))
    cosine = int(math.cos(math.radians(degree)) * 1_000_000)
    return max(1, 360 * _EQUATOR_DEGREE_M * cosine // (1_000_000 * edge_m))


def _cut(degrees: Fraction) -> Fraction:
    return int(degrees / _DEGREES) * _DEGREES
