"""Tells at once when a file is written to, by the kernel's inotify: without touching the process that writes."""

import asyncio
import ctypes
import os
import struct
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_IN_MODIFY: Final = 0x00000002
_HEADER: Final = struct.Struct("iIII")


class WriteWatch:
    """Calls `on_write` on the running loop for writes to `file`, which may not be there yet; its folder must be.

    Attributes:
        on_write: may be replaced at any time.
    """

    def __init__(self, file: Path, on_write: Callable[[], None]) -> None:
        self.on_write = on_write
        self._name = file.name.encode()
        library = ctypes.CDLL(None, use_errno=True)
        self._descriptor = library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        watch = library.inotify_add_watch(self._descriptor, os.fsencode(file.parent), _IN_MODIFY)
        if self._descriptor < 0 or watch < 0:
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error), str(file.parent))

    def __enter__(self) -> Self:
        asyncio.get_running_loop().add_reader(self._descriptor, self._read)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)

    def drain(self) -> None:
        """Forget the writes that were made by now and not told of yet."""
        told, self.on_write = self.on_write, lambda: None
        self._read()
        self.on_write = told

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, 65_536)
        except BlockingIOError:
            return
        at, ours = 0, False
        while at < len(data):
            *_, length = _HEADER.unpack_from(data, at)
            at += _HEADER.size
            ours = ours or data[at : at + length].rstrip(b"\0") == self._name
            at += length
        if ours:
            self.on_write()
