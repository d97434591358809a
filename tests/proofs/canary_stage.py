"""Where the proof of the canaries plays: units, broker, receiver, a listener, and everything that was written."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiomqtt

from tests.support.footfall import FOOTFALL, configure
from tests.support.rig import DEADLINE_S, ROOT, Rig, Unit, UnitPlan
from tests.support.wiretap import Wiretap

AGENT = ("-m", "tests.proofs.spoiled_agent")
LOUD = ("-X", "dev", *AGENT, "loud")
_SENSORS = {"scanner": "mac_scanner", "gnss": "gnss", "dust": "pmsx003"}
_STATUS_EVERY = ("--status-every", "0.3")


class Stage:
    """Everything but the sensors, below one folder.

    Attributes:
        folder: everything that anybody writes is in here.
        heard: the last payload of each topic that the listener heard.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.heard: dict[str, bytes] = {}
        (folder / "rig").mkdir()
        self._rig = Rig(folder / "rig", broker_lines=("allow_anonymous true", "log_type all"))
        self._taps: list[Wiretap] = []
        self._copies = 0
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._stack.enter_context(_temporary_files_in(self.folder / "temporary"))
        await self._stack.enter_async_context(self._rig)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()
        for tap in self._taps:
            tap.close()

    def add(self, name: str, *, program: Sequence[str], window_s: int) -> Unit:
        """Return a new unit with a scanner, a GNSS receiver and a dust sensor, whose way to the broker is tapped."""
        tap = Wiretap(self._rig.broker.port, self.folder / "wire" / name)
        self._taps.append(tap)
        plan = UnitPlan(name=name, sensors=_SENSORS, streams=[], program=program, options=_STATUS_EVERY)
        unit = self._rig.add(plan)
        configure(unit, port=tap.port, receiver_key=self._rig.receiver.key.public.line, window_s=window_s)
        return unit

    async def start(self) -> None:
        """Start the broker, the receiver and the listener."""
        await self._rig.start()
        await self._stack.enter_async_context(self._listening())

    @contextlib.asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        """Write down every message that the broker gives to anybody."""
        async with aiomqtt.Client("127.0.0.1", self._rig.broker.port) as client:
            await client.subscribe("#", qos=1)
            task = asyncio.create_task(self._listen(client))
            try:
                yield
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def _listen(self, client: aiomqtt.Client) -> None:
        with (self.folder / "heard").open("wb", buffering=0) as file:
            async for message in client.messages:
                content = message.payload
                assert isinstance(content, bytes)
                self.heard[message.topic.value] = content
                file.write(message.topic.value.encode() + b"\n" + content + b"\n")

    async def ask_status(self, unit: Unit) -> tuple[int, str]:
        """Run `lamppost status` both ways; return the exit code and the page.

        Both are kept, and so are the status file and the store as they are now, its WAL included.
        """
        self.copy_store(unit)
        page = self.folder / f"status-{unit.plan.name}.txt"
        with page.open("ab") as kept, contextlib.suppress(FileNotFoundError):
            kept.write((unit.folder / "status.json").read_bytes())
        await keep_output(page, "-m", "agent", "status", "--json", "--runtime", str(unit.folder))
        before = page.stat().st_size
        code = await keep_output(page, "-m", "agent", "status", "--runtime", str(unit.folder))
        return code, page.read_bytes()[before:].decode()

    def copy_store(self, unit: Unit) -> None:
        """Keep a copy of every file of the unit's store as it is now."""
        self._copies += 1
        kept = self.folder / "copies" / f"{unit.plan.name}-{self._copies:02}"
        kept.mkdir(parents=True)
        for file in unit.store.parent.iterdir():
            with contextlib.suppress(FileNotFoundError):  # the agent may take one away
                shutil.copyfile(file, kept / file.name)

    async def once(self, unit: Unit, *program: str) -> tuple[int, str]:
        """Run `lamppost once`; return the exit code and what it wrote, which is kept."""
        page = self.folder / f"once-{unit.plan.name}.txt"
        code = await keep_output(page, *program, "once", str(unit.folder / "unit.toml"))
        return code, page.read_text()

    async def rows(self, unit: Unit) -> list[dict[str, Any]]:
        """Return the unit's rows at the city."""
        return await self._rig.receiver.rows(unit.plan.name)

    async def arrived(
        self, unit: Unit, starts_ms: Collection[int], *, stream: str = FOOTFALL
    ) -> list[dict[str, Any]]:
        """Return the unit's rows once those of one stream that start at these times are among them.

        Raises:
            TimeoutError: they did not come.
        """
        async with asyncio.timeout(DEADLINE_S):
            while True:
                rows = await self.rows(unit)
                if set(starts_ms) <= {row["start_ms"] for row in rows if row["stream"] == stream}:
                    return rows
                await asyncio.sleep(0.2)

    async def keep_reports(self) -> None:
        """Keep what the receiver's commands say."""
        store = ["--store", str(self._rig.receiver.store)]
        commands = (["show"], ["show", "--json"], ["export"])
        kept = [self.folder / f"city-{number}.txt" for number in range(len(commands))]
        await asyncio.gather(
            *(
                keep_output(file, "-m", "receiver", *command, *store)
                for file, command in zip(kept, commands, strict=True)
            )
        )


@contextlib.contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    """Let every process that is started meanwhile put its temporary files here, SQLite's own ones too."""
    folder.mkdir()
    before = {name: os.environ.get(name) for name in ("TMPDIR", "SQLITE_TMPDIR")}
    os.environ |= dict.fromkeys(before, str(folder))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


async def keep_output(file: Path, *arguments: str) -> int:
    """Run Python with these arguments, append all it writes to a file, and return its exit code."""

    def run() -> int:
        with file.open("ab") as kept:
            command = [sys.executable, *arguments]
            return subprocess.run(
                command, cwd=ROOT, stdout=kept, stderr=kept, timeout=DEADLINE_S, check=False
            ).returncode

    return await asyncio.to_thread(run)
