"""Keeps the control state on the medium: twice, each time whole, before it takes effect.

In: control states. Out: the newest one that is whole, or `StateLost`. Never: a state that no document or person made.

Two files lie beside the outbox, `control.state` and `control.state.copy`. Each is written under another name, synced,
renamed, and its folder synced, one after the other, so that at any moment at least one of them is whole. While a unit
runs it holds the lock `control.lock`; commands that find it taken hand documents over through `agent.control.spool`.

A unit whose files are both missing or damaged is suspended. `lamppost keygen` makes them; `lamppost control reset`
makes them again.
"""

import contextlib
import fcntl
import logging
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Final, Self

from agent.control import layout
from agent.control.errors import Busy, ControlError, StateLost
from agent.control.medium import MODE, own_like_folder, read_file, replace_file
from agent.control.record import ControlState
from agent.wire.entries import StateEvent

_LOG = logging.getLogger(__name__)
NAMES: Final = ("control.state", "control.state.copy")
LOCK: Final = "control.lock"
_LOOK_S: Final = 0.05
_REMEDY: Final = "look at the medium, then run `lamppost control reset`"


class ControlFiles:
    """The two files of one folder, while their lock is held. Make one with `open`."""

    def __init__(self, folder: Path, lock: int) -> None:
        self._folder = folder
        self._lock = lock
        self._number = 0

    @classmethod
    def open(cls, folder: Path, *, patience_s: float = 0) -> Self:
        """Take the lock.

        Args:
            folder: the folder of the outbox.
            patience_s: try so long; a command has the lock for a moment only.

        Raises:
            Busy: another process has the lock.
            ControlError: the folder cannot be used.
        """
        try:
            lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, MODE)
        except FileNotFoundError as error:
            raise ControlError(f"{folder}: expected the outbox's directory, found none; make it first") from error
        except OSError as error:
            raise ControlError(f"{folder}: the control state cannot be used here: {error.strerror}") from error
        try:
            own_like_folder(folder, lock)
            _take(lock, folder, patience_s)
        except BaseException:
            os.close(lock)
            raise
        return cls(folder, lock)

    def read(self, *, unit: str) -> ControlState:
        """Return the state of this unit, and repair the file that is not the newest whole one.

        Raises:
            StateLost: neither file is whole, or they are another unit's.
        """
        state, self._number, stale = newest(self._folder)
        _check_unit(state, self._folder, unit)
        if not state.unit:
            state, stale = replace(state, unit=unit), True
        if stale:
            with contextlib.suppress(ControlError):
                self.write(state)
                _LOG.info("%s: written again", self._folder / NAMES[0])
        return state

    def write(self, state: ControlState) -> None:
        """Put a state on the medium; on return both files have it.

        Raises:
            ControlError: not even one of them could be written.
        """
        self._number += 1
        data = layout.encode(state, self._number)
        failures = [error for name in NAMES if (error := _replace(self._folder, name, data)) is not None]
        if failures:
            _LOG.error("%s: the control state cannot be written: %s", self._folder, failures[0].strerror)
        if len(failures) == len(NAMES):
            raise ControlError(f"{self._folder}: the control state cannot be written: {failures[0].strerror}")

    def close(self) -> None:
        """Let the lock go."""
        os.close(self._lock)


def create(folder: Path, *, unit: str = "") -> bool:
    """Make the control state of a new unit, every stream running; return whether there was none.

    The disclosure log will say that it was made, as it does after a reset: the two cannot be told apart later.
    Files that are there stay as they are, whole or not: making a key must not undo what a city has ordered.

    Args:
        folder: the folder of the outbox; made if it is not there.
        unit: the unit's id; without one it becomes that of the first unit that starts here.

    Raises:
        ControlError: it cannot be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ControlError(f"{folder}: the control state cannot be made here: {error.strerror}") from error
    if any((folder / name).exists() for name in NAMES):
        return False
    files = ControlFiles.open(folder)
    try:
        files.write(ControlState(unit=unit, event=StateEvent.RESET))
    finally:
        files.close()
    return True


def reset(folder: Path, *, unit: str, version: int | None = None) -> ControlState:
    """Make the control state again, every stream running, and return it.

    Args:
        folder: the folder of the outbox.
        unit: the unit's id.
        version: the highest version that the city has given out; None takes it from the files, if they tell.

    Raises:
        ControlError: it cannot be written, or an agent is running.
    """
    files = ControlFiles.open(folder)
    try:
        with contextlib.suppress(StateLost):
            known = files.read(unit=unit)
            version = max(version or 0, known.version or 0)
        state = ControlState(unit=unit, version=version or 0, event=StateEvent.RESET)
        files.write(state)
    finally:
        files.close()
    return state


def look(folder: Path, *, unit: str) -> ControlState:
    """Return the state of this unit without the lock; a running agent may change it at any moment.

    Raises:
        StateLost: neither file is whole, or they are another unit's.
    """
    state, _, _ = newest(folder)
    _check_unit(state, folder, unit)
    return state


def newest(folder: Path) -> tuple[ControlState, int, bool]:
    """Return the newest whole state in a folder, the number of its writing, and whether a file is not up to it.

    Raises:
        StateLost: neither file is whole.
    """
    whole: dict[bytes, tuple[ControlState, int]] = {}
    problems: list[str] = []
    for name in NAMES:
        try:
            data = read_file(folder / name, most=layout.MAX_FILE_BYTES)
            whole[data] = layout.decode(data)
        except FileNotFoundError:
            problems.append(f"{name} is missing")
        except OSError as error:
            problems.append(f"{name} cannot be read ({error.strerror})")
        except layout.Damaged as error:
            problems.append(f"{name} is damaged: {error}")
    if not whole:
        raise StateLost(f"{folder}: {'; '.join(problems)}. Every stream is suspended; {_REMEDY}")
    numbers = [number for _, number in whole.values()]
    if len(set(numbers)) != len(numbers):
        raise StateLost(f"{folder}: two different control states of one number; {_REMEDY}")
    for problem in problems:
        _LOG.warning("%s: %s", folder, problem)
    state, number = max(whole.values(), key=lambda found: found[1])
    return state, number, bool(problems) or len(whole) > 1


def _check_unit(state: ControlState, folder: Path, unit: str) -> None:
    if state.unit not in {"", unit}:
        raise StateLost(f"{folder / NAMES[0]}: it is the control state of another unit; {_REMEDY}")


def _take(lock: int, folder: Path, patience_s: float) -> None:
    give_up_s = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if time.monotonic() >= give_up_s:
                raise Busy(f"{folder / LOCK}: another process has the control state: an agent is running") from error
            time.sleep(_LOOK_S)
        else:
            return


def _replace(folder: Path, name: str, data: bytes) -> OSError | None:
    """Replace one file, durably; return what went wrong."""
    try:
        replace_file(folder, name, data)
    except OSError as error:
        return error
    return None
