"""A proxy between one MQTT client and its broker that sees every packet and lets a test decide its fate.

It can lose packets, answer in the broker's name, refuse connections, half-close them and reset them. Plain TCP only.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

from tests.support.broker import free_port

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 1, 2, 3, 4, 8, 9
_V5: Final = 5
_ENDED: Final = (asyncio.IncompleteReadError, ConnectionError, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One packet.

    Attributes:
        connection: on which it came.
        to_broker: whether the client sent it.
        kind: MQTT packet type.
        mid: packet id of a PUBLISH with QoS 1, a PUBACK or a SUBACK; else 0.
        code: reason code of a PUBACK, 0 with MQTT 3.1.1.
        topic, payload: of a PUBLISH.
    """

    connection: "Connection"
    to_broker: bool
    kind: int
    mid: int = 0
    code: int = 0
    topic: str = ""
    payload: bytes = b""


@dataclass(slots=True, eq=False)
class Connection:
    """One connection through the tap.

    Attributes:
        version: 5 or 4, known after the CONNECT.
        half_closed: nothing more goes to the client.
        vanished: nothing goes either way any more, and neither end is told when the other one closes.
    """

    client: asyncio.StreamWriter
    broker: asyncio.StreamWriter
    version: int = 0
    half_closed: bool = False
    vanished: bool = False

    def puback(self, mid: int) -> None:
        """Acknowledge a client's PUBLISH in the broker's name."""
        self.client.write(bytes([PUBACK << 4, 2]) + mid.to_bytes(2, "big"))

    def abort(self) -> None:
        """Reset both sides."""
        self.client.transport.abort()
        self.broker.transport.abort()


Gate = Callable[[Seen], bool]
"""Told of each packet; says whether it is passed on."""


@dataclass(eq=False)
class Tap:
    """The proxy. Made closed; `open` lets connections in.

    Attributes:
        upstream_port: the broker.
        gate: decides about each packet.
        port: for the client.
        connections: those that are open.
    """

    upstream_port: int
    gate: Gate = lambda _seen: True
    port: int = field(default_factory=free_port)
    connections: list[Connection] = field(default_factory=list)
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.refuse()
        while self._tasks:  # each ends when its connections do; one that is being made is reset after that
            self.reset()
            await asyncio.wait(self._tasks, timeout=0.05)
        await asyncio.sleep(0)  # transports close in the next turn of the loop

    async def open(self) -> None:
        """Take connections."""
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    def refuse(self) -> None:
        """Take no more connections and reset those there are."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.reset()

    def reset(self) -> None:
        """Reset every connection."""
        for connection in tuple(self.connections):
            connection.abort()

    def half_close(self) -> None:
        """Close the direction to the client; go on reading from it."""
        for connection in self.connections:
            connection.half_closed = True
            connection.client.write_eof()

    def vanish(self) -> None:
        """Let the way of every connection end in nothing, as when a modem has got another address."""
        for connection in self.connections:
            connection.vanished = True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.upstream_port)
        except OSError:
            writer.transport.abort()
            return
        connection = Connection(writer, up_writer)
        self.connections.append(connection)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(connection, reader, to_broker=True))
                group.create_task(self._pump(connection, up_reader, to_broker=False))
        finally:
            self.connections.remove(connection)
            connection.abort()

    async def _pump(self, connection: Connection, reader: asyncio.StreamReader, *, to_broker: bool) -> None:
        """Pass packets on in one direction until it ends; then end it on the other side too."""
        writer = connection.broker if to_broker else connection.client
        with contextlib.suppress(*_ENDED):
            while True:
                raw = await _packet(reader)
                if connection.vanished:
                    continue
                passes = self.gate(_parse(connection, raw, to_broker=to_broker))
                if passes and (to_broker or not connection.half_closed):
                    writer.write(raw)
                    await writer.drain()
        if not connection.vanished and (to_broker or not connection.half_closed):
            writer.close()


async def _packet(reader: asyncio.StreamReader) -> bytes:
    """Return one MQTT packet."""
    head = await reader.readexactly(2)
    while head[-1] & 0x80:
        head += await reader.readexactly(1)
    length, _ = _varint(head, 1)
    return head + await reader.readexactly(length)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if not data[at - 1] & 0x80:
            return value, at


def _parse(connection: Connection, raw: bytes, *, to_broker: bool) -> Seen:
    kind, flags = raw[0] >> 4, raw[0] & 0x0F
    _, at = _varint(raw, 1)
    if kind == CONNECT:
        connection.version = raw[at + 2 + int.from_bytes(raw[at : at + 2], "big")]
    if kind in {PUBACK, SUBACK}:
        code = raw[at + 2] if kind == PUBACK and len(raw) > at + 2 else 0
        mid = int.from_bytes(raw[at : at + 2], "big")
        return Seen(connection=connection, to_broker=to_broker, kind=kind, mid=mid, code=code)
    if kind != PUBLISH:
        return Seen(connection=connection, to_broker=to_broker, kind=kind)
    end = at + 2 + int.from_bytes(raw[at : at + 2], "big")
    topic, at, mid = raw[at + 2 : end].decode(), end, 0
    if flags & 0x06:
        mid, at = int.from_bytes(raw[at : at + 2], "big"), at + 2
    if connection.version == _V5:
        length, at = _varint(raw, at)
        at += length
    return Seen(connection=connection, to_broker=to_broker, kind=kind, mid=mid, topic=topic, payload=raw[at:])
