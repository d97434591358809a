"""Tells systemd and `lamppost status` how the agent is.

In: beats of the critical tasks, and a snapshot of everybody's state. Out: sd_notify messages and one JSON file.
Never: a measured value, or a watchdog fed on behalf of a task that is stuck.
"""

import json
import logging
import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Self

from agent.clock import Clock
from agent.errors import LamppostError

_LOG = logging.getLogger(__name__)
_NS: Final = 1_000_000_000
_US: Final = 1_000_000
_ANEW: Final = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
PERIOD_S: Final = 10.0
"""The status file is written this often, if nobody wants it otherwise."""


class NotifyError(LamppostError):
    """systemd gave an address that cannot be used."""


class Notifier:
    """Speaks sd_notify(3) over the datagram socket that systemd names; without one it stays silent.

    Args:
        address: NOTIFY_SOCKET: a path, or an abstract socket's name after `@`; empty or None for no systemd.
    """

    def __init__(self, address: str | None) -> None:
        self._socket: socket.socket | None = None
        if not address:
            return
        if address[0] not in "/@":
            raise NotifyError(
                f"NOTIFY_SOCKET is {address!r}; expected a path or @name. Start the agent from systemd or unset it"
            )
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.settimeout(0)  # a service manager that does not read must not stop the agent
        self._address = "\0" + address[1:] if address[0] == "@" else address

    def send(self, *assignments: str) -> bool:
        """Send `NAME=value` assignments as one message; returns whether they were handed over."""
        if self._socket is None:
            return False
        try:
            self._socket.sendto("\n".join(assignments).encode(), self._address)
        except OSError:
            return False  # the watchdog, not this line, decides what a lost message means
        return True

    def close(self) -> None:
        """Close the socket; further messages are dropped."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def watchdog_s(environment: Mapping[str, str], *, pid: int) -> float | None:
    """Return the watchdog interval that systemd set for the process `pid`, None for none."""
    text = environment.get("WATCHDOG_USEC", "")
    meant_for = environment.get("WATCHDOG_PID")
    if not text.isdecimal() or int(text) == 0 or (meant_for is not None and meant_for != str(pid)):
        return None
    return int(text) / _US


class Progress:
    """One critical task's sign of life: it calls `beat` at least every `deadline_s`."""

    __slots__ = ("_clock", "_last_ns", "deadline_s", "name")

    def __init__(self, name: str, *, deadline_s: float, clock: Clock) -> None:
        self.name = name
        self.deadline_s = deadline_s
        self._clock = clock
        self._last_ns = clock.mono_ns()

    def beat(self) -> None:
        """Say that the task made progress."""
        self._last_ns = self._clock.mono_ns()

    @property
    def age_s(self) -> float:
        """Seconds since the last beat."""
        return (self._clock.mono_ns() - self._last_ns) / _NS


class StatusFile:
    """The JSON file that `lamppost status` reads, replaced as a whole so that a reader never sees half of it.

    Args:
        path: where it is.
        keep: leave it behind at the end, for somebody who wants to read how it ended.
    """

    def __init__(self, path: Path, *, keep: bool = False) -> None:
        self._path = path
        self._part = path.with_name(f".{path.name}.part")
        self._keep = keep
        self._failing = False

    def write(self, content: Mapping[str, object]) -> None:
        """Replace the file; a directory that cannot be written is reported once and tried again."""
        try:
            descriptor = os.open(self._part, _ANEW, 0o644)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(json.dumps(content, sort_keys=True) + "\n")
            os.replace(self._part, self._path)  # noqa: PTH105 - pathlib would take the target apart each time
        except OSError as error:
            if not self._failing:
                _LOG.warning("%s: cannot write the status: %s", self._path, error.strerror)
            self._failing = True
        else:
            self._failing = False

    def remove(self) -> None:
        """Take the file away, so that nobody reads the state of an agent that has ended."""
        if self._keep:
            return
        try:
            self._path.unlink(missing_ok=True)
        except OSError:
            _LOG.warning("%s: cannot remove the status", self._path)


