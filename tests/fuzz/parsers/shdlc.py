"""SHDLC, Sensirion's frames between flags."""

import random
from collections.abc import Sequence

from drivers.shdlc import Reply, ReplyParser
from tests.fuzz import seeds
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import Mutator
from tests.fuzz.streams import StreamFuzzer

_FLAG = b"\x7e"
_STUFFED = {0x7E: b"\x7d\x5e", 0x7D: b"\x7d\x5d", 0x11: b"\x7d\x31", 0x13: b"\x7d\x33"}
_WELL = 0.5


class Shdlc(StreamFuzzer):
    """What is found is, in order, exactly the pieces between two flags that are a reply stuffed and summed anew."""

    name = "shdlc"
    most_kept = 520
    closing = _FLAG

    def __init__(self) -> None:
        self._mutate = Mutator(seeds=seeds.frames("sps30"), words=(_FLAG, b"\x7d", b"\x7d\x5e", b"\x7e\x00"))

    def make(self, chance: random.Random) -> bytes:
        data = self._mutate(chance)
        if chance.random() >= _WELL:
            return data
        replies = [_reply(chance.randrange(256), chance.randrange(256), data[: chance.choice((0, 4, 40, 255))])]
        return data[: chance.randrange(20)] + b"".join(replies * chance.randrange(1, 3)) + data[:2]

    def parser(self) -> ReplyParser:
        return ReplyParser()

    def judge(self, data: bytes, items: Sequence[Reply]) -> None:
        whole = data.split(_FLAG)[1:-1]
        again = [_reply(item.command, item.state, item.data).strip(_FLAG) for item in items]
        assert again == [piece for piece in whole if _is_reply(piece)], "not the replies between flags"


def _reply(command: int, state: int, data: bytes) -> bytes:
    """Return a reply, written down from the data sheet once more."""
    content = bytes([0, command, state, len(data)]) + data
    content += bytes([255 - sum(content) % 256])
    return _FLAG + b"".join(_STUFFED.get(byte, bytes([byte])) for byte in content) + _FLAG


def _is_reply(piece: bytes) -> bool:
    """Return whether a piece is a reply: whether what it says, written anew, is the piece."""
    content = piece
    for plain, stuffed in ((0x7E, b"\x7d\x5e"), (0x11, b"\x7d\x31"), (0x13, b"\x7d\x33"), (0x7D, b"\x7d\x5d")):
        content = content.replace(stuffed, bytes([plain]))
    if len(content) < 5 or content[3] != len(content) - 5:
        return False
    return _reply(content[1], content[2], content[4:-1]).strip(_FLAG) == piece


FUZZERS: tuple[Fuzzer, ...] = (Shdlc(),)
