"""A TCP proxy between the agent and its broker that counts what the agent sends.

What it counts is MQTT: every byte of every packet from the agent, acknowledgements, pings and connection set-up
included; neither TCP and IP headers nor TLS (there is none). Of each PUBLISH it notes when it came and how much
processor time the agent had used by then.

What the connection puts on the wire, both directions and every header, is asked of the kernel at the proxy's end of
it, by the agent's own function (`agent.uplink.kernel`): what one end sends the other receives, but for the SYN, which
comes before that end has a socket to count it.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from agent.uplink import kernel

_CHUNK_BYTES = 65_536
_PUBLISH = 3
_CONTINUES = 0x80
_BACKLOG = 8
_ID_BYTES = 2
_LIVE = "/live/"
_SYN_BYTES = 52
"""Headers of IPv4 and TCP with its time stamps, as each segment is charged; what only a SYN has is in the count."""


@dataclass(frozen=True, slots=True)
class Publish:
    """A PUBLISH of the agent: all of the packet, and what it carries."""

    mono_s: float
    cpu_s: float
    topic: str
    size: int
    payload_bytes: int


class Packets:
    """Cuts the agent's bytes into MQTT packets."""

    def __init__(self) -> None:
        self._pending = b""

    def feed(self, data: bytes) -> list[tuple[bytes, int]]:
        """Return the packets that `data` completes, each with the place where its remaining length ends."""
        pending = self._pending + data
        packets = []
        while (found := _extent(pending)) is not None and len(pending) >= found[1]:
            packets.append((pending[: found[1]], found[0]))
            pending = pending[found[1] :]
        self._pending = pending
        return packets


def _extent(data: bytes) -> tuple[int, int] | None:
    """Return where the remaining length and the whole of the first packet end, None while that is not known."""
    length = 0
    for at, byte in enumerate(data[1:5]):
        length |= (byte & 0x7F) << 7 * at
        if byte < _CONTINUES:
            return 2 + at, 2 + at + length
    return None


def topic_of(packet: bytes, body: int) -> str | None:
    """Return the topic of a PUBLISH whose body begins at `body`, None for any other packet."""
    if packet[0] >> 4 != _PUBLISH:
        return None
    length = int.from_bytes(packet[body : body + 2], "big")
    return packet[body + 2 : body + 2 + length].decode()


def payload_bytes_of(packet: bytes, body: int) -> int:
    """Return how long the payload of a PUBLISH with an id is; its properties have a length of one byte."""
    properties = body + 2 + int.from_bytes(packet[body : body + 2], "big") + _ID_BYTES
    return len(packet) - properties - 1 - packet[properties]


class CountingProxy:
    """Listens at `port` of the loopback interface and passes everything on to `broker_port`.

    Attributes:
        port: where the agent connects.
        sent_bytes: how many bytes of MQTT the agent has sent.
        publishes: those that arrived.
    """

    def __init__(self, broker_port: int, *, cpu_s: Callable[[], float]) -> None:
        self._broker_port = broker_port
        self._cpu_s = cpu_s
        self._listener: socket.socket | None = None
        self._open: list[socket.socket] = []
        self._agents: list[socket.socket] = []
        self.port = 0
        self.sent_bytes = 0
        self.publishes: list[Publish] = []

    def listen(self) -> None:
        """Take connections."""
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", self.port))
        self._listener.listen(_BACKLOG)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def wire_bytes(self) -> int | None:
        """Return the IP bytes between agent and proxy, None once a connection has ended: its are lost."""
        counts = [kernel.wire_bytes(sock) for sock in self._agents]
        known = [count for count in counts if count is not None]
        return sum(known) + _SYN_BYTES * len(known) if len(known) == len(counts) else None

    def batches(self) -> tuple[int, ...]:
        """Return how large the live batches were, in the order in which they came."""
        return tuple(publish.payload_bytes for publish in self.publishes if _LIVE in publish.topic)

    def vanish(self) -> None:
        """Close every connection and refuse new ones, as a host does whose broker has ended."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                agent, _ = listener.accept()
                broker = socket.create_connection(("127.0.0.1", self._broker_port))
                for sock in (agent, broker):
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._open += (agent, broker)
                self._agents.append(agent)
                threading.Thread(target=self._upward, args=(agent, broker), daemon=True).start()
                threading.Thread(target=_pass_on, args=(broker, agent), daemon=True).start()

    def _publish(self, packet: bytes, body: int, topic: str) -> Publish:
        payload = payload_bytes_of(packet, body)
        return Publish(time.monotonic(), self._cpu_s(), topic, size=len(packet), payload_bytes=payload)

    def _upward(self, agent: socket.socket, broker: socket.socket) -> None:
        packets = Packets()

        def look(data: bytes) -> None:
            self.sent_bytes += len(data)
            for packet, body in packets.feed(data):
                topic = topic_of(packet, body)
                if topic is not None:
                    self.publishes.append(self._publish(packet, body, topic))

        _pass_on(agent, broker, look=look)


def _pass_on(source: socket.socket, sink: socket.socket, *, look: Callable[[bytes], None] = lambda _: None) -> None:
    with source, sink, contextlib.suppress(OSError):
        while data := source.recv(_CHUNK_BYTES):
            look(data)
            sink.sendall(data)
        sink.shutdown(socket.SHUT_RDWR)
