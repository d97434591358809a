"""Transcripts: what was said on a wire, as values and as text. Recorded by `recording`, replayed by `playback`.

In: steps or text. Out: text or steps. Never: input, output.

I2C, one line a transaction; failures come last, a byte that a failed read did not give is ``??``::

    # comments and empty lines are skipped
    0x76 W d0 R 60                a register read: the chip answered 60
    0x76 W f4 27                  a write
    0x76 R 01 02                  a read
    0x62 W ec 05 R ?? ?? ?? NACK  a transaction that failed, its content checked
    0x76 NACK                     whatever is asked of this address: it failed

Serial, one line for what one side sent at one time::

    > aa b4 06                    we wrote this, in one call
    < 42 4d 00 1c                 this arrived, in one piece
    DISCARD                       we forgot what had arrived until then
    TIMEOUT                       a read waited in vain
    > aa b4 06 TIMEOUT            a write that the line did not take
    GONE                          a read, write or discard found the port unplugged

A transcript that is cut (`Transcript.cut`) ends with ``... NACK``: whatever comes then fails in that way.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Self, TypeVar

from drivers.bus.api import Message, Read, Write
from drivers.errors import BusDenied, BusError, BusFault, BusGone, BusTimeout, NoAcknowledge


class Failure(StrEnum):
    """How a step failed; the error that playback raises again."""

    NACK = "NACK"
    TIMEOUT = "TIMEOUT"
    FAULT = "FAULT"
    GONE = "GONE"
    DENIED = "DENIED"

    def error(self, *, bus: str, address: int | None = None) -> BusError:
        """Return the error that this failure stands for."""
        return _ERRORS[self]("as the transcript says", bus=bus, address=address)


_BYTE = re.compile("[0-9A-Fa-f]{2}")
_ADDRESS = re.compile("0x[0-9A-Fa-f]{2}")
_NO_ADDRESS = 0x80
"""Addresses have seven bits."""
_FAILURES = frozenset(failure.value for failure in Failure)
_ERRORS: dict[Failure, type[BusError]] = {
    Failure.NACK: NoAcknowledge,
    Failure.TIMEOUT: BusTimeout,
    Failure.FAULT: BusFault,
    Failure.GONE: BusGone,
    Failure.DENIED: BusDenied,
}


def failure_of(error: BusError) -> Failure:
    """Return the failure that stands for `error`; FAULT for a plain `BusError`."""
    return next((failure for failure, kind in _ERRORS.items() if isinstance(error, kind)), Failure.FAULT)


@dataclass(frozen=True, slots=True, kw_only=True)
class I2cStep:
    """One transaction.

    Attributes:
        address: 7-bit address.
        messages: what was asked; None accepts anything, and then `failure` is set.
        answers: the bytes of each `Read`, empty when it failed.
        failure: how it failed, None when it did not.
    """

    address: int
    messages: tuple[Message, ...] | None
    answers: tuple[bytes, ...] = ()
    failure: Failure | None = None

    def text(self) -> str:
        """Return the transaction as one line."""
        words = [f"0x{self.address:02x}"]
        answers = iter(self.answers)
        for message in self.messages or ():
            if isinstance(message, Write):
                words += ["W", *_hex(message.data)]
            else:
                words += ["R", *(["??"] * message.length if self.failure else _hex(next(answers)))]
        return " ".join([*words, self.failure] if self.failure else words)


class Act(StrEnum):
    """What happened on a serial line."""

    SENT = ">"
    ARRIVED = "<"
    DISCARDED = "DISCARD"
    ASKED = "ASKED"
    """A read, or with GONE any call, that failed; only the failure is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialStep:
    """One thing that happened on a serial line.

    Attributes:
        act: what.
        data: the bytes of SENT and ARRIVED.
        failure: how it failed; for SENT and ASKED only.
    """

    act: Act
    data: bytes = b""
    failure: Failure | None = None

    def text(self) -> str:
        """Return the step as one line."""
        words = [] if self.act is Act.ASKED else [str(self.act)]
        return " ".join([*words, *_hex(self.data), *([self.failure] if self.failure else [])])


Step = TypeVar("Step", I2cStep, SerialStep)


