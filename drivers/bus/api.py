"""The bus interfaces. A driver receives one, it never opens one.

In: bytes for the wire. Out: bytes from the wire. Never: interpretation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from drivers.errors import BusFault


@dataclass(frozen=True, slots=True)
class Write:
    """Address with the write bit, then `data`, each byte acknowledged by the chip."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Read:
    """Address with the read bit, then `length` bytes, the last one not acknowledged by us."""

    length: int


Message = Write | Read


class Bus(Protocol):
    """What both kinds have in common."""

    @property
    def path(self) -> str:
        """Device node, as configured."""
        ...

    @property
    def simulated(self) -> bool:
        """True when the simulated adapter or a pseudo-terminal is behind the node. Known once open."""
        ...

    async def open(self) -> None:
        """Open the node if it is not open; calling it again is harmless.

        Raises:
            BusGone: there is no such node.
            BusDenied: it may not be opened, or another process has it.
        """
        ...

    async def close(self) -> None:
        """Close the node. Safe after a failed open, safe twice."""
        ...


class I2cBus(Bus, Protocol):
    """An I2C adapter, shared by its chips."""

    async def transfer(self, address: int, messages: Sequence[Message]) -> list[bytes]:
        """Run one transaction: START, the messages joined by repeated STARTs, STOP.

        No other transaction comes between its messages. The bus is idle on return, whatever happened.

        Args:
            address: 7-bit address.
            messages: what to put on the wire, in order.

        Returns:
            The bytes of each `Read`, in order, each of exactly the length asked for.

        Raises:
            NoAcknowledge: ENXIO, ENODEV or EREMOTEIO: nobody there.
            BusGone: the adapter was unplugged; its descriptor is closed before this is raised.
            BusDenied: EBUSY: a kernel driver owns the address.
            BusTimeout: the adapter gave up, or the chip stretched the clock beyond its limit.
            BusFault: any other failure.
        """
        ...


KEPT_BYTES = 65_536
"""What a serial line keeps that has arrived and was not read; what comes after that may be dropped."""


class SerialLine(Bus, Protocol):
    """A serial port, owned by one driver."""

    async def read(self, *, at_least: int = 1, timeout_s: float) -> bytes:
        """Return what has arrived as soon as that is `at_least` bytes; maybe more.

        Raises:
            BusTimeout: fewer arrived within `timeout_s`; those that did stay and are returned by the next read.
            BusGone: the port was unplugged; its descriptor is closed before this is raised.
        """
        ...

    async def write(self, data: bytes) -> None:
        """Send all of `data`; returns when the kernel has it.

        Raises:
            BusTimeout: the line did not take it.
            BusGone: the port was unplugged; its descriptor is closed before this is raised.
        """
        ...

    async def discard_input(self) -> None:
        """Forget everything that has arrived and was not read."""
        ...


class AttributeTree(Bus, Protocol):
    """What the kernel's own drivers measure, as small files below one folder (sysfs). Owned by one driver."""

    async def entries(self, folder: str) -> list[str]:
        """Return the names in `folder`, which counts from the tree's own; none where it is missing."""
        ...

    async def take_up(self, folder: str) -> list[str]:
        """Return the names in the folder of the device that is read from now on.

        The tree is simulated from then on if that device hangs on what is no hardware of this machine.
        """
        ...

    async def place(self, folder: str) -> tuple[str, ...]:
        """Return the parts of the path that `folder` stands for once its links are followed."""
        ...

    async def read(self, files: Sequence[str]) -> list[bytes | None]:
        """Return what the files hold, read one right after the other; None where the kernel has no value now.

        Raises:
            BusGone: the device was unbound or unplugged.
            BusDenied: a file may not be read, or the device is busy with something else.
            NoAcknowledge: the kernel's driver gets no answer from the chip.
            BusTimeout: the kernel did not come back in time.
            BusFault: any other failure.
        """
        ...


@dataclass(frozen=True, slots=True)
class I2cDevice:
    """One chip on a bus: the transfer with the address filled in, and the register helpers that follow from it."""

    bus: I2cBus
    address: int

    async def write(self, data: bytes) -> None:
        """Write `data` in one transaction."""
        await self.bus.transfer(self.address, [Write(data)])

    async def read(self, length: int) -> bytes:
        """Read `length` bytes in one transaction."""
        return self._only(await self.bus.transfer(self.address, [Read(length)]), length)

    async def write_read(self, data: bytes, length: int) -> bytes:
        """Write `data`, repeated START, read `length` bytes."""
        return self._only(await self.bus.transfer(self.address, [Write(data), Read(length)]), length)

    async def read_register(self, register: int, length: int = 1) -> bytes:
        """Read `length` bytes from an 8-bit register address on."""
        return await self.write_read(bytes([register]), length)

    async def write_register(self, register: int, *values: int) -> None:
        """Write bytes to an 8-bit register address."""
        await self.write(bytes([register, *values]))

    async def read_word(self, register: int) -> int:
        """Return a register of two bytes, high byte first."""
        return int.from_bytes(await self.read_register(register, 2), "big")

    async def write_word(self, register: int, word: int) -> None:
        """Write two bytes, high byte first, to an 8-bit register address."""
        await self.write_register(register, word >> 8, word & 0xFF)

    def _only(self, answers: list[bytes], length: int) -> bytes:
        if len(answers) != 1 or len(answers[0]) != length:
            raise BusFault(
                "the adapter returned another length than was asked for", bus=self.bus.path, address=self.address
            )
        return answers[0]
