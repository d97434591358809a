"""The city's side as real processes: mosquitto and the receiver."""

import asyncio
import getpass
import json
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.wire.keyfile import SigningKey
from tests.support.broker import accepts, find_program, free_port
from tests.support.plans import Raw, section
from tests.support.process import DEADLINE_S, ROOT, Process, until


@dataclass
class Broker:
    """mosquitto. `lines` go into its configuration; without persistence it forgets everything when it ends."""

    folder: Path
    lines: Sequence[str] = ("allow_anonymous true",)
    port: int = field(default_factory=free_port)
    process: Process | None = None

    async def start(self) -> None:
        """Start it; returns when it takes connections."""
        program = find_program("mosquitto")
        assert program is not None, "mosquitto is not installed (Debian: apt install mosquitto)"
        config = self.folder / "mosquitto.conf"
        own = (
            f"user {getpass.getuser()}",  # as root it would become another user, who cannot read here
            "log_dest stderr",
            "persistence false",
            "max_queued_messages 0",
            "set_tcp_nodelay true",
            f"listener {self.port} 127.0.0.1",
        )
        config.write_text("\n".join([*own, *self.lines]) + "\n")
        self.process = process = Process([program, "-c", config], log=self.folder / "mosquitto.log")
        end = time.monotonic() + DEADLINE_S
        while not await accepts(self.port):
            assert process.exit_code is None, (self.folder / "mosquitto.log").read_text(errors="replace")
            assert time.monotonic() < end, "mosquitto takes no connections"
            await asyncio.sleep(0.01)

    async def stop(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End it; without persistence whatever it held is lost."""
        if self.process is not None:
            await self.process.stop(number)
            self.process = None

    def send(self, number: signal.Signals) -> None:
        """Send a signal: SIGSTOP stalls it, SIGCONT lets it go on, SIGHUP has it read its files again."""
        assert self.process is not None
        self.process.send(number)


@dataclass
class Receiver:
    """`python -m receiver run`, and its other commands on the same store."""

    folder: Path
    port: int
    key: SigningKey
    process: Process | None = None

    @property
    def store(self) -> Path:
        """Its store."""
        return self.folder / "receiver.db"

    @property
    def log(self) -> Path:
        """What it writes."""
        return self.folder / "receiver.log"

    def configure(self, units: Mapping[str, SigningKey]) -> None:
        """Write its files; every unit's data may be simulated."""
        self._write(
            "receiver.toml",
            ("receiver", {"key": "receiver.key", "devices": "devices.toml", "store": "receiver.db"}),
            ("broker", {"host": "127.0.0.1", "port": self.port, "tls": False}),
        )
        devices = [
            (
                f"unit.{name}",
                {
                    "key": key.public.pem,
                    "alg": "Ed25519",
                    "valid_from": Raw("2020-01-01T00:00:00Z"),
                    "simulated": True,
                },
            )
            for name, key in units.items()
        ]
        self._write("devices.toml", *devices)

    def _write(self, name: str, *sections: tuple[str, Mapping[str, object]]) -> None:
        (self.folder / name).write_text("\n".join(section(title, pairs) for title, pairs in sections))

    async def start(self) -> None:
        """Start it; returns when it has subscribed."""
        seen = self.log.stat().st_size if self.log.exists() else 0
        self.process = process = Process(
            [sys.executable, "-m", "receiver", "run", self.folder / "receiver.toml"], log=self.log
        )

        def subscribed() -> bool:
            assert process.exit_code is None, self.log.read_text()
            return b"connected to broker" in self.log.read_bytes()[seen:]

        await until(subscribed, what="the receiver's subscription")

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it."""
        if self.process is not None:
            await self.process.stop(number)
            self.process = None

    async def rows(self, unit: str | None = None) -> list[dict[str, Any]]:
        """Return every row in its store, as `export` tells them."""
        chosen = [] if unit is None else ["--unit", unit]
        text = await self._command("export", "--store", str(self.store), *chosen)
        return [json.loads(line) for line in text.splitlines()]

    async def show(self) -> dict[str, Any]:
        """Return what `show --json` tells."""
        known: dict[str, Any] = json.loads(await self._command("show", "--json", "--store", str(self.store)))
        return known

    async def command(self, *arguments: str | Path) -> tuple[int, str]:
        """Run one of its commands; return the exit code and what it wrote, errors included."""
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "receiver", *map(str, arguments)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    async def _command(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "receiver", *arguments]
        done = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, capture_output=True, text=True, check=True)
        return done.stdout