@dataclass(frozen=True, slots=True)
class Transcript(Generic[Step]):
    """What was said on a wire, in order.

    Attributes:
        steps: what happened.
        rest: how everything after the last step fails; None allows nothing after it.
    """

    steps: tuple[Step, ...]
    rest: Failure | None = None

    def cut(self, at: int, failure: Failure) -> Self:
        """Return the first `at` steps, after which the wire fails in one way for ever.

        A failure test runs a driver on ``transcript.cut(n, ...)`` for every n below ``len(transcript.steps)``.
        """
        return type(self)(self.steps[:at], rest=failure)

    def text(self) -> str:
        """Return the transcript as lines of text."""
        lines: list[str] = [step.text() for step in self.steps]
        if self.rest is not None:
            lines.append(f"... {self.rest}")
        return "".join(f"{line}\n" for line in lines)


class TranscriptError(ValueError):
    """A line that is not in the transcript format; says which."""


def parse_i2c(text: str) -> Transcript[I2cStep]:
    """Return the transcript that `text` holds.

    Raises:
        TranscriptError: a line is not in the format.
    """
    steps, rest = _parse(text, _i2c_step)
    return Transcript(tuple(steps), rest)


def parse_serial(text: str) -> Transcript[SerialStep]:
    """Return the transcript that `text` holds.

    Raises:
        TranscriptError: a line is not in the format.
    """
    steps, rest = _parse(text, _serial_step)
    return Transcript(tuple(steps), rest)


def _parse(text: str, parse_step: Callable[[list[str]], Step]) -> tuple[list[Step], Failure | None]:
    steps: list[Step] = []
    rest: Failure | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if rest is not None:
            raise TranscriptError(f"transcript line {number}: nothing may follow the line that starts with ...")
        try:
            if words[0] == "...":
                (rest,) = [Failure(word) for word in words[1:]]
            else:
                steps.append(parse_step(words))
        except ValueError as error:
            raise TranscriptError(f"transcript line {number}: {error}") from error
    return steps, rest


def _split_failure(words: list[str]) -> tuple[list[str], Failure | None]:
    if words and words[-1] in _FAILURES:
        return words[:-1], Failure(words[-1])
    return words, None


def _i2c_step(words: list[str]) -> I2cStep:
    address = int(words[0], 16) if _ADDRESS.fullmatch(words[0]) else _NO_ADDRESS
    if address >= _NO_ADDRESS:
        raise ValueError("an address is 0x00 to 0x7f")
    words, failure = _split_failure(words[1:])
    if not words:
        if failure is None:
            raise ValueError("expected W, R or a failure after the address")
        return I2cStep(address=address, messages=None, failure=failure)
    messages: list[Message] = []
    answers: list[bytes] = []
    for kind, content in _groups(words):
        if kind == "W":
            messages.append(Write(_bytes(content)))
        elif failure is None:
            answers.append(_bytes(content))
            messages.append(Read(len(content)))
        elif set(content) <= {"??"}:
            messages.append(Read(len(content)))
        else:
            raise ValueError("a failed read has ?? for each byte")
    return I2cStep(address=address, messages=tuple(messages), answers=tuple(answers), failure=failure)


def _groups(words: list[str]) -> list[tuple[str, list[str]]]:
    groups: list[tuple[str, list[str]]] = []
    for word in words:
        if word in {"W", "R"}:
            groups.append((word, []))
        elif groups:
            groups[-1][1].append(word)
        else:
            raise ValueError(f"expected W or R, found {word!r}")
    return groups


def _serial_step(words: list[str]) -> SerialStep:
    words, failure = _split_failure(words)
    if not words:
        return SerialStep(act=Act.ASKED, failure=failure)
    act, data = Act(words[0]), _bytes(words[1:])
    wrong = act is Act.ASKED or (failure is not None and act is not Act.SENT) or bool(data) == (act is Act.DISCARDED)
    if wrong:
        raise ValueError("expected > or < with bytes, DISCARD, or a failure")
    return SerialStep(act=act, data=data, failure=failure)


def _hex(data: bytes) -> Sequence[str]:
    return [f"{byte:02x}" for byte in data]


def _bytes(words: Sequence[str]) -> bytes:
    if not all(map(_BYTE.fullmatch, words)):
        raise ValueError("a byte is two hexadecimal digits")
    return bytes(int(word, 16) for word in words)