class Health:
    """Feeds the watchdog while every registered task makes progress, and keeps the status up to date.

    Args:
        notifier: where systemd listens.
        clock: monotonic time.
        watchdog_s: systemd's interval, None when it does not watch.
        status: the status file, None for none.
        snapshot: makes the content of the status file; called on the loop's thread.
        period_s: how often the status file is written.
    """

    def __init__(
        self,
        notifier: Notifier,
        *,
        clock: Clock,
        watchdog_s: float | None = None,
        status: StatusFile | None = None,
        snapshot: Callable[[], Mapping[str, object]] = dict,
        period_s: float = PERIOD_S,
    ) -> None:
        self._notifier = notifier
        self._clock = clock
        self._watchdog_s = watchdog_s
        self._status = status
        self._snapshot = snapshot
        self.period_s = period_s
        self._sources: dict[str, Progress] = {}
        self._stalled: tuple[str, ...] = ()
        self._text = ""
        self._written_ns: int | None = None

    @classmethod
    def from_environment(
        cls,
        environment: Mapping[str, str],
        *,
        clock: Clock,
        status: StatusFile | None = None,
        snapshot: Callable[[], Mapping[str, object]] = dict,
        period_s: float = PERIOD_S,
    ) -> Self:
        """Return one that talks to the service manager that started this process, if any."""
        return cls(
            Notifier(environment.get("NOTIFY_SOCKET")),
            clock=clock,
            watchdog_s=watchdog_s(environment, pid=os.getpid()),
            status=status,
            snapshot=snapshot,
            period_s=period_s,
        )

    def register(self, name: str, *, deadline_s: float) -> Callable[[], None]:
        """Return the `beat` of a new critical task that must make progress every `deadline_s`."""
        source = Progress(name, deadline_s=deadline_s, clock=self._clock)
        self._sources[name] = source
        return source.beat

    def unregister(self, name: str) -> None:
        """Forget a task that has ended on purpose."""
        self._sources.pop(name, None)

    def stalled(self) -> tuple[str, ...]:
        """Return the tasks that have made no progress within their deadline."""
        return tuple(name for name, source in self._sources.items() if source.age_s > source.deadline_s)

    def ready(self, text: str) -> None:
        """Tell systemd that the service has started."""
        self._text = text
        self._notifier.send("READY=1", f"STATUS={_line(text)}")

    def stopping(self, text: str = "stopping") -> None:
        """Tell systemd that the service is on its way out."""
        self._notifier.send("STOPPING=1", f"STATUS={_line(text)}")

    def describe(self, text: str) -> None:
        """Show `text` in `systemctl status`; sent only when it changes."""
        if text != self._text:
            self._text = text
            self._notifier.send(f"STATUS={_line(text)}")

    def check(self) -> bool:
        """Feed the watchdog unless a task is stalled; returns whether it was fed or none is stalled."""
        stalled = self.stalled()
        if stalled != self._stalled:
            self._stalled = stalled
            if stalled:
                _LOG.error("no progress: %s; the watchdog is not fed", ", ".join(stalled))
            else:
                _LOG.info("every task makes progress again")
        if not stalled and self._watchdog_s is not None:
            self._notifier.send("WATCHDOG=1")
        return not stalled

    def write_status(self) -> None:
        """Write the status file now."""
        self._written_ns = self._clock.mono_ns()
        if self._status is not None:
            self._status.write(self._snapshot())

    async def run(self) -> None:
        """Feed and write until cancelled; the event loop itself is thereby watched, too."""
        step_s = self.period_s if self._watchdog_s is None else min(self.period_s, self._watchdog_s / 3)
        while True:
            self.check()
            if self._written_ns is None or self._clock.mono_ns() - self._written_ns >= self.period_s * _NS:
                self.write_status()
            await self._clock.sleep(step_s)

    def close(self) -> None:
        """Remove the status file and close the socket."""
        if self._status is not None:
            self._status.remove()
        self._notifier.close()


def _line(text: str) -> str:
    """Return `text` as one line: a line break would begin another assignment."""
    return " ".join(text.split())
