"""Faults of the simulated I2C adapter: what goes wrong, at which address, how often.

In: orders from a test or a demonstration. Out: an error number instead of a transfer, or other bytes than were read.
Never: a fault nobody asked for.
"""

import errno
import threading
from collections.abc import Callable
from dataclasses import dataclass

NO_ACKNOWLEDGE = errno.ENXIO
"""What most adapters report; `Faults.nack(error=errno.EREMOTEIO)` gives what the Raspberry Pi's own reports."""


@dataclass(slots=True)
class _Fault:
    """One ordered fault.

    Attributes:
        address: where, None for everywhere.
        left: how many more times, None for ever.
        error: errno of the transfer, 0 when only bytes change.
        at_message: the message of a transaction at which it breaks off; those before reach the chip.
        change: what becomes of the bytes that were read.
    """

    address: int | None
    left: int | None
    error: int = 0
    at_message: int = 0
    change: Callable[[bytes], bytes] | None = None


class Faults:
    """The faults of one adapter. Safe to use while transfers run.

    Every method takes the address (None: every one) and the number of transactions it affects (None: until `clear`).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[_Fault] = []
        self._owned: set[int] = set()
        self._flowing = threading.Event()
        self._flowing.set()

    def nack(
        self, address: int | None, *, times: int | None = None, at_message: int = 0, error: int = NO_ACKNOWLEDGE
    ) -> None:
        """Leave the address (or a later message of the transaction) without an acknowledge."""
        self._add(_Fault(address, times, error=error, at_message=at_message))

    def stretch(self, address: int | None, *, times: int | None = None) -> None:
        """Let the chip hold the clock beyond the adapter's limit: ETIMEDOUT."""
        self._add(_Fault(address, times, error=errno.ETIMEDOUT))

    def lose_arbitration(self, address: int | None = None, *, times: int | None = None) -> None:
        """Let another master win the bus: EAGAIN."""
        self._add(_Fault(address, times, error=errno.EAGAIN))

    def stick(self, *, times: int | None = None) -> None:
        """Hold a line low, so that nothing can be sent: EIO at every address."""
        self._add(_Fault(None, times, error=errno.EIO))

    def flip(self, address: int | None, *, byte: int = 0, mask: int = 0x01, times: int | None = None) -> None:
        """Flip bits (`mask`) of one byte of everything that is read from the chip."""

        def change(data: bytes) -> bytes:
            if byte >= len(data):
                return data
            return data[:byte] + bytes([data[byte] ^ mask]) + data[byte + 1 :]

        self._add(_Fault(address, times, change=change))

    def fill(self, address: int | None, value: int = 0xFF, *, times: int | None = None) -> None:
        """Answer every read with one value: 0xFF is what a bus with nobody driving it shows."""
        self._add(_Fault(address, times, change=lambda data: bytes([value]) * len(data)))

    def own(self, address: int) -> None:
        """Let a kernel driver own the address: EBUSY for I2C_SLAVE."""
        with self._lock:
            self._owned.add(address)

    def hang(self) -> None:
        """Let every transfer hang in the kernel until `clear`."""
        self._flowing.clear()

    def clear(self) -> None:
        """Make everything well again."""
        with self._lock:
            self._faults.clear()
            self._owned.clear()
        self._flowing.set()

    def owned(self, address: int) -> bool:
        """Return whether a kernel driver owns the address. For the adapter."""
        return address in self._owned

    def wait(self) -> None:
        """Return when transfers do not hang. For the adapter."""
        self._flowing.wait()

    def strike(self, address: int) -> tuple[int, int, list[Callable[[bytes], bytes]]]:
        """Count one transaction; return its errno (0: none), the message it breaks at, and what to change.

        For the adapter.
        """
        if not self._faults:
            return 0, 0, []
        error, at_message, changes = 0, 0, []
        with self._lock:
            for fault in [fault for fault in self._faults if fault.address in (None, address)]:
                if fault.left is not None:
                    fault.left -= 1
                    if fault.left <= 0:
                        self._faults.remove(fault)
                if fault.change is not None:
                    changes.append(fault.change)
                elif not error:
                    error, at_message = fault.error, fault.at_message
        return error, at_message, changes

    def _add(self, fault: _Fault) -> None:
        with self._lock:
            self._faults.append(fault)
