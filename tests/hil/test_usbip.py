"""The played USB device, asked as the kernel would ask it."""

import socket
import struct
from collections.abc import Iterator

import pytest

from drivers.sim.bme280 import TYPICAL, Bme280Chip
from tests.hil.usbip import Plug, TinyUsb


class Kernel:
    """The other end: control transfers by USB/IP, typed again from the protocol."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._sequence = 0

    def control(
        self, kind: int, request: int, value: int, index: int, *, data: bytes = b"", length: int = 0
    ) -> bytes:
        """Run one control transfer; return what was read, or raise what the kernel would return."""
        self._sequence += 1
        reads = bool(kind & 0x80)
        size = length if reads else len(data)
        head = struct.pack(">5I", 1, self._sequence, 1, int(reads), 0)
        body = struct.pack(">Iiiii", 0, size, 0, 0, 0) + struct.pack("<BBHHH", kind, request, value, index, size)
        self._connection.sendall(head + body + data)
        answer = self._connection.recv(48, socket.MSG_WAITALL)
        command, sequence = struct.unpack(">II", answer[:8])
        status, actual = struct.unpack(">ii", answer[20:28])
        assert (command, sequence) == (3, self._sequence)
        if status:
            raise OSError(-status, "the kernel's usb_control_msg returns this")
        return self._connection.recv(actual, socket.MSG_WAITALL) if reads and actual else b""


@pytest.fixture
def kernel() -> Iterator[Kernel]:
    """A kernel with the adapter plugged in."""
    ours, theirs = socket.socketpair()
    with Plug(TinyUsb({0x76: Bme280Chip(TYPICAL)}), ours), theirs:
        theirs.settimeout(5)
        yield Kernel(theirs)


def test_device_shows_the_identity_that_the_kernels_driver_looks_for(kernel: Kernel) -> None:
    device = kernel.control(0x80, 6, 0x0100, 0, length=64)
    assert len(device) == device[0] == 18
    assert struct.unpack("<HH", device[8:12]) == (0x0403, 0xC631)
    configuration = kernel.control(0x80, 6, 0x0200, 0, length=9)
    assert struct.unpack("<H", configuration[2:4]) == (len(kernel.control(0x80, 6, 0x0200, 0, length=255)),)
    assert kernel.control(0x80, 6, 0x0302, 0x0409, length=255)[2:].decode("utf-16-le") == "i2c-tiny-usb, played"


def test_chip_answers_a_transaction_of_two_messages(kernel: Kernel) -> None:
    kernel.control(0x41, 2, 10, 0)
    kernel.control(0x41, 4 | 1, 0, 0x76, data=b"\xd0")
    assert kernel.control(0xC1, 3, 0, 0, length=1) == b"\x01"
    assert kernel.control(0xC1, 4 | 2, 1, 0x76, length=1) == b"\x60"
    assert kernel.control(0xC1, 3, 0, 0, length=1) == b"\x01"


def test_address_of_nobody_is_refused_but_the_transfer_is_whole(kernel: Kernel) -> None:
    assert kernel.control(0xC1, 4 | 3, 1, 0x50, length=3) == bytes(3)
    assert kernel.control(0xC1, 3, 0, 0, length=1) == b"\x02"


def test_request_that_the_device_does_not_know_is_stalled(kernel: Kernel) -> None:
    with pytest.raises(BrokenPipeError):
        kernel.control(0x80, 6, 0x0600, 0, length=10)
