"""What a scan makes of what a chip on I2C answers: which models it may be, and whether it is a multiplexer."""

import random
from collections.abc import Callable, Generator, Mapping
from functools import cache
from typing import Final, TypeVar

from agent.scanning.addresses import ADDRESSES
from agent.scanning.candidates import Candidates
from agent.scanning.findings import Adapter, Branch, Chip, Findings
from agent.scanning.inquiry import Answer, inquire
from agent.scanning.multiplexers import recognise
from agent.scanning.sections import sections
from drivers.identity import Ask, Certainty, Touch
from drivers.sim.chip import NotAcknowledged, SimulatedChip
from drivers.sim.tca9548a import Tca9548aChip
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import Mutator
from tests.fuzz.pasting import accepted, shown
from tests.support.scanning import ALL

Result = TypeVar("Result")
Trail = list[tuple[Ask, Answer]]

_SILENT, _SUMMED, _HIGH = 0xFF, 0xFE, 0xFD
"""Instead of an answer as it stands in the input: none; its words with their checksums; a line that nobody drives."""
_CAREFUL, _BOLD, _QUIET = range(3)


def _crc8(data: bytes, *, polynomial: int, start: int) -> int:
    """Return a CRC of eight bits, bit by bit."""
    crc = start
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ (polynomial if crc & 0x80 else 0)) & 0xFF
    return crc


def _summed(answer: bytes) -> bytes:
    """Return an answer with a Sensirion checksum after every two bytes."""
    return b"".join(
        answer[at : at + 2] + bytes([_crc8(answer[at : at + 2], polynomial=0x31, start=0xFF)])
        for at in range(0, len(answer), 3)
    )[: len(answer)]


def _is_driven(answer: bytes) -> bool:
    return len(set(answer)) > 1 or answer[:1] not in {b"\x00", b"\xff"}


