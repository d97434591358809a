"""`lamppost buffer repair`: does on purpose what the agent does when it meets damage, and tells what came of it.

In: the store of a unit whose agent is stopped. Out: a whole store in its place, the damaged one beside it, and what
was kept and lost, per stream. Never: a repair of a store that is sound.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from agent.buffer.records import Limits, StreamPolicy
from agent.buffer.salvage import salvage
from agent.buffer.wal import size_of, wal_path
from agent.cli.buffer_page import Found
from agent.cli.main import OK
from agent.clock import SystemClock
from agent.control.errors import Busy
from agent.control.medium import own_like_folder
from agent.control.state import ControlFiles
from agent.discipline import KernelDiscipline
from agent.errors import LamppostError
from agent.moment import moment

_LEAST_BYTES: Final = 16 << 20


def repair(path: Path, *, config: Path | None) -> int:
    """Repair a store and return the exit code.

    Raises:
        LamppostError: the agent runs, nobody knows whose store it is, or there is no space.
    """
    from agent.cli.buffer import found_at  # noqa: PLC0415 - the command's other half

    if not path.is_file():
        raise LamppostError(f"{path}: expected a store, found none. The agent makes a new one when it starts")
    with _stopped(path.parent):
        before = found_at(path)
        if not before.faults:
            print(f"unit {before.survey.unit}: the buffer is sound; there is nothing to repair")
            return OK
        unit, streams, limits = _known(before, config)
        clock = SystemClock(KernelDiscipline())
        salvage(path, unit=unit, streams=streams, limits=limits, moment=lambda: moment(clock))
        _give_back(path)
        _tell(before, found_at(path))
    return OK


@contextlib.contextmanager
def _stopped(folder: Path) -> Iterator[None]:
    """Keep the agent from starting meanwhile."""
    try:
        lock = ControlFiles.open(folder)
    except Busy as error:
        raise LamppostError(f"{folder}: the agent is running. Stop it first: systemctl stop lamppost") from error
    try:
        yield
    finally:
        lock.close()


def _known(before: Found, config: Path | None) -> tuple[str, Mapping[str, StreamPolicy], Limits]:
    """Return the unit, its policies and limits: from its file, else from what the store says."""
    if config is not None:
        from agent import assembly  # noqa: PLC0415 - the configuration is not needed with --store
        from agent.config import load  # noqa: PLC0415

        settings = load(config)
        return settings.unit.id, assembly.stream_policies(settings), settings.limits
    if before.survey.unit is None:
        raise LamppostError(
            f"{before.path}: the header is unreadable, so nobody knows whose store it is. Name the unit's file: "
            "lamppost buffer repair FILE.toml"
        )
    size = max(_LEAST_BYTES, 2 * sum(before.files.values()))
    return before.survey.unit, {}, Limits(max_bytes=size, free_floor_bytes=0, loss_window_s=0)


def _give_back(path: Path) -> None:
    """Give what root has made to whom the folder belongs: the agent must be able to write it."""
    for made in (path, wal_path(path)):
        if made.exists():
            descriptor = os.open(made, os.O_RDONLY | os.O_CLOEXEC)
            try:
                own_like_folder(path.parent, descriptor)
            finally:
                os.close(descriptor)


def _tell(before: Found, after: Found) -> None:
    """Say what was kept and what was lost."""
    known = after.survey
    print(f"unit {known.unit}: repaired; new epoch {'' if known.epoch is None else known.epoch.hex()}")
    for line in known.streams:
        if line.name.startswith("_"):
            continue
        print(f"{line.name}")
        print(f"  kept: {line.rows} rows not sealed, {line.waiting} messages with {line.sealed_rows} rows")
        lost = [gap for gap in line.gaps if gap.reason == "damaged" and not gap.declared]
        for gap in lost:
            print(f"  lost: {f'{gap.rows} rows' if gap.rows else 'it cannot be known how many rows, perhaps none'}")
        if not lost:
            print("  lost: nothing")
    print(f"disclosure log: {known.log_entries} entries kept; one of them says that the store was damaged")
    print(f"The damaged store is beside it as {_newest(before, after)}. The city is told when the agent runs:")
    print("systemctl start lamppost")


def _newest(before: Found, after: Found) -> str:
    new = [name for name in after.aside if name not in before.aside]
    return (
        new[-1] if new else max(after.aside, key=lambda name: size_of(after.path.with_name(name)), default="(none)")
    )
