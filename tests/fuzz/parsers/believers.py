"""Who believes envelopes: a unit its receivers and its city, a receiver its units."""

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from agent.control import documents
from agent.receipts import ReceiptVerifier
from agent.wire import cose, payload
from agent.wire.cose import Signer
from agent.wire.errors import WireError
from agent.wire.keyfile import SigningKey, VerifyKey
from agent.wire.messages import Kind, Receipt
from agent.wire.orders import Order
from agent.wire.topics import WITH_STREAM, Topics
from receiver.trusted import Device, TrustedDevices
from tests.fuzz import seeds
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import Mutator
from tests.fuzz.parsers.envelopes import WORDS, vectors
from tests.fuzz.trees import TreeMutator
from tests.support import wire
from tests.support.forgeries import Pretender
from tests.support.orders import BELIEVED, KEYS, UNIT
from tests.support.orders import control as order

_SIGNED: Final = 150_000
"""Inputs of a full hunt: signatures cost."""
_FOREVER_MS = 2**53
_NOW_MS = 1_790_000_000_000


class _Watched:
    """A key that notes whether a signature was seen to hold."""

    def __init__(self, key: VerifyKey) -> None:
        self._own = key
        self.key = replace(key, check=self._check)
        self.held = False

    def _check(self, signature: bytes, message: bytes) -> bool:
        self.held = self._own.check(signature, message)
        return self.held


class _Signed(Fuzzer):
    """Makes envelopes: signed rightly around changed payloads, signed by others, or changed after that."""

    inputs = _SIGNED
    kind: Kind

    def __init__(self, examples: list[bytes], signers: list[Signer]) -> None:
        self._trees = TreeMutator(seeds=examples)
        self._signers = signers
        sound = [cose.sign(example, kind=self.kind, signer=signers[0]) for example in examples]
        self._mutate = Mutator(seeds=[*sound, *vectors(self.kind.value)], words=WORDS, longest=2000, joined=1)

    def make(self, chance: random.Random) -> bytes:
        if chance.random() < 0.3:
            return self._mutate(chance)
        kind = self.kind if chance.random() < 0.95 else chance.choice(list(Kind))
        signer = self._signers[0] if chance.random() < 0.8 else chance.choice(self._signers)
        return cose.sign(self._trees(chance)[: 1 << 18], kind=kind, signer=signer)


class Receipts(_Signed):
    """Only a receipt is believed whose signature holds, for this unit, and not after a later one of its stream."""

    name = "receipts"
    kind = Kind.RECEIPT

    def __init__(self) -> None:
        receipts = [wire.receipt(counter=counter, unit=UNIT) for counter in (1, 2, 7)]
        examples, self._latest = [payload.encode(receipt) for receipt in receipts], receipts[1]
        strangers: list[Signer] = [Pretender(wire.OTHER_KEY, wire.RECEIVER_KEY), wire.OTHER_KEY, wire.UNIT_KEY]
        super().__init__(examples, [wire.RECEIVER_KEY, *strangers])
        self._later = [cose.sign(example, kind=self.kind, signer=wire.RECEIVER_KEY) for example in examples]

    def run(self, data: bytes) -> bool:
        watched = _Watched(wire.RECEIVER_KEY.public)
        verifier = ReceiptVerifier({watched.key.kid: watched.key}, unit=UNIT)
        for known in self._later[:2]:
            verifier.verify(known)
        before, watched.held = verifier.export(), False
        try:
            receipt = verifier.verify(data)
        except WireError:
            assert verifier.export() == before, "what was refused is remembered"
            return False
        assert watched.held, "believed without a signature"
        assert receipt.unit == UNIT, "believed for another unit"
        assert cose.payload_of(data) == payload.encode(receipt), "it says something else"
        if _line(receipt) == _line(self._latest):
            assert receipt.counter >= self._latest.counter, "an old receipt is believed"
        restored = ReceiptVerifier({watched.key.kid: watched.key}, unit=UNIT)
        restored.restore(verifier.export())
        assert restored.export() == verifier.export(), "what was seen does not survive a restart"
        return True


def _line(receipt: Receipt) -> tuple[bytes, bytes, str]:
    """Return whose receipts may not go back."""
    return receipt.receiver, receipt.receiver_epoch, receipt.stream


