"""A TCP relay between the unit and its broker that counts bytes: what really went over the wire.

In: connections of the unit. Out: the same bytes to the broker, and how many. Never: a look into them. While the
broker is away it listens no more, so that the unit is refused as by a machine without a broker.
"""

import asyncio
import contextlib
from typing import Final

_CHUNK: Final = 65_536


class CountingProxy:
    """The relay.

    Attributes:
        port: where the unit connects; the same after every `open`.
        sent: bytes from the unit.
        returned: bytes to the unit.
        connections: how many the unit has made.
    """

    def __init__(self) -> None:
        self.port = 0
        self.sent = 0
        self.returned = 0
        self.connections = 0
        self._broker_port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, *, broker_port: int) -> None:
        """Listen, on the port of the last time if there was one."""
        self._broker_port = broker_port
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Listen no more, and cut every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in tuple(self._writers):
            writer.transport.abort()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self.connections += 1
        with contextlib.suppress(
            OSError, asyncio.CancelledError
        ):  # cancelled by `shut` only, which waits for the end
            await self._join(reader, writer)
        writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self._broker_port)
            self._writers.add(to_writer)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._copy(reader, to_writer, outgoing=True))
                    group.create_task(self._copy(to_reader, writer, outgoing=False))
            except* OSError:
                pass  # one side has hung up; so does the other one
            finally:
                self._writers.discard(to_writer)
                to_writer.transport.abort()
        finally:
            self._writers.discard(writer)

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, outgoing: bool) -> None:
        while data := await reader.read(_CHUNK):
            if outgoing:
                self.sent += len(data)
            else:
                self.returned += len(data)
            writer.write(data)
            await writer.drain()
        writer.close()
