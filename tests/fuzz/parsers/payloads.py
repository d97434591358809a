"""Payloads of every kind of envelope, and the forms in which a unit keeps parts of them."""

import random
from collections.abc import Callable, Sequence
from typing import Any

from agent.wire import disclosure, payload
from agent.wire.errors import MalformedPayload
from agent.wire.messages import Kind
from tests.fuzz import seeds
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import Mutator
from tests.fuzz.trees import TreeMutator
from tests.support import wire


class Payloads(Fuzzer):
    """What is accepted encodes to the very bytes that it came from; everything else is a `MalformedPayload`."""

    def __init__(
        self, name: str, decode: Callable[[bytes], Any], encode: Callable[[Any], bytes], examples: Sequence[bytes]
    ) -> None:
        self.name = name
        self._decode = decode
        self._encode = encode
        self._trees = TreeMutator(seeds=examples)
        self._bytes = Mutator(
            seeds=examples, words=(b"\xf6", b"\x00", b"\x18\x00", b"\xa0", b"\x80"), longest=2000, joined=1
        )

    def make(self, chance: random.Random) -> bytes:
        return self._trees(chance) if chance.random() < 0.8 else self._bytes(chance)

    def run(self, data: bytes) -> bool:
        try:
            message = self._decode(data)
        except MalformedPayload as error:
            assert 0 < len(str(error)) < 200, "refused without a word, or with content"  # noqa: PT017 - either outcome is right
            return False
        assert self._encode(message) == data, "it encodes to other bytes"
        return True


def _of(kind: Kind) -> Payloads:
    vectors = [*seeds.vectors("payloads"), *seeds.vectors("payloads-refused")]
    examples = [bytes.fromhex(vector["hex"]) for vector in vectors if vector["typ"] == kind.value]
    sound = [example for example in examples if _sound(kind, example)]
    return Payloads(
        f"payload-{kind.value.removeprefix('lp-')}",
        lambda data: payload.decode(kind, data),
        payload.encode,
        sound,
    )


def _sound(kind: Kind, data: bytes) -> bool:
    try:
        payload.decode(kind, data)
    except MalformedPayload:
        return False
    return True


_ENTRIES = [bytes.fromhex(entry["hex"]) for entry in seeds.vectors("disclosures")["entries"]]
FUZZERS: tuple[Fuzzer, ...] = (
    *map(_of, Kind),
    Payloads("entry", disclosure.decode_entry, disclosure.encode_entry, _ENTRIES),
    Payloads(
        "declaration-content",
        payload.decode_content,
        payload.content_bytes,
        [payload.content_bytes(content) for content in (wire.content(), wire.full_content())],
    ),
    Payloads(
        "ack-content",
        payload.decode_ack_content,
        payload.encode_ack_content,
        [payload.encode_ack_content(wire.ack_content())],
    ),
    Payloads(
        "log-content",
        payload.decode_log_content,
        payload.encode_log_content,
        [payload.encode_log_content(wire.log_content())],
    ),
    Payloads("clock", payload.decode_clock, payload.encode_clock, [payload.encode_clock(wire.batch().clock)]),
)
