"""Child processes that end with the program that started them, and waiting for what they do."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from tests.support.broker import find_program

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 30.0
"""Longest wait for something that does happen."""


async def until(condition: Callable[[], bool], *, what: str, deadline_s: float = DEADLINE_S) -> None:
    """Return when `condition` holds.

    Raises:
        TimeoutError: it did not in time.
    """
    end = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {deadline_s:g} s")
        await asyncio.sleep(0.005)


class Process:
    """A child process that ends with this one; what it writes is appended to `log`."""

    def __init__(self, command: Sequence[str | Path], *, log: Path, pass_fds: Sequence[int] = ()) -> None:
        setpriv = find_program("setpriv")
        wrapper = [] if setpriv is None else [setpriv, "--pdeathsig", "KILL", "--"]
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        environment = os.environ | {"PYTHONPATH": path}
        self._name = " ".join(map(str, command))
        with log.open("ab") as sink:
            self._process = subprocess.Popen(
                [*wrapper, *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                cwd=ROOT,
                env=environment,
                pass_fds=pass_fds,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended, negative for a signal; None while it runs."""
        return self._process.poll()

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if self._process.poll() is None:
            self._process.send_signal(number)

    async def ended(self, deadline_s: float = DEADLINE_S) -> int:
        """Return its exit code once it has ended."""
        await until(lambda: self._process.poll() is not None, what=f"end of {self._name}", deadline_s=deadline_s)
        return self._process.returncode

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it with a signal, and return its exit code."""
        self.send(number)
        self.send(signal.SIGCONT)
        return await self.ended()

    def destroy(self) -> None:
        """Kill it, now."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def run_proof(main: Callable[[Path], Coroutine[Any, Any, int]], *, keep: bool = False) -> int:
    """Run a proof in a temporary folder and return its exit code; SIGTERM and Ctrl-C end it in order."""

    async def guarded(folder: Path) -> int:
        task = asyncio.current_task()
        assert task is not None
        for number in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        return await main(folder)

    folder = Path(tempfile.mkdtemp(prefix="lamppost-proof-"))
    try:
        return asyncio.run(guarded(folder))
    except asyncio.CancelledError:
        return 128 + signal.SIGTERM
    finally:
        if keep:
            print(f"files kept in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
