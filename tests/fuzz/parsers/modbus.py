"""Modbus RTU: the answer to a request among echoes, noise and frames of others."""

import random
from typing import Final

from drivers.crc import crc16_modbus
from drivers.modbus import frames
from drivers.modbus.exchange import Exchange, strays
from drivers.modbus.frames import Function, Request
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import Mutator
from tests.fuzz.streams import portions

_REQUESTS: Final = (
    frames.read(Function.READ_HOLDING, 1, address=0, count=2),
    frames.read(Function.READ_INPUT, 17, address=0x0401, count=2),
    frames.read(Function.READ_INPUT, 2, address=0xFFFF, count=1),
    frames.read(Function.READ_COILS, 1, address=19, count=37),
    frames.read(Function.READ_HOLDING, 247, address=0x3000, count=125),
    frames.write_coil(3, address=172, on=True),
    frames.write_register(4, address=1, value=3),
    frames.write_registers(5, address=1, values=[10, 258]),
)
_ECHOES: Final = (None, True, False)
_WELL = 0.4


def _sealed(content: bytes) -> bytes:
    """Return a frame with its CRC, worked out bit by bit."""
    crc = 0xFFFF
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return content + crc.to_bytes(2, "little")


def _answer(request: Request, filling: bytes) -> bytes:
    if not request.function.reads:
        return _sealed(request.wire[:6])
    size = request.data_bytes
    return _sealed(bytes([request.slave, request.function, size]) + filling[:size].ljust(size, b"\x5a"))


class Answers(Fuzzer):
    """An answer is in the input, as it was asked for, and its CRC holds; a clean one is always found."""

    name = "modbus"

    def __init__(self) -> None:
        answers = [_answer(request, bytes(range(250))) for request in _REQUESTS]
        refusals = [_sealed(bytes([request.slave, request.function | 0x80, 2])) for request in _REQUESTS]
        others = [_sealed(bytes.fromhex("0903020001")), _sealed(bytes.fromhex("0a0402ffff"))]
        self._mutate = Mutator(
            seeds=[*answers, *refusals, *others, *(request.wire for request in _REQUESTS)],
            words=[bytes([request.slave, request.function]) for request in _REQUESTS],
            longest=300,
        )

    def make(self, chance: random.Random) -> bytes:
        number = chance.randrange(len(_REQUESTS))
        echoes, request = chance.randrange(len(_ECHOES)), _REQUESTS[number]
        data = self._mutate(chance)
        if chance.random() < _WELL:
            refused = _sealed(bytes([request.slave, request.function | 0x80, chance.randrange(1, 12)]))
            answer = refused if chance.random() < _WELL else _answer(request, data)
            data = (request.wire if echoes != 2 and chance.random() < _WELL else b"") + answer + data[:4]
        return bytes([number, echoes]) + data

    def run(self, data: bytes) -> bool:
        number, echoes = (data[:2] + b"\0\0")[:2]
        request, echo, data = _REQUESTS[number % len(_REQUESTS)], _ECHOES[echoes % len(_ECHOES)], data[2:]
        whole = Exchange(request, echoes=echo)
        whole.feed(data)
        _judge(whole, data)
        cut = Exchange(request, echoes=echo)
        waits = _feed(cut, data, random.Random(len(data)))
        _judge(cut, data)
        self._clean(request, echo=echo, data=data, exchanges=(whole, cut))
        assert not waits or cut.answer is None, f"needed asked for {waits} bytes more than it took"
        slaves, noise = strays(data)
        assert 0 <= noise <= len(data)
        assert len(slaves) * frames.SHORTEST + noise <= len(data), "more than there is"
        return whole.answer is not None

    @staticmethod
    def _clean(request: Request, *, echo: bool | None, data: bytes, exchanges: tuple[Exchange, ...]) -> None:
        """Fail if an answer is missed that comes first, or right after the echo."""
        for before in (b"", request.wire) if echo is not False else (b"",):
            if not before and ((request.repeated and echo is not False) or (echo and data.startswith(request.wire))):
                continue  # it is an echo
            answer = _answer(request, data[len(before) + 3 :])
            refusal = _sealed(bytes([request.slave, request.function | 0x80]) + data[len(before) + 2 :][:1])
            for frame in (answer, refusal):
                if data.startswith(before + frame) and len(frame) >= frames.SHORTEST and frame[2]:
                    assert all(exchange.answer is not None for exchange in exchanges), "a clean answer is missed"


def _feed(exchange: Exchange, data: bytes, chance: random.Random) -> int:
    """Feed an exchange in portions until it has its answer; return how many bytes too many `needed` asked for."""
    given = earliest = 0
    for piece in portions(data, chance):
        earliest = max(earliest, given + exchange.needed)
        assert exchange.needed >= 1
        exchange.feed(piece)
        given += len(piece)
        assert len(exchange._buffer) <= 2 * frames.LONGEST, "more is kept than two frames"
        if exchange.answer is not None:
            return max(0, earliest - given)
    return 0


def _judge(exchange: Exchange, data: bytes) -> None:
    request, answer = exchange.request, exchange.answer
    assert exchange.heard == bool(data)
    assert 0 <= exchange.noise_bytes <= len(data)
    if answer is None:
        return
    assert answer in data, "an answer that nobody gave"
    assert answer == _sealed(answer[:-2]), "a CRC that does not hold"
    assert crc16_modbus(answer[:-2]) == int.from_bytes(answer[-2:], "little")
    assert answer[0] == request.slave, "another slave's"
    if answer[1] == request.function | 0x80:
        assert len(answer) == frames.SHORTEST, "a refusal of another length"
        assert answer[2], "a refusal without a code"
    else:
        assert answer[1] == request.function, "another function's"
        assert len(answer) == request.answer_bytes, "another length than what was asked for has"


FUZZERS: tuple[Fuzzer, ...] = (Answers(),)
