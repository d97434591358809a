"""A serial port of Linux: one thread for what can block, the event loop for what has arrived.

In: bytes to send, reads with deadlines. Out: bytes. Never: polling, a second process on the port, a descriptor of a
port that is gone: with one open, ttyUSB0 would come back as ttyUSB1.

What can block (opening, writing, flushing, closing) is done in the port's own thread, by `SerialPort`. What has
arrived is read on the event loop, by `Inbox`: that cannot block, a silent line costs nothing, and it takes half the
processor time of a read in the thread.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar, TypeVarTuple

from drivers.bus.abandoned import Abandoned
from drivers.bus.framing import LineFormat, Parity
from drivers.bus.inbox import Inbox
from drivers.bus.serial_port import WRITE_S, SerialPort
from drivers.bus.worker import BusWorker, WorkerHung
from drivers.errors import BusGone, BusTimeout

_CALL_S = 5.0
"""Seconds after which a call that has not come back is given up with its thread."""

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
        self._port: SerialPort | None = None
        self._worker: BusWorker | None = None
        self._closing: asyncio.Future[None] | None = None
        self._inbox: Inbox | None = None

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
        await self._call(SerialPort.write, data, deadline_s=WRITE_S + _CALL_S, label="writing")

    async def discard_input(self) -> None:
        """Forget everything that has arrived and was not read; see `SerialLine.discard_input`."""
        await self._call(SerialPort.discard, deadline_s=_CALL_S, label="discarding input")
        if self._inbox is not None:
            self._inbox.take()

    async def _open(self) -> None:
        await self._closed()
        self.abandoned.check(self.path)
        port = SerialPort(self.path, self._format)
        worker = BusWorker(f"line {self.path}", dispose=port.close, given_up=lambda late: self._give_up(late, port))
        try:
            descriptor = await worker.call(port.open, deadline_s=_CALL_S, label="opening it")
        except WorkerHung as hung:
            raise self._hung(hung) from None
        except BaseException:  # cancelled included: the thread then closes what it has opened
            worker.stop()
            raise
        self._port, self._worker, self.simulated = port, worker, port.simulated
        self._inbox = Inbox(descriptor, on_hang_up=self._drop)

    async def _call(
        self,
        function: Callable[[SerialPort, *Arguments], Result],
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

    def _give_up(self, worker: BusWorker, port: SerialPort) -> None:
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
