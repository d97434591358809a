"""Whether a channel says of itself that it is about people or vehicles, and in which class it then must be.

In: a channel's table. Out: problems. Never: certainty: words can only be looked for, so what is found must be put
right, and what is not found is still the technician's to say.
"""

import re
from typing import Final

from agent.privacy.classes import GRID_UNITS
from agent.tomlfile import Table, quoted

_WORDS: Final = re.compile(
    r"\b(people|persons?|pedestrians?|passers?-?by|passengers?|visitors?|customers?|crowds?|footfall|faces"
    r"|vehicles?|cars?|trucks?|lorr(?:y|ies)|buses|bicycles?|bikes?|cyclists?|motorcycles?|scooters?|traffic"
    r"|occupan(?:ts?|cy)|headcount|(?:licen[cs]e|number) plates?|mac address(?:es)?|(?:smart|mobile |)phones?"
    r"|badges?|rfid|transponders?|imsi|bluetooth|wi ?fi)\b"
)
_SPACED: Final = re.compile(r"[_\W]+")


def check_people(table: Table) -> None:
    """Report a channel that names people or vehicles and is a plain measurement, and a class without its group."""
    sensitivity = table.text("class")
    grouped = "group" in table.written
    if sensitivity in {"count", "identifier"} and not grouped:
        table.problem(
            "class",
            "missing-group",
            f"a channel of class {quoted(sensitivity)} needs its group",
            expected='group = what it is about, such as group = "vehicles"',
            found="nothing",
            hint="all channels of one group are released together, or not at all",
        )
    if sensitivity == "location" and grouped:
        table.problem(
            "group",
            "no-effect",
            "a place of people or vehicles has no form that may leave",
            expected="no group here, for the place of the unit itself; else leave the channel out",
        )
    if sensitivity == "location":
        _check_place(table)
    if sensitivity == "count":
        _check_unit(table)
    if sensitivity == "measurement" and not grouped:
        _check_words(table)


def _check_place(table: Table) -> None:
    unit = table.text("unit")
    if unit is not None and unit not in GRID_UNITS:
        table.problem(
            "unit",
            "wrong-unit",
            "a place leaves only snapped to a grid, which knows latitudes, longitudes and heights",
            expected='"lat", "lon" or "m"',
            found=quoted(unit),
        )


def _check_unit(table: Table) -> None:
    unit = table.text("unit")
    if unit is not None and unit != "count":
        table.problem(
            "unit",
            "wrong-unit",
            "a number of people or vehicles is a plain number: it is held against the fewest that may be told",
            expected='"count"',
            found=quoted(unit),
            hint='for their speed or the like: class = "measurement", with the group',
        )


def _check_words(table: Table) -> None:
    title = table.text("title") or ""
    found = _WORDS.search(_SPACED.sub(" ", f"{table.name} {title}".lower()))
    counts = table.text("unit") == "count"
    if found is None and not counts:
        return
    told = f"it speaks of {quoted(found[0])}" if found is not None else 'its unit is "count"'
    table.problem(
        "class",
        "people-class",
        f"this channel seems to be derived from people or vehicles: {told}",
        expected='class = "count" for how many, "identifier" for who, or a group for anything else about them',
        found='"measurement" without a group',
        hint="if it is not about people or vehicles, choose another title",
    )


def check_company(channels: dict[str, Table]) -> None:
    """Report channels outside the group of an identifier: they came with it, and tell about the same person."""
    groups = {table.text("group") for table in channels.values() if table.text("class") == "identifier"} - {None}
    if not groups:
        return
    for table in channels.values():
        if table.text("group") not in groups and table.text("class") != "identifier":
            table.problem(
                "class",
                "outside-group",
                "this comes together with an identifier, so it tells about the same person or vehicle",
                expected=f"group = {' or '.join(quoted(group) for group in sorted(map(str, groups)))}",
                found="another group" if "group" in table.written else "no group",
            )
