"""LinuxSerial on real pseudo-terminals: deadlines, cancellation, unplugging, and no work while a line is silent."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from drivers.bus import linux_serial
from drivers.bus.framing import Parity
from drivers.bus.linux_serial import LinuxSerial
from drivers.bus.serial_port import SerialPort
from drivers.errors import BusDenied, BusError, BusGone, BusTimeout
from drivers.sim.line import SimulatedLine

LONG_S = 5.0
SHORT_S = 0.02
"""A deadline meant to pass."""


@pytest.fixture
def sensor(tmp_path: Path) -> Iterator[SimulatedLine]:
    with SimulatedLine(tmp_path / "port") as sensor:
        yield sensor


@pytest.fixture
async def line(sensor: SimulatedLine) -> AsyncIterator[LinuxSerial]:
    line = LinuxSerial(str(sensor.link), 9600)
    await line.open()
    yield line
    await line.close()


async def test_read_returns_what_arrived(line: LinuxSerial, sensor: SimulatedLine) -> None:
    sensor.send(bytes(range(32)))
    assert await line.read(at_least=32, timeout_s=LONG_S) == bytes(range(32))


async def test_read_waits_for_enough_and_returns_more(line: LinuxSerial, sensor: SimulatedLine) -> None:
    task = asyncio.create_task(line.read(at_least=4, timeout_s=LONG_S))
    sensor.send(b"\x01\x02")
    await asyncio.sleep(0)
    assert not task.done()
    sensor.send(b"\x03\x04\x05\x06")
    data = await task
    assert data == b"\x01\x02\x03\x04\x05\x06"


async def test_read_what_is_buffered_returns_without_the_thread(line: LinuxSerial, sensor: SimulatedLine) -> None:
    sensor.send(b"\x01\x02\x03")
    with pytest.raises(BusTimeout):
        await line.read(at_least=9, timeout_s=SHORT_S)
    assert await line.read(at_least=3, timeout_s=0) == b"\x01\x02\x03"


async def test_read_too_little_times_out_and_keeps_it(line: LinuxSerial, sensor: SimulatedLine) -> None:
    sensor.send(b"\x01\x02")
    with pytest.raises(BusTimeout, match=r"within 0\.02 s") as caught:
        await line.read(at_least=3, timeout_s=SHORT_S)
    assert caught.value.bus == line.path
    sensor.send(b"\x03")
    assert await line.read(at_least=3, timeout_s=LONG_S) == b"\x01\x02\x03"


@pytest.mark.parametrize("turns", range(5))
async def test_read_cancelled_loses_nothing(line: LinuxSerial, sensor: SimulatedLine, turns: int) -> None:
    sensor.send(b"\x01\x02")
    task = asyncio.create_task(line.read(at_least=3, timeout_s=LONG_S))
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    sensor.send(b"\x03\x04")
    assert await line.read(at_least=4, timeout_s=LONG_S) == b"\x01\x02\x03\x04"


async def test_read_of_more_than_the_buffer_holds_loses_nothing(line: LinuxSerial, sensor: SimulatedLine) -> None:
    data = bytes(range(256)) * 1000
    sending = asyncio.create_task(asyncio.to_thread(sensor.send, data, timeout_s=LONG_S))
    inbox = line._inbox
    assert inbox is not None
    while inbox._listening:  # noqa: ASYNC110 - real input arrives in between
        await asyncio.sleep(0)
    assert len(inbox._data) < 70_000
    got = b""
    while len(got) < len(data):
        got += await line.read(timeout_s=LONG_S)
    assert got == data
    assert await sending == len(data)


async def test_read_by_two_at_once_is_a_mistake_of_ours(line: LinuxSerial) -> None:
    task = asyncio.create_task(line.read(timeout_s=LONG_S))
    await asyncio.sleep(0)
    with pytest.raises(AssertionError, match="one reader"):
        await line.read(timeout_s=LONG_S)
    task.cancel()
    await asyncio.wait([task])


async def test_unplugged_while_nobody_reads_is_closed_at_once(line: LinuxSerial, sensor: SimulatedLine) -> None:
    sensor.unplug()
    while line._inbox is not None:  # noqa: ASYNC110 - a real hang-up arrives in between
        await asyncio.sleep(0)
    await line._closed()
    for call in (line.read(timeout_s=1), line.write(b"x"), line.discard_input()):
        with pytest.raises(BusGone, match="not open"):
            await call


async def test_read_of_silent_line_does_no_work(line: LinuxSerial) -> None:
    task = asyncio.create_task(line.read(timeout_s=LONG_S))
    await asyncio.sleep(0)
    before = time.process_time()
    await asyncio.wait([task], timeout=0.3)
    assert time.process_time() - before < 0.05
    task.cancel()
    await asyncio.wait([task])


async def test_write_arrives_whole(line: LinuxSerial, sensor: SimulatedLine) -> None:
    await line.write(bytes(range(256)))
    assert sensor.receive(256) == bytes(range(256))


async def test_discard_input_forgets_kernel_and_buffer(line: LinuxSerial, sensor: SimulatedLine) -> None:
    sensor.send(b"old")
    with pytest.raises(BusTimeout):
        await line.read(at_least=9, timeout_s=SHORT_S)
    sensor.send(b"old too")
    await line.discard_input()
    with pytest.raises(BusTimeout):
        await line.read(timeout_s=SHORT_S)
    sensor.send(b"new")
    assert await line.read(at_least=3, timeout_s=LONG_S) == b"new"


async def test_line_that_is_readable_no_more_when_the_loop_comes_to_it_is_not_hung_up(
    line: LinuxSerial, sensor: SimulatedLine
) -> None:
    assert line._inbox is not None
    line._inbox._receive()
    sensor.send(b"new")
    assert await line.read(at_least=3, timeout_s=LONG_S) == b"new"


async def test_open_forgets_what_was_sent_before(sensor: SimulatedLine) -> None:
    sensor.send(b"x" * 3000)
    line = LinuxSerial(str(sensor.link), 115200)
    await line.open()
    sensor.send(b"new")
    assert await line.read(at_least=3, timeout_s=LONG_S) == b"new"
    await line.close()


async def test_simulated_is_known_once_open(line: LinuxSerial) -> None:
    assert line.simulated
    assert not LinuxSerial("/dev/ttyUSB0", 9600).simulated


async def test_unplugged_while_reading_is_gone_and_closed(line: LinuxSerial, sensor: SimulatedLine) -> None:
    port = line._port
    assert port is not None
    assert port._serial is not None
    task = asyncio.create_task(line.read(timeout_s=LONG_S))
    await asyncio.sleep(0)
    sensor.unplug()
    with pytest.raises(BusGone, match="unplugged"):
        await task
    assert port._serial is None
    with pytest.raises(BusGone, match="not open"):
        await line.read(timeout_s=1)


async def test_unplugged_before_write_is_gone(line: LinuxSerial, sensor: SimulatedLine) -> None:
    sensor.unplug()
    with pytest.raises(BusGone, match="unplugged"):
        await line.write(b"x")


async def test_unplugged_before_discard_is_gone(line: LinuxSerial, sensor: SimulatedLine) -> None:
    sensor.unplug()
    with pytest.raises(BusGone, match="unplugged"):
        await line.discard_input()


@pytest.mark.parametrize("baudrate", [9600, 115200, 12345])
async def test_replugged_opens_again_whatever_the_speed(tmp_path: Path, baudrate: int) -> None:
    with SimulatedLine(tmp_path / "port") as sensor:
        line = LinuxSerial(str(sensor.link), baudrate)
        for _ in range(3):
            await line.open()
            sensor.send(b"up")
            assert await line.read(at_least=2, timeout_s=LONG_S) == b"up"
            sensor.unplug()
            with pytest.raises(BusGone):
                await line.read(timeout_s=LONG_S)
            with pytest.raises(BusGone, match="no such file"):
                await line.open()
            sensor.replug()
        await line.close()


@pytest.mark.parametrize(("parity", "stop_bits"), [(Parity.EVEN, 1), (Parity.ODD, 2), (Parity.NONE, 2)])
async def test_pseudo_terminal_is_opened_again_and_again_whatever_the_parity(
    tmp_path: Path, parity: Parity, stop_bits: int
) -> None:
    with SimulatedLine(tmp_path / "port") as sensor:
        line = LinuxSerial(str(sensor.link), 19200, parity=parity, stop_bits=stop_bits)
        for _ in range(3):
            await line.open()
            sensor.send(b"up")
            assert await line.read(at_least=2, timeout_s=LONG_S) == b"up"
            await line.close()


async def test_open_twice_is_harmless_and_close_too(line: LinuxSerial, sensor: SimulatedLine) -> None:
    await line.open()
    sensor.send(b"x")
    assert await line.read(timeout_s=LONG_S) == b"x"
    await line.close()
    await line.close()
    await line.open()


async def test_open_port_in_use_is_denied(line: LinuxSerial) -> None:
    with pytest.raises(BusDenied, match="another process"):
        await LinuxSerial(line.path, 9600).open()


async def test_open_plain_file_says_what_it_is_not(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    with pytest.raises(BusGone, match="this is not a serial port"):
        await LinuxSerial(str(tmp_path / "plain"), 9600).open()


async def test_hung_port_is_given_up_and_opens_again_when_it_comes_back(
    sensor: SimulatedLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave = threading.Event()

    def hang(port: SerialPort) -> None:
        del port
        leave.wait()

    line = LinuxSerial(str(sensor.link), 9600)
    await line.open()
    worker = line._worker
    assert worker is not None
    monkeypatch.setattr(linux_serial, "_CALL_S", SHORT_S)
    monkeypatch.setattr(SerialPort, "discard", hang)
    with pytest.raises(BusTimeout, match="did not come back from discarding input"):
        await line.discard_input()
    monkeypatch.undo()
    with pytest.raises(BusGone, match="not open"):
        await line.read(timeout_s=1)
    leave.set()
    await asyncio.to_thread(worker._thread.join)
    await line.open()
    sensor.send(b"back")
    assert await line.read(at_least=4, timeout_s=LONG_S) == b"back"
    await line.close()


async def test_close_while_reading_ends_the_read(line: LinuxSerial) -> None:
    task = asyncio.create_task(line.read(timeout_s=3600))
    await asyncio.wait([task], timeout=SHORT_S)
    await line.close()
    with pytest.raises(BusGone, match="unplugged or closed"):
        await task


async def test_garbage_and_hang_up_while_reading_any_of_both_ends_cleanly(sensor: SimulatedLine) -> None:
    line = LinuxSerial(str(sensor.link), 9600)
    for seed in range(10):
        await line.open()
        sensor.garbage(100, seed=seed)
        sensor.unplug()
        with pytest.raises(BusError):
            await line.read(at_least=101, timeout_s=LONG_S)
        sensor.replug()
    await line.close()
    assert sensor.plugged
