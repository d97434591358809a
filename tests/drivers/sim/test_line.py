"""The simulated serial line is a real pseudo-terminal: bytes pass unchanged, hang-ups are seen."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.sim.line import SimulatedLine

EVERY_BYTE = bytes(range(256))


@pytest.fixture
def line(tmp_path: Path) -> Iterator[SimulatedLine]:
    with SimulatedLine(tmp_path / "port") as line:
        yield line


@pytest.fixture
def port(line: SimulatedLine) -> Iterator[int]:
    descriptor = os.open(line.link, os.O_RDWR | os.O_NOCTTY)
    yield descriptor
    os.close(descriptor)


def read_exactly(descriptor: int, length: int) -> bytes:
    data = b""
    while len(data) < length:
        data += os.read(descriptor, length - len(data))
    return data


def test_send_every_byte_arrives_unchanged(line: SimulatedLine, port: int) -> None:
    assert line.send(EVERY_BYTE) == 256
    assert read_exactly(port, 256) == EVERY_BYTE


def test_receive_every_byte_arrives_unchanged(line: SimulatedLine, port: int) -> None:
    os.write(port, EVERY_BYTE)
    assert line.receive(256) == EVERY_BYTE


def test_receive_nothing_written_returns_nothing(line: SimulatedLine) -> None:
    assert line.receive(timeout_s=0) == b""


def test_what_is_sent_does_not_echo(line: SimulatedLine, port: int) -> None:
    line.send(b"\x01\x02")
    assert read_exactly(port, 2) == b"\x01\x02"
    os.write(port, b"\x03")
    assert line.receive() == b"\x03"


def test_on_receive_is_called_with_what_was_written(tmp_path: Path) -> None:
    heard, done = bytearray(), threading.Event()

    def hear(data: bytes) -> None:
        heard.extend(data)
        if len(heard) == 3:
            done.set()

    with SimulatedLine(tmp_path / "port", on_receive=hear) as line:
        descriptor = os.open(line.link, os.O_RDWR | os.O_NOCTTY)
        os.write(descriptor, b"\xaa\xb4\x06")
        assert done.wait(5)
        os.close(descriptor)
    assert heard == b"\xaa\xb4\x06"


def test_send_nobody_reads_gives_up_when_the_buffers_are_full(line: SimulatedLine) -> None:
    assert 0 < line.send(bytes(1_000_000), timeout_s=0.01) < 1_000_000


def test_send_large_with_a_reader_loses_nothing(line: SimulatedLine, port: int) -> None:
    data = EVERY_BYTE * 1000
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(read_exactly(port, len(data))))
    reader.start()
    assert line.send(data, timeout_s=10) == len(data)
    reader.join(10)
    assert got == [data]


def test_garbage_follows_from_its_seed(line: SimulatedLine, port: int) -> None:
    noise = line.garbage(50, seed=1)
    assert read_exactly(port, 50) == noise
    assert line.garbage(50, seed=1) == noise
    assert line.garbage(50, seed=2) != noise


def test_half_sends_the_first_half(line: SimulatedLine, port: int) -> None:
    line.half(b"\x01\x02\x03\x04\x05")
    assert read_exactly(port, 2) == b"\x01\x02"


def test_unplug_hangs_up_and_takes_the_link_away(line: SimulatedLine, port: int) -> None:
    line.unplug()
    assert not line.plugged
    assert not os.path.lexists(line.link)
    with pytest.raises(OSError, match="Input/output"):
        os.write(port, b"x")
    assert line.send(b"lost") == 0
    line.unplug()


def test_replug_opens_again(line: SimulatedLine) -> None:
    line.unplug()
    line.replug()
    line.replug()
    descriptor = os.open(line.link, os.O_RDWR | os.O_NOCTTY)
    line.send(b"\x11\x13")
    assert read_exactly(descriptor, 2) == b"\x11\x13"
    os.close(descriptor)


def test_unplug_from_its_own_callback_does_not_lock_up(tmp_path: Path) -> None:
    done = threading.Event()

    def pull(_: bytes) -> None:
        short.unplug()
        done.set()

    short = SimulatedLine(tmp_path / "port", on_receive=pull)
    descriptor = os.open(short.link, os.O_RDWR | os.O_NOCTTY)
    os.write(descriptor, b"x")
    assert done.wait(5)
    os.close(descriptor)
    short.close()


def test_link_that_is_there_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "port").symlink_to("/nowhere")
    with SimulatedLine(tmp_path / "port") as line:
        assert line.link.is_char_device()
