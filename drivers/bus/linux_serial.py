"""A serial port of Linux, opened and set by pyserial.

In: bytes to send, reads with deadlines. Out: bytes. Never: polling, a second process on the port, a descriptor of a
port that is gone: with one open, ttyUSB0 would come back as ttyUSB1.

What can block (opening, writing, flushing, closing) is done in the port's own thread. What has arrived is read by the
event loop as soon as the kernel says that it is there: that cannot block, a silent line costs nothing, and it takes
half the processor time of a read in the thread. What nobody has asked for waits in a buffer; while that is full
nothing is read, and the kernel's own buffer fills and then drops what comes.
"""

import asyncio
import fcntl
import os
import select
import termios
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar, TypeVarTuple

import serial

from drivers.bus.abandoned import Abandoned
from drivers.bus.api import KEPT_BYTES
from drivers.bus.framing import LineFormat, Parity
from drivers.bus.nodes import Node, opening_error
from drivers.bus.places import SERIAL, node_at
from drivers.bus.worker import BusWorker, WorkerHung
from drivers.errors import BusFault, BusGone, BusTimeout

_CHUNK_BYTES = 4096
_CALL_S = 5.0
"""Seconds after which a call that has not come back is given up with its thread."""
_WRITE_S = 5.0
_PTY_FORMAT = LineFormat(9600)
"""For pseudo-terminals, which have neither speed nor parity: to set parity or an odd speed there is EINVAL."""
_PARITIES = {
    Parity.NONE: serial.PARITY_NONE,
    Parity.EVEN: serial.PARITY_EVEN,
    Parity.ODD: serial.PARITY_ODD,
}

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")


class LinuxSerial:
    """A serial port at a device node: 8 data bits, opened exclusively. For one reader.

    Attributes:
        abandoned: its threads that hang.
    """

    def __init__(self, path: str, baudrate: int, *, parity: Parity = Parity.NONE, stop_bits: int = 1) -> None:
        """Describe the line; nothing is opened yet.

        A pseudo-terminal has neither speed nor parity nor stop bits, so these are ignored there.

        Args:
            path: ``/dev/serial/by-id/...`` is best: ``/dev/ttyUSB0`` is another port after a replug. Or the place of
                a port whose adapter has no name of its own: see `drivers.bus.places`.
            baudrate: bits a second.
            parity: which parity bit is sent. What arrives is not checked for it: sensors have better checks.
            stop_bits: 1 or 2.
        """
        self.path = path
        self.simulated = False
        self.abandoned = Abandoned()
        self._format = LineFormat(baudrate, parity, stop_bits)
        self._opening = asyncio.Lock()
        self._port: _Port | None = None
        self._worker: BusWorker | None = None
        self._closing: asyncio.Future[None] | None = None
        self._inbox: _Inbox | None = None

    async def open(self) -> None:
        """Open the port if it is not open; see `Bus.open`."""
        async with self._opening:
            if self._inbox is None:
                await self._open()

    async def close(self) -> None:
        """Close the port; a read that is waiting ends with `BusGone`. See `Bus.close`."""
        self._drop()
        await self._closed()

    async def read(self, *, at_least: int = 1, timeout_s: float) -> bytes:
        """Return what has arrived as soon as that is `at_least` bytes; see `SerialLine.read`.

        Cancellation is safe: what had arrived is kept for the next read.
        """
        inbox = self._inbox
        if inbox is None:
            raise BusGone("the port is not open", bus=self.path)
        if not await inbox.wait(at_least, timeout_s):
            if self._inbox is inbox:
                problem = f"no answer, or too short a one, within {timeout_s:g} s: check power and wiring"
                raise BusTimeout(problem, bus=self.path)
            await self._closed()
            raise BusGone("the port was unplugged or closed", bus=self.path)
        return inbox.take()

    async def write(self, data: bytes) -> None:
        """Send all of `data`; see `SerialLine.write`. A cancelled write may be finished all the same."""
        await self._call(_Port.write, data, deadline_s=_WRITE_S + _CALL_S, label="writing")

    async def discard_input(self) -> None:
        """Forget everything that has arrived and was not read; see `SerialLine.discard_input`."""
        await self._call(_Port.discard, deadline_s=_CALL_S, label="discarding input")
        if self._inbox is not None:
            self._inbox.take()

    async def _open(self) -> None:
        await self._closed()
        self.abandoned.check(self.path)
        port = _Port(self.path, self._format)
        worker = BusWorker(f"line {self.path}", dispose=port.close, given_up=lambda late: self._give_up(late, port))
        try:
            descriptor = await worker.call(port.open, deadline_s=_CALL_S, label="opening it")
        except WorkerHung as hung:
            raise self._hung(hung) from None
        except BaseException:  # cancelled included: the thread then closes what it has opened
            worker.stop()
            raise
        self._port, self._worker, self.simulated = port, worker, port.simulated
        self._inbox = _Inbox(descriptor, on_hang_up=self._drop)

    async def _call(
        self,
        function: "Callable[[_Port, *Arguments], Result]",
        *arguments: *Arguments,
        deadline_s: float,
        label: str,
    ) -> Result:
        worker, port = self._worker, self._port
        if worker is None or port is None:
            await self._closed()
            raise BusGone("the port is not open", bus=self.path)
        try:
            return await worker.call(function, port, *arguments, deadline_s=deadline_s, label=label)
        except WorkerHung as hung:
            self._drop()
            raise self._hung(hung) from None
        except BusGone:
            self._drop()
            await self._closed()
            raise

    def _drop(self) -> None:
        """Stop reading and let the thread close the port and end; harmless when that was done."""
        inbox, worker, port = self._inbox, self._worker, self._port
        self._inbox = self._worker = self._port = None
        if inbox is not None:
            inbox.close()
        if worker is not None and port is not None:
            with suppress(WorkerHung):  # its thread closes the port if it ever comes back
                self._closing = worker.submit(port.close, deadline_s=_CALL_S, label="closing it")
                self._closing.add_done_callback(lambda closing: closing.cancelled() or closing.exception())
            worker.stop()

    def _give_up(self, worker: BusWorker, port: "_Port") -> None:
        """Let the port be opened anew although a thread hangs with the old descriptor of it."""
        self.abandoned.add(worker)
        port.release()

    async def _closed(self) -> None:
        """Return when the port that was dropped is closed. Cancelling this does not keep it open."""
        if self._closing is not None:
            with suppress(WorkerHung):
                await asyncio.shield(self._closing)

    def _hung(self, hung: WorkerHung) -> BusTimeout:
        return BusTimeout(f"the port did not come back from {hung.label}; given up", bus=self.path)


