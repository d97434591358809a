"""The driver of declared devices on I2C: the transactions that the file says, with their waits and their checks.

In: an I2C device and a form. Out: readings. Never: a transaction that the file does not say, waiting while the bus is
held.
"""

import contextlib
from dataclasses import dataclass
from typing import Any

from drivers.bus.api import I2cDevice
from drivers.declared.checks import Check
from drivers.declared.fields import Field
from drivers.declared.samples import Number, Requirement, decoded
from drivers.declared.wire import Settling
from drivers.decoding import reject_dead
from drivers.errors import ChecksumMismatch, DriverError, InvalidData, NotReady, WrongChip
from drivers.reading import Clock, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Until:
    """What a transaction is repeated for.

    Attributes:
        field: where to look in what was read.
        value: what must stand there.
        every_s: seconds between two tries.
        tries: how many there are.
    """

    field: Field
    value: int
    every_s: float
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A write, a read, or a write and a read joined by a repeated START; then a wait.

    Attributes:
        write: what is written; None for a read alone, empty for the address alone.
        read: how many bytes are read, checksums included.
        wait_s: how long the device is busy afterwards.
        until: what it is repeated for.
    """

    write: bytes | None = None
    read: int = 0
    wait_s: float = 0.0
    until: Until | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WordCheck:
    """A checksum behind each `every` bytes of whatever is read."""

    check: Check
    every: int

    def stripped(self, chip: str, data: bytes) -> bytes:
        """Return the bytes without their checksums.

        Raises:
            ChecksumMismatch: one does not hold.
        """
        step = self.every + self.check.length
        words = [(data[at : at + self.every], data[at + self.every : at + step]) for at in range(0, len(data), step)]
        for index, (word, found) in enumerate(words):
            if self.check.of(word) != int.from_bytes(found, "big"):
                raise ChecksumMismatch(chip, f"word {index}")
        return b"".join(word for word, _ in words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """How the device shows that it is the right one: a field of what a transaction reads."""

    transaction: Transaction
    field: Field
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class I2cForm:
    """A device on I2C.

    Attributes:
        name: the model's.
        identity: how it is told from others, None where it has nothing of the kind.
        setup: transactions when it is opened.
        measure: transactions of a sample; what they read, joined, is what the channels look at.
        goodbye: transactions when it is closed.
        words: the checksums in what is read, None for none.
        may_be_zero: whether a sample of zeros only is a measurement; else it means that the line is stuck.
        requirements: what must hold for a sample to be believed.
        channels: what to read.
        settle_s: seconds after opening in which it has no values.
    """

    name: str
    identity: Identity | None = None
    setup: tuple[Transaction, ...] = ()
    measure: tuple[Transaction, ...]
    goodbye: tuple[Transaction, ...] = ()
    words: WordCheck | None = None
    may_be_zero: bool = False
    requirements: tuple[Requirement, ...] = ()
    channels: tuple[Number, ...]
    settle_s: float = 0.0


@dataclass(frozen=True, slots=True)
class I2cMaker:
    """Makes drivers of one declared model."""

    form: I2cForm

    def __call__(self, device: I2cDevice, clock: Clock, _options: Any) -> "DeclaredI2c":  # noqa: ANN401 - has none
        """Return a new driver."""
        return DeclaredI2c(device, clock, self.form)


class DeclaredI2c:
    """One device on I2C."""

    def __init__(self, device: I2cDevice, clock: Clock, form: I2cForm) -> None:
        self._device = device
        self._clock = clock
        self._form = form
        self._settling = Settling(clock, form.settle_s)
        self._opened = False

    async def open(self) -> None:
        """See that it is the right device, and set it up.

        Raises:
            WrongChip: another device answers.
            InvalidData: the line is stuck.
        """
        self._opened = False
        if self._form.identity is not None:
            await self._identify(self._form.identity)
        self._opened = True
        await self._run(self._form.setup)
        self._settling.begin()

    async def sample(self) -> Reading:
        """Measure once and return the reading.

        Raises:
            NotReady: `open` has not succeeded, or the device did not finish.
            ChecksumMismatch: a checksum does not hold.
            InvalidData: the line is stuck, or the device says that its data is not to be believed.
        """
        if not self._opened:
            raise NotReady(self._form.name, "not opened")
        data = await self._run(self._form.measure)
        mono_ns = self._clock.mono_ns()
        self._believe(data)
        return self._settling.reading(mono_ns, decoded(self._form.channels, data))

    async def close(self) -> None:
        """Leave the device as the file says, if it was the right one and still answers."""
        opened, self._opened = self._opened, False
        if opened:
            with contextlib.suppress(DriverError):
                await self._run(self._form.goodbye)

    async def _identify(self, identity: Identity) -> None:
        data = await self._do(identity.transaction)
        found = identity.field.read(data)
        if found in identity.values:
            return
        reject_dead(self._form.name, data, "what identifies it")
        number = found if isinstance(found, int) else 0
        raise WrongChip(self._form.name, expected=identity.values, found=number, hint="check address and model")

    def _believe(self, data: bytes) -> None:
        name = self._form.name
        if not self._form.may_be_zero or any(data):
            reject_dead(name, data, "the measurement")
        for requirement in self._form.requirements:
            if not requirement.holds(data):
                raise InvalidData(name, requirement.otherwise)

    async def _run(self, transactions: tuple[Transaction, ...]) -> bytes:
        """Return everything that was read."""
        return b"".join([await self._do(transaction) for transaction in transactions])

    async def _do(self, transaction: Transaction) -> bytes:
        until = transaction.until
        for look in range(1 if until is None else until.tries):
            if look and until is not None:
                await self._clock.sleep(until.every_s)
            data = await self._once(transaction)
            if until is None or until.field.read(data) == until.value:
                if transaction.wait_s:
                    await self._clock.sleep(transaction.wait_s)
                return data
        raise NotReady(self._form.name, "it stays busy; if this lasts, switch its power off and on")

    async def _once(self, transaction: Transaction) -> bytes:
        if transaction.write is None:
            data = await self._device.read(transaction.read)
        elif transaction.read:
            data = await self._device.write_read(transaction.write, transaction.read)
        else:
            await self._device.write(transaction.write)
            return b""
        return data if self._form.words is None else self._form.words.stripped(self._form.name, data)
