"""Moves the bytes of one MQTT connection; what they mean is not its business.

In: the library's client, whose packets these are, and its wish to write. Out: bytes both ways, when the last came in,
what the kernel has counted. Never: looks into a packet, blocks the loop, waits on a dead connection for as long as
the kernel would, allocates whatever the other side claims.
"""

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any, Final, Protocol

from agent.clock import Clock
from agent.uplink.kernel import Probe
from agent.uplink.settings import UplinkSettings

_RECEIVE_AT_ONCE: Final = 65_536
_TOPIC_AND_HEADER: Final = 1_024


class Engine(Protocol):
    """What makes packets of bytes and bytes of packets: paho's client."""

    def socket(self) -> Any:  # noqa: ANN401 - whatever has a fileno, TLS or not
        """Return the open socket, None when there is none."""
        ...

    def want_write(self) -> bool:
        """Return whether packets are queued."""
        ...

    def loop_read(self) -> object:
        """Read what has come in."""
        ...

    def loop_write(self) -> object:
        """Write what is queued, as much as the socket takes."""
        ...


class Transport:
    """The bytes of one connection. Belongs to the event loop; `dial` and `abandon` run on the connecting thread.

    Args:
        engine: whose bytes they are.
        settings: the broker.
        clock: monotonic time.
        greeted: done once the broker has answered the greeting, one way or the other.
        on_reached: called when the TCP connection stands, on the connecting thread.

    Attributes:
        last_inbound_ns: when the last byte came in.
        probe: counts the connection's IP bytes.
    """

    def __init__(
        self,
        engine: Engine,
        settings: UplinkSettings,
        *,
        clock: Clock,
        greeted: asyncio.Future[None],
        on_reached: Callable[[], None],
    ) -> None:
        self.last_inbound_ns = clock.mono_ns()
        self.probe = Probe()
        self._engine = engine
        self._settings = settings
        self._clock = clock
        self._greeted = greeted
        self._on_reached = on_reached
        self._loop = asyncio.get_running_loop()
        self._home = threading.get_ident()
        self._writing = False

    def dial(self, connect: Callable[[], socket.socket]) -> socket.socket:
        """Connect by TCP, and have the kernel give the connection up when nothing of it is acknowledged in time.

        Otherwise it would go on repeating for a quarter of an hour, on a socket that nobody wants any more
        (TCP_USER_TIMEOUT, RFC 5482).
        """
        sock = self.probe.watch(connect())
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(self._settings.timing.ack_s * 1000))
        self._on_reached()
        return sock

    def receive(self, read: Callable[[int], bytes], size: int) -> bytes:
        """Receive up to `size` bytes by `read`, for paho, which would allocate whatever length the other side claims.

        Raises:
            ConnectionError: more is claimed than any message may have.
        """
        if size > largest_packet(self._settings):
            raise ConnectionError("the broker sent a message that is too large")
        data = read(min(size, _RECEIVE_AT_ONCE))
        if data:
            self.last_inbound_ns = self._clock.mono_ns()
        return data

    def write_soon(self) -> None:
        """Write soon; the loop is asked to watch the socket only when it does not take everything at once."""
        if threading.get_ident() == self._home:
            self._loop.call_soon(self._flush)
        else:
            self._loop.call_soon_threadsafe(self._flush)

    def stop_writing(self, sock: Any) -> None:  # noqa: ANN401 - as above
        """Have the loop watch the socket no more: nothing is queued, or it is about to be closed."""
        if self._writing:
            self._writing = False
            self._loop.remove_writer(sock.fileno())

    def abandon(self) -> None:
        """Close the socket: the loop that it was made for is gone."""
        self.probe.close()
        if (sock := self._engine.socket()) is not None:
            sock.close()

    def _flush(self) -> None:
        if not self._greeted.done():
            self._engine.loop_read()  # a TLS alert that explains why the write would fail
        self._engine.loop_write()
        sock = self._engine.socket()
        if sock is not None and self._engine.want_write() and not self._writing:
            self._writing = True
            self._loop.add_writer(sock.fileno(), self._flush)


def largest_packet(settings: UplinkSettings) -> int:
    """Return how large a packet the unit takes: a message, its topic and its header."""
    return settings.largest_message + _TOPIC_AND_HEADER
