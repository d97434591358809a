"""What lies in files beside the configuration: control state, exports, bundles of envelopes, keys."""

import base64
import json
import random
from collections.abc import Callable
from typing import Any, Final

from agent.control import layout
from agent.control.record import ControlState, Result, Taken
from agent.control.standing import Governed, Standing
from agent.errors import KeyFileError
from agent.wire import bundle, disclosure, excerpt, export, keyfile
from agent.wire.errors import MalformedPayload
from agent.wire.orders import Order, Refusal, Role
from tests.fuzz import seeds
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import LineMutator, Mutator
from tests.fuzz.trees import TreeMutator
from tests.support import wire

_WORD = Standing(role=Role.PRIVACY, order=Order.SUSPEND, version=3, document=bytes(32), reference="2026-114")
_TAKEN = Taken(
    version=3,
    document=bytes(range(32)),
    reference="2026-114",
    role=Role.PRIVACY,
    local=False,
    results=(Result(stream="air", order=Order.SUSPEND, refusal=Refusal.NONE, everywhere=True),),
    done=False,
)
_STATES = (
    ControlState(),
    ControlState(
        unit="corner", version=3, streams={"air": Governed((_WORD,))}, last=_TAKEN, purges={"air": None, "b": 7}
    ),
    ControlState(unit="corner", version=None, everywhere=Governed((_WORD,)), lost="both files were missing"),
)


_JSON_VALUES: Final[tuple[Any, ...]] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    2,
    3,
    10**20,
    0.5,
    "",
    "air",
    "ops",
    "00" * 32,
    "zz",
    "\ud800",
    [],
    {},
    [[]],
)


def _json(tree: object) -> bytes:
    return json.dumps(tree, sort_keys=True, separators=(",", ":")).encode() + b"\n"


class States(Fuzzer):
    """A control state is refused as damaged, or is one that can be written, and read again, to the same state."""

    name = "control-state"

    def __init__(self) -> None:
        files = [layout.encode(state, number) for number, state in enumerate(_STATES, start=1)]
        self._trees = TreeMutator(
            seeds=[file.partition(b"\n")[2] for file in files],
            loads=json.loads,
            dumps=_json,
            values=_JSON_VALUES,
            keys=("unit", "version", "air", "ops", "privacy", "root", "order", "", "\ud800"),
        )
        words = (
            b"null",
            b"true",
            b"{}",
            b"[]",
            b'"air"',
            b"-1",
            b"1e400",
            b"0.5",
            b"NaN",
            b'"ops"',
            b'"\\ud800"',
            b"[[",
        )
        self._mutate = Mutator(seeds=files, words=words, longest=1500, joined=1)

    def make(self, chance: random.Random) -> bytes:
        if chance.random() < 0.3:
            return self._mutate(chance).replace(b" 1 ", b" 1 " + b"9" * chance.choice((0, 0, 0, 5000)), 1)
        body = self._trees(chance) if chance.random() < 0.7 else self._mutate(chance).partition(b"\n")[2]
        number = chance.choice((0, 1, 7, 10**18))
        return b"lamppost-control 1 %d %s\n" % (number, layout._digest(number, body)) + body

    def run(self, data: bytes) -> bool:
        try:
            state, number = layout.decode(data)
        except layout.Damaged:
            return False
        assert layout.decode(layout.encode(state, number)) == (state, number), "it cannot be written again"
        assert state.strictest() is not Order.PURGE, "an act as a state"
        assert type(state.version) in (int, type(None)), "a version that is no number"
        assert all(type(text) is str for text in (state.unit, state.lost)), "a text that is none"
        assert set(state.orders(["air"])) >= {"air", *state.streams}
        return True


