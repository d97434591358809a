"""What has arrived on a line and nobody has read yet: the event loop takes it as soon as the kernel tells of it.

In: an open descriptor that does not block. Out: bytes, in the order in which they arrived. Never: a wait without an
end, a byte lost to a cancelled wait, more kept than `KEPT_BYTES` and one read: while it is full nothing is read, and
the kernel's own buffer fills and then drops what comes.
"""

import asyncio
import os
import select
from collections.abc import Callable

from drivers.bus.api import KEPT_BYTES

_CHUNK_BYTES = 4096


class Inbox:
    """What has arrived on an open descriptor, and whoever waits for it. Lives on the event loop.

    Args:
        descriptor: open and not blocking; stays the caller's.
        on_hang_up: called when nothing can arrive any more; closes the inbox.
    """

    def __init__(self, descriptor: int, *, on_hang_up: Callable[[], None]) -> None:
        self._descriptor = descriptor
        self._on_hang_up = on_hang_up
        self._loop = asyncio.get_running_loop()
        self._data = bytearray()
        self._needed = 0
        self._waiter: asyncio.Future[None] | None = None
        self._open = True
        self._listening = True
        self._loop.add_reader(descriptor, self._receive)

    async def wait(self, needed: int, timeout_s: float) -> bool:
        """Return whether `needed` bytes have arrived, once they have, the time is up or the inbox is closed."""
        if len(self._data) < needed and self._open:
            if self._waiter is not None:
                raise AssertionError("a serial line has one reader")
            self._needed, self._waiter = needed, self._loop.create_future()
            timer = self._loop.call_later(timeout_s, self._wake)
            try:
                await self._waiter
            finally:
                self._waiter = None
                timer.cancel()
        return len(self._data) >= needed

    def take(self) -> bytes:
        """Return everything that has arrived."""
        data = bytes(self._data)
        self._data.clear()
        if self._open and not self._listening:
            self._listening = True
            self._loop.add_reader(self._descriptor, self._receive)
        return data

    def close(self) -> None:
        """Stop listening; must come before the descriptor is closed."""
        self._open = False
        self._pause()
        self._wake()

    def _receive(self) -> None:
        try:
            data = os.read(self._descriptor, _CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:  # hung up; or it was flushed after the loop had seen it
            if self._is_hung_up():
                self._on_hang_up()
            return
        self._data += data
        if len(self._data) >= KEPT_BYTES:
            self._pause()
        if len(self._data) >= self._needed:
            self._wake()

    def _is_hung_up(self) -> bool:
        poll = select.poll()
        poll.register(self._descriptor, 0)  # hang-ups and errors are always told
        return bool(poll.poll(0))

    def _pause(self) -> None:
        if self._listening:
            self._listening = False
            self._loop.remove_reader(self._descriptor)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
