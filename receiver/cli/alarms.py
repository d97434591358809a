"""`lamppost-receiver alarms`: which alarms are raised, and what was told before.

Exit codes: 0 done, 2 the store cannot be used.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any, Final

from agent.tomlfile.problem import printable

_MS_PER_S: Final = 1000
_WORDS: Final = {"raised": "RAISED", "unknown": "UNKNOWN", "cleared": "over"}


def add(commands: Any) -> None:  # noqa: ANN401  argparse does not name this type
    """Add the command."""
    command = commands.add_parser("alarms", help="alarms that are raised or unknown; with --all what was told before")
    command.add_argument("--store", type=Path, required=True, help="the receiver's store")
    command.add_argument("--unit", help="this unit only")
    command.add_argument("--stream", help="this stream only")
    command.add_argument("--all", action="store_true", help="every change that was told, the oldest first")
    command.add_argument("--json", action="store_true", help="for programs: one object a line")
    command.set_defaults(run=_alarms)


def _alarms(chosen: argparse.Namespace) -> int:
    from receiver.alarms import AlarmBook  # noqa: PLC0415  the other commands start faster without

    book = AlarmBook(chosen.store)
    try:
        found = list(
            book.told(chosen.unit, chosen.stream) if chosen.all else book.standing(chosen.unit, chosen.stream)
        )
    finally:
        book.close()
    if not chosen.all:
        found = [change for change in found if change["state"] != "cleared"]
    for change in found:
        print(json.dumps(change, separators=(",", ":")) if chosen.json else line(change))
    if not found and not chosen.json:
        print("no alarm was told" if chosen.all else "no alarm is raised")
    return 0


def line(change: dict[str, Any]) -> str:
    """Return one change as a line for people."""
    title = "" if change["title"] in {None, change["alarm"]} else f" ({printable(change['title'])})"
    untold = f", {change['untold']} changes before it were not told" if change["untold"] else ""
    return f"{change['unit']} {change['stream']} {change['alarm']}{title}: {_what(change)}{_when(change)}{untold}"


def _what(change: dict[str, Any]) -> str:
    state = _WORDS[change["state"]]
    if change["value"] is None:
        reason = f" ({change['quality'].replace('_', ' ')})" if change["state"] == "unknown" else ""
        return f"{state}{reason}"
    side = "above" if "above" in change else "below"
    level = f"{side} {change[side]}" if change["state"] == "raised" else f"back at {change['clear']}"
    return f"{state}, {change['channel']} {change['value']} {change['measure']}, {level}"


def _when(change: dict[str, Any]) -> str:
    if change["boot"] is not None:
        return ", clock unset"
    end_ms = change["start_ms"] + change["step_ms"]
    return f", {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(end_ms // _MS_PER_S))}"
