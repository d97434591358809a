"""Makes inputs out of real ones: bits flipped, pieces cut, repeated, put elsewhere, exchanged, and pure noise.

In: seeds (captures, transcripts, vectors, files), words worth putting in, a source of chance. Out: bytes, or lines.
Never: two different inputs from the same seed and the same chance.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

_EDGES: Final = (0x00, 0x01, 0x0A, 0x0D, 0x20, 0x24, 0x7D, 0x7E, 0x7F, 0x80, 0xFE, 0xFF)
_NUMBERS: Final = (
    b"0",
    b"-1",
    b"1",
    b"255",
    b"256",
    b"65535",
    b"99999",
    b"1e99",
    b"-0",
    b"0.0",
    b"18446744073709551616",
)
_PURE_NOISE: Final = 0.02
_ROUNDS: Final = 0.45
_LONGEST_PIECE: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutator:
    """Mutates bytes.

    Attributes:
        seeds: what it begins with.
        words: what may be put in.
        longest: bytes of an input, more or less: longer seeds are cut out of.
        joined: how many seeds are put behind each other, at most.
    """

    seeds: Sequence[bytes]
    words: Sequence[bytes] = (b"",)
    longest: int = 400
    joined: int = 3

    def __call__(self, chance: random.Random) -> bytes:
        """Return an input; one in a few is a seed as it is."""
        if chance.random() < _PURE_NOISE:
            return chance.randbytes(chance.randrange(self.longest))
        data = bytearray(self._begin(chance))
        for _ in range(int(chance.expovariate(_ROUNDS))):
            chance.choice(_WAYS)(data, chance, self)
        return bytes(data[: 2 * self.longest])

    def _begin(self, chance: random.Random) -> bytes:
        data = b"".join(chance.choices(self.seeds, k=1 + int(chance.random() ** 2 * self.joined)))
        if len(data) <= self.longest:
            return data
        start = chance.randrange(len(data) - self.longest + 1)
        return data[start : start + self.longest]


def _flip(data: bytearray, chance: random.Random, _mutator: Mutator) -> None:
    if data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _set(data: bytearray, chance: random.Random, _mutator: Mutator) -> None:
    if data:
        data[chance.randrange(len(data))] = chance.choice(_EDGES) if chance.random() < 0.5 else chance.randrange(256)


def _cut(data: bytearray, chance: random.Random, _mutator: Mutator) -> None:
    start, end = _piece(data, chance)
    del data[start:end]


def _repeat(data: bytearray, chance: random.Random, mutator: Mutator) -> None:
    start, end = _piece(data, chance)
    data[end:end] = data[start:end] * min(chance.choice((1, 1, 1, 2, 50)), mutator.longest // max(1, end - start))


def _insert(data: bytearray, chance: random.Random, mutator: Mutator) -> None:
    at = chance.randrange(len(data) + 1)
    data[at:at] = chance.choice(mutator.words)


def _noise(data: bytearray, chance: random.Random, _mutator: Mutator) -> None:
    at = chance.randrange(len(data) + 1)
    data[at:at] = chance.randbytes(1 + int(chance.random() ** 3 * _LONGEST_PIECE))


def _splice(data: bytearray, chance: random.Random, mutator: Mutator) -> None:
    other = chance.choice(mutator.seeds)
    start, end = _piece(other, chance)
    at = chance.randrange(len(data) + 1)
    data[at : at + chance.choice((0, end - start))] = other[start:end]


def _truncate(data: bytearray, chance: random.Random, _mutator: Mutator) -> None:
    del data[chance.randrange(len(data) + 1) :]


def _move(data: bytearray, chance: random.Random, _mutator: Mutator) -> None:
    start, end = _piece(data, chance)
    piece = data[start:end]
    del data[start:end]
    at = chance.randrange(len(data) + 1)
    data[at:at] = piece


def _number(data: bytearray, chance: random.Random, _mutator: Mutator) -> None:
    """Put another number in the place of some digits, where there are any."""
    at = chance.randrange(len(data) + 1)
    while at < len(data) and not 0x30 <= data[at] <= 0x39:
        at += 1
    end = at
    while end < len(data) and 0x30 <= data[end] <= 0x39:
        end += 1
    if at < end:
        data[at:end] = chance.choice(_NUMBERS)


def _piece(data: bytes | bytearray, chance: random.Random) -> tuple[int, int]:
    start = chance.randrange(len(data) + 1)
    return start, min(len(data), start + 1 + int(chance.random() ** 2 * _LONGEST_PIECE))


_WAYS: Final[tuple[Callable[[bytearray, random.Random, Mutator], None], ...]] = (
    _flip,
    _flip,
    _set,
    _cut,
    _repeat,
    _insert,
    _insert,
    _noise,
    _splice,
    _truncate,
    _move,
    _number,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineMutator:
    """Mutates texts: whole lines are left out, doubled, moved and exchanged, and single ones changed inside.

    Attributes:
        seeds: texts.
        words: what may be put into a line.
        pool: lines that may be put in besides those of the seeds.
    """

    seeds: Sequence[bytes]
    words: Sequence[bytes] = (b"",)
    pool: Sequence[bytes] = ()

    def __call__(self, chance: random.Random) -> bytes:
        """Return an input; one in a few is a seed as it is."""
        lines = chance.choice(self.seeds).splitlines(keepends=True)
        others = self.pool or chance.choice(self.seeds).splitlines(keepends=True) or (b"\n",)
        for _ in range(int(chance.expovariate(_ROUNDS))):
            self._change(lines, others, chance)
        return b"".join(lines)

    def _change(self, lines: list[bytes], others: Sequence[bytes], chance: random.Random) -> None:
        at = chance.randrange(len(lines) + 1)
        match chance.randrange(7):
            case 0:
                del lines[at : at + 1]
            case 1:
                lines[at:at] = lines[at : at + 1]
            case 2:
                lines[at : at + chance.randrange(2)] = [chance.choice(others)]
            case 3:
                lines[at:at] = [lines.pop(chance.randrange(len(lines)))] if lines else []
            case _ if at < len(lines):
                inside = Mutator(seeds=(lines[at],), words=self.words, longest=max(80, len(lines[at])), joined=1)
                lines[at] = inside(chance)
