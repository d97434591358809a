"""What a TCP connection has put on the wire so far, as the kernel has counted it for this very socket.

In: a socket. Out: IP bytes, both directions. Never: what is not TCP: name look-ups and time from the network.

Linux keeps, for each socket, how many segments went out and came in (RFC 4898 names them SegsOut and SegsIn), bare
acknowledgements and repetitions included, and how many bytes were in them: `struct tcp_info` of include/uapi/linux/
tcp.h, here the fields up to `tcpi_bytes_sent` (Linux 4.19). Offloading does not blur it: a large buffer that the card
cuts counts as the segments it is cut into. Each segment is charged its headers: IP (20 bytes, 40 with IPv6), TCP
(20), the time-stamp option (12, RFC 7323) if the connection uses it, and 8 more for what only the two SYNs carry. Not
seen: bytes that came in twice, and blocks of selective acknowledgement.
"""

import socket
import struct
from typing import Final

_INFO: Final = struct.Struct("=B4xB122xQII56xQ")
"""tcpi_state, tcpi_options, tcpi_bytes_received, tcpi_segs_out, tcpi_segs_in, tcpi_bytes_sent."""
_TIMESTAMPS: Final = 1
_TCP: Final = 20
_OPTION: Final = 12
_SYNS: Final = 16
_IP: Final = {socket.AF_INET: 20, socket.AF_INET6: 40}
_ESTABLISHED: Final = 1
_CLOSE_WAIT: Final = 8
_FAREWELL: Final = {_ESTABLISHED: 3, _CLOSE_WAIT: 2}
"""Segments that closing a socket of that state still takes: FIN, FIN and ACK; or FIN and ACK."""
_NOTICE: Final = 24
"""An alert of TLS 1.3: a record with two bytes and a type."""
_SEGMENT_HOLDS: Final = 1_448
_REFUSED: Final = 52 + 40
"""The header of a segment that comes too late, and the RST that refuses it."""


def wire_bytes(sock: socket.socket, *, closing: bool = False) -> int | None:
    """Return the IP bytes of a connection, None where the kernel does not tell.

    Args:
        sock: the connection; TLS on top of it makes no difference.
        closing: count what closing it now will take as well.
    """
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO.size)
    except (OSError, AttributeError):  # a closed socket, or a system without TCP_INFO
        return None
    if len(info) < _INFO.size or sock.family not in _IP:
        return None
    return count(info, ip_bytes=_IP[sock.family], closing=closing)


def count(info: bytes, *, ip_bytes: int, closing: bool = False) -> int:
    """Return the IP bytes that a `struct tcp_info` stands for."""
    state, options, received, segments_out, segments_in, sent = _INFO.unpack_from(info)
    header = ip_bytes + _TCP + (_OPTION if options & _TIMESTAMPS else 0)
    segments = segments_out + segments_in + (_FAREWELL.get(state, 0) if closing else 0)
    return int(sent + received + segments * header + _SYNS)


class Probe:
    """Watches one connection to its end, through a descriptor of its own.

    The MQTT library closes its one when it likes. The connection is not closed before this is. What the other
    side still sends by then is refused by the kernel, and no socket counts it; so it is put down beforehand: the
    notice by which TLS ends (RFC 8446, 6.1), or the whole answer to a greeting that was never answered, because a
    broker that hung answers when it wakes up.

    Attributes:
        flight_bytes: what the other side is known to send in a handshake, 0 while it is not known or there is none.
    """

    __slots__ = ("_socket", "flight_bytes")

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self.flight_bytes = 0

    def watch(self, sock: socket.socket) -> socket.socket:
        """Watch a connection that was just made, and return it."""
        self.close()
        self._socket = sock.dup()
        return sock

    def wire_bytes(self) -> int | None:
        """Return the connection's bytes so far, None while there is none or the kernel does not tell."""
        return None if self._socket is None else wire_bytes(self._socket)

    def close(self) -> int | None:
        """Let go, and return what the connection has cost, its end included. May be called twice."""
        sock, self._socket = self._socket, None
        if sock is None:
            return None
        with sock:
            spent = wire_bytes(sock, closing=True)
            return None if spent is None else spent + self._late(sock)

    def _late(self, sock: socket.socket) -> int:
        if not self.flight_bytes:
            return 0
        late = _NOTICE if received_bytes(sock) else self.flight_bytes
        return late + -(-late // _SEGMENT_HOLDS) * _REFUSED


def received_bytes(sock: socket.socket) -> int:
    """Return what TCP has carried from the other side so far, 0 where the kernel does not tell."""
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO.size)
    except (OSError, AttributeError):
        return 0
    return int(_INFO.unpack(info)[2]) if len(info) == _INFO.size else 0
