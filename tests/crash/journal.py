"""What a recorder writes down: everything that was done to a disk, and everything that was said, in one order.

In: events. Out: a file with them, and the events again. Never: what an event means; see `tests.crash.disk` for what
was done, and `tests.crash.story` for what was said.

An event is a line of JSON, followed by as many bytes as it says. Files and folders are known by numbers that are
never given twice, because names move; the folder that is recorded is `ROOT`.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

ROOT = 1


class What(StrEnum):
    """What happened."""

    CREATE = "create"
    FOLDER = "folder"
    RENAME = "rename"
    UNLINK = "unlink"
    WRITE = "write"
    TRUNCATE = "truncate"
    SYNC = "sync"
    SAID = "said"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened.

    Attributes:
        what: which.
        node: the file or folder that it happened to.
        folder, name: where that is (for a rename: was) to be found.
        to_folder, to_name: where a rename put it.
        at: where a write begins; the size that a truncation leaves; what happened before this event is synced.
        data: what was written or said.
        who: to which special file it was said.
    """

    what: What
    node: int = 0
    folder: int = 0
    name: str = ""
    to_folder: int = 0
    to_name: str = ""
    at: int = 0
    data: bytes = b""
    who: str = ""


_FIELDS = ("node", "folder", "name", "to_folder", "to_name", "at", "who")


class Writer:
    """Appends events to a file; nothing is sure to be in it before `close`."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self.count = 0

    def add(self, event: Event) -> None:
        """Append an event."""
        head: dict[str, object] = {name: value for name in _FIELDS if (value := getattr(event, name))}
        line = json.dumps({"what": event.what, "bytes": len(event.data)} | head)
        self._file.write(line.encode() + b"\n" + event.data)
        self.count += 1

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def read(path: Path) -> list[Event]:
    """Return every event of a file, in order."""
    with path.open("rb") as file:
        return list(_events(file))


def _events(file: BinaryIO) -> Iterator[Event]:
    while line := file.readline():
        head = json.loads(line)
        what, size = What(head.pop("what")), head.pop("bytes")
        data = file.read(size)
        assert len(data) == size, "the journal ends in the midst of an event"
        yield Event(what=what, data=data, **head)
