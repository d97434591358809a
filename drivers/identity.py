"""How a sensor is told from others on a bus: questions and what their answers must be, as data.

In: bytes that were read. Out: whether they fit, and how sure that makes us. Never: input, output; a place in a
running unit: a model's `identity` module is imported by `lamppost scan` and by nothing else.

Nothing here may change a setting of the sensor it is meant for. What it does to another chip at the same address is
the other half: `Touch` says how much is written, so that whoever asks can decide and say so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Literal, Protocol

from drivers.crc import crc8_sensirion

_WORD_BYTES: Final = 3
_MANY: Final = 2


class Certainty(IntEnum):
    """How sure it is which model answers."""

    POSSIBLE = 1
    """The address fits, and nothing speaks against it."""
    LIKELY = 2
    """What was read fits, and would fit some other chip as well."""
    CERTAIN = 3
    """An identification, or several checksums, or several whole frames."""

    @property
    def word(self) -> str:
        """In words."""
        return self.name.lower()


class Touch(IntEnum):
    """How much a question writes."""

    NOTHING = 0
    POINTER = 1
    """One byte: the number of a register, in chips that have registers. Other chips may take it for a command."""
    COMMAND = 2
    """Two bytes. Chips with registers take the second one for a register's new content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One question to a chip.

    Attributes:
        send: what is written before; empty for a plain read.
        length: how many bytes are read; none asks only whether somebody acknowledges.
        pause_s: seconds between writing and reading, as two transactions; 0 joins both by a repeated START.
    """

    send: bytes = b""
    length: int = 1
    pause_s: float = 0.0

    @property
    def touch(self) -> Touch:
        """How much it writes."""
        return Touch(min(len(self.send), Touch.COMMAND))


Check = Callable[[bytes, int], bool]
"""Whether an answer fits; also told the address at which it was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A question, and whether its answer fits."""

    ask: Ask
    fits: Check


@dataclass(frozen=True, slots=True, kw_only=True)
class I2cIdentity:
    """How a model on I2C is told from others.

    Attributes:
        steps: asked in order, until an answer does not fit.
        by: what speaks for it when all of them fit, in words.
        certainty: how sure it is then.
        whole: looks at all answers together; None where each one stands for itself.
        shy: it may leave the first question without an acknowledge, so silence does not speak against it.
        stretches: it holds the clock, which the Raspberry Pi's own controller gets wrong.
    """

    steps: tuple[Step, ...]
    by: str
    certainty: Certainty = Certainty.CERTAIN
    whole: Callable[[Sequence[bytes]], bool] | None = None
    shy: bool = False
    stretches: bool = False

    @property
    def touch(self) -> Touch:
        """The most that one of its questions writes."""
        return max(step.ask.touch for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something to ask on a serial line.

    Attributes:
        send: the question. It changes nothing in the sensor it is meant for.
        wait_s: how long its answer may take.
    """

    send: bytes
    wait_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialIdentity:
    """How a model on a serial line is told from others.

    Attributes:
        hear: how sure what was heard makes us, None for not at all.
        by: what speaks for it, in words.
        rates: bits a second that it is used with besides the model's own.
        questions: for sensors that are silent until they are asked.
    """

    hear: Callable[[bytes], Certainty | None]
    by: str
    rates: tuple[int, ...] = ()
    questions: tuple[Question, ...] = ()


# -- what many identities are made of


def register(
    number: int, *expected: int, length: int = 1, mask: int = -1, order: Literal["big", "little"] = "big"
) -> Step:
    """Return the step that reads a register, whose bits of `mask` must be one of `expected`."""

    def fits(answer: bytes, _address: int) -> bool:
        return int.from_bytes(answer, order) & mask in expected

    return Step(ask=Ask(send=bytes([number]), length=length), fits=fits)


def words(code: bytes, count: int, *, pause_s: float) -> Step:
    """Return the step that sends a Sensirion command and reads `count` words, whose checksums must hold."""
    return Step(ask=Ask(send=code, length=count * _WORD_BYTES, pause_s=pause_s), fits=checksums_hold)


def checksums_hold(answer: bytes, _address: int = 0) -> bool:
    """Return whether every word of a Sensirion answer carries its checksum, and the line is driven."""
    triples = [answer[at : at + _WORD_BYTES] for at in range(0, len(answer), _WORD_BYTES)]
    return alive(answer) and all(crc8_sensirion(triple[:-1]) == triple[-1] for triple in triples)


def alive(answer: bytes, _address: int = 0) -> bool:
    """Return whether a chip drives the line: not every byte is 0x00, nor every one 0xFF."""
    return answer not in (bytes(len(answer)), b"\xff" * len(answer))


class Parser(Protocol):
    """What cuts frames or lines out of bytes."""

    def feed(self, data: bytes) -> Sequence[object]:
        """Return what `data` completes."""
        ...


def by_count(parser: Callable[[], Parser]) -> Callable[[bytes], Certainty | None]:
    """Return a `SerialIdentity.hear` that counts whole frames, or lines of the right form: two make it certain."""

    def hear(data: bytes) -> Certainty | None:
        return sure(len(parser().feed(data)))

    return hear


def sure(found: int) -> Certainty | None:
    """Return how sure so many whole frames make us."""
    if not found:
        return None
    return Certainty.CERTAIN if found >= _MANY else Certainty.LIKELY
