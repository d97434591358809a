"""A USB device that Python plays to Linux's own drivers: i2c-tiny-usb, over the kernel's USB/IP.

In: a simulated adapter's chips; the kernel's requests on a socket. Out: descriptors, and what the chips answer.
Never: a kernel module of ours: `vhci_hcd`, `i2c-tiny-usb`, `i2c-core` and `i2c-dev` are the system's.

The wire is that of Linux's Documentation/usb/usbip_protocol.rst (unverified): 48 bytes of header, big-endian, then
data. The device is that of drivers/i2c/busses/i2c-tiny-usb.c: one vendor request for each message of a transaction,
its value the flags of the message, its index the address, with a bit for the first and the last; and one that asks
whether the address was acknowledged. Its identity is one of that driver's.
"""

import contextlib
import errno
import socket
import struct
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from drivers.sim import smbus
from drivers.sim.chip import NotAcknowledged, SimulatedChip

_SUBMIT, _UNLINK, _SUBMITTED, _UNLINKED = 1, 2, 3, 4
_HEAD: Final = struct.Struct(">IIIII")
_REQUEST: Final = struct.Struct(">IiiiiBBHHH")
_ANSWER: Final = struct.Struct(">iiiii8x")
_SETUP_LE: Final = struct.Struct("<BBHHH")
_VENDOR_ID, _PRODUCT_ID = 0x0403, 0xC631
_FULL_SPEED: Final = 2
_IN: Final = 0x80
_KIND: Final = 0x60
_STANDARD, _VENDOR = 0x00, 0x40
_GET_STATUS, _GET_DESCRIPTOR, _GET_CONFIGURATION = 0, 6, 8
_DEVICE, _CONFIGURATION, _STRING = 1, 2, 3
_STRINGS: Final = ("Lamppost", "i2c-tiny-usb, played")
_ECHO, _GET_FUNCTIONS, _SET_DELAY, _I2C_STATUS, _I2C = 0, 1, 2, 3, 4
_BEGIN, _END = 1, 2
_IDLE, _ACKNOWLEDGED, _REFUSED = 0, 1, 2
VHCI: Final = Path("/sys/devices/platform/vhci_hcd.0")


class Stalled(Exception):
    """The device does not know this request."""


class TinyUsb:
    """An i2c-tiny-usb with chips on it.

    Attributes:
        chips: address to chip.
    """

    def __init__(self, chips: Mapping[int, SimulatedChip]) -> None:
        self.chips = dict(chips)
        self._status = _IDLE

    def read(self, kind: int, request: int, value: int, index: int, length: int) -> bytes:
        """Return what the device sends.

        Raises:
            Stalled: it does not know this request.
        """
        if kind & _KIND == _STANDARD:
            return self._standard(request, value)[:length]
        if request == _ECHO:
            return struct.pack("<H", value)[:length]
        if request == _GET_FUNCTIONS:
            return struct.pack("<I", smbus.FUNCTIONS)
        if request == _I2C_STATUS:
            return bytes([self._status])
        if request & ~(_BEGIN | _END) == _I2C:
            return self._message(request, index, length) or bytes(length)
        raise Stalled

    def write(self, kind: int, request: int, index: int, data: bytes) -> None:
        """Take what the device is sent.

        Raises:
            Stalled: it does not know this request.
        """
        if kind & _KIND == _STANDARD or request == _SET_DELAY:
            return
        if request & ~(_BEGIN | _END) != _I2C:
            raise Stalled
        self._message(request, index, data)

    def _message(self, request: int, address: int, content: bytes | int) -> bytes:
        chip = self.chips.get(address)
        self._status, answer = _REFUSED, b""
        if chip is not None:
            with contextlib.suppress(NotAcknowledged):
                if isinstance(content, int):
                    answer = chip.read(content)
                else:
                    chip.write(content)
                self._status = _ACKNOWLEDGED
            if request & _END or self._status == _REFUSED:
                chip.stop()
        return answer

    def _standard(self, request: int, value: int) -> bytes:
        if request == _GET_STATUS:
            return bytes(2)
        if request == _GET_CONFIGURATION:
            return b"\x01"
        if request != _GET_DESCRIPTOR:
            raise Stalled
        kind, number = value >> 8, value & 0xFF
        if kind == _DEVICE:
            head = bytes([18, _DEVICE, 0x10, 0x01, 0xFF, 0, 0, 8])
            return head + struct.pack("<HHH", _VENDOR_ID, _PRODUCT_ID, 0x0105) + bytes([1, 2, 0, 1])
        if kind == _CONFIGURATION:
            interface = bytes([9, 4, 0, 0, 0, 0xFF, 0, 0, 0])
            return bytes([9, _CONFIGURATION, 18, 0, 1, 1, 0, 0x80, 50]) + interface
        if kind == _STRING and number <= len(_STRINGS):
            text = _STRINGS[number - 1].encode("utf-16-le") if number else b"\x09\x04"
            return bytes([len(text) + 2, _STRING]) + text
        raise Stalled


class Plug:
    """A device in a port of the kernel's virtual hub, or at any socket that speaks for a kernel."""

    def __init__(self, device: TinyUsb, connection: socket.socket) -> None:
        """Serve `device` on `connection`, in the background."""
        self._device = device
        self._connection = connection
        self._thread = threading.Thread(target=self._serve, name="played USB device", daemon=True)
        self._thread.start()

    @classmethod
    def in_hub(cls, device: TinyUsb, *, port: int) -> Self:
        """Plug a device into a port of this machine's `vhci_hcd`; as root."""
        ours, kernels = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        plug = cls(device, ours)
        with kernels:  # the kernel keeps its own hold on it
            (VHCI / "attach").write_text(f"{port} {kernels.fileno()} {port + 1} {_FULL_SPEED}")
        return plug

    def pull(self) -> None:
        """Pull it out: the kernel sees the connection end."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pull()

    def _serve(self) -> None:
        with self._connection, contextlib.suppress(OSError):
            while len(head := self._take(_HEAD.size)) == _HEAD.size:
                command, sequence, _device, direction, _endpoint = _HEAD.unpack(head)
                rest = self._take(_REQUEST.size)
                if command == _UNLINK:
                    self._connection.sendall(_HEAD.pack(_UNLINKED, sequence, 0, 0, 0) + _ANSWER.pack(0, 0, 0, 0, 0))
                else:
                    status, length, data = self._control(rest, reads=bool(direction))
                    answer = _ANSWER.pack(status, length, 0, 0, 0)
                    self._connection.sendall(_HEAD.pack(_SUBMITTED, sequence, 0, 0, 0) + answer + data)

    def _control(self, rest: bytes, *, reads: bool) -> tuple[int, int, bytes]:
        """Return status, length and data of one control transfer."""
        length = _REQUEST.unpack(rest)[1]
        kind, request, value, index, wanted = _SETUP_LE.unpack(rest[-_SETUP_LE.size :])
        sent = b"" if reads else self._take(length)
        try:
            if reads:
                data = self._device.read(kind, request, value, index, wanted)
                return 0, len(data), data
            self._device.write(kind, request, index, sent)
        except Stalled:
            return -errno.EPIPE, 0, b""
        return 0, length, b""

    def _take(self, length: int) -> bytes:
        return self._connection.recv(length, socket.MSG_WAITALL) if length else b""
