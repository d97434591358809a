"""Does a piece of work in a process of its own, so that what it loads does not stay in the memory of this one.

In: work. Out: what it returns, or the error that it raises on purpose. Never: called beside other threads, which a
fork would leave behind in whatever state they were.

The answer is read by the half of `pickle` that is written in C; the other half, written in Python, would stay loaded.
"""

import os
import sys
import traceback
from _pickle import dump, loads
from collections.abc import Callable
from typing import NoReturn, TypeVar

from agent.errors import LamppostError

Result = TypeVar("Result")


class Ended(LamppostError):
    """The process ended without an answer."""


def apart(work: Callable[[], Result]) -> Result:
    """Return what `work` returns in a child of this process.

    Raises:
        LamppostError: what `work` raises, or `Ended` when it fails in any other way; the child says how.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _work(work, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise Ended(f"a part of the start ended with status {os.waitstatus_to_exitcode(status)} and no result")
    outcome: Result | LamppostError = loads(answer)  # written by our own child
    if isinstance(outcome, LamppostError):
        raise outcome
    return outcome


def _work(work: Callable[[], object], descriptor: int) -> NoReturn:
    """Write what `work` comes to, and end at once: whatever the parent has registered for its end is not ours."""
    code = 1
    try:
        with os.fdopen(descriptor, "wb") as pipe:
            try:
                outcome = work()
            except LamppostError as error:
                outcome = error
            dump(outcome, pipe)
        code = 0
    except BaseException:  # noqa: BLE001 - there is nobody else to tell
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)
