"""Envelopes that must not be trusted."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import cbor2

from agent.wire import cose, payload
from agent.wire.messages import Kind
from tests.support import wire
from tests.vectors.samples import FIRST


class Attack(NamedTuple):
    """An envelope that must not be trusted when `kind` is expected from the owner of `key`."""

    name: str
    data: bytes
    reason: str
    key: str = "unit"


def attacks() -> Iterator[Attack]:
    data = payload.encode(FIRST)
    sound = cose.sign(data, kind=Kind.BATCH, signer=wire.UNIT_KEY)
    kid = wire.UNIT_KEY.kid
    protected, _, _, signature = cbor2.loads(sound).value

    def whole(*parts: object, tag: int = 18) -> bytes:
        return cbor2.dumps(cbor2.CBORTag(tag, list(parts)))

    def resigned(header: object, sign: Callable[[bytes], bytes] = wire.UNIT_KEY.sign) -> bytes:
        raw = header if isinstance(header, bytes) else cbor2.dumps(header)
        return whole(raw, {}, data, sign(cose.to_be_signed(raw, data)))

    yield Attack("truncated", sound[:-1], "NotAnEnvelope")
    yield Attack("trailing byte", sound + b"\x00", "NotAnEnvelope")
    yield Attack("untagged", sound[1:], "NotAnEnvelope")
    yield Attack("tag 98 (COSE_Sign)", whole(protected, {}, data, signature, tag=98), "NotAnEnvelope")
    yield Attack("kid in the unprotected header", whole(protected, {4: kid}, data, signature), "NotAnEnvelope")
    yield Attack("detached payload", whole(protected, {}, None, signature), "NotAnEnvelope")
    yield Attack("signature of 63 bytes", whole(protected, {}, data, signature[:63]), "NotAnEnvelope")
    yield Attack("a length longer than needed", sound.replace(b"\x58\x40", b"\x59\x00\x40"), "NotAnEnvelope")
    yield Attack("header without typ", resigned({1: -19, 4: kid}), "NotAnEnvelope")
    yield Attack("header with one entry more", resigned({1: -19, 2: [16], 4: kid, 16: "lp-batch"}), "NotAnEnvelope")
    yield Attack("header in another order", resigned({16: "lp-batch", 1: -19, 4: kid}), "NotAnEnvelope")
    yield Attack("kid of 7 bytes", resigned({1: -19, 4: kid[:7], 16: "lp-batch"}), "NotAnEnvelope")
    yield Attack(
        "signed by another key under its own name",
        cose.sign(data, kind=Kind.BATCH, signer=wire.OTHER_KEY),
        "UnknownKey",
    )
    yield Attack("alg -8 (EdDSA)", resigned({1: -8, 4: kid, 16: "lp-batch"}), "WrongAlgorithm")
    yield Attack("alg -9 for an Ed25519 key", resigned({1: -9, 4: kid, 16: "lp-batch"}), "WrongAlgorithm")
    yield Attack("typ lp-control", cose.sign(data, kind=Kind.CONTROL, signer=wire.UNIT_KEY), "WrongType")
    yield Attack("typ lp-gap", cose.sign(data, kind=Kind.GAP, signer=wire.UNIT_KEY), "WrongType")
    yield Attack("typ unknown", resigned({1: -19, 4: kid, 16: "lp-other"}), "WrongType")
    yield Attack("signed by another key under our name", resigned(protected, wire.OTHER_KEY.sign), "BadSignature")
    yield Attack("one bit of the payload flipped", whole(protected, {}, _flipped(data), signature), "BadSignature")
    yield Attack("one bit of the signature flipped", whole(protected, {}, data, _flipped(signature)), "BadSignature")
    yield Attack("signature of zeros", whole(protected, {}, data, bytes(64)), "BadSignature")
    mirrored = wire.P256Signer(wire.P256_KEY.scalar, low=False)
    yield Attack(
        "ESP256: s above half the order",
        cose.sign(data, kind=Kind.BATCH, signer=mirrored),
        "BadSignature",
        key="hardware",
    )


def _flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])
