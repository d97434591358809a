"""The client's end of the simulated I2C adapter: makes smbus2's own ``os.open`` and ``ioctl`` work on its socket.

In: smbus2's module, whose two names ``os`` and ``ioctl`` are replaced; its code runs unchanged. Out: the same results
and the same errno as a real adapter would give. Never: a real node treated differently: it still goes to the kernel.
"""

import ctypes
import errno
import fcntl
import os
import socket
import stat
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from drivers.sim import boundary


class SmbusModule(Protocol):
    """The two names in ``smbus2.smbus2`` that reach the kernel."""

    os: Any
    ioctl: Any


def is_adapter(path: str) -> bool:
    """Return whether a simulated adapter's socket is at `path`."""
    try:
        return stat.S_ISSOCK(Path(path).stat().st_mode)
    except OSError:
        return False


def install(module: SmbusModule | ModuleType) -> None:
    """Make `module` reach simulated adapters as well as real ones; doing it again changes nothing."""
    target: Any = module
    if not isinstance(target.os, _Os):
        connections: dict[int, socket.socket] = {}
        target.os = _Os(connections)
        target.ioctl = _Ioctl(connections)


class _Os:
    """The module ``os``, but for opening and closing simulated adapters."""

    def __init__(self, connections: dict[int, socket.socket]) -> None:
        self._connections = connections

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - anything that the module os has
        return getattr(os, name)

    def open(self, path: str, flags: int) -> int:
        """Open a node; a simulated adapter gets a connection whose descriptor is returned."""
        if not is_adapter(path):
            return os.open(path, flags)
        connection = boundary.adapter_socket()
        try:
            with boundary.short_name(Path(path).absolute()) as name:
                connection.connect(name)
        except ConnectionRefusedError:  # the socket outlived its server
            connection.close()
            raise OSError(errno.ENXIO, os.strerror(errno.ENXIO), path) from None
        except OSError:
            connection.close()
            raise
        self._connections[connection.fileno()] = connection
        return connection.fileno()

    def close(self, descriptor: int) -> None:
        """Close a descriptor of either kind."""
        connection = self._connections.pop(descriptor, None)
        if connection is None:
            os.close(descriptor)
        else:
            connection.close()


class _Ioctl:
    """``fcntl.ioctl``, but for descriptors of simulated adapters."""

    def __init__(self, connections: dict[int, socket.socket]) -> None:
        self._connections = connections

    def __call__(self, descriptor: int, request: int, argument: Any = 0) -> int:  # noqa: ANN401 - int or a structure
        connection = self._connections.get(descriptor)
        if connection is None:
            result: int = fcntl.ioctl(descriptor, request, argument)
            return result
        if request == boundary.I2C_RDWR:
            _rdwr(connection, argument)
        elif request == boundary.I2C_SMBUS:
            _smbus(connection, argument)
        elif request == boundary.I2C_FUNCS:
            argument.value = boundary.unpack_functions(_ask(connection, request))
        else:
            _ask(connection, request, boundary.pack_argument(argument))
        return 0


def _ask(connection: socket.socket, request: int, content: bytes = b"") -> bytes:
    try:
        connection.sendall(boundary.pack(request, content))
        packet = connection.recv(boundary.MAX_PACKET_BYTES)
    except (ConnectionError, BrokenPipeError):
        packet = b""
    if not packet:  # unplugged: an open descriptor gives EIO
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    code, answer = boundary.unpack(packet)
    if code:
        raise OSError(code, os.strerror(code))
    return answer


def _rdwr(connection: socket.socket, argument: Any) -> None:  # noqa: ANN401 - a ctypes structure of smbus2
    structures = [argument.msgs[index] for index in range(argument.nmsgs)]
    messages = [boundary.RawMessage(s.addr, s.flags, ctypes.string_at(s.buf, s.len)) for s in structures]
    answer = _ask(connection, boundary.I2C_RDWR, boundary.pack_messages(messages))
    at = 0
    for structure, message in zip(structures, messages, strict=True):
        if message.reads:
            ctypes.memmove(structure.buf, answer[at : at + structure.len], structure.len)
            at += structure.len


def _smbus(connection: socket.socket, argument: Any) -> None:  # noqa: ANN401 - a ctypes structure of smbus2
    call = boundary.SmbusCall(
        argument.read_write,
        argument.command,
        argument.size,
        ctypes.string_at(argument.data, boundary.SMBUS_DATA_BYTES),
    )
    answer = _ask(connection, boundary.I2C_SMBUS, boundary.pack_smbus(call))
    ctypes.memmove(argument.data, answer, boundary.SMBUS_DATA_BYTES)
