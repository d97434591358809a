"""Each case runs in a process of its own: a test run has threads, and a fork is not for processes that have some."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def python(text: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", text]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_apart_gives_back_the_result_and_keeps_nothing_that_was_loaded() -> None:
    done = python(
        "import sys\n"
        "from agent.apart import apart\n"
        "def work():\n"
        "    import wave\n"
        "    return [wave.WAVE_FORMAT_PCM, b'a' * 1_000_000]\n"
        "result = apart(work)\n"
        "print(result[0], len(result[1]), 'wave' in sys.modules)\n"
    )
    assert (done.stdout, done.stderr) == ("1 1000000 False\n", "")


def test_apart_raises_here_what_is_raised_there_on_purpose() -> None:
    done = python(
        "from agent.apart import apart\n"
        "from agent.errors import ConfigurationError\n"
        "def work():\n"
        "    raise ConfigurationError('unit.toml:1:1: no')\n"
        "try:\n"
        "    apart(work)\n"
        "except ConfigurationError as error:\n"
        "    print(error)\n"
    )
    assert (done.stdout, done.stderr) == ("unit.toml:1:1: no\n", "")


def test_apart_with_a_mistake_there_shows_it_and_ends_with_an_error() -> None:
    done = python(
        "from agent.apart import Ended, apart\n"
        "try:\n"
        "    apart(lambda: 1 // 0)\n"
        "except Ended as error:\n"
        "    print(error)\n"
    )
    assert done.stdout == "a part of the start ended with status 1 and no result\n"
    assert "ZeroDivisionError" in done.stderr


def test_apart_with_a_process_that_is_killed_ends_with_an_error() -> None:
    done = python(
        "import os, signal\n"
        "from agent.apart import Ended, apart\n"
        "try:\n"
        "    apart(lambda: os.kill(os.getpid(), signal.SIGKILL))\n"
        "except Ended as error:\n"
        "    print(error)\n"
    )
    assert (done.stdout, done.stderr) == ("a part of the start ended with status -9 and no result\n", "")


def test_apart_does_not_run_what_the_parent_registered_for_its_end() -> None:
    done = python(
        "import atexit\n"
        "from agent.apart import apart\n"
        "atexit.register(print, 'end')\n"
        "print('begin')\n"
        "apart(lambda: None)\n"
    )
    assert (done.stdout, done.stderr) == ("begin\nend\n", "")
