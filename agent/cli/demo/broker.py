"""The broker of a demonstration: mosquitto where it is installed, else amqtt; it can be killed and brought back.

In: which one. Out: a process that takes connections. Never: TLS, accounts, anything but the loopback interface.
"""

import asyncio
import importlib.util
import os
import shutil
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.cli.demo.children import Child, Children
from agent.cli.demo.errors import DemoError

MOSQUITTO: Final = "mosquitto"
AMQTT: Final = "amqtt"
AUTO: Final = "auto"
CHOICES: Final = (AUTO, MOSQUITTO, AMQTT)
_START_S: Final = 15.0
_RETRY_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Program:
    """Which broker, and what it speaks.

    Attributes:
        name: mosquitto or amqtt.
        path: where the program is, None for amqtt.
    """

    name: str
    path: str | None = None

    @property
    def mqtt5(self) -> bool:
        """Whether it speaks MQTT 5; amqtt has 3.1.1 only."""
        return self.name == MOSQUITTO

    def command(self, folder: Path, port: int) -> Sequence[str]:
        """Return its command line, after writing the configuration it needs."""
        if self.path is None:
            return [sys.executable, "-m", "agent.cli.demo.amqtt_broker", str(port)]
        file = folder / "mosquitto.conf"
        file.write_text(
            f"listener {port} 127.0.0.1\n"
            "allow_anonymous true\n"
            "log_dest stderr\n"
            "log_type error\nlog_type warning\n"
            "persistence false\n"
            "max_queued_messages 0\n"
            + ("user root\n" if os.getuid() == 0 else "")  # it would become another user, who cannot read here
        )
        return [self.path, "-c", str(file)]


def find(wanted: str) -> Program:
    """Return the broker to use.

    Raises:
        DemoError: it is not installed.
    """
    path = mosquitto()
    if wanted != AMQTT and path is not None:
        return Program(MOSQUITTO, path)
    if wanted == MOSQUITTO:
        raise DemoError("mosquitto is not installed. Install it (Debian: sudo apt install mosquitto), or use amqtt")
    if importlib.util.find_spec(AMQTT) is None:
        raise DemoError(
            "no MQTT broker is installed. Install one: sudo apt install mosquitto, or: pip install 'lamppost[demo]'"
        )
    return Program(AMQTT)


def mosquitto() -> str | None:
    """Return where mosquitto is: Debian puts it where only root looks."""
    return shutil.which(MOSQUITTO, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"]))


def free_port() -> int:
    """Return a TCP port of the loopback interface that is free now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


class Broker:
    """The broker's process.

    Attributes:
        program: which one it is.
        port: where it listens.
    """

    def __init__(self, program: Program, *, children: Children, folder: Path) -> None:
        self.program = program
        self.port = free_port()
        self._children = children
        self._command = program.command(folder, self.port)
        self._child: Child | None = None

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self._child is not None

    async def start(self) -> None:
        """Start it; returns when it takes connections.

        Raises:
            ChildDied: it ended at once.
            DemoError: it takes no connections.
        """
        child = await self._children.start("broker", self._command)
        try:
            async with asyncio.timeout(_START_S):
                while not await self._accepts():
                    child.check()
                    await asyncio.sleep(_RETRY_S)
        except TimeoutError:
            raise DemoError(f"{self.program.name} takes no connections within {_START_S:g} s") from None
        self._child = child

    async def kill(self) -> None:
        """Kill it, as a crash would."""
        if self._child is not None:
            await self._child.kill()
            self._child = None

    async def _accepts(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True
