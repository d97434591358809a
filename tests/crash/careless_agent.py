"""An agent that cares less about its medium, for negative controls: `python -m tests.crash.careless_agent HOW run`.

`NORMAL` and `OFF` are SQLite's: a commit is not on the medium when it returns (https://sqlite.org/pragma.html
#pragma_synchronous). `unsynced-control` writes the control state without a sync. `late-account` deletes and merges
rows in one transaction, and counts them in a later one. All of it is done here, on the test's side; the agent has no
such switch.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from agent.buffer.applying import Applying
from agent.buffer.gaps import Gaps
from agent.buffer.store import Database
from agent.buffer.work import Done, Work
from agent.cli.main import main
from agent.control import medium, state

_LATE = 3
"""After how many further transactions with rows a loss is counted."""


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


def _late_account() -> None:
    count, usual = Gaps.rows_lost, Applying.apply
    owed: list[list[Callable[[], None]]] = [[] for _ in range(_LATE)]

    def rows_lost(*given: object, **told: object) -> None:
        owed[-1].append(lambda: count(*given, **told))  # type: ignore[arg-type]  # as it was called

    def apply(self: Applying, work: Work, *, pressed: bool) -> Done:
        if work.rows:
            owed.append([])
            for pay in owed.pop(0):
                pay()
        return usual(self, work, pressed=pressed)

    Gaps.rows_lost = rows_lost  # type: ignore[method-assign]  # the fault
    Applying.apply = apply  # type: ignore[method-assign]  # the fault


WAYS: Mapping[str, Callable[[], None]] = {
    "NORMAL": _synchronous("NORMAL"),
    "OFF": _synchronous("OFF"),
    "unsynced-control": _unsynced_control,
    "late-account": _late_account,
}

if __name__ == "__main__":
    WAYS[sys.argv[1]]()
    sys.exit(main(sys.argv[2:]))
