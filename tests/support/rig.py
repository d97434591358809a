"""Units, a broker and a receiver as real processes on this machine, for proofs and benchmarks.

    async with Rig(folder) as rig:
        unit = rig.add(UnitPlan(name="corner-1", sensors={"dust": "pmsx003"}, streams=[dust_stream("dust")]))
        await rig.start()                         # mosquitto, then the receiver
        dust = NumberedDust(unit.link("dust"))    # a sensor on a real pseudo-terminal; `dust.tick()` sends a frame
        unit.start()                              # the agent, as `python -m agent run`
        ...                                       # unit.stored grows: what the agent says after its commits
        await unit.stop()
        rows = await rig.receiver.rows()          # `python -m receiver export`

Everything lives below `folder` and on free ports of the loopback interface. Processes end with the rig, and (where
setpriv is installed) with this process, however it ends. `run_proof` is for programs: it ends in order on SIGTERM as
well. What a unit is made of is in `tests.support.plans`.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from agent.control.state import create
from agent.wire import keyfile
from agent.wire.keyfile import SigningKey
from tests.support.city import Broker, Receiver
from tests.support.dust import NumberedDust, tick_for_ever
from tests.support.plans import (
    NUMBER,
    SAMPLES,
    ChannelPlan,
    StreamPlan,
    UnitPlan,
    configuration,
    dust_stream,
    section,
)
from tests.support.process import DEADLINE_S, ROOT, Process, run_proof, until

__all__ = [
    "DEADLINE_S",
    "NUMBER",
    "ROOT",
    "SAMPLES",
    "Broker",
    "ChannelPlan",
    "NumberedDust",
    "Process",
    "Receiver",
    "Rig",
    "Stored",
    "StreamPlan",
    "Unit",
    "UnitPlan",
    "configuration",
    "dust_stream",
    "run_proof",
    "section",
    "tick_for_ever",
    "until",
]


@dataclass(frozen=True, slots=True)
class Stored:
    """One row that the agent reported after its commit; `life` counts the agent's processes."""

    life: int
    stream: str
    number: int
    start_ms: int


class Unit:
    """One unit: its files, and its agent's processes one after the other.

    Attributes:
        stored: every row reported so far, by all of them.
        on_stored: called with each as it is read.
        life: how many processes there have been.
    """

    def __init__(self, plan: UnitPlan, *, folder: Path, port: int, receiver: SigningKey) -> None:
        self.plan = plan
        self.folder = folder
        self.key = keyfile.generate(folder / "unit.key")
        self.stored: list[Stored] = []
        self.on_stored: Callable[[Stored], None] = lambda _row: None
        self.life = 0
        self.process: Process | None = None
        self._report = -1
        self._rest = b""
        self._port = port
        self._receiver = receiver
        create(folder / "store")
        self.configure(plan)

    def configure(self, plan: UnitPlan) -> None:
        """Write the configuration file, for the next start."""
        self.plan = plan
        text = configuration(plan, folder=self.folder, port=self._port, receiver=self._receiver)
        (self.folder / "unit.toml").write_text(text)

    @property
    def store(self) -> Path:
        """The outbox's file."""
        return self.folder / "store" / "outbox.db"

    @property
    def log(self) -> Path:
        """What the agent writes."""
        return self.folder / "agent.log"

    @property
    def dead(self) -> bool:
        """Whether the agent has ended by itself or by a signal."""
        return self.process is not None and self.process.exit_code is not None

    def link(self, sensor: str) -> Path:
        """Return where a sensor's port must be."""
        return self.folder / f"tty-{sensor}"

    def status(self) -> dict[str, Any]:
        """Return the status file's content, empty while there is none; it is rewritten every ten seconds."""
        try:
            known: dict[str, Any] = json.loads((self.folder / "status.json").read_text())
        except OSError:
            return {}
        return known

    def start(self) -> None:
        """Start the agent."""
        assert self.process is None
        self._report, given = os.pipe()
        os.set_blocking(self._report, False)
        self.life += 1
        config = self.folder / "unit.toml"
        fixed = ("run", str(config), "--report-stored", str(given), "--runtime", str(self.folder))
        try:
            command = [sys.executable, *self.plan.program, *fixed, *self.plan.options]
            self.process = Process(command, log=self.log, pass_fds=[given])
        finally:
            os.close(given)
        asyncio.get_running_loop().add_reader(self._report, self._read)

    def kill(self) -> None:
        """Send SIGKILL to the agent, now; `gone` must follow."""
        assert self.process is not None
        self.process.send(signal.SIGKILL)

    async def gone(self) -> int:
        """Return the agent's exit code once it has ended and everything it reported is in `stored`."""
        assert self.process is not None
        code = await self.process.ended()
        await until(lambda: self._report < 0, what="end of the report")
        self.process = None
        return code

    async def stop(self) -> int:
        """Stop the agent in order, and return its exit code."""
        assert self.process is not None
        self.process.send(signal.SIGTERM)
        return await self.gone()

    def _read(self) -> None:
        try:
            data = os.read(self._report, 65_536)
        except BlockingIOError:
            return
        if not data:
            asyncio.get_running_loop().remove_reader(self._report)
            os.close(self._report)
            self._report, self._rest = -1, b""  # half a line is no word given
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            stream, number, start_ms = line.decode().split()
            row = Stored(self.life, stream, int(number), int(start_ms))
            self.stored.append(row)
            self.on_stored(row)


class Rig:
    """A folder with a broker, a receiver and units, which end when this context does."""

    def __init__(self, folder: Path, *, broker_lines: Sequence[str] = ("allow_anonymous true",)) -> None:
        self.folder = folder
        self.units: dict[str, Unit] = {}
        self.broker = Broker(self._make("broker"), broker_lines)
        home = self._make("receiver")
        self.receiver = Receiver(home, self.broker.port, keyfile.generate(home / "receiver.key"))

    def _make(self, name: str) -> Path:
        (self.folder / name).mkdir()
        return self.folder / name

    def add(self, plan: UnitPlan, *, port: int | None = None) -> Unit:
        """Return a new unit, which connects to the broker, or to another `port`; call before `start`."""
        unit = Unit(plan, folder=self._make(plan.name), port=port or self.broker.port, receiver=self.receiver.key)
        self.units[plan.name] = unit
        return unit

    async def start(self) -> None:
        """Start the broker and the receiver."""
        self.receiver.configure({name: unit.key for name, unit in self.units.items()})
        await self.broker.start()
        await self.receiver.start()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in (*(unit.process for unit in self.units.values()), self.receiver.process, self.broker.process):
            if process is not None:
                process.destroy()
        for unit in self.units.values():
            if unit.process is not None:
                await unit.gone()
