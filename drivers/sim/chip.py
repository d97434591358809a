"""What a simulated I2C chip is to the simulated adapter."""

from typing import Protocol


class NotAcknowledged(Exception):
    """The chip does not acknowledge its address or a byte."""


class SimulatedChip(Protocol):
    """A chip as the adapter sees it: messages of one transaction, in order, then `stop`."""

    def write(self, data: bytes) -> None:
        """Take the bytes of one write message (empty for a quick command).

        Raises:
            NotAcknowledged: the chip does not take them.
        """
        ...

    def read(self, length: int) -> bytes:
        """Return exactly `length` bytes.

        Raises:
            NotAcknowledged: the chip does not answer a read now.
        """
        ...

    def stop(self) -> None:
        """Take note of the STOP condition at the end of a transaction."""
        ...