class _Inbox:
    """What has arrived on an open descriptor, and whoever waits for it. Lives on the event loop."""

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


class _Port:
    """The port as pyserial has it. Everything here may block and runs in the worker's thread, but `release`."""

    def __init__(self, path: str, form: LineFormat) -> None:
        self.path = path
        self.simulated = False
        self._at = path
        self._format = form
        self._serial: serial.Serial | None = None

    def open(self) -> int:
        """Open and set the port and return its descriptor; what had arrived before is forgotten."""
        self._at = node_at(self.path, SERIAL)
        node = Node.at(self._at)
        self.simulated = node is not None and node.simulated
        self._serial = self._configured(_PTY_FORMAT if self.simulated else self._format)
        return self._serial.fileno()

    def close(self) -> None:
        """Close the port; harmless when it is closed."""
        port, self._serial = self._serial, None
        if port is not None:
            with suppress(OSError, termios.error):  # the descriptor is gone in any case
                port.close()

    def release(self) -> None:
        """Give back the lock that keeps others from the port; the one method for another thread: it cannot block."""
        port = self._serial
        if port is not None and port.is_open:
            with suppress(OSError, serial.SerialException):  # its thread has come back and closed it meanwhile
                fcntl.flock(port.fileno(), fcntl.LOCK_UN)

    def write(self, data: bytes) -> None:
        """Send `data`."""
        port = self._opened()
        try:
            port.write(data)
        except serial.SerialTimeoutException as error:
            problem = f"the line did not take what was sent within {_WRITE_S:g} s"
            raise BusTimeout(problem, bus=self.path) from error
        except (OSError, termios.error) as error:
            raise BusGone("the port was unplugged", bus=self.path) from error

    def discard(self) -> None:
        """Forget what has arrived."""
        try:
            self._opened().reset_input_buffer()
        except (OSError, termios.error) as error:  # pyserial lets termios.error through, which is no OSError
            raise BusGone("the port was unplugged", bus=self.path) from error

    def _configured(self, form: LineFormat) -> serial.Serial:
        """Return the opened port; every setting is given here, as setting one later applies all of them anew."""
        try:
            return serial.Serial(
                self._at,
                form.baudrate,
                parity=_PARITIES[form.parity],
                stopbits=form.stop_bits,
                exclusive=True,
                write_timeout=_WRITE_S,
            )
        except ValueError as error:
            raise BusFault(f"the port cannot do {form.words()}", bus=self.path) from error
        except termios.error as error:
            raise opening_error(
                OSError(*error.args), path=self.path, kind="a serial port", group="dialout"
            ) from error
        except OSError as error:
            raise opening_error(error, path=self.path, kind="a serial port", group="dialout") from error

    def _opened(self) -> serial.Serial:
        if self._serial is None:
            raise BusGone("the port is not open", bus=self.path)
        return self._serial
