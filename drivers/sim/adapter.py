"""The simulated I2C adapter: chips on a bus, behind a socket that stands where the device node would.

In: the ioctls of `drivers.sim.ioctl`, from this process or another one. Out: what the chips answer, or an errno.
Never: a chip's driver, a device node.

One thread listens and one serves each open descriptor; transactions of all of them are put one after the other.
"""

import contextlib
import errno
import socket
import struct
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from drivers.sim import boundary, smbus
from drivers.sim.chip import NotAcknowledged, SimulatedChip
from drivers.sim.faults import NO_ACKNOWLEDGE, Faults
from drivers.sim.tca9548a import hearing, is_held


class SimulatedAdapter:
    """An I2C adapter with chips on it.

    Attributes:
        faults: orders faults.
        chips: address to chip; put another one in, or take one out, while it runs.
    """

    def __init__(self, chips: Mapping[int, SimulatedChip]) -> None:
        self.faults = Faults()
        self.chips: dict[int, SimulatedChip] = dict(chips)
        self._lock = threading.Lock()
        self._path: Path | None = None
        self._listener: socket.socket | None = None
        self._clients: set[socket.socket] = set()

    def serve(self, path: Path | str) -> Self:
        """Put the adapter's node at `path`, replacing a socket that is there, and serve it in the background."""
        self._path = Path(path).absolute()
        self.replug()
        return self

    def transact(self, address: int, parts: Sequence[bytes | int]) -> list[bytes]:
        """Run one transaction: bytes are written, a number of bytes is read; return what was read.

        Raises:
            OSError: ENXIO when there is no acknowledge, or what a fault orders.
        """
        self.faults.wait()
        with self._lock:
            error, at_message, changes = self.faults.strike(address)
            answers = self._run(address, parts[:at_message] if error else parts)
        if error:
            raise OSError(error, "ordered by a fault")
        for change in changes:
            answers = [change(answer) for answer in answers]
        return answers

    def unplug(self) -> None:
        """Pull the adapter out: the node is gone and every open descriptor is dead."""
        listener, self._listener = self._listener, None
        if listener is None or self._path is None:
            return
        self._path.unlink(missing_ok=True)
        _shut(listener)
        for client in list(self._clients):
            _shut(client)

    def replug(self) -> None:
        """Put the adapter back where it was."""
        if self._listener is not None or self._path is None:
            return
        if self._path.is_socket():
            self._path.unlink()
        listener = boundary.adapter_socket()
        with boundary.short_name(self._path) as name:
            listener.bind(name)
        listener.listen()
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), name="simulated-i2c", daemon=True).start()

    def close(self) -> None:
        """Take the adapter away for good; what hangs is let go."""
        self.unplug()
        self.faults.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, address: int, parts: Sequence[bytes | int]) -> list[bytes]:
        if not parts:
            return []
        if is_held(self.chips):
            raise OSError(errno.EIO, "a line is held low behind a multiplexer")
        heard = hearing(self.chips, address)
        if not heard:
            raise OSError(NO_ACKNOWLEDGE, "no chip at this address")
        try:
            return [answer for part in parts if (answer := _ask_all(heard, part)) is not None]
        except NotAcknowledged:
            raise OSError(NO_ACKNOWLEDGE, "not acknowledged by the chip") from None
        finally:
            for chip in heard:
                chip.stop()

    def _accept(self, listener: socket.socket) -> None:
        with listener, contextlib.suppress(OSError):  # shut by unplug
            while True:
                client = listener.accept()[0]
                self._clients.add(client)
                if self._listener is not listener:  # unplugged between accept and add
                    _shut(client)
                threading.Thread(target=self._serve, args=(client,), name="simulated-i2c", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        session = Session(self)
        try:
            with client, contextlib.suppress(OSError):  # the client went away, or unplug shut it
                while packet := client.recv(boundary.MAX_PACKET_BYTES):
                    client.sendall(session.answer(packet))
        finally:
            self._clients.discard(client)


class Session:
    """One open descriptor: it remembers the address that I2C_SLAVE has set."""

    def __init__(self, adapter: SimulatedAdapter) -> None:
        self._adapter = adapter
        self._address: int | None = None

    def answer(self, packet: bytes) -> bytes:
        """Return the answer to one ioctl."""
        try:
            return boundary.pack(0, self.dispatch(*boundary.unpack(packet)))
        except struct.error:
            return boundary.pack(errno.EINVAL)
        except OSError as error:
            return boundary.pack(error.errno or errno.EIO)

    def dispatch(self, request: int, content: bytes) -> bytes:
        """Return the results of one ioctl, its operands and results packed as in `boundary`.

        Raises:
            OSError: what the caller of the ioctl gets.
        """
        match request:
            case boundary.I2C_RDWR:
                return self._rdwr(boundary.unpack_messages(content))
            case boundary.I2C_SMBUS:
                return self._smbus(boundary.unpack_smbus(content))
            case boundary.I2C_FUNCS:
                return boundary.pack_functions(smbus.FUNCTIONS)
            case boundary.I2C_SLAVE | boundary.I2C_SLAVE_FORCE:
                self._choose(boundary.unpack_argument(content), force=request == boundary.I2C_SLAVE_FORCE)
            case boundary.I2C_RETRIES | boundary.I2C_TIMEOUT:
                boundary.unpack_argument(content)
            case boundary.I2C_PEC | boundary.I2C_TENBIT:
                if boundary.unpack_argument(content):
                    raise OSError(errno.EOPNOTSUPP, "neither packet error codes nor ten-bit addresses")
            case _:
                raise OSError(errno.ENOTTY, "no such ioctl")
        return b""

    def _choose(self, address: int, *, force: bool) -> None:
        if address > boundary.MAX_ADDRESS:
            raise OSError(errno.EINVAL, "no such address")
        if self._adapter.faults.owned(address) and not force:
            raise OSError(errno.EBUSY, "a kernel driver owns the address")
        self._address = address

    def _smbus(self, call: boundary.SmbusCall) -> bytes:
        address = 0 if self._address is None else self._address
        return smbus.run(call, lambda parts: self._adapter.transact(address, parts))

    def _rdwr(self, messages: list[boundary.RawMessage]) -> bytes:
        addresses = {message.address for message in messages}
        if len(addresses) != 1 or max(addresses) > boundary.MAX_ADDRESS:
            raise OSError(errno.EINVAL, "a transaction here is with one chip, which has a seven-bit address")
        (address,) = addresses
        parts = [len(message.data) if message.reads else message.data for message in messages]
        return b"".join(self._adapter.transact(address, parts))


def _ask_all(chips: Sequence[SimulatedChip], part: bytes | int) -> bytes | None:
    """Return what several chips that hear the same transfer show together: a line is high if nobody pulls it low."""
    answer = _ask(chips[0], part)
    for chip in chips[1:]:
        other = _ask(chip, part)
        answer = (
            answer if answer is None or other is None else bytes(a & b for a, b in zip(answer, other, strict=True))
        )
    return answer


def _ask(chip: SimulatedChip, part: bytes | int) -> bytes | None:
    if isinstance(part, bytes):
        chip.write(part)
        return None
    answer = chip.read(part)
    if len(answer) != part:
        raise AssertionError(f"{type(chip).__name__} returned {len(answer)} bytes where {part} were clocked out")
    return answer


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side was faster
        connection.shutdown(socket.SHUT_RDWR)
