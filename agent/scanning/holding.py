"""Whether the service runs, and which buses it has.

In: its runtime folder and its configuration. Out: paths. Never: the guess that it does not have a bus, where that
cannot be read.

Two programs on one I2C bus disturb each other: the other one's multiplexer is switched under its feet.
"""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agent.tomlfile import Unusable, read

_STALE_S: Final = 60
_AHEAD_S: Final = 5


@dataclass(frozen=True, slots=True)
class Service:
    """The running service.

    Attributes:
        paths: of the buses it has, links followed; None for all that there are: its configuration cannot be read.
    """

    paths: frozenset[str] | None

    def has(self, path: str) -> bool:
        """Return whether it has a bus."""
        return self.paths is None or os.path.realpath(path) in self.paths


def running(runtime: Path, configuration: Path) -> Service | None:
    """Return the service if it runs, by the age of the status it keeps."""
    try:
        uptime_s = json.loads((runtime / "status.json").read_text())["uptime_s"]
        age_s = time.monotonic() - float(uptime_s)
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    return Service(_paths(configuration)) if -_AHEAD_S <= age_s <= _STALE_S else None


def _paths(configuration: Path) -> frozenset[str] | None:
    try:
        buses = read(configuration).values.get("bus")
    except Unusable:
        return None
    tables: Mapping[str, Any] = buses if isinstance(buses, dict) else {}
    found = [table.get("path") for table in tables.values() if isinstance(table, dict)]
    try:
        return frozenset(os.path.realpath(path) for path in found if isinstance(path, str))
    except ValueError:  # no file can have such a path, so this is not what the service has read
        return None
