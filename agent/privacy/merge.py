"""Two windows of one stream become one window twice as long. Pure; the only code that combines released rows.

In: two adjacent released rows, and how each column merges. Out: one released row, or a refusal. Never: a value where
either part was kept back, a value outside the declared range, a value that only looks like what its rule promises.

A merged row is made of two rows that might have left, so it tells nothing that they would not have told (any function
of released data is: Dwork and Roth, "The Algorithmic Foundations of Differential Privacy", 2014, proposition 2.1, for
noise). It stands in their place, and they never leave: two windows of one crowd cannot be subtracted from each other.

What a row no longer holds decides what can be combined:

* the smallest, the largest and the last value, and sums of any kind (a sum, a number of samples, the bins of a
  histogram) are exactly those of the longer window; so is a sum of noisy counts the noisy sum;
* a mean is the mean of both halves, rounded once each time: a row does not keep how many samples it was made of, and
  samples are taken at an even pace. Where people or vehicles are the samples that is not so, and it is left out;
* a position is the later half's whole: coordinates of two places are never mixed;
* a median, a quantile, a deviation, a mean direction, a dwell and a number of different identifiers cannot be told
  from those of the halves: null, code `thinned`.

Where half of the window has nothing (no sample, a sensor that failed) the other half's value stays, code `partial`,
unless it is about people or vehicles, or was beyond its range: then there is none.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Protocol

from agent.privacy.released import Released, release
from agent.privacy.rounding import divide_half_even
from agent.quality import Quality, strongest

COARSEST_MS: Final = 86_400_000
"""No merged window is longer than a day."""

_KEPT_BACK: Final = frozenset({Quality.SUPPRESSED, Quality.WITHHELD, Quality.BUDGET_SPENT})
_BEYOND: Final = frozenset({Quality.OUT_OF_RANGE, Quality.SATURATED})
"""There were samples, and a null says that what they tell is not known: neither is it of the longer window."""

Cell = tuple[int | None, Quality]
"""What one row tells in one column."""
Told = tuple[int, Quality]
"""The same, of a row that tells something."""


class How(Enum):
    """How two values become one."""

    AVERAGE = auto()
    LEAST = auto()
    MOST = auto()
    TOTAL = auto()
    LATER = auto()
    POSITION = auto()
    NOTHING = auto()
    """They cannot be combined: the column of a merged row is null."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merging:
    """How one column merges.

    Attributes:
        how: how two values become one.
        grouped: it is, or may be, derived from people or vehicles: null where either half is.
        clamped: a total beyond the range is cut to it, code `saturated`; otherwise it is null, `out of range`.
        resolution, minimum, maximum: as declared, in the column's units.
    """

    how: How
    grouped: bool
    clamped: bool
    resolution: int
    minimum: int
    maximum: int


class Row(Protocol):
    """A released row, as it comes out of the privacy filter or out of the store."""

    @property
    def start_ms(self) -> int:
        """Start of its window."""
        ...

    @property
    def step_ms(self) -> int:
        """Length of its window."""
        ...

    @property
    def boot_id(self) -> bytes | None:
        """The boot whose clock the start counts, None for wall time."""
        ...

    @property
    def values(self) -> tuple[int | None, ...]:
        """One for each column."""
        ...

    @property
    def quality(self) -> tuple[Quality, ...]:
        """One for each column."""
        ...


def begins_pair(start_ms: int, step_ms: int) -> bool:
    """Return whether a window is the first half of one that is twice as long: windows of every length are aligned."""
    return start_ms % (2 * step_ms) == 0 and 2 * step_ms <= COARSEST_MS


def merged(stream: str, first: Row, second: Row, *, columns: Sequence[Merging]) -> Released:
    """Return one row in the place of two.

    Args:
        stream: the stream of both, which were made under one declaration.
        first: the earlier half; it begins where a window twice as long does.
        second: the other half.
        columns: how each column merges, in order.

    Raises:
        ValueError: these are not the two halves of one window, or have other columns.
    """
    halves = (first.step_ms, first.boot_id) == (second.step_ms, second.boot_id)
    if (
        not halves
        or not begins_pair(first.start_ms, first.step_ms)
        or first.start_ms + first.step_ms != second.start_ms
    ):
        raise ValueError(f"stream {stream}: two rows are not the halves of one window, so they cannot be merged")
    if not len(columns) == len(first.values) == len(second.values):
        raise ValueError(
            f"stream {stream}: two rows have other columns than their declaration, so they cannot be merged"
        )
    parts = zip(
        zip(first.values, first.quality, strict=True),
        zip(second.values, second.quality, strict=True),
        columns,
        strict=True,
    )
    cells = [_cell(early, late, merging) for early, late, merging in parts]
    return release(
        stream,
        start_ms=first.start_ms,
        step_ms=2 * first.step_ms,
        boot_id=first.boot_id,
        values=tuple([value for value, _ in cells]),
        quality=tuple([quality for _, quality in cells]),
    )


def _cell(early: Cell, late: Cell, merging: Merging) -> Cell:
    """Return what the longer window tells in one column; the first rule that applies decides."""
    nulls = [quality for value, quality in (early, late) if value is None]
    kept_back = [quality for quality in (early[1], late[1]) if quality in _KEPT_BACK]
    beyond = [quality for quality in nulls if quality in _BEYOND]
    if kept_back:
        return None, strongest(*kept_back)
    if merging.how is How.NOTHING:
        had_value = nulls != [early[1], late[1]] or Quality.THINNED in nulls
        return None, Quality.THINNED if had_value else strongest(*nulls)
    if merging.grouped and nulls:
        return None, strongest(*nulls)
    if merging.how is How.POSITION and late[0] is None:
        return late
    if merging.how in _OF_LATE and late[0] is not None:
        return late[0], _code([late], early, late)
    if beyond:
        return None, strongest(*beyond)
    if early[0] is not None and late[0] is not None:
        return _combined((early[0], early[1]), (late[0], late[1]), merging)
    only = late if early[0] is None else early
    return only[0], strongest(*nulls) if only[0] is None else _code([only], early, late)


def _combined(early: Told, late: Told, merging: Merging) -> Cell:
    """Return what is made of two values."""
    value = _COMBINE[merging.how](early[0], late[0], merging.resolution)
    low, high = -(-merging.minimum // merging.resolution), merging.maximum // merging.resolution
    least, most = low * merging.resolution, high * merging.resolution
    if not least <= value <= most:
        return (min(max(value, least), most), Quality.SATURATED) if merging.clamped else (None, Quality.OUT_OF_RANGE)
    one_of_both = merging.how in {How.LEAST, How.MOST}
    return value, _code([part for part in (early, late) if not one_of_both or part[0] == value], early, late)


def _code(told: Sequence[Cell], early: Cell, late: Cell) -> Quality:
    """Return the code of a value that the parts in `told` have told; `partial` if either half was not all there."""
    missing = [
        Quality.PARTIAL
        for value, quality in (early, late)
        if quality is Quality.PARTIAL or (value is None and quality not in _BEYOND)
    ]
    return strongest(*(quality for _, quality in told), *missing, Quality.THINNED)


_OF_LATE: Final = frozenset({How.LATER, How.POSITION})
_COMBINE: Final[Mapping[How, Callable[[int, int, int], int]]] = {
    How.AVERAGE: lambda early, late, step: step * divide_half_even(early + late, 2 * step),
    How.LEAST: lambda early, late, _: min(early, late),
    How.MOST: lambda early, late, _: max(early, late),
    How.TOTAL: lambda early, late, _: early + late,
}