class Controls(_Signed):
    """A control document is believed only for this unit, with a city key's signature that holds and its role."""

    name = "control"
    kind = Kind.CONTROL

    def __init__(self) -> None:
        vectors = [bytes.fromhex(one["hex"]) for one in seeds.vectors("payloads") if one["typ"] == self.kind.value]
        examples = [payload.encode(order(Order.HOLD)), payload.encode(wire.control(unit=UNIT)), *vectors]
        keys: list[SigningKey] = list(KEYS.values())
        super().__init__(examples, [*keys, Pretender(wire.OTHER_KEY, keys[0]), wire.OTHER_KEY])

    def run(self, data: bytes) -> bool:
        watched = {kid: _Watched(known.key) for kid, known in BELIEVED.items() if isinstance(known.key, VerifyKey)}
        keys: Mapping[bytes, documents.ControlKey] = {
            kid: documents.ControlKey(one.key, BELIEVED[kid].role) for kid, one in watched.items()
        }
        try:
            found = documents.verify(data, keys, unit=UNIT)
        except WireError:
            return False
        (kid,) = [kid for kid, key in watched.items() if key.held]
        assert found.role is BELIEVED[kid].role, "the role of another key"
        assert found.control.unit == UNIT, "believed for another unit"
        assert payload.encode(found.control) == cose.payload_of(data), "it says something else"
        assert len(data) <= documents.MAX_DOCUMENT_BYTES, "longer than a document may be"
        return True


class Trusted(_Signed):
    """What a receiver believes was signed by the unit of its topic, for its stream, simulated only where allowed."""

    name = "trusted"
    kind = Kind.BATCH
    _units: Final = {"plain": (wire.UNIT_KEY, False), "simulator": (wire.OTHER_KEY, True)}

    def __init__(self) -> None:
        kinds = {"lp-batch", "lp-gap", "lp-status", "lp-alarm", "lp-decl", "lp-log", "lp-ack"}
        examples = [bytes.fromhex(one["hex"]) for one in seeds.vectors("payloads") if one["typ"] in kinds]
        by_kind = {one["hex"]: Kind(one["typ"]) for one in seeds.vectors("payloads")}
        self._kinds = {bytes.fromhex(text): kind for text, kind in by_kind.items()}
        super().__init__(examples, [wire.UNIT_KEY, wire.OTHER_KEY, wire.CITY_KEY])
        self._genuine = examples
        topics = [
            "live/corner-air",
            "backlog/visitors",
            "declaration",
            "status",
            "ack",
            "log",
            "alarm/corner-air",
            "receipt/x",
        ]
        self._topics = Mutator(
            seeds=[f"lamppost/1/{unit}/{topic}".encode() for unit in self._units for topic in topics],
            words=(b"/", b"+", b"#", b"\xff", b"plain", b"live/"),
            longest=80,
            joined=1,
        )

    def make(self, chance: random.Random) -> bytes:
        if chance.random() < 0.5:
            return self._topics(chance).replace(b"\0", b"") + b"\0" + super().make(chance)
        content = chance.choice(self._genuine)
        kind, signer = self._kinds[content], chance.choice(self._signers)
        unit = "plain" if signer is wire.UNIT_KEY else "simulator"
        stream = getattr(payload.decode(kind, content), "stream", "air")
        lane = chance.choice((*_LANES[kind], "status"))
        topic = f"lamppost/1/{unit}/{lane}" + f"/{stream}" * (lane in WITH_STREAM)
        return topic.encode() + b"\0" + cose.sign(content, kind=kind, signer=signer)

    def run(self, data: bytes) -> bool:
        topic, _, envelope = data.partition(b"\0")
        keys = {unit: _Watched(key.public) for unit, (key, _) in self._units.items()}
        devices = {
            unit: Device(
                unit=unit,
                key=watched.key,
                valid_from_ms=0,
                valid_until_ms=_FOREVER_MS,
                simulated=self._units[unit][1],
            )
            for unit, watched in keys.items()
        }
        try:
            address = Topics().parse(topic.decode("utf-8", "replace"))
            found = TrustedDevices(devices).verify(address, envelope, now_ms=_NOW_MS)
        except WireError:
            return False
        assert found.unit == address.unit, "believed on the topic of another unit"
        assert keys[found.unit].held, "believed without its signature"
        stream = getattr(found.payload, "stream", None)
        assert address.stream in (None, stream), "believed on the topic of another stream"
        assert not getattr(found.payload, "simulated", False) or self._units[found.unit][1], "simulated data"
        assert payload.encode(found.payload) == cose.payload_of(envelope), "it says something else"
        return True


_LANES: Final = {
    Kind.BATCH: ("live", "backlog"),
    Kind.GAP: ("live", "backlog"),
    Kind.STATUS: ("status",),
    Kind.ALARM: ("alarm",),
    Kind.DECLARATION: ("declaration",),
    Kind.LOG: ("log",),
    Kind.ACK: ("ack",),
}


FUZZERS: tuple[Fuzzer, ...] = (Receipts(), Controls(), Trusted())