class Exports(Fuzzer):
    """An export is refused with its line or item, or written again in either form, reads the same."""

    name = "export"

    def __init__(self) -> None:
        entries = [bytes.fromhex(entry["hex"]) for entry in seeds.vectors("disclosures")["entries"]]
        base = bytes.fromhex(seeds.vectors("disclosures")["genesis_hex"])
        numbered, before = [], base
        for number, data in enumerate(entries, start=1):
            before = disclosure.link(before, data)
            numbered.append(excerpt.Numbered(number=number, data=data, hash=before))
        header = excerpt.Header(unit="corner-7", first=1, base=base, last=len(entries))
        self._lines = LineMutator(
            seeds=[
                "".join(f"{line}\n" for line in export.json_lines(header, numbered[at : at + 4])).encode()
                for at in range(0, len(numbered), 4)
            ],
            words=(b"null", b"{}", b"[]", b'"', b"1e400", b"-1", b"2.0", b"true", b"\\ud800", b'"number":1,'),
        )
        self._bytes = Mutator(
            seeds=[b"".join(export.cbor_items(header, numbered[at : at + 4])) for at in range(0, len(numbered), 4)],
            words=(b"\x83", b"\x84", b"\x40", b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", b"\xf6"),
            longest=1500,
            joined=1,
        )

    def make(self, chance: random.Random) -> bytes:
        return self._lines(chance) if chance.random() < 0.5 else self._bytes(chance)

    def run(self, data: bytes) -> bool:
        try:
            found = export.parse_export(data)
        except MalformedPayload as error:
            assert str(error).startswith(("line ", "item ")), "refused without a place"  # noqa: PT017 - either outcome is right
            return False
        verdict = excerpt.verify(found.header, found.entries)
        assert verdict.entries <= len(found.entries)
        assert not verdict.complete or not found.is_excerpt, "complete, and yet an excerpt"
        lines = "".join(f"{line}\n" for line in export.json_lines(found.header, found.entries)).encode()
        items = b"".join(export.cbor_items(found.header, found.entries))
        assert export.parse_export(lines) == found, "as JSON it reads otherwise"
        assert export.parse_export(items) == found, "as CBOR it reads otherwise"
        return True


class Bundles(Fuzzer):
    """Envelopes and rest are all of the file, in order, and what was found, packed again, is found again."""

    name = "bundle"

    def __init__(self) -> None:
        envelopes = [bytes.fromhex(vector["hex"]) for vector in seeds.vectors("envelopes")[:6]]
        packed = [b"".join(bundle.pack(envelopes[at : at + 2])) for at in range(0, 6, 2)]
        words = (b"\x40", b"\x58\x01x", b"\x5a\xff\xff\xff\xff", b"\x5b" + b"\xff" * 8, b"\xd2", b"\x5f\xff")
        self._mutate = Mutator(seeds=[*packed, envelopes[0], b"\x43abc\x40"], words=words, longest=900, joined=2)

    def make(self, chance: random.Random) -> bytes:
        return self._mutate(chance)

    def run(self, data: bytes) -> bool:
        found = bundle.unpack(data)
        assert 0 <= found.rest <= len(data)
        at = 0
        for envelope in found.envelopes:
            at = data.find(envelope, at)
            assert at >= 0, "an envelope that is not in the file"
            at += len(envelope)
        assert at <= len(data) - found.rest, "the rest has a part of an envelope"
        if data[:1] != b"\xd2":
            again = bundle.unpack(b"".join(bundle.pack(found.envelopes)))
            assert again == bundle.Bundle(envelopes=found.envelopes, rest=0), "packed again it reads otherwise"
        return bool(found.envelopes)


class Keys(Fuzzer):
    """A text is refused, or is a key whose own texts, the line and the PEM, are that key again."""

    name = "keys"

    def __init__(self) -> None:
        keys = [wire.UNIT_KEY.public, wire.P256_KEY.public]
        texts = [text.encode() for key in keys for text in (key.pem, key.line)]
        self._ders = Mutator(
            seeds=[key.der for key in keys], words=(b"\x00", b"\x04", b"\x06"), longest=120, joined=1
        )
        self._texts = Mutator(
            seeds=texts,
            words=(b"-----BEGIN PUBLIC KEY-----", b"=", b"\n", b"\xff", b"PRIVATE"),
            longest=400,
            joined=2,
        )

    def make(self, chance: random.Random) -> bytes:
        return self._texts(chance) if chance.random() < 0.6 else base64.b64encode(self._ders(chance))

    def run(self, data: bytes) -> bool:
        try:
            key = keyfile.load_public(data.decode("utf-8", "replace"))
        except KeyFileError:
            return False
        texts: tuple[Callable[[], str], ...] = (lambda: key.line, lambda: key.pem)
        for text in texts:
            assert keyfile.load_public(text()) == key, "its text is another key"
        assert not key.verify(bytes(64), data), "a signature of zeros holds"
        return True


FUZZERS: tuple[Fuzzer, ...] = (States(), Exports(), Bundles(), Keys())
