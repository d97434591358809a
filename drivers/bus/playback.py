"""Buses that say what a transcript says and accept nothing else: strict, for tests.

In: a transcript. Out: its answers. Never: a byte that was not written down, tolerance.
"""

from collections.abc import Sequence
from typing import Generic

from drivers.bus.api import Message, Read
from drivers.bus.transcript import (
    Act,
    Failure,
    I2cStep,
    SerialStep,
    Step,
    Transcript,
    parse_i2c,
    parse_serial,
)
from drivers.errors import BusTimeout


class TranscriptMismatch(AssertionError):
    """The driver did something else than the transcript says.

    An `AssertionError`, so that no driver can mistake it for a failure of the wire.
    """


class _Playback(Generic[Step]):
    """Hands out the steps of a transcript one by one."""

    simulated = True

    def __init__(self, transcript: Transcript[Step], path: str) -> None:
        self.path = path
        self._transcript: Transcript[Step] = transcript
        self._next = 0
        self._dead: Failure | None = None

    async def open(self) -> None:
        """Do nothing: a transcript begins with the first byte."""

    async def close(self) -> None:
        """Fail if anything is left.

        Raises:
            TranscriptMismatch: the driver has not said everything that it should.
        """
        self.assert_finished()

    def assert_finished(self) -> None:
        """Fail if anything is left.

        Raises:
            TranscriptMismatch: the driver has not said everything that it should.
        """
        left = self._transcript.steps[self._next :]
        if left:
            raise TranscriptMismatch(
                f"{len(left)} steps are left, the next is step {self._next + 1}: {left[0].text()}"
            )

    def _peek(self) -> Step | None:
        steps = self._transcript.steps
        return steps[self._next] if self._next < len(steps) else None

    def _take(self) -> None:
        self._next += 1

    def _mismatch(self, found: str) -> TranscriptMismatch:
        step = self._peek()
        expected = "nothing more" if step is None else step.text()
        return TranscriptMismatch(f"step {self._next + 1}: expected {expected}; the driver did {found}")


class PlaybackI2c(_Playback[I2cStep]):
    """An I2C adapter that plays a transcript."""

    def __init__(self, transcript: Transcript[I2cStep] | str, *, path: str = "playback") -> None:
        super().__init__(parse_i2c(transcript) if isinstance(transcript, str) else transcript, path)

    async def transfer(self, address: int, messages: Sequence[Message]) -> list[bytes]:
        """Return what the transcript says, if this is the transaction that it says.

        Raises:
            TranscriptMismatch: it is another one.
        """
        step = self._peek()
        if step is None and self._transcript.rest is not None:
            raise self._transcript.rest.error(bus=self.path, address=address)
        if step is None or step.address != address or step.messages not in (None, tuple(messages)):
            raise self._mismatch(_describe(address, messages))
        self._take()
        if step.failure is not None:
            raise step.failure.error(bus=self.path, address=address)
        return list(step.answers)


class PlaybackSerial(_Playback[SerialStep]):
    """A serial line that plays a transcript. Nothing is waited for: a timeout comes at once."""

    def __init__(self, transcript: Transcript[SerialStep] | str, *, path: str = "playback") -> None:
        super().__init__(parse_serial(transcript) if isinstance(transcript, str) else transcript, path)
        self._arrived = bytearray()

    async def read(self, *, at_least: int = 1, timeout_s: float) -> bytes:
        """Return the next pieces that arrived, as few as make `at_least` bytes.

        Raises:
            TranscriptMismatch: the transcript has nothing to read here.
        """
        if at_least < 1 or timeout_s < 0:
            raise TranscriptMismatch("a read asks for a byte or more and has a deadline that is not negative")
        if not timeout_s and self._nothing_yet():
            raise BusTimeout("nothing has arrived", bus=self.path)
        while len(self._arrived) < at_least:
            step = self._peek()
            if step is not None and step.act is Act.ARRIVED:
                self._take()
                self._arrived += step.data
            else:
                self._fail(step, found=f"a read of at least {at_least} bytes with {len(self._arrived)} there")
        data = bytes(self._arrived)
        self._arrived.clear()
        return data

    def _nothing_yet(self) -> bool:
        """Return whether a read that does not wait finds nothing, because what comes next comes from the driver."""
        step = self._peek()
        return not self._arrived and (self._transcript.rest is None if step is None else step.act is not Act.ARRIVED)

    async def write(self, data: bytes) -> None:
        """Accept `data` if the transcript says that it is written here.

        Raises:
            TranscriptMismatch: the transcript says something else.
        """
        step = self._peek()
        if step is not None and step.act is Act.SENT and step.data == data:
            self._take()
            if step.failure is not None:
                raise step.failure.error(bus=self.path)
        elif step is not None or self._transcript.rest is not Failure.TIMEOUT:  # a mute line still takes bytes
            self._fail(step, found=SerialStep(act=Act.SENT, data=data).text(), only=Failure.GONE)

    async def discard_input(self) -> None:
        """Forget what has arrived if the transcript says so here.

        Raises:
            TranscriptMismatch: the transcript says something else.
        """
        step = self._peek()
        if step is not None and step.act is Act.DISCARDED:
            self._take()
        elif step is not None or self._transcript.rest is not Failure.TIMEOUT:
            self._fail(step, found="DISCARD", only=Failure.GONE)
        self._arrived.clear()

    def assert_finished(self) -> None:
        """Fail if a step is left, or a byte that arrived and was not read."""
        super().assert_finished()
        if self._arrived and self._transcript.rest is None:
            raise TranscriptMismatch(f"{len(self._arrived)} bytes arrived and were neither read nor discarded")

    def _fail(self, step: SerialStep | None, *, found: str, only: Failure | None = None) -> None:
        failure = self._transcript.rest if step is None else step.failure if step.act is Act.ASKED else None
        if failure is None or (step is not None and only not in (None, failure)):
            raise self._mismatch(found)
        if step is not None:
            self._take()
        raise failure.error(bus=self.path)


def _describe(address: int, messages: Sequence[Message]) -> str:
    asked = tuple(messages)
    unknown = Failure.FAULT if any(isinstance(message, Read) for message in asked) else None
    return I2cStep(address=address, messages=asked, failure=unknown).text().removesuffix(f" {unknown}")
