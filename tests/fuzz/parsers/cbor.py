"""Deterministic CBOR, which every payload is."""

import random

import cbor2

from agent.wire.cbor import dumps, loads
from agent.wire.errors import MalformedPayload
from tests.fuzz import seeds
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import Mutator
from tests.fuzz.trees import TreeMutator

_WORDS = tuple(
    map(
        bytes.fromhex,
        (
            "f6",
            "f4",
            "fb3ff8000000000000",
            "c1",
            "d9d9f7",
            "9f",
            "bf",
            "ff",
            "1800",
            "1bffffffffffffffff",
            "5f41",
            "8181818181818181",
            "a20000",
            "f97e00",
            "c240",
            "fa7f800000",
        ),
    )
)
_DEEPEST = 8


class Cbor(Fuzzer):
    """What is accepted encodes to the very bytes it came from, has no tag and nothing deeper than eight levels."""

    name = "cbor"

    def __init__(self) -> None:
        payloads = [bytes.fromhex(vector["hex"]) for vector in seeds.vectors("payloads")]
        refused = [bytes.fromhex(vector["hex"]) for vector in seeds.vectors("payloads-refused")]
        self._trees = TreeMutator(seeds=payloads)
        self._bytes = Mutator(seeds=[*payloads, *refused, *_WORDS], words=_WORDS, longest=300, joined=1)

    def make(self, chance: random.Random) -> bytes:
        return self._trees(chance) if chance.random() < 0.3 else self._bytes(chance)

    def run(self, data: bytes) -> bool:
        try:
            value = loads(data)
        except MalformedPayload:
            return False
        assert cbor2.dumps(value, canonical=True) == data, "it encodes to other bytes"
        assert _depth(value) <= _DEEPEST, "deeper than it may be"
        assert not isinstance(value, cbor2.CBORTag)
        dumps(value)
        return True


def _depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, [*value, *value.values()]), default=0)
    if isinstance(value, (list, tuple)):
        return 1 + max(map(_depth, value), default=0)
    return 0


FUZZERS: tuple[Fuzzer, ...] = (Cbor(),)
