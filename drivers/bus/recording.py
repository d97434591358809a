"""Buses that write down what another bus does, in the transcript format.

In: a bus. Out: the same bus, and a transcript of it in memory. Never: a file, and never in the service: a transcript
holds raw measurements.
"""

from collections.abc import Sequence
from typing import Generic

from drivers.bus.api import Bus, I2cBus, Message, SerialLine
from drivers.bus.transcript import Act, I2cStep, SerialStep, Step, Transcript, failure_of
from drivers.errors import BusError, BusTimeout


class _Recording(Generic[Step]):
    """What both kinds pass on, and what they have written down."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._steps: list[Step] = []

    @property
    def transcript(self) -> Transcript[Step]:
        """Everything so far that was not forgotten."""
        return Transcript(tuple(self._steps))

    @property
    def length(self) -> int:
        """How many steps that is."""
        return len(self._steps)

    def forget(self, since: int) -> None:
        """Forget what came after the first `since` steps: something that was broken off."""
        del self._steps[since:]

    @property
    def path(self) -> str:
        """Device node of the bus behind."""
        return self._bus.path

    @property
    def simulated(self) -> bool:
        """Whether the bus behind is simulated."""
        return self._bus.simulated

    async def open(self) -> None:
        """Open the bus behind."""
        await self._bus.open()

    async def close(self) -> None:
        """Close the bus behind."""
        await self._bus.close()


class RecordingI2c(_Recording[I2cStep]):
    """An I2C adapter that keeps a transcript of every transaction."""

    def __init__(self, bus: I2cBus) -> None:
        super().__init__(bus)
        self._i2c = bus

    async def transfer(self, address: int, messages: Sequence[Message]) -> list[bytes]:
        """Pass the transaction on and write down what came of it."""
        asked = tuple(messages)
        try:
            answers = await self._i2c.transfer(address, asked)
        except BusError as error:
            self._steps.append(I2cStep(address=address, messages=asked, failure=failure_of(error)))
            raise
        self._steps.append(I2cStep(address=address, messages=asked, answers=tuple(answers)))
        return answers


class RecordingSerial(_Recording[SerialStep]):
    """A serial line that keeps a transcript of everything that passed."""

    def __init__(self, line: SerialLine) -> None:
        super().__init__(line)
        self._line = line

    async def read(self, *, at_least: int = 1, timeout_s: float) -> bytes:
        """Pass the read on and write down what arrived."""
        try:
            data = await self._line.read(at_least=at_least, timeout_s=timeout_s)
        except BusError as error:
            if timeout_s or not isinstance(error, BusTimeout):  # a look that waits for nothing is no event
                self._steps.append(SerialStep(act=Act.ASKED, failure=failure_of(error)))
            raise
        self._steps.append(SerialStep(act=Act.ARRIVED, data=data))
        return data

    async def write(self, data: bytes) -> None:
        """Pass the write on and write it down."""
        try:
            await self._line.write(data)
        except BusError as error:
            self._steps.append(SerialStep(act=Act.SENT, data=data, failure=failure_of(error)))
            raise
        self._steps.append(SerialStep(act=Act.SENT, data=data))

    async def discard_input(self) -> None:
        """Pass it on and write it down."""
        try:
            await self._line.discard_input()
        except BusError as error:
            self._steps.append(SerialStep(act=Act.ASKED, failure=failure_of(error)))
            raise
        self._steps.append(SerialStep(act=Act.DISCARDED))
