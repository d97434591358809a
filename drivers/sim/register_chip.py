"""What simulated chips with registers have in common: a pointer that a write sets, and reads that follow it.

In: the messages of a transaction. Out: register contents; calls of the chip's own code before a read and after a
write. Never: a particular chip.
"""

import threading
import time
from collections.abc import Callable
from typing import Literal


class RegisterChip:
    """A chip whose first written byte selects a register.

    Registers of one byte follow each other (`step` 1: the pointer moves on with each byte). Registers of two bytes
    are named by one number, high byte first (`wide`), and the pointer stays, as TI's and Microchip's chips do. A wide
    chip may have registers of one byte among them (`narrow`), and may send the low byte first (`order`), as Vishay's.

    Attributes:
        registers: the contents: number to value, of one byte, or of two where the chip is `wide`.
        mono_ns: the time by which it measures.
    """

    wide = False
    narrow: frozenset[int] = frozenset()
    order: Literal["big", "little"] = "big"

    def __init__(self, *, mono_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self.registers: dict[int, int] = {}
        self.mono_ns = mono_ns
        self._pointer = 0
        self._lock = threading.RLock()

    def write(self, data: bytes) -> None:
        """Take a register number, and what to write there.

        Raises:
            NotAcknowledged: the chip does not take it (`written` may say so).
        """
        with self._lock:
            self.advance()
            if not data:
                return
            self._pointer, content = data[0], data[1:]
            if self.wide:
                size = self._size()
                if len(content) >= size:
                    self.written(self._pointer, int.from_bytes(content[:size], self.order))
                return
            for offset, value in enumerate(content):
                self.written(self._pointer + offset & 0xFF, value)

    def read(self, length: int) -> bytes:
        """Return `length` bytes from the pointer on.

        Raises:
            NotAcknowledged: the chip does not answer now (`reading` may say so).
        """
        with self._lock:
            self.advance()
            self.reading(self._pointer, length)
            if self.wide:
                word = self.registers.get(self._pointer, 0).to_bytes(self._size(), self.order)
                return (word * length)[:length]
            content = bytes(self.registers.get(self._pointer + at & 0xFF, 0) for at in range(length))
            self._pointer = self._pointer + length & 0xFF
            return content

    def stop(self) -> None:
        """Do nothing: the pointer outlives the transaction."""

    def advance(self) -> None:
        """Bring the registers up to now. A chip that measures by itself overrides this."""

    def written(self, register: int, value: int) -> None:
        """Take a value for a register. A chip with read-only or acting registers overrides this."""
        self.registers[register] = value

    def reading(self, register: int, length: int) -> None:
        """Take note that a read from `register` begins. A chip whose reads have effects overrides this."""

    def _size(self) -> int:
        return 1 if self._pointer in self.narrow else 2
