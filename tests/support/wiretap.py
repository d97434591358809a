"""A relay in front of a broker that writes down every byte that passes, each direction of a connection in a file."""

import contextlib
import socket
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

_CHUNK_BYTES = 65_536
_CONNECT_S = 5.0


class Wiretap:
    """Relays TCP on the loopback interface; its files are complete once it is closed.

    Attributes:
        port: where it listens.
    """

    def __init__(self, upstream_port: int, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._upstream_port = upstream_port
        self._folder = folder
        self._numbers = count(1)
        self._sockets: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._spawn(self._accept)

    def close(self) -> None:
        """Cut every connection and finish the files."""
        for sock in (self._listener, *tuple(self._sockets)):
            _shut(sock)
        for thread in tuple(self._threads):
            thread.join()
        for sock in (self._listener, *self._sockets):
            sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _spawn(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                self._join(self._listener.accept()[0])

    def _join(self, client: socket.socket) -> None:
        try:
            broker = socket.create_connection(("127.0.0.1", self._upstream_port), timeout=_CONNECT_S)
        except OSError:
            client.close()
            return
        broker.settimeout(None)
        self._sockets |= {client, broker}
        number = next(self._numbers)
        for source, sink, way in ((client, broker, "to"), (broker, client, "from")):
            file = self._folder / f"{number:03}-{way}-broker"
            self._spawn(lambda source=source, sink=sink, file=file: _relay(source, sink, file))  # type: ignore[misc]  # the defaults bind the loop's variables


def _relay(source: socket.socket, sink: socket.socket, file: Path) -> None:
    with file.open("wb", buffering=0) as written, contextlib.suppress(OSError):
        while data := source.recv(_CHUNK_BYTES):
            written.write(data)
            sink.sendall(data)
    _shut(source)
    _shut(sink)


def _shut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side was faster
        sock.shutdown(socket.SHUT_RDWR)
