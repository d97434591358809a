"""The bench's stand: broker, receiver, ten sensors, yardstick and agent, each a process of its own, with one folder.

Agent and receiver start from bytecode, and without docstrings in memory, as systemd starts them after `make install`.
The store lies in that folder, which must be on a disk for its writes to be counted. The status file and the logs lie
on a memory file system where there is one, like /run on a unit.
"""

import compileall
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from tests.bench.counting import CountingProxy
from tests.bench.processes import cpu_s, disk_bytes
from tests.bench.workload import Cadence, write_files
from tests.support.broker import find_program, free_port

ROOT = Path(__file__).resolve().parents[2]
_MEMORY = Path("/dev/shm")
_PACKAGES = ("agent", "drivers", "receiver")
_OPTIMIZE = 2
"""PYTHONOPTIMIZE of `systemd/lamppost.service`."""
_PATIENCE_S = 30.0
_LOOK_S = 0.02


class Failed(Exception):
    """The stand does not work; the figures would mean nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One look at everything that is counted of the agent, and at the processor time of the yardstick."""

    mono_s: float
    cpu_s: float
    yardstick_s: float
    disk_bytes: int | None
    sent_bytes: int
    wire_bytes: int | None
    batches: tuple[int, ...]
    rows: int


class Stand:
    """Use as a context manager: it starts everything but the agent.

    Attributes:
        configuration: what the agent is started with.
        proxy: between agent and broker.
        rows: how many rows the agent has reported stored.
    """

    def __init__(self, directory: Path, *, cadence: Cadence, silent: bool = False) -> None:
        self._directory = directory
        self._cadence = cadence
        self._silent = silent
        self._stack = contextlib.ExitStack()
        self._broker: subprocess.Popen[bytes] | None = None
        self._agent: subprocess.Popen[bytes] | None = None
        self._yardstick: subprocess.Popen[bytes] | None = None
        self.rows = 0

    def __enter__(self) -> Self:
        for package in _PACKAGES:
            compileall.compile_dir(ROOT / package, quiet=1, optimize=_OPTIMIZE)
        compileall.compile_dir(sysconfig.get_path("purelib"), quiet=1, optimize=_OPTIMIZE)
        self.folder = self._temporary(self._directory)
        self._memory = self._temporary(_MEMORY if _MEMORY.is_dir() else self._directory)
        self._broker_port = free_port()
        self.proxy = CountingProxy(self._broker_port, cpu_s=lambda: cpu_s(self.pid))
        self.proxy.listen()
        self._stack.callback(self.proxy.vanish)
        self.configuration = self.folder / "unit.toml"
        write_files(self.folder, cadence=self._cadence, agent_port=self.proxy.port, broker_port=self._broker_port)
        self._stack.callback(self._stop_broker)
        self.start_broker()
        feeder = ["-m", "tests.bench.feeder", str(self.folder / "dev"), *(["--silent"] if self._silent else [])]
        ready = self._start("feeder", feeder, stdout=subprocess.PIPE).stdout
        if ready is None or ready.readline() != b"ready\n":
            raise Failed("the sensors did not start")
        self._start("receiver", ["-m", "receiver", "run", str(self.folder / "receiver.toml")])
        self._yardstick = self._start("yardstick", ["-m", "tests.bench.yardstick", str(self.folder)])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def pid(self) -> int:
        """The agent's."""
        if self._agent is None:
            raise Failed("there is no agent")
        return self._agent.pid

    def start_agent(self) -> None:
        """Start the agent."""
        reading, writing = os.pipe()
        options = ["--runtime", str(self._memory), "--report-stored", str(writing)]
        command = ["-m", "agent", "run", str(self.configuration), *options]
        self._agent = self._start("agent", command, pass_fds=(writing,))
        os.close(writing)
        threading.Thread(target=self._count_rows, args=(os.fdopen(reading, "rb"),), daemon=True).start()

    def snapshot(self) -> Snapshot:
        """Return where the agent's counters are now."""
        agent, yardstick = self._running("agent", self._agent), self._running("yardstick", self._yardstick)
        return Snapshot(
            mono_s=time.monotonic(),
            cpu_s=cpu_s(agent),
            yardstick_s=cpu_s(yardstick),
            disk_bytes=disk_bytes(self.pid),
            sent_bytes=self.proxy.sent_bytes,
            wire_bytes=self.proxy.wire_bytes(),
            batches=self.proxy.batches(),
            rows=self.rows,
        )

    def stop_agent(self) -> None:
        """Stop the agent in order; it drains what it has."""
        if self._agent is not None:
            _end(self._agent)
            if self._agent.returncode != 0:
                raise Failed(f"the agent ended with {self._agent.returncode}:\n{self.log('agent')}")

    def start_broker(self) -> None:
        """Start the broker; returns when it takes connections."""
        program = find_program("mosquitto")
        if program is None:
            raise Failed("mosquitto is not installed (Debian: apt install mosquitto)")
        with (self._memory / "mosquitto.log").open("ab") as log:
            config = str(self.folder / "mosquitto.conf")
            self._broker = subprocess.Popen([program, "-c", config], stdout=log, stderr=log)
        self.wait(self._broker_listens, "the broker did not start")

    def take_broker_away(self) -> None:
        """End the broker and every connection to it."""
        self.proxy.vanish()
        self._stop_broker()

    def bring_broker_back(self) -> float:
        """Start the broker again; return the moment from which it could be reached."""
        self.start_broker()
        self.proxy.listen()
        return time.monotonic()

    def received(self) -> int:
        """Return how many rows are in the receiver's store."""
        command = [sys.executable, "-m", "receiver", "export", "--store", str(self.folder / "receiver.db")]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        return len(done.stdout.splitlines())

    def log(self, name: str) -> str:
        """Return what a process wrote."""
        return (self._memory / f"{name}.log").read_text(errors="replace")

    @staticmethod
    def wait(
        done: Callable[[], bool], otherwise: str, *, seconds: float = _PATIENCE_S, look_s: float = _LOOK_S
    ) -> None:
        """Return when `done` says so.

        Raises:
            Failed: it did not in time.
        """
        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline:
                raise Failed(otherwise)
            time.sleep(look_s)

    def _running(self, name: str, process: subprocess.Popen[bytes] | None) -> int:
        if process is None or process.poll() is not None:
            raise Failed(f"the {name} has ended:\n{self.log(name)}")
        return process.pid

    def _broker_listens(self) -> bool:
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self._broker_port)) == 0

    def _stop_broker(self) -> None:
        if self._broker is not None:
            _end(self._broker)
            self._broker = None

    def _temporary(self, parent: Path) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="lamppost-bench-", dir=parent))
        self._stack.callback(shutil.rmtree, folder, ignore_errors=True)
        return folder

    def _start(
        self, name: str, arguments: Sequence[str], *, stdout: int | None = None, pass_fds: Sequence[int] = ()
    ) -> subprocess.Popen[bytes]:
        with (self._memory / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=os.environ | {"PYTHONOPTIMIZE": str(_OPTIMIZE)},
                stdout=log if stdout is None else stdout,
                stderr=log,
                pass_fds=pass_fds,
            )
        self._stack.callback(_end, process)
        return process

    def _count_rows(self, reports: IO[bytes]) -> None:
        with reports:
            for _ in reports:
                self.rows += 1


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout is not None:
        process.stdout.close()
