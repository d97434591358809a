"""Tracebacks without texts: where an unexpected error came from and of which type it is, never what it says.

In: errors that nobody expected. Out: lines for standard error and the log. Never: an error's text or its arguments,
because they may hold what the code was looking at (``int(b"...")`` quotes it); a swallowed error.

Errors that are expected have texts of our own, which are checked for this, and do not come here. Of an `OSError` the
system's own words are kept: they tell a full disk from a missing permission.
"""

import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any

_CAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"
_CONTEXT = "\nDuring handling of the above exception, another exception occurred:\n\n"


def without_text(error: BaseException) -> str:
    """Return the traceback of an error, of what caused it and of all in a group, with types and places only."""
    return "".join(_lines(error, set())).rstrip("\n")


def _lines(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _lines(before, seen)
        yield _CAUSE if error.__cause__ is not None else _CONTEXT
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__module__}.{type(error).__qualname__}{_words(error)}\n"
    if isinstance(error, BaseExceptionGroup):
        for number, part in enumerate(error.exceptions, 1):
            yield f"--- {number} of {len(error.exceptions)} in this group ---\n"
            yield from _lines(part, seen)


def _words(error: BaseException) -> str:
    return f": [Errno {error.errno}] {error.strerror}" if isinstance(error, OSError) and error.errno else ""


def install() -> None:
    """Let every error that ends the process, a thread or a task, or that is logged, be shown without its text."""
    sys.excepthook = _show
    threading.excepthook = _show_of_thread
    sys.unraisablehook = _show_unraisable
    if not isinstance(logging.getLogRecordFactory(), _Records):
        logging.setLogRecordFactory(_Records())


def _show(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    print(without_text(error), file=sys.stderr)  # noqa: T201 - what the interpreter does here, without the text


def _show_of_thread(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_value is not None and failed.exc_type is not SystemExit:
        _show(failed.exc_type, failed.exc_value, failed.exc_traceback)


def _show_unraisable(failed: "sys.UnraisableHookArgs") -> None:
    if failed.exc_value is not None:
        _show(failed.exc_type, failed.exc_value, failed.exc_traceback)


class _Records:
    """Makes log records in which an error has no text.

    asyncio describes the task or handle of a failed callback in further lines, and the description has the error's
    text in it; of those the first line is kept.
    """

    def __init__(self) -> None:
        self._make = logging.getLogRecordFactory()

    def __call__(self, *arguments: Any, **named: Any) -> logging.LogRecord:  # noqa: ANN401 - the library's signature
        record = self._make(*arguments, **named)
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = without_text(record.exc_info[1])
            if record.name == "asyncio":
                record.msg = str(record.msg).partition("\n")[0]
        return record
