"""Simulated Modbus RTU slaves, several on one line. They know nothing of the master.

In: bits and registers that they hold; requests, in any portions; orders of faults. Out: answers, each with the
seconds after which it comes; on a pseudo-terminal, the same on a line. Never: the master's code, its CRC table.

Retyped from "MODBUS Application Protocol Specification" V1.1b3 (functions 1 to 6, 15 and 16, exceptions) and "MODBUS
over Serial Line" V1.02 (frame, CRC), by the text of both as other projects quote it (unverified). A slave finds the
end of a request by its length, not by silence, so that bytes may come in any portions.
"""

import random
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from drivers.sim.line import SimulatedLine

_READ_BITS: Final = {1: "coils", 2: "inputs"}
_READ_WORDS: Final = {3: "holding", 4: "input"}
_ILLEGAL_FUNCTION, _ILLEGAL_ADDRESS, _ILLEGAL_VALUE = 1, 2, 3
_SHORT_REQUEST, _LONG_REQUEST = 8, 9
_MOST_BITS, _MOST_WORDS = 2000, 125
_ON, _OFF = 0xFF00, 0x0000


class Trouble(StrEnum):
    """What can be wrong with a slave."""

    DEAD = "dead"
    """It hears nothing and says nothing."""
    LATE = "late"
    """Its answer comes after `by_s`."""
    WRONG_SLAVE = "wrong slave"
    """It answers under the number `code`."""
    BAD_CRC = "bad crc"
    """One bit of its answer is flipped."""
    EXCEPTION = "exception"
    """It refuses everything with `code`."""
    HALF = "half"
    """Only the first half of its answer comes."""
    NOISE = "noise"
    """Random bytes come before its answer."""


@dataclass(slots=True)
class _Ordered:
    trouble: Trouble
    left: int | None
    by_s: float
    code: int


