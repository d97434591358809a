"""The I2C adapter of Linux, by smbus2 and its `i2c_rdwr` alone.

In: transactions. Out: bytes. Never: two transactions at the same time, a descriptor of an adapter that is gone: as
long as one is open the kernel cannot bring the adapter up again.

The errno values are those seen on real adapters; which one means an absent chip depends on the adapter.
"""

import asyncio
import errno
import os
from collections.abc import Sequence

from smbus2 import SMBus, i2c_msg
from smbus2 import smbus2 as smbus_module

from drivers.bus.abandoned import Abandoned
from drivers.bus.api import Message, Read
from drivers.bus.nodes import Node, opening_error
from drivers.bus.places import I2C, node_at
from drivers.bus.worker import BusWorker, WorkerHung
from drivers.errors import BusDenied, BusError, BusFault, BusGone, BusTimeout, NoAcknowledge

_ABSENT = frozenset({errno.ENXIO, errno.ENODEV, errno.EREMOTEIO})
_PROBLEMS = {
    errno.ETIMEDOUT: (BusTimeout, "the adapter gave up, or the chip held the clock for too long"),
    errno.EAGAIN: (BusFault, "arbitration lost: another master, or a line that is stuck"),
    errno.EIO: (BusFault, "input/output error: check the wiring and the pull-up resistors"),
    errno.EPROTO: (BusFault, "the chip broke the protocol"),
    errno.EBUSY: (BusDenied, "a kernel driver owns the address; unload it or remove its device tree overlay"),
}
_CLOSED = "the bus is not open"
_DEADLINE_S = 5.0
"""The kernel's own limit is 1 s for each transfer (i2c-core, unverified); after this the thread is given up."""


class LinuxI2c:
    """An I2C adapter at a device node, or the simulated one at a socket.

    Attributes:
        abandoned: its threads that hang.
    """

    def __init__(self, path: str, *, deadline_s: float = _DEADLINE_S) -> None:
        """Describe the bus; nothing is opened yet.

        Args:
            path: ``/dev/i2c-1`` or so, or the place of an adapter whose number changes: see `drivers.bus.places`.
            deadline_s: seconds after which a transfer that has not come back is given up with its thread.
        """
        self.path = path
        self.simulated = False
        self.abandoned = Abandoned()
        self._deadline_s = deadline_s
        self._worker: BusWorker | None = None
        self._adapter: _Adapter | None = None
        self._opening = asyncio.Lock()

    async def open(self) -> None:
        """Open the node if it is not open; see `Bus.open`."""
        async with self._opening:
            if self._adapter is None or not self._adapter.is_open or self._worker is None or self._worker.hung:
                await self._open()

    async def close(self) -> None:
        """Close the node once running transactions have ended; see `Bus.close`."""
        worker, adapter = self._worker, self._adapter
        self._worker = self._adapter = None
        if worker is None or adapter is None or worker.hung:
            return
        try:
            await worker.call(adapter.close, deadline_s=self._deadline_s, label="closing it")
        except WorkerHung:
            return  # its thread closes it if it ever comes back
        finally:
            worker.stop()

    async def transfer(self, address: int, messages: Sequence[Message]) -> list[bytes]:
        """Run one transaction; see `I2cBus.transfer`. A cancelled one is finished on the wire, its answer is lost."""
        worker, adapter = self._worker, self._adapter
        if worker is None or adapter is None:
            raise BusGone(_CLOSED, bus=self.path, address=address)
        if not adapter.is_open:  # another chip's transfer has found that out
            raise BusGone(adapter.gone, bus=self.path, address=address)
        try:
            return await worker.call(
                adapter.transfer,
                address,
                messages,
                deadline_s=self._deadline_s,
                label=f"a transfer to 0x{address:02x}",
            )
        except WorkerHung as hung:
            raise self._hung(hung, address=address) from None

    async def _open(self) -> None:
        self._stop()
        self.abandoned.check(self.path)
        adapter = _Adapter(self.path)
        worker = BusWorker(f"bus {self.path}", dispose=adapter.close, given_up=self.abandoned.add)
        try:
            await worker.call(adapter.open, deadline_s=self._deadline_s, label="opening it")
        except WorkerHung as hung:
            raise self._hung(hung, address=None) from None
        except BaseException:  # cancelled included: the thread then closes what it has opened
            worker.stop()
            raise
        self._adapter, self._worker, self.simulated = adapter, worker, adapter.simulated

    def _stop(self) -> None:
        if self._worker is not None:
            self._worker.stop()
        self._worker = self._adapter = None

    def _hung(self, hung: WorkerHung, *, address: int | None) -> BusTimeout:
        self._stop()
        problem = f"the adapter did not come back from {hung.label} within {self._deadline_s:g} s; given up"
        return BusTimeout(problem, bus=self.path, address=address)


class _Adapter:
    """An open adapter. Its methods run in the worker's thread.

    Attributes:
        gone: why it is not open, where it is not.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.gone = _CLOSED
        self.is_open = False
        self.simulated = False
        self._bus = SMBus()
        self._at = path
        self._node: Node | None = None
        self._unowned: set[int] = set()

    def open(self) -> None:
        """Open the node."""
        self._at = node_at(self.path, I2C)
        node = Node.at(self._at)
        self.simulated = node is not None and node.simulated
        if self.simulated:
            from drivers.sim import ioctl  # noqa: PLC0415 - never loaded on a unit with real buses

            ioctl.install(smbus_module)
        try:
            self._bus.open(self._at)
        except OSError as error:
            self.close()
            raise opening_error(error, path=self.path, kind="an I2C adapter", group="i2c") from error
        self._node = node
        self.is_open = True

    def close(self) -> None:
        """Close the node; harmless when it is closed."""
        self.is_open = False
        self._bus.close()

    def transfer(self, address: int, messages: Sequence[Message]) -> list[bytes]:
        """Run one transaction."""
        if not self.is_open:
            raise BusGone(self.gone, bus=self.path, address=address)
        raw = [
            i2c_msg.read(address, message.length)
            if isinstance(message, Read)
            else i2c_msg.write(address, message.data)
            for message in messages
        ]
        try:
            if address not in self._unowned:
                self._check_owner(address)
            self._bus.i2c_rdwr(*raw)
        except OSError as error:
            raise self._translate(error, address) from error
        return [bytes(one) for one, message in zip(raw, messages, strict=True) if isinstance(message, Read)]

    def _check_owner(self, address: int) -> None:
        """Ask once whether a kernel driver owns the address: I2C_RDWR itself would not say, and disturb it."""
        smbus_module.ioctl(self._bus.fd, smbus_module.I2C_SLAVE, address)  # type: ignore[attr-defined]  # not in its stub
        self._unowned.add(address)

    def _translate(self, error: OSError, address: int) -> BusError:
        if self._node is None or not self._node.still_at(self._at):
            self.close()
            self.gone = "the adapter was unplugged"
            return BusGone(self.gone, bus=self.path, address=address)
        code = error.errno or 0
        if code in _ABSENT:
            return NoAcknowledge("nobody answers: check wiring, power and address", bus=self.path, address=address)
        kind, problem = _PROBLEMS.get(code, (BusFault, f"transfer failed: {os.strerror(code)}"))
        return kind(problem, bus=self.path, address=address)
