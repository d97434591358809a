"""Buses that play the exchange of an example, for the real drivers of declared devices, without a loop or a wire.

In: what an example says was sent and received. Out: what the driver makes of it, or `Unlike` when it does not do what
the example says. Never: waiting, a node, a byte that the example does not hold.
"""

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from agent.config.devices.reasons import Reason, reason
from drivers.bus.api import I2cDevice, Message, Read, Write
from drivers.declared.i2c import DeclaredI2c, I2cForm
from drivers.declared.streams import DeclaredSerial, SerialForm
from drivers.errors import BusTimeout, DriverError
from drivers.model import Driver
from drivers.reading import Reading

Result = TypeVar("Result")
_NODE = "the example"


@dataclass(frozen=True, slots=True)
class Said:
    """One exchange: what we sent, and what was received; None for nothing of the kind."""

    sent: bytes | None
    received: bytes | None


class Unlike(Exception):
    """The driver does something else than the example says.

    Attributes:
        index: of the exchange; the number of exchanges when the driver wants more than there are.
        expected: what the file's own sections ask for.
    """

    def __init__(self, index: int, expected: str) -> None:
        super().__init__(f"exchange {index + 1}: {expected}")
        self.index = index
        self.expected = expected


class Unfit(Exception):
    """What is received is no sample.

    Attributes:
        reason: why not.
    """

    def __init__(self, why: Reason) -> None:
        super().__init__(f"expected {why.expected}")
        self.reason = why


def serial_reading(form: SerialForm, exchange: Sequence[Said]) -> Reading:
    """Return the first sample that the driver of a serial device gets out of an exchange.

    Raises:
        Unlike: it sends something else.
        Unfit: what is received is no sample, and it is known why.
        DriverError: what is received is no sample.
    """
    line = _Line(exchange)
    plain = replace(form, setup=(), goodbye=(), settle_s=0.0, newest=False, silence_s=0.0)
    try:
        reading = _sampled(DeclaredSerial(line, _Still(), plain))
    except DriverError as error:
        why = reason(form, b"".join(said.received or b"" for said in exchange))
        if why is None:
            raise
        raise Unfit(why) from error
    line.finish()
    return reading


def i2c_reading(form: I2cForm, address: int, exchange: Sequence[Said]) -> Reading:
    """Return the sample that the driver of a chip gets out of an exchange.

    Raises:
        Unlike: it asks for something else.
        DriverError: what is read is no sample.
    """
    bus = _Bus(exchange)
    plain = replace(form, identity=None, setup=(), goodbye=(), settle_s=0.0)
    reading = _sampled(DeclaredI2c(I2cDevice(bus, address), _Still(), plain))
    bus.finish()
    return reading


def _sampled(driver: Driver) -> Reading:
    _done(driver.open())
    return _done(driver.sample())


def _done(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine that never has to wait."""
    try:
        work.send(None)
    except StopIteration as end:
        result: Result = end.value
        return result
    work.close()
    raise AssertionError("nothing on the stage waits")


class _Still:
    """A clock that stands."""

    def mono_ns(self) -> int:
        """Return the one time that there is."""
        return 0

    async def sleep(self, seconds: float) -> None:
        """Return at once."""


class _Staged:
    """What both buses have in common."""

    path = _NODE
    simulated = True

    def __init__(self, exchange: Sequence[Said]) -> None:
        self._exchange = exchange
        self._next = 0

    async def open(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""

    def finish(self) -> None:
        """Refuse an example of which something is left."""
        if self._next < len(self._exchange):
            raise Unlike(self._next, "nothing more")

    def _take(self, expected: str) -> Said:
        if self._next == len(self._exchange):
            raise Unlike(self._next, expected)
        self._next += 1
        return self._exchange[self._next - 1]


class _Line(_Staged):
    """A serial line."""

    async def write(self, data: bytes) -> None:
        """Take what the example says is sent."""
        expected = f"sent = {_hex(data)}"
        if self._take(expected).sent != data:
            raise Unlike(self._next - 1, expected)

    async def read(self, *, at_least: int = 1, timeout_s: float) -> bytes:
        """Return everything that is received, as often as the example has something."""
        del at_least
        if self._next and self._exchange[self._next - 1].sent is not None:
            received = self._exchange[self._next - 1].received
        else:
            received = b"".join(said.received or b"" for said in self._exchange[self._next :])
            self._next = len(self._exchange)
        if not received or not timeout_s or self._spent:
            raise BusTimeout("nothing more is received", bus=self.path)
        self._spent = True
        return received

    async def discard_input(self) -> None:
        """Do nothing: nothing has come yet."""

    _spent = False


class _Bus(_Staged):
    """An I2C adapter."""

    async def transfer(self, address: int, messages: Sequence[Message]) -> list[bytes]:
        """Return what the example says is received for these messages."""
        del address
        written = next((message.data for message in messages if isinstance(message, Write)), None)
        length = next((message.length for message in messages if isinstance(message, Read)), None)
        parts = [] if written is None else [f"sent = {_hex(written)}"]
        parts += [] if length is None else [f"received = {length} bytes"]
        said = self._take(", ".join(parts))
        received = None if said.received is None else len(said.received)
        if said.sent != written or received != length:
            raise Unlike(self._next - 1, ", ".join(parts))
        return [] if said.received is None else [said.received]


def _hex(data: bytes) -> str:
    return f'"{data.hex(" ").upper()}"'
