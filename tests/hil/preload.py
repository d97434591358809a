"""Our own server behind umockdev's preload library: what a process asks of an open device, answered here.

In: connections of the library, one for each open descriptor; ioctls and the addresses of their operands. Out: what a
simulated adapter answers, written into the memory of the process that asked. Never: a change to that process: it runs
as it does on a unit, and calls open(2) and ioctl(2).

The library (umockdev 0.17, src/libumockdev-preload.c) sends three unsigned longs. A request is 1 for an ioctl
(number, argument), 7 for a read and 8 for a write (address, length). It is answered by any number of 5 (send me
memory of yours) and 6 (put this into your memory), at most one 4 (do it for real; what came of it comes back as 2),
and then 3: result and errno. Where the connection ends before that the library aborts the process: so an adapter that
was pulled out goes on answering, with EIO. Structures are those of Linux's uapi/linux/i2c-dev.h on 64 bits, as smbus2
spells them.
"""

import contextlib
import errno
import os
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from drivers.sim import boundary, smbus
from drivers.sim.adapter import Session, SimulatedAdapter

_LONGS: Final = struct.Struct("=QQQ")
_IOCTL, _RESULT, _DONE, _RUN, _READ_MEMORY, _WRITE_MEMORY = 1, 2, 3, 4, 5, 6
_RDWR: Final = struct.Struct("=QI")
_MESSAGE: Final = struct.Struct("=HHHxxQ")
_SMBUS: Final = struct.Struct("=BBxxIQ")
_MAX_MESSAGES: Final = boundary.MAX_MESSAGES
_WHOLE: Final = boundary.SMBUS_DATA_BYTES
_OLD_I2C_BLOCK: Final = 6
"""I2C_SMBUS_I2C_BLOCK_BROKEN: whole blocks only."""
_SIZES: Final = {smbus.QUICK: 0, smbus.BYTE: 1, smbus.BYTE_DATA: 1, smbus.WORD_DATA: 2, smbus.PROC_CALL: 2}
"""Bytes of union i2c_smbus_data that the kernel copies; all 34 for blocks (drivers/i2c/i2c-dev.c, unverified)."""


class Client:
    """The process at the other end of one connection, and its memory."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def request(self) -> tuple[int, int, int] | None:
        """Return the next request, None when the descriptor was closed."""
        head = self._connection.recv(_LONGS.size, socket.MSG_WAITALL)
        return _LONGS.unpack(head) if len(head) == _LONGS.size else None

    def read_memory(self, address: int, length: int) -> bytes:
        """Return memory of the process."""
        if not length:
            return b""
        self._send(_READ_MEMORY, address, length)
        return self._connection.recv(length, socket.MSG_WAITALL)

    def write_memory(self, address: int, data: bytes) -> None:
        """Put `data` into the memory of the process."""
        if data:
            self._send(_WRITE_MEMORY, address, len(data))
            self._connection.sendall(data)

    def run(self) -> tuple[int, int]:
        """Have the process do for real what it asked for; return result and errno."""
        self._send(_RUN, 0, 0)
        answer = self.request()
        if answer is None or answer[0] != _RESULT:
            raise ConnectionError("the process went away")
        return answer[1], answer[2]

    def done(self, result: int, error: int = 0) -> None:
        """End the request."""
        self._send(_DONE, result & 0xFFFF_FFFF_FFFF_FFFF, error)

    def _send(self, *longs: int) -> None:
        self._connection.sendall(_LONGS.pack(*longs))


class Device(Protocol):
    """One open descriptor of a device."""

    def ask(self, client: Client, command: int, first: int, second: int) -> None:
        """Answer one request to the end."""
        ...


@dataclass(slots=True)
class I2cDevice:
    """An open descriptor of a simulated adapter."""

    adapter: SimulatedAdapter
    plugged: Callable[[], bool]
    session: Session = field(init=False)

    def __post_init__(self) -> None:
        self.session = Session(self.adapter)

    def ask(self, client: Client, command: int, first: int, second: int) -> None:
        """Answer one request: an ioctl, as `read` and `write` of i2c-dev are nobody's habit any more."""
        try:
            result = self._answer(client, command, first, second)
        except OSError as error:
            client.done(-1, error.errno or errno.EIO)
        else:
            client.done(result)

    def _answer(self, client: Client, command: int, request: int, argument: int) -> int:
        if command != _IOCTL:
            raise OSError(errno.EOPNOTSUPP, "ioctls only")
        if not self.plugged():
            raise OSError(errno.EIO, "pulled out")
        if request == boundary.I2C_RDWR:
            return self._rdwr(client, argument)
        if request == boundary.I2C_SMBUS:
            return self._smbus(client, argument)
        if request == boundary.I2C_FUNCS:
            client.write_memory(argument, self.session.dispatch(request, b""))
        else:
            self.session.dispatch(request, boundary.pack_argument(argument))
        return 0

    def _rdwr(self, client: Client, argument: int) -> int:
        messages, count = _RDWR.unpack(client.read_memory(argument, _RDWR.size))
        if not 0 < count <= _MAX_MESSAGES:
            raise OSError(errno.EINVAL, "no messages, or too many")
        written = list(_MESSAGE.iter_unpack(client.read_memory(messages, _MESSAGE.size * count)))
        raw = [
            boundary.RawMessage(
                address, flags, bytes(length) if flags & boundary.I2C_M_RD else client.read_memory(buffer, length)
            )
            for address, flags, length, buffer in written
        ]
        answer = self.session.dispatch(boundary.I2C_RDWR, boundary.pack_messages(raw))
        for _, flags, length, buffer in written:
            if flags & boundary.I2C_M_RD:
                client.write_memory(buffer, answer[:length])
                answer = answer[length:]
        return int(count)

    def _smbus(self, client: Client, argument: int) -> int:
        read_write, command, size, data = _SMBUS.unpack(client.read_memory(argument, _SMBUS.size))
        length = _SIZES.get(size, _WHOLE)
        content = client.read_memory(data, length).ljust(_WHOLE, b"\0")
        if size == _OLD_I2C_BLOCK:  # as the kernel does for programs of before Linux 2.6.23, and i2c-tools still
            size = smbus.I2C_BLOCK_DATA
            content = bytes([smbus.BLOCK_MAX]) + content[1:] if read_write == smbus.READ else content
        call = boundary.SmbusCall(read_write, command, size, content)
        answer = self.session.dispatch(boundary.I2C_SMBUS, boundary.pack_smbus(call))
        if read_write == smbus.READ or size in {smbus.PROC_CALL, smbus.BLOCK_PROC_CALL}:
            client.write_memory(data, answer[:length])
        return 0


