"""SerialPort: how pyserial is asked, and what its errors mean."""

import os
import select
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.bus.framing import LineFormat, Parity
from drivers.bus.serial_port import SerialPort
from drivers.errors import BusDenied, BusFault, BusGone
from drivers.sim.line import SimulatedLine

LONG_S = 5.0
FORM = LineFormat(9600)


@pytest.fixture
def sensor(tmp_path: Path) -> Iterator[SimulatedLine]:
    with SimulatedLine(tmp_path / "port") as sensor:
        yield sensor


@pytest.fixture
def port(sensor: SimulatedLine) -> Iterator[SerialPort]:
    port = SerialPort(str(sensor.link), FORM)
    yield port
    port.close()


@pytest.mark.parametrize(("parity", "letter"), [(Parity.NONE, "N"), (Parity.EVEN, "E"), (Parity.ODD, "O")])
def test_real_port_is_given_speed_parity_and_stop_bits(
    monkeypatch: pytest.MonkeyPatch, parity: Parity, letter: str
) -> None:
    given: list[dict[str, object]] = []

    def record(path: str, baudrate: int, **settings: object) -> object:
        given.append({"path": path, "baudrate": baudrate, **settings})
        raise ValueError("seen enough")

    monkeypatch.setattr("drivers.bus.serial_port.serial.Serial", record)
    form = LineFormat(19200, parity, 2)
    with pytest.raises(BusFault, match=rf"cannot do 19200 8{letter}2"):
        SerialPort("/dev/ttyS0", form)._configured(form)
    assert given[0] | {"write_timeout": 0} == {
        "path": "/dev/ttyS0",
        "baudrate": 19200,
        "parity": letter,
        "stopbits": 2,
        "exclusive": True,
        "write_timeout": 0,
    }


def test_open_port_has_a_descriptor_that_does_not_block(port: SerialPort) -> None:
    descriptor = port.open()
    assert not os.get_blocking(descriptor)
    assert port.simulated


def test_written_bytes_arrive_and_closing_twice_is_harmless(port: SerialPort, sensor: SimulatedLine) -> None:
    port.open()
    port.write(b"\x01\x02")
    assert sensor.receive(2) == b"\x01\x02"
    port.close()
    port.close()
    with pytest.raises(BusGone, match="not open"):
        port.write(b"x")
    with pytest.raises(BusGone, match="not open"):
        port.discard()


def test_discard_forgets_what_has_arrived(port: SerialPort, sensor: SimulatedLine) -> None:
    descriptor = port.open()
    sensor.send(b"old")
    assert select.select([descriptor], [], [], LONG_S)[0] == [descriptor]
    port.discard()
    assert os.read(descriptor, 1) == b"", "that is what an empty line gives with VMIN 0 (termios(3))"


def test_released_port_can_be_opened_by_another_although_it_is_not_closed(port: SerialPort) -> None:
    port.open()
    other = SerialPort(port.path, FORM)
    with pytest.raises(BusDenied, match="another process"):
        other.open()
    port.release()
    other.open()
    other.close()


def test_release_of_a_closed_port_is_harmless(port: SerialPort) -> None:
    port.release()
    port.open()
    port.close()
    port.release()


def test_error_of_the_terminal_while_flushing_means_unplugged(
    port: SerialPort, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise termios.error(5, "Input/output error")

    port.open()
    monkeypatch.setattr(termios, "tcflush", fail)
    with pytest.raises(BusGone, match="unplugged"):
        port.discard()
