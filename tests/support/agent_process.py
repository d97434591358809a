"""The real agent as a process, on simulated buses that the test serves, and a service manager that listens to it."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agent.control.state import LOCK, NAMES, create
from agent.wire import keyfile
from agent.wire.keyfile import SigningKey
from drivers.sim.adapter import SimulatedAdapter
from drivers.sim.bme280 import TYPICAL, Bme280Chip

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 30.0
"""Longest wait for something that does happen."""

UNIT = """
[unit]
id = "corner"
site = "5th Avenue"
publisher = "City of Example"
office = "Office of Air"
contact = "air@city.example"
key = "unit.key"
"""
WEATHER = """
[bus.pole]
kind = "i2c"
path = "{folder}/i2c-1"

[sensor.weather]
model = "bme280"
bus = "pole"
address = 0x76
interval = "1s"
start = "{start}"

[stream.weather]
title = "Weather"
description = "Weather at the kerb"
purpose = "Heat planning"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
access = "public"
window = "{window}"
batch = "{window}"
overflow = "drop_oldest"

[stream.weather.channel.temperature]
from = "weather.temperature"
rule = "mean"
unit = "Cel"
resolution = 0.01
"""
FOOTFALL = """
[bus.scanner]
kind = "serial"
path = "{folder}/tty-scanner"

[sensor.scanner]
model = "mac_scanner"
bus = "scanner"

[stream.footfall]
title = "Footfall"
description = "Devices that pass"
purpose = "Planning"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
access = "restricted public"
rights = "On request"
window = "15min"
batch = "1h"
overflow = "drop_oldest"
suppress_below = 10

[stream.footfall.channel.devices]
from = "scanner.mac"
rule = "count_distinct"
unit = "count"
range = [0, 500]

[stream.footfall.channel.signal]
from = "scanner.rssi"
rule = "mean"
unit = "dBm"
"""
PLACE = """
[bus.gnss]
kind = "serial"
path = "{folder}/tty-gnss"

[sensor.gnss]
model = "gnss"
bus = "gnss"

[stream.place]
title = "Place"
description = "Where the unit is"
purpose = "Maintenance"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
access = "non-public"
rights = "Maintenance only"
window = "1h"
batch = "1h"
overflow = "drop_oldest"

[stream.place.channel.latitude]
from = "gnss.latitude"
rule = "grid"
unit = "lat"
grid = "500m"

[stream.place.channel.longitude]
from = "gnss.longitude"
rule = "grid"
unit = "lon"
grid = "500m"

[stream.place.channel.satellites]
from = "gnss.satellites"
rule = "last"
unit = "count"
"""
REST = """
[uplink]
host = "127.0.0.1"
port = {port}
tls = false
receiver_keys = ["{receiver}"]

[buffer]
directory = "store"
loss_window = "100ms"