class _Script:
    """Answers questions with what stands in an input, and notes both."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.trail: Trail = []

    def answer(self, ask: Ask) -> Answer:
        how, self._data = self._data[:1] or bytes([_SILENT]), self._data[1:]
        answer, self._data = self._data[: ask.length].ljust(ask.length, b"\0"), self._data[ask.length :]
        answer = {_SUMMED: _summed(answer), _HIGH: b"\xff" * ask.length}.get(how[0], answer)
        self.trail.append((ask, None if how[0] == _SILENT else answer))
        return self.trail[-1][1]


class _Tape:
    """Answers questions as a simulated chip does, and notes what an input must hold for the same."""

    def __init__(self, chip: SimulatedChip) -> None:
        self._chip = chip
        self.data = b""

    def answer(self, ask: Ask) -> Answer:
        try:
            if ask.send or not ask.length:
                self._chip.write(ask.send)
            if ask.pause_s:
                self._chip.stop()
            answer = self._chip.read(ask.length) if ask.length else b""
        except NotAcknowledged:
            self.data += bytes([_SILENT]) + bytes(ask.length)
            return None
        finally:
            self._chip.stop()
        self.data += b"\0" + answer
        return answer


def _driven(asking: Generator[Ask, Answer, Result], answer: Callable[[Ask], Answer]) -> Result:
    try:
        ask = next(asking)
        while True:
            ask = asking.send(answer(ask))
    except StopIteration as decided:
        result: Result = decided.value
        return result


def _may(manner: int) -> Callable[[Ask, bool], bool]:
    """Return what the command allows: as it is used, by somebody who allows everything, and with --quiet."""

    def may(ask: Ask, tame: bool) -> bool:  # noqa: FBT001 - as it is called
        return ask.touch is Touch.NOTHING or manner == _BOLD or (manner == _CAREFUL and (tame or len(ask.send) == 1))

    return may


_built_in = cache(Candidates.built_in)


class Chips(Fuzzer):
    """A chip is certain only if its id holds, worked out anew; nothing is asked twice, or that may not be asked."""

    name = "scan-chips"
    inputs = 400_000

    def __init__(self) -> None:
        seeds = []
        for known in ALL:
            tape = _Tape(known.make())
            _driven(inquire(known.address, _built_in().at(known.address), _may(_CAREFUL)), tape.answer)
            seeds.append(bytes([known.address, _CAREFUL]) + tape.data)
        words = (b"\xff", b"\xfe", b"\xfd", b"\0\x60", b"\0\x58", b"\0\x33", b"\0\x54\x49", b"\xfe" * 9)
        self._mutate = Mutator(seeds=[*seeds, b"\x44\0\xff\xff" + b"\xfe" * 30], words=words, longest=120, joined=1)

    def make(self, chance: random.Random) -> bytes:
        data = self._mutate(chance)
        manner = chance.choice((_CAREFUL, _CAREFUL, _BOLD, _QUIET))
        address = data[0] if data and chance.random() < 0.8 else chance.choice(ADDRESSES)
        return bytes([address, manner]) + data[2:]

    def run(self, data: bytes) -> bool:
        place, manner, *_ = data[:2] + bytes(2)
        address, script = ADDRESSES[(place - ADDRESSES[0]) % len(ADDRESSES)], _Script(data[2:])
        manner %= 3
        candidates = {each.model.name: each for each in _built_in().at(address)}
        found = _driven(inquire(address, list(candidates.values()), _may(manner)), script.answer)
        _judge_questions(script.trail, manner)
        answers = {ask.send: answer for ask, answer in script.trail if answer is not None}
        assert len({match.model for match in found}) == len(found), "a model twice"
        assert [match.certainty for match in found] == sorted((match.certainty for match in found), reverse=True)
        for match in found:
            assert match.model in candidates, "a model that cannot have this address"
            assert match.certainty <= max(Certainty.LIKELY, candidates[match.model].identity.certainty)
            if match.certainty is Certainty.CERTAIN:
                assert len(found) == 1, "certain, and yet another one"
                assert _IDS[match.model](address, answers), "certain without its id"
        chip = Chip(address=address, matches=found)
        pasted = sections(
            Findings(adapters=(Adapter(path="/dev/i2c-1", branches=(Branch(path="/dev/i2c-1", chips=(chip,)),)),))
        )
        shown(pasted)
        assert len(accepted(pasted).get("sensor", {})) == (chip.best is not None), "in force, and not sure"
        return bool(found) and found[0].certainty > Certainty.POSSIBLE


def _judge_questions(trail: Trail, manner: int) -> None:
    asked = [ask for ask, _ in trail]
    assert len(set(asked)) == len(asked), "the same question twice"
    plain = {ask.length: answer for ask, answer in trail if not ask.send}
    for ask in asked:
        if manner == _QUIET:
            assert not ask.send, "something is sent that must not be"
        if manner == _CAREFUL and len(ask.send) > 1:
            shy = plain[3]
            assert shy is None or (_is_driven(shy) and _summed(shy) == shy), "a command to what takes none"


def _register(number: int, *expected: int, mask: int = 0xFFFF) -> Callable[[int, Mapping[bytes, bytes]], bool]:
    return lambda _, answers: int.from_bytes(answers[bytes([number])], "big") & mask in expected


def _both(*checks: Callable[[int, Mapping[bytes, bytes]], bool]) -> Callable[[int, Mapping[bytes, bytes]], bool]:
    return lambda address, answers: all(check(address, answers) for check in checks)


def _sensirion(*commands: str) -> Callable[[int, Mapping[bytes, bytes]], bool]:
    def holds(_: int, answers: Mapping[bytes, bytes]) -> bool:
        told = [answers[bytes.fromhex(command)] for command in commands]
        return all(_is_driven(answer) and _summed(answer) == answer for answer in told)

    return holds


def _infrared(address: int, answers: Mapping[bytes, bytes]) -> bool:
    heads = {cell: bytes([address << 1, cell, address << 1 | 1]) + answers[bytes([cell])] for cell in (0x3C, 0x3D)}
    return all(_crc8(head[:-1], polynomial=0x07, start=0) == head[-1] for head in heads.values())


def _depth(_: int, answers: Mapping[bytes, bytes]) -> bool:
    prom = bytearray(b"".join(answers[bytes([command])] for command in range(0xA0, 0xAE, 2)) + bytes(2))
    told, rest = prom[0] >> 4, 0
    prom[0] &= 0x0F
    for byte_ in prom:
        rest ^= byte_
        for _ in range(8):
            rest = (rest << 1 ^ (0x3000 if rest & 0x8000 else 0)) & 0xFFFF
    return rest >> 12 == told


_IDS: Final[Mapping[str, Callable[[int, Mapping[bytes, bytes]], bool]]] = {
    "bme280": _register(0xD0, 0x60),
    "bmp280": _register(0xD0, 0x56, 0x57, 0x58),
    "bme680": _register(0xD0, 0x61),
    "bmp388": _register(0x00, 0x50, 0x60),
    "lis3dh": _register(0x0F, 0x33),
    "hdc1080": _both(_register(0xFF, 0x1050), _register(0xFE, 0x5449)),
    "ina226": _both(_register(0xFF, 0x2260, mask=0xFFF0), _register(0xFE, 0x5449)),
    "mcp9808": _both(_register(0x06, 0x0054), _register(0x07, 0x0400, mask=0xFF00)),
    "tmp117": _register(0x0F, 0x0117, mask=0x0FFF),
    "mlx90614": _infrared,
    "ms5837": _depth,
    "scd30": _sensirion("d100", "4600"),
    "scd4x": _sensirion("e4b8", "3682"),
    "sen5x": _sensirion("d014"),
    "sht3x": _sensirion("3780"),
    "sht4x": _sensirion("89"),
    "sps30": _sensirion("d002"),
}
"""Whether an id holds, from what was read, typed anew from the data sheets that the drivers name."""


class Multiplexers(Fuzzer):
    """A multiplexer shows everything that it was told and joins nothing after; what does not is told no more."""

    name = "scan-multiplexers"

    def __init__(self) -> None:
        tape = _Tape(Tca9548aChip({}))
        _driven(recognise(_may(_CAREFUL)), tape.answer)
        seeds = [bytes([manner]) + tape.data for manner in range(3)] + [b"\0" + b"\0\x05\x05" + tape.data[3:]]
        self._mutate = Mutator(seeds=seeds, words=(b"\xff", b"\0\0\0", b"\0\1\1", b"\0\2\2"), longest=30, joined=1)

    def make(self, chance: random.Random) -> bytes:
        return self._mutate(chance)

    def run(self, data: bytes) -> bool:
        manner, script = (data[:1] or b"\0")[0] % 3, _Script(data[1:])
        before = _driven(recognise(_may(manner)), script.answer)
        (look, first), *told = script.trail
        assert not look.send, "something is written before anything was read"
        assert len(told) <= 4
        assert manner != _QUIET or not told, "something is sent that must not be"
        right = [answer == ask.send * 2 and len(ask.send) == 1 for ask, answer in told]
        assert all(right[:-1]), "one that shows something else is told more"
        if before is None:
            return False
        assert first == bytes([before]) * 2, "it had joined something else"
        assert [ask.send for ask, _ in told] == [b"\0", b"\1", b"\2", b"\0"], "it was told something else"
        assert all(right), "it did not show what it was told"
        return True


FUZZERS: tuple[Fuzzer, ...] = (Chips(), Multiplexers())
