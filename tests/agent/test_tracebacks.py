"""Errors that nobody expected, as they are shown: types and places, no text."""

import asyncio
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from agent import tracebacks
from agent.tracebacks import without_text

SECRET = "02:00:00:00:00:01"


@pytest.fixture
def installed() -> Iterator[None]:
    """Install the hooks, and take them away again."""
    before = sys.excepthook, threading.excepthook, sys.unraisablehook, logging.getLogRecordFactory()
    tracebacks.install()
    yield
    sys.excepthook, threading.excepthook, sys.unraisablehook = before[:3]
    logging.setLogRecordFactory(before[3])


def _raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    try:
        raise error from cause
    except type(error) as caught:
        return caught


def test_traceback_tells_type_and_place_and_no_text() -> None:
    shown = without_text(_raised(ValueError(SECRET)))
    assert "test_tracebacks.py" in shown
    assert "in _raised" in shown
    assert shown.endswith("builtins.ValueError")
    assert SECRET not in shown


def test_notes_arguments_and_keys_are_not_shown() -> None:
    error = _raised(KeyError(SECRET))
    error.add_note(SECRET)
    assert SECRET not in without_text(error)


def test_cause_and_context_are_shown_without_their_texts() -> None:
    caused = without_text(_raised(RuntimeError(SECRET), cause=_raised(ValueError(SECRET))))
    assert caused.index("builtins.ValueError") < caused.index("direct cause") < caused.index("builtins.RuntimeError")
    try:
        try:
            int(SECRET)
        except ValueError:
            dict[str, int]()[SECRET]
    except KeyError as error:
        handled = without_text(error)
    assert (
        handled.index("builtins.ValueError") < handled.index("During handling") < handled.index("builtins.KeyError")
    )
    assert SECRET not in caused + handled


def test_errors_of_a_group_are_all_shown_without_their_texts() -> None:
    group = BaseExceptionGroup(SECRET, [_raised(ValueError(SECRET)), _raised(OSError(28, "No space left", SECRET))])
    shown = without_text(_raised(group))
    assert "builtins.ValueError\n" in shown
    assert shown.endswith("OSError: [Errno 28] No space left")
    assert SECRET not in shown


def test_error_that_causes_itself_is_shown_once() -> None:
    error = ValueError(SECRET)
    error.__context__ = other = KeyError(SECRET)
    other.__context__ = error
    assert without_text(error).count("builtins.ValueError") == 1


@pytest.mark.usefixtures("installed")
def test_logged_error_has_no_text(caplog: pytest.LogCaptureFixture) -> None:
    try:
        int(SECRET)
    except ValueError:
        logging.getLogger("agent").exception("something failed")
    assert "something failed" in caplog.text
    assert "builtins.ValueError" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.usefixtures("installed")
async def test_error_of_a_task_that_nobody_awaits_has_no_text(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise ValueError(SECRET)

    task = asyncio.create_task(fail())
    await asyncio.wait([task])
    asyncio.get_running_loop().call_exception_handler(
        {"message": "Task exception was never retrieved", "exception": _raised(ValueError(SECRET)), "future": task}
    )
    assert isinstance(task.exception(), ValueError)
    assert "never retrieved" in caplog.text
    assert SECRET not in caplog.text


def test_install_twice_is_the_same_as_once(installed: None) -> None:
    del installed
    factory = logging.getLogRecordFactory()
    tracebacks.install()
    assert logging.getLogRecordFactory() is factory


_PROGRAM = """
import sys, threading
from agent import tracebacks
tracebacks.install()
class Broken:
    def __del__(self):
        int(sys.argv[1])
Broken()
threading.Thread(target=int, args=[sys.argv[1]]).start()
int(sys.argv[1])
"""


def test_errors_of_a_thread_a_finaliser_and_the_program_have_no_text() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM, SECRET], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("builtins.ValueError") == 3
    assert SECRET not in done.stderr
