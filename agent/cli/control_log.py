"""The highest version of a control document in a unit's disclosure log.

In: the path of the store; an agent may be at work on it. Out: a number. Never: an error; a log that cannot be read
knows no version.
"""

from collections.abc import Iterator
from pathlib import Path

from agent.buffer.snapshot import snapshot
from agent.errors import LamppostError
from agent.wire.disclosure import decode_entry
from agent.wire.entries import OrderEntry, StateEntry


def highest_version(store: Path) -> int | None:
    """Return the highest version that the log knows, None if it knows none."""
    try:
        with snapshot(store) as log:
            return max(_versions(numbered.data for numbered in log.entries()), default=None)
    except LamppostError:
        return None


def _versions(entries: Iterator[bytes]) -> Iterator[int]:
    for data in entries:
        entry = decode_entry(data)
        if isinstance(entry, OrderEntry | StateEntry) and entry.version is not None:
            yield entry.version
