"""What `lamppost buffer ls` and `verify` print: for somebody on a ladder, or for programs.

In: what was found in a store. Out: lines, or one JSON object. Never: a measured value.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from agent.buffer.faults import Fault
from agent.buffer.survey import StreamLine, Survey

_REPAIR: Final = (
    "To mend it: systemctl stop lamppost, then lamppost buffer repair. The agent does the same as soon as it meets "
    "the damage; it never stops for it."
)
_MB: Final = 1_000_000
_SHOWN: Final = 30
_UNITS: Final = ((86_400, "d"), (3600, "h"), (60, "min"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One store.

    Attributes:
        path: its file.
        files: sizes of its files in bytes, by name.
        aside: damaged stores beside it, with their sizes.
        survey: what is in it.
        faults: what is wrong with it.
    """

    path: Path
    files: Mapping[str, int]
    aside: Mapping[str, int]
    survey: Survey
    faults: tuple[Fault, ...]


def print_found(found: Found, *, as_json: bool) -> None:
    """Print what waits."""
    if as_json:
        print(json.dumps(_values(found), indent=2))
        return
    known = found.survey
    print(f"unit {known.unit or 'unknown: the header cannot be read'}")
    print(f"store {found.path}, {_size(sum(found.files.values()))}, {_state(known)}")
    now_ms = time.time_ns() // 1_000_000
    for line in known.streams:
        _print_stream(line, now_ms=now_ms)
    print(f"disclosure log: {known.log_entries} entries")
    for name, size in found.aside.items():
        print(f"set aside because it was damaged: {name}, {_size(size)}")
    _print_faults(found.faults)


def print_verdict(found: Found, *, as_json: bool) -> None:
    """Print what is wrong."""
    if as_json:
        print(json.dumps({"unit": found.survey.unit, "sound": not found.faults, **_faults(found.faults)}, indent=2))
        return
    if not found.faults:
        messages = sum(line.waiting + line.kept for line in found.survey.streams)
        rows = sum(line.rows for line in found.survey.streams)
        counted = f"{rows} rows, {messages} messages, {found.survey.log_entries} log entries"
        print(f"unit {found.survey.unit}: the buffer is sound ({counted})")
        return
    print(f"unit {found.survey.unit or 'unknown'}: THE BUFFER IS DAMAGED")
    _print_faults(found.faults)


def _state(known: Survey) -> str:
    if known.epoch is None:
        return "header unreadable"
    state = "closed in order" if known.closed else "open: an agent runs, or the power went"
    return f"epoch {known.epoch.hex()}, session {known.session}, {state}"


def _print_stream(line: StreamLine, *, now_ms: int) -> None:
    print(f"{line.name}{f' ({line.overflow})' if line.overflow and not line.name.startswith('_') else ''}")
    print(
        f"  {line.rows} rows not sealed; {line.waiting} messages with {line.sealed_rows} rows wait for the city's "
        f"receipt; {line.kept} receipted and kept; {_size(line.size)}"
    )
    if line.oldest_ms is not None:
        moment = datetime.fromtimestamp(line.oldest_ms / 1000, tz=UTC).strftime("%Y-%m-%d %H:%M:%S")
        print(f"  oldest that waits: {moment} UTC, {_age((now_ms - line.oldest_ms) // 1000)}")
    for gap in line.gaps:
        told = "told, no receipt yet" if gap.declared else "not told to the city yet"
        print(f"  lost: {gap.rows or 'unknown how many'} rows, {gap.reason}, {told}")
    for chain in line.chains:
        receipted = "nothing receipted" if chain.receipted < 0 else f"receipted up to seq {chain.receipted}"
        print(f"  epoch {chain.epoch.hex()}: next seq {chain.next_seq}, {receipted}, {chain.waiting} wait")


def _print_faults(faults: tuple[Fault, ...]) -> None:
    if not faults:
        return
    print(f"{len(faults)} fault{'s' if len(faults) > 1 else ''}:")
    for fault in faults[:_SHOWN]:
        print(f"  {f'{fault.where}: ' if fault.where else ''}{fault.what}")
        print(f"    {fault.means}")
    if len(faults) > _SHOWN:
        print(f"  and {len(faults) - _SHOWN} more; --json shows all")
    print(_REPAIR)


def _age(seconds: int) -> str:
    if seconds < 0:
        return "in the future by this clock"
    for length, name in _UNITS:
        if seconds >= length:
            return f"{seconds // length} {name} ago"
    return f"{seconds} s ago"


def _size(size: int) -> str:
    return f"{size / _MB:.1f} MB" if size >= _MB else f"{size / 1000:.1f} kB"


# -- for programs


def _values(found: Found) -> dict[str, Any]:
    known = found.survey
    return {
        "unit": known.unit,
        "epoch": None if known.epoch is None else known.epoch.hex(),
        "session": known.session,
        "closed": known.closed,
        "files": dict(found.files),
        "set_aside": dict(found.aside),
        "log_entries": known.log_entries,
        "streams": [_stream(line) for line in known.streams],
        **_faults(found.faults),
    }


def _stream(line: StreamLine) -> dict[str, Any]:
    return {
        "name": line.name,
        "overflow": line.overflow,
        "rows": line.rows,
        "waiting": line.waiting,
        "sealed_rows": line.sealed_rows,
        "kept": line.kept,
        "bytes": line.size,
        "oldest_ms": line.oldest_ms,
        "gaps": [{"reason": gap.reason, "rows": gap.rows, "declared": gap.declared} for gap in line.gaps],
        "epochs": [
            {
                "epoch": chain.epoch.hex(),
                "next_seq": chain.next_seq,
                "receipted": chain.receipted,
                "waiting": chain.waiting,
                "kept": chain.kept,
            }
            for chain in line.chains
        ],
    }


def _faults(faults: tuple[Fault, ...]) -> dict[str, Any]:
    return {
        "faults": [
            {
                "stream": fault.stream,
                "epoch": None if fault.epoch is None else fault.epoch.hex(),
                "seq": fault.seq,
                "what": fault.what,
                "means": fault.means,
            }
            for fault in faults
        ]
    }