@dataclass(slots=True)
class RealDevice:
    """An open descriptor of what is a real device behind its path: a pseudo-terminal, or any file of /dev.

    A pseudo-terminal has no modem lines: those are answered here, and kept.
    """

    lines: "ModemLines"

    def ask(self, client: Client, command: int, first: int, second: int) -> None:
        """Have the process do for real what it asked for, but for modem lines."""
        if command == _IOCTL and first in ModemLines.REQUESTS:
            self.lines.ioctl(client, first, second)
            client.done(0)
        else:
            client.done(*client.run())


class ModemLines:
    """DTR and RTS of a serial port, as bits of TIOCM_* (asm-generic/termios.h)."""

    DTR: Final = 0x002
    RTS: Final = 0x004
    _GET, _RAISE, _LOWER, _SET = 0x5415, 0x5416, 0x5417, 0x5418
    REQUESTS: Final = (_GET, _RAISE, _LOWER, _SET)

    def __init__(self) -> None:
        self.raised = 0

    def ioctl(self, client: Client, request: int, address: int) -> None:
        """Do one TIOCMGET, TIOCMBIS, TIOCMBIC or TIOCMSET."""
        if request == self._GET:
            client.write_memory(address, struct.pack("=i", self.raised))
            return
        bits = struct.unpack("=i", client.read_memory(address, 4))[0]
        given = {self._RAISE: self.raised | bits, self._LOWER: self.raised & ~bits, self._SET: bits}
        self.raised = given[request]


class Server:
    """Listens where the library looks for whoever answers for a device."""

    def __init__(self, path: Path, opened: Callable[[], Device]) -> None:
        """Listen at `path`; `opened` makes a device for each descriptor that somebody opens."""
        self._path = path
        self._opened = opened
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        self._connections: set[socket.socket] = set()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._listener.bind(str(path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, name=f"umockdev {path.name}", daemon=True).start()

    def close(self, *, opened: bool = False) -> None:
        """Answer nobody new; with `opened`, nobody at all, which aborts who still asks."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._path.unlink(missing_ok=True)
        for connection in list(self._connections) if opened else ():
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with self._listener, contextlib.suppress(OSError):  # shut by close
            while True:
                connection = self._listener.accept()[0]
                self._connections.add(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        client, device = Client(connection), self._opened()
        try:
            with connection, contextlib.suppress(OSError):  # the process has ended
                while request := client.request():
                    device.ask(client, *request)
        finally:
            self._connections.discard(connection)


def library() -> str | None:
    """Return what LD_PRELOAD must be, None where umockdev is not installed."""
    for folder in (Path("/usr/lib"), Path("/lib"), Path("/usr/local/lib")):
        for found in (*folder.glob("*/libumockdev-preload.so.0"), *folder.glob("libumockdev-preload.so.0")):
            return os.fspath(found)
    return None
