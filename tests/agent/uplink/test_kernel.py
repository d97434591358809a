"""The kernel's count of a connection, on real sockets and on its layout."""

import contextlib
import socket
import struct
from collections.abc import Iterator

import pytest

from agent.uplink.kernel import Probe, count, wire_bytes

LAYOUT = struct.Struct("=8B24I4Q6I4Q2I2Q")
"""`struct tcp_info` of Linux 4.19, field by field: include/uapi/linux/tcp.h."""
HEADER = 20 + 20 + 12


def _info(
    *, state: int = 1, options: int = 7, received: int = 0, sent: int = 0, out: int = 0, into: int = 0
) -> bytes:
    flags = [state, 0, 0, 0, 0, options, 0, 0]
    words = [0] * 24
    rates = [0, 0, 0, received]  # pacing_rate, max_pacing_rate, bytes_acked, bytes_received
    segments = [out, into, 0, 0, 0, 0]
    delivery = [0, 0, 0, 0]  # delivery_rate, busy_time, rwnd_limited, sndbuf_limited
    return LAYOUT.pack(*flags, *words, *rates, *segments, *delivery, 0, 0, sent, 0)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as ours,
        server.accept()[0] as theirs,
    ):
        yield ours, theirs


def test_count_of_a_connection_is_its_bytes_and_a_header_for_each_segment() -> None:
    info = _info(received=700, sent=900, out=5, into=4)
    assert count(info, ip_bytes=20) == 700 + 900 + 9 * HEADER + 16


@pytest.mark.parametrize(("state", "segments"), [(1, 3), (8, 2), (7, 0)], ids=["open", "half-closed", "closed"])
def test_count_of_a_connection_that_is_closed_has_its_end(state: int, segments: int) -> None:
    info = _info(state=state)
    assert count(info, ip_bytes=20, closing=True) - count(info, ip_bytes=20) == segments * HEADER


def test_count_without_time_stamps_has_smaller_headers() -> None:
    info = _info(options=6, out=10)
    assert count(info, ip_bytes=40) == 10 * 60 + 16


def test_wire_bytes_of_a_real_connection_grow_with_what_is_sent(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    before = wire_bytes(ours)
    assert before == 2 * 60 + HEADER  # SYN, SYN and ACK, ACK
    ours.sendall(bytes(500))
    assert theirs.recv(1000)
    theirs.sendall(bytes(300))
    assert ours.recv(1000)
    after = wire_bytes(ours)
    assert after is not None
    assert 800 + 2 * HEADER <= after - before <= 800 + 4 * HEADER


def test_wire_bytes_of_a_socket_that_is_closed_or_no_tcp_are_not_known() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        assert wire_bytes(other) is None
    closed = socket.socket()
    closed.close()
    assert wire_bytes(closed) is None


def test_probe_sees_a_connection_that_others_have_closed(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    probe = Probe()
    assert probe.watch(ours) is ours
    ours.sendall(bytes(500))
    ours.close()
    assert len(theirs.recv(1000)) == 500
    theirs.settimeout(0.05)
    with contextlib.suppress(TimeoutError):
        assert theirs.recv(1) != b"", "the probe keeps the connection open"
    seen = probe.wire_bytes()
    spent = probe.close()
    assert seen is not None
    assert spent == seen + 3 * HEADER
    theirs.settimeout(5)
    assert theirs.recv(1) == b""


def test_probe_that_watches_nothing_knows_nothing() -> None:
    probe = Probe()
    assert (probe.wire_bytes(), probe.close()) == (None, None)