@dataclass(slots=True)
class SimulatedSlave:
    """One slave.

    Attributes:
        coils, inputs: address to 0 or 1; what is not here does not exist.
        holding, input: address to 0 .. 65535, likewise.
        heard: function and address of each request that it was asked, in order.
    """

    coils: dict[int, int] = field(default_factory=dict)
    inputs: dict[int, int] = field(default_factory=dict)
    holding: dict[int, int] = field(default_factory=dict)
    input: dict[int, int] = field(default_factory=dict)
    heard: list[tuple[int, int]] = field(default_factory=list)
    _ordered: _Ordered | None = None

    def order(self, trouble: Trouble, *, times: int | None = None, by_s: float = 0.0, code: int = 4) -> None:
        """Let something be wrong from the next request on, `times` times or until `recover`."""
        self._ordered = _Ordered(trouble, times, by_s, code)

    def recover(self) -> None:
        """Make it well again."""
        self._ordered = None

    def strike(self) -> _Ordered | None:
        """Count a request; return what is wrong with its answer. For the line."""
        ordered = self._ordered
        if ordered is not None and ordered.left is not None:
            ordered.left -= 1
            if ordered.left <= 0:
                self._ordered = None
        return ordered

    def obey(self, function: int, content: bytes) -> bytes:
        """Return the answer to a request without slave number and CRC, its function first."""
        address = int.from_bytes(content[:2], "big")
        self.heard.append((function, address))
        second = int.from_bytes(content[2:4], "big")
        code = 0
        if function in _READ_BITS:
            return self._bits(function, address, second)
        if function in _READ_WORDS:
            return self._words(function, address, second)
        if function == 5:  # noqa: PLR2004 - write one coil
            code = _ILLEGAL_VALUE if second not in {_ON, _OFF} else self._store(self.coils, address, [second == _ON])
        elif function == 6:  # noqa: PLR2004 - write one register
            code = self._store(self.holding, address, [second])
        elif function == 16:  # noqa: PLR2004 - write registers
            data = content[5:]
            values = [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]
            wrong = second != len(values) or content[4] != len(data)
            code = _ILLEGAL_VALUE if wrong else self._store(self.holding, address, values)
        else:
            code = _ILLEGAL_FUNCTION
        return bytes([function | 0x80, code]) if code else bytes([function]) + content[:4]

    def _bits(self, function: int, address: int, count: int) -> bytes:
        held: dict[int, int] = getattr(self, _READ_BITS[function])
        code = _refusal(held, address, count, most=_MOST_BITS)
        if code:
            return bytes([function | 0x80, code])
        packed = bytearray(-(-count // 8))
        for at in range(count):
            packed[at // 8] |= (held[address + at] & 1) << at % 8
        return bytes([function, len(packed)]) + packed

    def _words(self, function: int, address: int, count: int) -> bytes:
        held: dict[int, int] = getattr(self, _READ_WORDS[function])
        code = _refusal(held, address, count, most=_MOST_WORDS)
        if code:
            return bytes([function | 0x80, code])
        return bytes([function, 2 * count]) + b"".join(held[address + at].to_bytes(2, "big") for at in range(count))

    @staticmethod
    def _store(held: dict[int, int], address: int, values: Iterable[int]) -> int:
        new = dict(enumerate(map(int, values), address))
        if not set(new) <= set(held):
            return _ILLEGAL_ADDRESS
        held |= new
        return 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a slave sends.

    Attributes:
        data: the bytes.
        after_s: seconds after the request.
    """

    data: bytes
    after_s: float = 0.0


class SimulatedSlaves:
    """All slaves of one line, by number.

    Attributes:
        slaves: number to slave; put one in or take one out while it runs.
        echoes: the adapter hears itself: each request comes back at once.
    """

    def __init__(self, slaves: dict[int, SimulatedSlave], *, echoes: bool = False, seed: int = 1) -> None:
        self.slaves = slaves
        self.echoes = echoes
        self._heard = b""
        self._random = random.Random(seed)  # noqa: S311 - noise that a test can repeat

    def command(self, data: bytes) -> list[Answer]:
        """Return what comes back for bytes written to the line, in any portions."""
        answers = [Answer(data)] if self.echoes else []
        self._heard += data
        start = 0
        while start < len(self._heard):
            length = _request_length(self._heard[start:])
            if length is None or len(self._heard) - start < length:
                if length is not None:
                    break
                start += 1
                continue
            frame = self._heard[start : start + length]
            if crc(frame):
                start += 1
                continue
            answers += self._answer(frame)
            start += length
        self._heard = self._heard[start:][-512:]
        return answers

    def _answer(self, frame: bytes) -> list[Answer]:
        slave = self.slaves.get(frame[0])
        if slave is None:
            return []
        wrong = slave.strike()
        if wrong is None:
            return [Answer(_sealed(frame[:1] + slave.obey(frame[1], frame[2:-2])))]
        if wrong.trouble is Trouble.DEAD:
            return []
        content = slave.obey(frame[1], frame[2:-2])
        return [self._spoilt(frame[0], content, wrong)]

    def _spoilt(self, number: int, content: bytes, wrong: _Ordered) -> Answer:
        whole = _sealed(bytes([number]) + content)
        match wrong.trouble:
            case Trouble.WRONG_SLAVE:
                return Answer(_sealed(bytes([wrong.code]) + content))
            case Trouble.EXCEPTION:
                return Answer(_sealed(bytes([number, content[0] | 0x80, wrong.code])))
            case Trouble.BAD_CRC:
                return Answer(whole[:-1] + bytes([whole[-1] ^ 0x01]))
            case Trouble.HALF:
                return Answer(whole[: len(whole) // 2])
            case Trouble.NOISE:
                return Answer(self._random.randbytes(self._random.randint(1, 12)) + whole)
        return Answer(whole, wrong.by_s)


class SimulatedModbus:
    """Slaves on a pseudo-terminal.

    Attributes:
        line: the pseudo-terminal, to unplug it or to send noise on it.
        bus: the slaves.
    """

    def __init__(self, link: Path | str, slaves: dict[int, SimulatedSlave], *, echoes: bool = False) -> None:
        self.bus = SimulatedSlaves(slaves, echoes=echoes)
        self._timers: list[threading.Timer] = []
        self.line = SimulatedLine(link, on_receive=self._receive)

    def close(self) -> None:
        """Take the line away; what was still to come does not come."""
        for timer in self._timers:
            timer.cancel()
        self.line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _receive(self, data: bytes) -> None:
        for answer in self.bus.command(data):
            if answer.after_s:
                self._later(answer.after_s, answer.data)
            else:
                self.line.send(answer.data)

    def _later(self, seconds: float, data: bytes) -> None:
        timer = threading.Timer(seconds, self.line.send, (data,))
        timer.daemon = True
        self._timers = [other for other in self._timers if other.is_alive()] + [timer]
        timer.start()


def crc(data: bytes) -> int:
    """Return the CRC-16 of Modbus bit by bit; of a frame with its CRC, low byte first, it is 0."""
    register = 0xFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ 0xA001 if register & 1 else register >> 1
    return register


def _sealed(content: bytes) -> bytes:
    return content + crc(content).to_bytes(2, "little")


def _refusal(held: dict[int, int], address: int, count: int, *, most: int) -> int:
    if not 1 <= count <= most:
        return _ILLEGAL_VALUE
    return 0 if all(at in held for at in range(address, address + count)) else _ILLEGAL_ADDRESS


def _request_length(head: bytes) -> int | None:
    """Return the length of the request that begins so, None if none does; what is not there yet counts as little."""
    if not 0 < head[0] <= 247:  # noqa: PLR2004 - the last slave number
        return None
    if len(head) == 1 or head[1] in range(1, 7):
        return _SHORT_REQUEST
    if head[1] in {15, 16}:
        return _LONG_REQUEST + (head[6] if len(head) > 6 else 0)  # noqa: PLR2004 - where the byte count is
    return _SHORT_REQUEST if head[1] < 0x80 else None  # noqa: PLR2004 - an exception is no request
