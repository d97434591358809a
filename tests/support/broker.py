"""Real brokers for tests: mosquitto and amqtt on free loopback ports, and a proxy that spoils things."""

import asyncio
import contextlib
import getpass
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import aiomqtt

DEADLINE_S = 20.0
"""Longest wait for something that does happen; a test that waits for it has failed."""
_PORTS = (10_000, 32_000)
"""Below those of outgoing connections (ip_local_port_range in ip(7))."""
_DRAW = random.SystemRandom()


def find_program(name: str) -> str | None:
    """Return where a program is, sbin included."""
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"]))


def free_port() -> int:
    """Return a TCP port of the loopback interface that is free now, and likely to be when something listens there.

    Not one of those that the kernel gives to outgoing connections: tests beside this one make many.
    """
    for port in iter(lambda: _DRAW.randrange(*_PORTS), None):
        with socket.socket() as sock, contextlib.suppress(OSError):
            sock.bind(("127.0.0.1", port))
            return port
    raise AssertionError("the draw has no end")


@dataclass
class Mosquitto:
    """One mosquitto process. `lines` goes into its configuration as it is.

    Use as an async context manager; `stop`, `start`, `pause` and `resume` may be called in between.
    """

    directory: Path
    lines: Sequence[str] = ("allow_anonymous true",)
    tls: Sequence[str] = ()
    port: int = field(default_factory=free_port)
    config: Path | None = None
    _process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What it wrote."""
        return (self.directory / "mosquitto.log").read_text(errors="replace")

    async def start(self) -> None:
        """Start it; returns when it takes connections."""
        program = find_program("mosquitto")
        assert program is not None
        config = self.config
        if config is None:
            config = self.directory / "mosquitto.conf"
            config.write_text("\n".join(self._default_lines()) + "\n")
        with (self.directory / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen([program, "-c", str(config)], stdout=log, stderr=log)  # noqa: ASYNC220 - a spawn does not wait
        async with asyncio.timeout(DEADLINE_S):
            while not await accepts(self.port):
                assert self._process.poll() is None, self.log
                await asyncio.sleep(0.01)

    def _default_lines(self) -> list[str]:
        return [
            f"user {getpass.getuser()}",  # as root it would become another user, who cannot read here
            "log_dest stderr",
            "persistence false",
            f"listener {self.port} 127.0.0.1",
            *self.tls,
            *self.lines,
        ]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop it; returns when it is gone."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(how)
            self._process.wait(DEADLINE_S)
            self._process = None

    def pause(self) -> None:
        """Make it stall: connections stay open, nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def reload(self) -> None:
        """Make it read its ACL again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stop(signal.SIGKILL)


def write_passwords(path: Path, users: dict[str, str]) -> None:
    """Write a password file for mosquitto."""
    path.write_text("".join(f"{user}:{password}\n" for user, password in users.items()))
    program = find_program("mosquitto_passwd")
    assert program is not None
    subprocess.run([program, "-U", str(path)], check=True, capture_output=True)
    path.chmod(0o600)


_AMQTT = """
import asyncio, sys
from amqtt.broker import Broker

async def main():
    listener = {"type": "tcp", "bind": "127.0.0.1:" + sys.argv[1]}
    plugin = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
    await Broker({"listeners": {"default": listener}, "plugins": plugin}).start()
    await asyncio.Event().wait()

asyncio.run(main())
"""


@contextlib.asynccontextmanager
async def amqtt_broker() -> AsyncIterator[int]:
    """Run amqtt, which speaks MQTT 3.1.1 only, and yield its port."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", "-c", _AMQTT, str(port), stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not await accepts(port):
                assert process.returncode is None
                await asyncio.sleep(0.01)
        yield port
    finally:
        process.kill()
        await process.wait()