[clock]
source = "system"
"""


@dataclass
class Site:
    """A folder with a unit's files, and a simulated adapter with a BME280 on it.

    Attributes:
        folder: where everything is.
        port: of the broker; 1 when there is none.
        parts: sections of the configuration between `[unit]` and `[uplink]`.
    """

    folder: Path
    port: int = 1
    parts: Sequence[str] = (WEATHER,)
    window: str = "1s"
    start: str = "retry"
    rest: str = REST
    chip: Bme280Chip = field(default_factory=lambda: Bme280Chip(TYPICAL))
    adapter: SimulatedAdapter = field(init=False)
    key: SigningKey = field(init=False)
    receiver: SigningKey = field(init=False)

    def __post_init__(self) -> None:
        self.adapter = SimulatedAdapter({0x76: self.chip})
        self.key = keyfile.generate(self.folder / "unit.key")
        self.receiver = keyfile.generate(self.folder / "receiver.key")
        create(self.folder / "store")
        (self.folder / "run").mkdir()
        self.write()

    @property
    def kept(self) -> list[str]:
        """Names of what is beside the control state, with which every unit begins."""
        return sorted(path.name for path in (self.folder / "store").iterdir() if path.name not in {*NAMES, LOCK})

    @property
    def config(self) -> Path:
        """The unit's configuration."""
        return self.folder / "unit.toml"

    def write(self) -> None:
        """Write the configuration."""
        text = UNIT + "".join(self.parts) + self.rest
        for name, value in {
            "folder": str(self.folder),
            "port": str(self.port),
            "window": self.window,
            "start": self.start,
            "receiver": self.receiver.public.line,
        }.items():
            text = text.replace(f"{{{name}}}", value)
        self.config.write_text(text)

    def plug(self) -> None:
        """Put the adapter in."""
        self.adapter.serve(self.folder / "i2c-1")

    def command(self, *arguments: str, deadline_s: float = DEADLINE_S) -> subprocess.CompletedProcess[str]:
        """Run `lamppost` with these arguments, and return how it ended."""
        return subprocess.run(
            [sys.executable, "-m", "agent", *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=deadline_s,
            check=False,
        )


class Agent:
    """A running `lamppost run`."""

    def __init__(
        self,
        site: Site,
        *,
        environment: Mapping[str, str],
        program: Sequence[str] = ("-m", "agent"),
        options: Sequence[str] = (),
    ) -> None:
        self.log = site.folder / "agent.log"
        read, write = os.pipe()
        self._report = read
        self._stored = b""
        self._begin = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as sink:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, *program, "run", str(site.config)),
                    *("--runtime", str(site.folder / "run"), "--report-stored", str(write)),
                    *options,
                ],
                cwd=ROOT,
                stdout=sink,
                stderr=sink,
                env=os.environ | dict(environment),
                pass_fds=[write],
            )
        os.close(write)
        os.set_blocking(read, False)

    @property
    def said(self) -> str:
        """What it has written."""
        return self.log.read_bytes()[self._begin :].decode()

    def stored(self) -> list[tuple[str, int]]:
        """Return stream and window start of every row it has reported stored."""
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self._report, 65_536):
                self._stored += data
        rows = [line.split() for line in self._stored.decode().splitlines()]
        return [(stream, int(start_ms)) for stream, _number, start_ms in rows]

    def until(self, condition: Callable[[], bool], *, what: str, deadline_s: float = DEADLINE_S) -> None:
        """Return when `condition` holds; fails when the agent ends before, or in time."""
        end = time.monotonic() + deadline_s
        while not condition():
            assert self.process.poll() is None, f"{what}: it ended with {self.process.returncode}: {self.said}"
            assert time.monotonic() < end, f"{what}: not in time; it said {self.said}"
            time.sleep(0.01)

    def says(self, text: str) -> None:
        """Return when it has written `text`."""
        self.until(lambda: text in self.said, what=text)

    def stop(self, number: signal.Signals = signal.SIGTERM, *, deadline_s: float = DEADLINE_S) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(deadline_s)

    def ended(self) -> int:
        """Return its exit code once it has ended by itself."""
        return self.process.wait(DEADLINE_S)

    def close(self) -> None:
        """Kill it if it still runs."""
        self.process.kill()
        self.process.wait(DEADLINE_S)
        os.close(self._report)


@contextlib.contextmanager
def running(
    site: Site,
    *,
    environment: Mapping[str, str] | None = None,
    program: Sequence[str] = ("-m", "agent"),
    options: Sequence[str] = (),
) -> Iterator[Agent]:
    """Run the agent, or another `program` in its place; it is killed at the end if it has not ended.

    `options` are further ones of `lamppost run`.
    """
    agent = Agent(site, environment=environment or {}, program=program, options=options)
    try:
        yield agent
    finally:
        agent.close()


class ServiceManager:
    """The socket on which systemd would listen."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(DEADLINE_S)
        self._socket.bind(str(path))
        self.environment = {"NOTIFY_SOCKET": str(path)}
        self.heard: list[str] = []

    def expect(self, text: str) -> None:
        """Return when a message with this line comes."""
        while True:
            self.heard += (lines := self._socket.recv(4096).decode().splitlines())
            if text in lines:
                return

    def pending(self) -> list[str]:
        """Return everything heard, with what has come by now."""
        self._socket.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.heard += self._socket.recv(4096).decode().splitlines()
        self._socket.settimeout(DEADLINE_S)
        return self.heard

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()


@contextlib.contextmanager
def service_manager(folder: Path) -> Iterator[ServiceManager]:
    """Listen as systemd would."""
    manager = ServiceManager(folder / "notify")
    try:
        yield manager
    finally:
        manager.close()


async def reached(condition: Callable[[], bool]) -> None:
    """Return when `condition` holds, for work of this process; fails when it does not in time."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 - the stages tell nobody when they have done something
            await asyncio.sleep(0.005)


@contextlib.contextmanager
def dead_broker() -> Iterator[int]:
    """Listen on a port, take connections, and never say a word; yields the port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]
