"""The ioctl boundary as messages: what a client's I2C ioctls look like on the simulated adapter's socket.

In: a request and its operands. Out: bytes of one SOCK_SEQPACKET message, and back. Never: smbus2, chips.

A request is the ioctl number (u32) and its operands; an answer is an errno (u32, 0 for success) and results; all in
little-endian order. Numbers and structures are those of Linux's uapi/linux/i2c-dev.h and uapi/linux/i2c.h, as smbus2
0.6.1 spells them; the limits are those of drivers/i2c/i2c-dev.c (unverified).

    I2C_FUNCS                       -                                     -> functions u64
    I2C_SLAVE, I2C_SLAVE_FORCE      address u32                           -> -
    I2C_PEC, I2C_TENBIT, I2C_RETRIES, I2C_TIMEOUT   argument u32          -> -
    I2C_SMBUS                       read_write u8, command u8, size u32, data 34 bytes   -> data 34 bytes
    I2C_RDWR                        for each message: address u16, flags u16, length u16, and its bytes if it writes
                                    -> the bytes of each reading message, joined
"""

import errno
import os
import socket
import struct
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

I2C_RETRIES = 0x0701
I2C_TIMEOUT = 0x0702
I2C_SLAVE = 0x0703
I2C_TENBIT = 0x0704
I2C_FUNCS = 0x0705
I2C_SLAVE_FORCE = 0x0706
I2C_RDWR = 0x0707
I2C_PEC = 0x0708
I2C_SMBUS = 0x0720

I2C_M_RD = 0x0001
SMBUS_DATA_BYTES = 34
"""Size of union i2c_smbus_data: a length, 32 bytes, one for PEC."""
MAX_MESSAGES = 42
MAX_MESSAGE_BYTES = 8192
MAX_PACKET_BYTES = 65536
MAX_ADDRESS = 0x7F

_HEAD = struct.Struct("<I")
_SMBUS = struct.Struct(f"<BBI{SMBUS_DATA_BYTES}s")
_MESSAGE = struct.Struct("<HHH")
_FUNCTIONS = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class RawMessage:
    """One struct i2c_msg: `data` holds what is written, and only the length of what is read."""

    address: int
    flags: int
    data: bytes

    @property
    def reads(self) -> bool:
        """Whether it reads."""
        return bool(self.flags & I2C_M_RD)


@dataclass(frozen=True, slots=True)
class SmbusCall:
    """One struct i2c_smbus_ioctl_data with its data copied in."""

    read_write: int
    command: int
    size: int
    data: bytes


def pack(head: int, content: bytes = b"") -> bytes:
    """Return a request (`head` is the ioctl number) or an answer (`head` is an errno)."""
    return _HEAD.pack(head) + content


def unpack(packet: bytes) -> tuple[int, bytes]:
    """Return head and content of a request or an answer."""
    return _HEAD.unpack_from(packet)[0], packet[_HEAD.size :]


def pack_argument(value: int) -> bytes:
    """Return the operand of an ioctl that takes a number."""
    return _HEAD.pack(value & 0xFFFFFFFF)


def unpack_argument(content: bytes) -> int:
    """Return the operand of an ioctl that takes a number."""
    value: int = _HEAD.unpack(content)[0]
    return value


def pack_functions(functions: int) -> bytes:
    """Return the result of I2C_FUNCS."""
    return _FUNCTIONS.pack(functions)


def unpack_functions(content: bytes) -> int:
    """Return the result of I2C_FUNCS."""
    value: int = _FUNCTIONS.unpack(content)[0]
    return value


def pack_smbus(call: SmbusCall) -> bytes:
    """Return the operands of I2C_SMBUS."""
    return _SMBUS.pack(call.read_write, call.command, call.size, call.data)


def unpack_smbus(content: bytes) -> SmbusCall:
    """Return the operands of I2C_SMBUS."""
    return SmbusCall(*_SMBUS.unpack(content))


def pack_messages(messages: list[RawMessage]) -> bytes:
    """Return the operands of I2C_RDWR."""
    return b"".join(
        _MESSAGE.pack(message.address, message.flags, len(message.data)) + (b"" if message.reads else message.data)
        for message in messages
    )


def unpack_messages(content: bytes) -> list[RawMessage]:
    """Return the operands of I2C_RDWR; what is read is all zeros.

    Raises:
        OSError: EINVAL: too many messages, a message that is too long or cut short, or more than fits an answer.
    """
    messages: list[RawMessage] = []
    at = read_bytes = 0
    while at < len(content):
        address, flags, length = _MESSAGE.unpack_from(content, at)
        at += _MESSAGE.size
        if flags & I2C_M_RD:
            data = bytes(length)
            read_bytes += length
        else:
            data = content[at : at + length]
            at += length
        messages.append(RawMessage(address, flags, data))
        if (
            len(messages) > MAX_MESSAGES
            or not len(data) == length <= MAX_MESSAGE_BYTES
            or read_bytes > MAX_PACKET_BYTES - _HEAD.size
        ):
            raise OSError(errno.EINVAL, "more than a transaction here can be")
    return messages


def adapter_socket() -> socket.socket:
    """Return a new socket of the kind that both sides use."""
    return socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)


@contextmanager
def short_name(path: Path) -> Generator[str]:
    """Yield a name of `path` that fits into a socket address (108 bytes), however long the path is."""
    folder = os.open(path.parent, os.O_PATH | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
