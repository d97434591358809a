"""The processes of a demonstration: started with a log each, watched, and always stopped.

In: command lines. Out: processes. Never: one that outlives the demonstration.
"""

import asyncio
import contextlib
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from agent.cli.demo.errors import ChildDied

_GRACE_S: Final = 5.0
_SHOWN_LINES: Final = 12


class Child:
    """One process. It is in a session of its own, so that Ctrl-C reaches the demonstration only, which stops it.

    Attributes:
        name: for people.
        log: what it says; a process that is started again adds to it.
    """

    def __init__(self, name: str, process: Process, log: Path) -> None:
        self.name = name
        self.log = log
        self._process = process
        self._may_end = False

    @property
    def code(self) -> int | None:
        """Exit code, None while it runs."""
        return self._process.returncode

    def check(self) -> None:
        """Do nothing while it runs, or has been told to stop.

        Raises:
            ChildDied: it has ended by itself.
        """
        if self.code is not None and not self._may_end:
            raise ChildDied(self.name, code=self.code, lines=self.last_lines())

    def last_lines(self) -> list[str]:
        """Return the end of its log."""
        return self.log.read_text(errors="replace").splitlines()[-_SHOWN_LINES:]

    async def stop(self, *, grace_s: float = _GRACE_S) -> int:
        """Ask it to end, kill it when it has not after `grace_s`, and return its exit code."""
        self._may_end = True
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            async with asyncio.timeout(grace_s):
                return await self._process.wait()
        except TimeoutError:
            return await self.kill()

    async def kill(self) -> int:
        """Kill it, and return its exit code."""
        self.kill_now()
        return await self._process.wait()

    def kill_now(self) -> None:
        """Kill it without waiting."""
        self._may_end = True
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()


class Children:
    """All processes. Leaving the context stops them, the last one first.

    Attributes:
        started: in the order of their start.
    """

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self.started: list[Child] = []

    async def start(self, name: str, command: Sequence[str], *, descriptors: Sequence[int] = ()) -> Child:
        """Start a process; it inherits `descriptors` and nothing else."""
        log = self._logs / f"{name}.log"
        with log.open("ab") as file:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=DEVNULL, stdout=file, stderr=STDOUT, pass_fds=descriptors, start_new_session=True
            )
        child = Child(name, process, log)
        self.started.append(child)
        return child

    def check(self) -> None:
        """Do nothing while all run that should.

        Raises:
            ChildDied: one has ended by itself.
        """
        for child in self.started:
            child.check()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        running = [child for child in reversed(self.started) if child.code is None]
        try:
            for child in running:
                await child.stop()
        finally:  # cancelled a second time: nobody waits any more, but nobody is left behind either
            for child in running:
                if child.code is None:
                    child.kill_now()
