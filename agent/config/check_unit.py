"""Rules about the unit itself: where it stands, and the codes that describe it.

In: the file's `[unit]` table. Out: the middle of its grid cell, codes, and problems. Never: the location as it was
written: a problem names bounds only.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from agent.config import dtpr
from agent.config.model_unit import DEFAULT_LOCATION_GRID
from agent.privacy.grid import Grid
from agent.tomlfile import Distance, Table, did_you_mean, nearest, quoted
from agent.wire.fields import MAX_CODES

EXPONENT: Final = -5
"""A released location is in units of 1e-5 degrees: a metre."""
_BOUNDS: Final = (Decimal(90), Decimal(180))


def check_unit(unit: Table) -> tuple[int, int, int] | None:
    """Return the cell in which the unit stands, None when it is not told or wrong: see `UnitSettings.location`."""
    check_codes(unit)
    location = unit.get("location", tuple)
    if "location" not in unit.written:
        if "location_grid" in unit.written:
            unit.problem(
                "location_grid",
                "no-effect",
                "this has no effect without a location",
                expected="location = [latitude, longitude], or no location_grid here",
                hint="remove this line, or add the location",
            )
        return None
    grid = unit.get("location_grid", Distance)
    if location is None or ("location_grid" in unit.written and grid is None) or not _is_place(unit, location):
        return None
    return snap(location, int(DEFAULT_LOCATION_GRID if grid is None else grid))


def snap(location: tuple[Decimal, Decimal], edge_m: int) -> tuple[int, int, int]:
    """Return the middle of the cell that holds a place, in units of 1e-5 degrees, and the cell's edge."""
    latitude, longitude = (int(degrees.scaleb(-EXPONENT).to_integral_value()) for degrees in location)
    grid = Grid(edge_m, EXPONENT)
    return grid.latitude(latitude), grid.longitude(longitude, latitude=latitude), edge_m


def _is_place(unit: Table, location: tuple[Decimal, Decimal]) -> bool:
    if all(abs(value) <= bound for value, bound in zip(location, _BOUNDS, strict=True)):
        return True
    swapped = all(abs(value) <= bound for value, bound in zip(reversed(location), _BOUNDS, strict=True))
    unit.problem(
        "location",
        "bad-location",
        "there is no such place",
        expected="[latitude, longitude] in degrees: -90 to 90 and -180 to 180, south and west below zero",
        hint="the two may be swapped: latitude comes first" if swapped else None,
    )
    return False


def check_codes(table: Table) -> None:
    """Report codes under `dtpr` that the taxonomy does not have, or that are there twice."""
    codes: tuple[str, ...] = table.get("dtpr", tuple) or ()
    if len(codes) > MAX_CODES:
        table.problem(
            "dtpr",
            "too-many-codes",
            "these are too many codes",
            expected=f"{MAX_CODES} at most",
            found=str(len(codes)),
        )
    seen: set[str] = set()
    for index, code in enumerate(codes):
        if code not in dtpr.TITLES:
            table.problem(
                ("dtpr", index),
                "unknown-code",
                f"DTPR has no element {quoted(code)}",
                expected="a code of docs/configuring.md: a category, two underscores, an element",
                found=quoted(code),
                hint=_meant(code, seen),
            )
        elif code in seen:
            table.problem(
                ("dtpr", index),
                "duplicate-code",
                "this code is there already",
                expected="each code once",
                found=quoted(code),
                hint="remove one of the two",
            )
        seen.add(code)


def _meant(code: str, seen: Iterable[str]) -> str | None:
    """Return a proposal: the nearest code, or else the element whose own name or title was written."""
    left = [name for name in dtpr.TITLES if name not in seen]
    direct = did_you_mean(code, left)
    if direct is not None:
        return direct
    by_name = {name.partition("__")[2]: name for name in left} | {dtpr.TITLES[name]: name for name in left}
    found = nearest(code, by_name)
    return None if found is None else f'did you mean "{by_name[found]}"?'
