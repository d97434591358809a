"""An agent that cares less about its medium, for negative controls: `python -m tests.crash.careless_agent HOW run`.

`NORMAL` and `OFF` are SQLite's: a commit is not on the medium when it returns (https://sqlite.org/pragma.html
#pragma_synchronous). `unsynced-control` writes the control state without a sync. All of it is done here, on the
test's side; the agent has no such switch.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from agent.buffer.store import Database
from agent.cli.main import main
from agent.control import medium, state


def _synchronous(how: str) -> Callable[[], None]:
    def spoil() -> None:
        usual = Database._configure

        def configure(self: Database, wal_pages: int, max_pages: int | None) -> None:
            usual(self, wal_pages, max_pages)
            self.all(f"PRAGMA synchronous={how}")

        Database._configure = configure  # type: ignore[method-assign]  # the fault

    return spoil


def _unsynced_control() -> None:
    def replace_file(folder: Path, name: str, data: bytes) -> None:
        draft = folder / f".{name}.new"
        draft.write_bytes(data)
        draft.replace(folder / name)

    medium.replace_file = replace_file
    state.replace_file = replace_file  # type: ignore[attr-defined]  # the fault; it was imported by name


WAYS: Mapping[str, Callable[[], None]] = {
    "NORMAL": _synchronous("NORMAL"),
    "OFF": _synchronous("OFF"),
    "unsynced-control": _unsynced_control,
}

if __name__ == "__main__":
    WAYS[sys.argv[1]]()
    sys.exit(main(sys.argv[2:]))
