"""Makes sure that no agent runs on this unit while a command has its buses: two drivers would disturb each other.

In: the folder of the store. Out: a time during which no agent can start. Never: a file that is made or changed.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from agent.control.state import LOCK
from agent.errors import LamppostError

_PATIENCE_S: Final = 1.0
"""Other commands have the lock for a moment only."""
_LOOK_S: Final = 0.05


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep agents of this unit from starting; where there is no store yet there is none to keep.

    Raises:
        LamppostError: one is running, or nobody can tell.
    """
    try:
        lock = os.open(folder / LOCK, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except (FileNotFoundError, NotADirectoryError):
        yield
        return
    except OSError as error:
        raise LamppostError(
            f"{folder / LOCK}: nobody can tell whether the agent runs: {error.strerror}. Run this as root (sudo)"
        ) from error
    try:
        _take(lock, give_up_s=time.monotonic() + _PATIENCE_S)
        yield
    finally:
        os.close(lock)


def _take(lock: int, *, give_up_s: float) -> None:
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= give_up_s:
                raise LamppostError(
                    "the agent is running and has the buses; stop it first: sudo systemctl stop lamppost"
                ) from None
            time.sleep(_LOOK_S)
        else:
            return
