"""Threads that hang: a bound, and no thread more."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drivers.bus import linux_i2c, linux_serial
from drivers.bus.abandoned import MOST, Abandoned
from drivers.bus.api import I2cDevice
from drivers.bus.linux_i2c import LinuxI2c
from drivers.bus.linux_serial import LinuxSerial
from drivers.bus.serial_port import SerialPort
from drivers.bus.worker import BusWorker
from drivers.errors import BusTimeout
from drivers.sim.adapter import SimulatedAdapter
from drivers.sim.line import SimulatedLine
from tests.support.buses import RegisterFile

SOON_S = 0.25


@pytest.fixture
async def leave() -> AsyncIterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def _wait(event: threading.Event) -> None:
    event.wait()


def _ended(worker: BusWorker) -> bool:
    worker._thread.join(5)
    return not worker.alive


async def test_abandoned_forgets_a_thread_that_came_back(leave: threading.Event) -> None:
    abandoned = Abandoned()
    workers = [BusWorker("test", dispose=lambda: _wait(leave)) for _ in range(MOST)]
    for worker in workers:
        worker.stop()
        abandoned.add(worker)
    assert (abandoned.stuck, abandoned.full) == (MOST, True)
    with pytest.raises(BusTimeout, match=r"/dev/i2c-1: 3 calls hang in the kernel"):
        abandoned.check("/dev/i2c-1")
    leave.set()
    assert all([await asyncio.to_thread(_ended, worker) for worker in workers])
    assert (abandoned.stuck, abandoned.full) == (0, False)
    abandoned.check("/dev/i2c-1")


async def test_i2c_bus_that_hangs_each_time_is_opened_anew_twice_and_then_left_closed(
    tmp_path: Path, leave: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    chip = RegisterFile()
    descriptors = []

    def hang(adapter: linux_i2c._Adapter, *_: object) -> list[bytes]:
        descriptors.append(adapter._bus.fd)
        leave.wait()
        return [b""]

    monkeypatch.setattr(linux_i2c._Adapter, "transfer", hang)
    with SimulatedAdapter({0x42: chip}).serve(tmp_path / "i2c-1"):
        bus = LinuxI2c(str(tmp_path / "i2c-1"), deadline_s=SOON_S)
        threads = threading.active_count()
        for _ in range(MOST):
            await bus.open()
            with pytest.raises(BusTimeout, match="did not come back"):
                await I2cDevice(bus, 0x42).read(1)
        for _ in range(50):
            with pytest.raises(BusTimeout, match="stays closed"):
                await bus.open()
        assert len(set(descriptors)) == MOST, "each opening had its own"
        hung = [thread for thread in threading.enumerate() if thread.name == f"bus {bus.path}"]
        assert len(hung) == MOST
        assert threading.active_count() >= threads + MOST
        leave.set()
        for thread in hung:
            await asyncio.to_thread(thread.join, 5)
        monkeypatch.undo()
        await bus.open()
        assert len(await I2cDevice(bus, 0x42).read(1)) == 1
        await bus.close()


async def test_i2c_bus_whose_hung_call_nobody_awaited_any_more_is_opened_anew(
    tmp_path: Path, leave: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sensor's own timeout is shorter than the bus's, so that it has gone when the thread is given up."""
    with SimulatedAdapter({0x42: RegisterFile()}).serve(tmp_path / "i2c-1"):
        bus = LinuxI2c(str(tmp_path / "i2c-1"), deadline_s=SOON_S)
        await bus.open()
        monkeypatch.setattr(linux_i2c._Adapter, "transfer", lambda *_: leave.wait())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(I2cDevice(bus, 0x42).read(1), SOON_S / 4)
        worker = bus._worker
        assert worker is not None
        while not worker.hung:  # noqa: ASYNC110 - nobody is told
            await asyncio.sleep(0.001)
        monkeypatch.undo()
        await bus.open()
        assert len(await I2cDevice(bus, 0x42).read(1)) == 1
        await bus.close()


async def test_serial_port_whose_thread_hangs_is_opened_anew_while_it_does(
    tmp_path: Path, leave: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SimulatedLine(tmp_path / "tty") as sensor:
        line = LinuxSerial(str(sensor.link), 9600)
        await line.open()
        monkeypatch.setattr(linux_serial, "_CALL_S", SOON_S)
        monkeypatch.setattr(SerialPort, "discard", lambda _: leave.wait())
        with pytest.raises(BusTimeout, match="did not come back from discarding input"):
            await line.discard_input()
        monkeypatch.undo()
        assert line.abandoned.stuck == 1
        await line.open()
        sensor.send(b"back")
        assert await line.read(at_least=4, timeout_s=5) == b"back"
        await line.close()


async def test_serial_port_that_hangs_when_it_is_closed_counts_as_hung(
    tmp_path: Path, leave: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SimulatedLine(tmp_path / "tty") as sensor:
        line = LinuxSerial(str(sensor.link), 9600)
        monkeypatch.setattr(linux_serial, "_CALL_S", SOON_S)
        monkeypatch.setattr(SerialPort, "close", lambda _: leave.wait())
        for _ in range(MOST):
            monkeypatch.setattr(linux_serial, "_CALL_S", 5.0)
            await line.open()
            monkeypatch.setattr(linux_serial, "_CALL_S", SOON_S)
            await line.close()
        with pytest.raises(BusTimeout, match="stays closed"):
            await line.open()
