"""The bytes of a connection, on real sockets, with an engine that makes no packets."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from agent.uplink.transport import Transport, largest_packet
from tests.support.uplink import FakeClock, settings_for

NS = 1_000_000_000
SETTINGS = settings_for(1, largest_message=100_000)
DEADLINE_S = 10.0


class Pump:
    """An engine with bytes to write."""

    def __init__(self, sock: socket.socket | None) -> None:
        self.sock = sock
        self.queued = b""
        self.calls: list[str] = []
        self.wrote = asyncio.Event()

    def socket(self) -> socket.socket | None:
        return self.sock

    def want_write(self) -> bool:
        return bool(self.queued)

    def loop_read(self) -> None:
        self.calls.append("read")

    def loop_write(self) -> None:
        self.calls.append("write")
        self.wrote.set()
        if self.sock is not None and self.queued:
            try:
                self.queued = self.queued[self.sock.send(self.queued) :]
            except BlockingIOError:
                return


class Line:
    """A transport on a connection, and the other side of it."""

    def __init__(self, ours: socket.socket, theirs: socket.socket) -> None:
        ours.settimeout(0)
        self.ours, self.theirs = ours, theirs
        self.pump = Pump(ours)
        self.clock = FakeClock()
        self.greeted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.reached: list[int] = []
        self.transport = Transport(
            self.pump, SETTINGS, clock=self.clock, greeted=self.greeted, on_reached=lambda: self.reached.append(1)
        )


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as ours,
        server.accept()[0] as theirs,
    ):
        yield ours, theirs


@pytest.fixture
async def line(pair: tuple[socket.socket, socket.socket]) -> Line:
    return Line(*pair)


async def _turn() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_dialled_connection_is_counted_told_and_given_up_in_time(line: Line) -> None:
    assert line.transport.dial(lambda: line.ours) is line.ours
    timeout_ms = line.ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
    assert timeout_ms == SETTINGS.timing.ack_s * 1000
    assert line.reached == [1]
    assert (line.transport.probe.wire_bytes() or 0) > 0
    assert line.transport.probe.close() is not None


async def test_dialling_in_vain_tells_nobody(line: Line) -> None:
    def refuse() -> socket.socket:
        raise ConnectionRefusedError

    with pytest.raises(ConnectionRefusedError):
        line.transport.dial(refuse)
    assert (line.reached, line.transport.probe.wire_bytes()) == ([], None)


async def test_receive_takes_so_much_at_once_and_notes_when(line: Line) -> None:
    asked: list[int] = []

    def read(size: int) -> bytes:
        asked.append(size)
        return b"x"

    line.clock.advance(7)
    assert line.transport.receive(read, largest_packet(SETTINGS)) == b"x"
    assert line.transport.receive(read, 5) == b"x"
    assert asked == [65_536, 5]
    assert line.transport.last_inbound_ns == line.clock.mono


async def test_receive_of_nothing_is_no_sign_of_life(line: Line) -> None:
    before = line.transport.last_inbound_ns
    line.clock.advance(7)
    assert line.transport.receive(lambda _: b"", 5) == b""
    assert line.transport.last_inbound_ns == before


async def test_receive_of_more_than_any_message_is_refused_before_anything_is_read(line: Line) -> None:
    def read(_: int) -> bytes:
        raise AssertionError("read all the same")

    with pytest.raises(ConnectionError, match="too large"):
        line.transport.receive(read, largest_packet(SETTINGS) + 1)


async def test_write_is_made_by_the_loop_a_little_later(line: Line) -> None:
    line.greeted.set_result(None)
    line.pump.queued = b"ping"
    line.transport.write_soon()
    assert line.pump.calls == []
    await _turn()
    assert line.pump.calls == ["write"]
    assert line.theirs.recv(10) == b"ping"


async def test_write_asked_for_by_the_connecting_thread_is_made_by_the_loop(line: Line) -> None:
    line.greeted.set_result(None)
    await asyncio.to_thread(line.transport.write_soon)
    await asyncio.wait_for(line.pump.wrote.wait(), DEADLINE_S)
    assert line.pump.calls == ["write"]


async def test_write_before_the_greeting_was_answered_reads_first(line: Line) -> None:
    line.transport.write_soon()
    await _turn()
    assert line.pump.calls == ["read", "write"]


async def test_write_that_the_socket_does_not_take_at_once_is_finished_when_it_does(line: Line) -> None:
    line.greeted.set_result(None)
    size = 16 << 20
    line.pump.queued = bytes(size)
    line.transport.write_soon()
    await _turn()
    assert line.pump.queued
    line.theirs.settimeout(0)
    loop, got = asyncio.get_running_loop(), 0
    async with asyncio.timeout(DEADLINE_S):
        while got < size:
            got += len(await loop.sock_recv(line.theirs, 1 << 20))
    assert not line.pump.queued
    line.transport.stop_writing(line.ours)
    assert not loop.remove_writer(line.ours)


async def test_stop_of_writing_that_nobody_waits_for_is_harmless(line: Line) -> None:
    line.transport.stop_writing(line.ours)
    line.ours.close()
    line.transport.stop_writing(line.ours)


async def test_abandoned_connection_is_closed_whether_or_not_there_is_one(line: Line) -> None:
    line.transport.dial(lambda: line.ours)
    line.transport.abandon()
    assert line.ours.fileno() == -1
    assert line.transport.probe.wire_bytes() is None
    line.pump.sock = None
    line.transport.abandon()