async def accepts(port: int) -> bool:
    """Return whether something listens on a port of the loopback interface."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


@dataclass(frozen=True, slots=True)
class Heard:
    """One message that a subscriber got."""

    topic: str
    payload: bytes
    retain: bool


class Subscriber:
    """Somebody who listens. `expect` returns the next messages that match."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client

    async def expect(self, count: int = 1, *, under: str = "") -> list[Heard]:
        """Return the next `count` messages whose topic contains `under`."""
        heard: list[Heard] = []
        async with asyncio.timeout(DEADLINE_S):
            async for message in self._client.messages:
                topic = message.topic.value
                if under in topic:
                    assert isinstance(message.payload, bytes)
                    heard.append(Heard(topic, message.payload, message.retain))
                if len(heard) == count:
                    return heard
        raise AssertionError("the messages ended")

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish something."""
        await self._client.publish(topic, payload, qos=1, retain=retain)


@contextlib.asynccontextmanager
async def subscriber(
    port: int, *filters: str, username: str | None = None, password: str | None = None
) -> AsyncIterator[Subscriber]:
    """Connect to a broker on the loopback interface and subscribe."""
    async with aiomqtt.Client("127.0.0.1", port, username=username, password=password, timeout=DEADLINE_S) as client:
        for text in filters:
            await client.subscribe(text, qos=1)
        yield Subscriber(client)


class ChaosProxy:
    """A TCP proxy in front of a broker that can refuse, stall, close one half, cut, and lose PUBACKs.

    Attributes:
        upstream_port: the broker.
        stalled: nothing is passed on, in either direction, while set.
        lose_acks: PUBACKs of the broker are lost (plain MQTT only).
        cut_after: connections are reset after this many bytes to the broker.
        to_broker, to_client: bytes passed on, all connections together.
        connections: how many were made.
    """

    def __init__(self, upstream_port: int) -> None:
        self.upstream_port = upstream_port
        self.port = free_port()
        self.lose_acks = False
        self.cut_after: int | None = None
        self.to_broker = 0
        self.to_client = 0
        self.connections = 0
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._clients: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def stalled(self) -> bool:
        """Whether nothing is passed on."""
        return not self._flowing.is_set()

    @stalled.setter
    def stalled(self, value: bool) -> None:
        if value:
            self._flowing.clear()
        else:
            self._flowing.set()

    async def __aenter__(self) -> Self:
        await self.accept()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._flowing.set()
        await self.refuse()
        await _settle()  # a connection may have been accepted, but not yet have begun
        self.reset()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=DEADLINE_S)
        await _settle()

    async def accept(self) -> None:
        """Take connections."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def refuse(self) -> None:
        """Take no more connections and reset those there are."""
        if self._server is not None:
            self._server.close()
        self.reset()

    def reset(self) -> None:
        """Reset all connections."""
        for writer in tuple(self._writers):
            writer.transport.abort()

    def half_close(self) -> None:
        """Close the direction to the clients, keep reading from them."""
        for writer in self._clients:
            writer.write_eof()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.upstream_port)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, up_writer}
        self._clients.add(writer)
        try:
            await asyncio.gather(
                self._to_broker(reader, up_writer), self._to_client(up_reader, writer), return_exceptions=True
            )
        finally:
            self._writers -= {writer, up_writer}
            self._clients.discard(writer)
            self._tasks.discard(task)

    async def _to_broker(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passed = 0
        try:
            while data := await reader.read(65_536):
                await self._flowing.wait()
                if self.cut_after is not None and passed + len(data) > self.cut_after:
                    writer.write(data[: self.cut_after - passed])
                    await writer.drain()
                    return
                passed += len(data)
                self.to_broker += len(data)
                writer.write(data)
                await writer.drain()
        finally:
            writer.transport.abort()

    async def _to_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await self._packet(reader):
                await self._flowing.wait()
                if self.lose_acks and data[0] >> 4 == 4:
                    continue
                self.to_client += len(data)
                writer.write(data)
                await writer.drain()
        finally:
            writer.transport.abort()

    async def _packet(self, reader: asyncio.StreamReader) -> bytes:
        """Return one MQTT packet while PUBACKs are to be lost, else whatever came."""
        if not self.lose_acks:
            return await reader.read(65_536)
        head = await reader.readexactly(2)
        length, shift = head[1] & 127, 7
        while head[-1] & 128:
            head += await reader.readexactly(1)
            length += (head[-1] & 127) << shift
            shift += 7
        return head + await reader.readexactly(length)


async def _settle() -> None:
    """Let the loop finish what it does in several steps: accepting, closing."""
    for _ in range(5):
        await asyncio.sleep(0)
