"""What the unit's file declares, read for the comparison: windows, rules, rounding, k.

In: the TOML file. Out: streams. Never: the agent's own reading of that file, nor a check; `lamppost check` did that.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import tomli

_DURATION: Final = re.compile(r"([0-9]+)(ms|s|min|h)")
_MS: Final = {"ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One released channel.

    Attributes:
        name: what the city calls it.
        source: the channel of the sensor.
        rule: how a window becomes a number.
        step: values are rounded to multiples of this.
        low, high: what may leave; None where the file states no range.
        grid_m: edge of the location grid.
    """

    name: str
    source: str
    rule: str
    step: Decimal
    low: Decimal | None = None
    high: Decimal | None = None
    grid_m: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One stream. Its columns come from one sensor; with `k` all of them tell about people."""

    name: str
    sensor: str
    window_ms: int
    columns: tuple[Column, ...]
    k: int | None = None


def read(path: Path) -> tuple[Stream, ...]:
    """Return the streams of a unit's file.

    Raises:
        ValueError: it declares what this reader does not know.
    """
    tables = tomli.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)["stream"]
    return tuple(_stream(name, table) for name, table in tables.items())


def _stream(name: str, table: Mapping[str, Any]) -> Stream:
    sensors = {column["from"].partition(".")[0] for column in table["channel"].values()}
    if len(sensors) != 1:
        raise ValueError(f"stream {name}: expected channels of one sensor, found {sorted(sensors)}")
    return Stream(
        name=name,
        sensor=sensors.pop(),
        window_ms=_duration_ms(table["window"]),
        columns=tuple(_column(label, column) for label, column in table["channel"].items()),
        k=table.get("suppress_below"),
    )


def _column(name: str, table: Mapping[str, Any]) -> Column:
    low, high = table.get("range", (None, None))
    counts = table["rule"] == "count_distinct"
    return Column(
        name=name,
        source=table["from"].partition(".")[2],
        rule=table["rule"],
        step=Decimal(table.get("resolution", 1)) if counts else Decimal(table["resolution"]),
        low=None if low is None else Decimal(low),
        high=None if high is None else Decimal(high),
        grid_m=int(table["grid"].removesuffix("m")) if "grid" in table else None,
    )


def _duration_ms(text: str) -> int:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no duration")
    return int(found[1]) * _MS[found[2]]
