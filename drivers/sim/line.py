"""A simulated serial line: a real pseudo-terminal whose other end is a simulated sensor.

In: bytes that the sensor sends, orders to unplug. Out: a symlink that opens like a serial port, and what was written
to it. Never: a chip's driver, a serial library.

The port stays open on this side too, so that it does not hang up when nobody else has it open; what is sent meanwhile
waits in the kernel (some 64 kB) until the port is opened and flushed, as every serial library does.
"""

import os
import random
import select
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

_CHUNK_BYTES = 4096


class SimulatedLine:
    """The sensor's end of a serial line.

    Attributes:
        link: where the port is.
    """

    def __init__(self, link: Path | str, *, on_receive: Callable[[bytes], None] | None = None) -> None:
        """Make the port.

        Args:
            link: path of the symlink to the pseudo-terminal; one that is there is replaced.
            on_receive: called in a thread of the line with what was written to the port. Without it, `receive` gives
                it out.
        """
        self.link = Path(link)
        self._on_receive = on_receive
        self._guard = threading.Lock()
        self._arrived = threading.Condition()
        self._received = bytearray()
        self._reader: threading.Thread | None = None
        self._master: int | None = None
        self._slave = -1
        self._wake = -1
        self.replug()

    @property
    def plugged(self) -> bool:
        """Whether the port is there."""
        return self._master is not None

    def send(self, data: bytes, *, timeout_s: float = 1.0) -> int:
        """Send `data`; return how many bytes the line took: fewer when nobody reads and its buffers are full.

        What is sent on an unplugged line is lost.
        """
        sent, deadline = 0, time.monotonic() + timeout_s
        while sent < len(data):
            with self._guard:  # a descriptor that unplug has closed may be another file's by now
                if self._master is None:
                    break
                writable = self._master
                try:
                    sent += os.write(writable, data[sent : sent + _CHUNK_BYTES])
                    continue
                except BlockingIOError:
                    pass
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([], [writable], [], left)[1]:
                break
        return sent

    def garbage(self, count: int, *, seed: int) -> bytes:
        """Send `count` bytes of noise that follow from `seed`; return them."""
        noise = random.Random(seed).randbytes(count)  # noqa: S311 - noise that a test can repeat
        self.send(noise)
        return noise

    def half(self, frame: bytes) -> None:
        """Send the first half of `frame` and nothing more."""
        self.send(frame[: len(frame) // 2])

    def receive(self, length: int = 1, *, timeout_s: float = 1.0) -> bytes:
        """Return everything written to the port, once it is `length` bytes or more, or `timeout_s` has passed."""
        with self._arrived:
            self._arrived.wait_for(lambda: len(self._received) >= length, timeout_s)
            data = bytes(self._received)
            self._received.clear()
        return data

    def unplug(self) -> None:
        """Pull the port out: the link is gone, whoever has it open is hung up."""
        with self._guard:
            master, self._master = self._master, None
        if master is None:
            return
        self.link.unlink(missing_ok=True)
        os.eventfd_write(self._wake, 1)
        if self._reader is not None and self._reader is not threading.current_thread():
            self._reader.join()
        for descriptor in (self._slave, master, self._wake):
            os.close(descriptor)

    def replug(self) -> None:
        """Put the port back where it was."""
        if self._master is not None:
            return
        master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(master, False)
        self._wake = os.eventfd(0, os.EFD_CLOEXEC)
        self._master = master
        self._reader = threading.Thread(
            target=self._read, args=(master, self._wake), name=f"simulated {self.link.name}", daemon=True
        )
        self._reader.start()
        self._place_link(os.ttyname(self._slave))

    def close(self) -> None:
        """Take the port away for good."""
        self.unplug()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _place_link(self, node: str) -> None:
        beside = self.link.with_name(f".{self.link.name}.new")
        beside.unlink(missing_ok=True)
        beside.symlink_to(node)
        beside.replace(self.link)

    def _read(self, master: int, wake: int) -> None:
        poll = select.poll()
        poll.register(master, select.POLLIN)
        poll.register(wake, select.POLLIN)
        while not any(descriptor == wake for descriptor, _ in poll.poll()):
            data = os.read(master, _CHUNK_BYTES)
            if self._on_receive is not None:
                self._on_receive(data)
                if self._master != master:  # the callback unplugged it
                    return
                continue
            with self._arrived:
                self._received += data
                self._arrived.notify_all()
