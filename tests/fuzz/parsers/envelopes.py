"""Envelopes, and the topics that they come on."""

import random
import re

from agent.wire import cose
from agent.wire.errors import NotAnEnvelope, Untrusted, WireError
from agent.wire.topics import Topics
from tests.fuzz import seeds
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import Mutator

WORDS = (
    b"\xd2\x84",
    b"\xa0",
    b"\x40",
    b"\x58\x40",
    b"\x59\x00\x40",
    b"\x5a\x00\x00\x00\x40",
    b"lp-batch",
    b"lp-receipt",
    b"\xf6",
)


def vectors(typ: str | None = None) -> list[bytes]:
    found = [*seeds.vectors("envelopes"), *seeds.vectors("envelopes-refused")]
    return [bytes.fromhex(vector["hex"]) for vector in found if typ in (None, vector["typ"])]


class Envelopes(Fuzzer):
    """An envelope has one form: what is accepted, joined again from its parts, is the same bytes, to the last one."""

    name = "envelope"

    def __init__(self) -> None:
        self._mutate = Mutator(seeds=vectors(), words=WORDS, longest=2000, joined=1)

    def make(self, chance: random.Random) -> bytes:
        return self._mutate(chance)

    def run(self, data: bytes) -> bool:
        try:
            claim = cose.peek(data)
        except Untrusted:
            return False
        parts = cose._parse(data)
        assert _joined(parts) == data, "it has a second form"
        assert cose.payload_of(data) == parts.payload
        assert len(claim.kid) == 8
        return True


def _string(data: bytes) -> bytes:
    size = len(data)
    if size < 24:
        return bytes([0x40 + size]) + data
    width = 1 if size < 256 else 2 if size < 65_536 else 4
    return bytes([0x57 + {1: 1, 2: 2, 4: 3}[width]]) + size.to_bytes(width, "big") + data


def _joined(parts: cose._Parts) -> bytes:
    return b"\xd2\x84" + _string(parts.protected) + b"\xa0" + _string(parts.payload) + _string(parts.signature)


class TopicNames(Fuzzer):
    """A topic is refused, or names a unit, a lane and a stream that make the very same topic again."""

    name = "topics"

    def __init__(self) -> None:
        examples = (
            b"lamppost/1/corner/live/air",
            b"lamppost/1/corner/status",
            b"lamppost/1/a/control",
            b"lamppost/1/a/receipt/x",
        )
        self._mutate = Mutator(
            seeds=examples, words=(b"/", b"+", b"#", b"//", b"live", b"\xff", b"$SYS", b"."), longest=90, joined=1
        )

    def make(self, chance: random.Random) -> bytes:
        return self._mutate(chance)

    def run(self, data: bytes) -> bool:
        text = data.decode("utf-8", "replace")
        try:
            found = Topics().parse(text)
        except WireError as error:
            assert not isinstance(error, NotAnEnvelope)  # noqa: PT017 - either outcome is right
            return False
        assert all(re.fullmatch("[A-Za-z0-9_.-]{1,64}", name) for name in (found.unit, found.stream or "x")), (
            "no name"
        )
        assert Topics().topic(found.unit, found.lane, found.stream) == text, "another topic"
        return True


FUZZERS: tuple[Fuzzer, ...] = (Envelopes(), TopicNames())
