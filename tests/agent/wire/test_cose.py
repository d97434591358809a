import hashlib
import json
from pathlib import Path

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from agent.wire import cose, keyfile
from agent.wire.errors import (
    BadSignature,
    NotAnEnvelope,
    UnknownKey,
    Untrusted,
    WrongAlgorithm,
    WrongType,
)
from agent.wire.keyfile import SigningKey, VerifyKey
from agent.wire.messages import Kind
from tests.support import wire

_FOREIGN = Path(__file__).parents[2] / "vectors" / "foreign" / "eddsa-sig-01.json"
_KEY = wire.UNIT_KEY
_PUBLIC = _KEY.public


def _sealed(payload: bytes = b"payload", kind: Kind = Kind.BATCH) -> bytes:
    return cose.sign(payload, kind=kind, signer=_KEY)


def _parts(data: bytes) -> list[object]:
    value = cbor2.loads(data)
    assert isinstance(value, cbor2.CBORTag)
    assert value.tag == 18
    return list(value.value)


def _reassembled(parts: list[object], tag: int = 18) -> bytes:
    return cbor2.dumps(cbor2.CBORTag(tag, parts))


def _signed(protected: bytes, payload: bytes = b"payload", key: SigningKey = _KEY) -> bytes:
    """Return an envelope whose signature holds over a header of our choosing."""
    return _reassembled([protected, {}, payload, key.sign(cose.to_be_signed(protected, payload))])


@given(st.binary(max_size=70_000), st.sampled_from(Kind))
def test_verify_of_what_was_signed_returns_the_payload(payload: bytes, kind: Kind) -> None:
    data = _sealed(payload, kind)
    assert cose.verify(data, key=_PUBLIC, kind=kind) == payload
    assert cose.peek(data) == cose.Envelope(kid=_PUBLIC.kid, kind=kind, alg=-19)


def test_sign_makes_the_cose_sign1_that_the_design_names() -> None:
    data = _sealed(b"x")
    protected, unprotected, payload, signature = _parts(data)
    assert isinstance(protected, bytes)
    assert cbor2.loads(protected) == {1: -19, 4: _PUBLIC.kid, 16: "lp-batch"}
    assert (unprotected, payload) == ({}, b"x")
    signed = cbor2.dumps(["Signature1", protected, b"", payload])
    assert cose.to_be_signed(protected, b"x") == signed
    assert signature == _KEY.sign(signed)
    assert data.startswith(b"\xd2\x84")


@pytest.mark.parametrize("size", [0, 23, 24, 255, 256, 65_535, 65_536])
def test_sign_writes_every_length_as_short_as_cbor_allows(size: int) -> None:
    data = _sealed(bytes(size))
    assert _reassembled(_parts(data)) == data


@given(st.binary(max_size=200))
def test_peek_and_verify_of_any_bytes_refuse_them(data: bytes) -> None:
    for prefix in (b"", b"\xd2\x84", _sealed()[:40]):
        with pytest.raises(Untrusted):
            cose.verify(prefix + data, key=_PUBLIC, kind=Kind.BATCH)


@given(st.integers(0, len(_sealed()) * 8 - 1))
def test_verify_with_any_single_bit_flipped_refuses_it(bit: int) -> None:
    data = bytearray(_sealed())
    data[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Untrusted):
        cose.verify(bytes(data), key=_PUBLIC, kind=Kind.BATCH)


def test_verify_of_every_truncation_says_not_an_envelope() -> None:
    data = _sealed()
    for length in range(len(data)):
        with pytest.raises(NotAnEnvelope):
            cose.verify(data[:length], key=_PUBLIC, kind=Kind.BATCH)


def test_verify_with_a_trailing_byte_says_not_an_envelope() -> None:
    with pytest.raises(NotAnEnvelope):
        cose.verify(_sealed() + b"\x00", key=_PUBLIC, kind=Kind.BATCH)


def test_verify_under_another_key_says_unknown_key() -> None:
    with pytest.raises(UnknownKey):
        cose.verify(_sealed(), key=wire.OTHER_KEY.public, kind=Kind.BATCH)


def test_verify_of_an_envelope_re_signed_under_our_name_says_bad_signature() -> None:
    protected = _parts(_sealed())[0]
    assert isinstance(protected, bytes)
    with pytest.raises(BadSignature):
        cose.verify(_signed(protected, key=wire.OTHER_KEY), key=_PUBLIC, kind=Kind.BATCH)


def test_verify_as_another_kind_says_wrong_type_although_the_signature_holds() -> None:
    for kind in set(Kind) - {Kind.BATCH}:
        with pytest.raises(WrongType):
            cose.verify(_sealed(), key=_PUBLIC, kind=kind)


def test_peek_of_a_kind_that_does_not_exist_says_wrong_type() -> None:
    data = _signed(cbor2.dumps({1: -19, 4: _PUBLIC.kid, 16: "lp-other"}))
    with pytest.raises(WrongType):
        cose.peek(data)


@pytest.mark.parametrize("alg", [-8, -7, -9, -257, 5, 2**40])
def test_verify_of_another_algorithm_than_the_keys_says_so_although_the_signature_holds(alg: int) -> None:
    data = _signed(cbor2.dumps({1: alg, 4: _PUBLIC.kid, 16: "lp-batch"}))
    with pytest.raises(WrongAlgorithm):
        cose.verify(data, key=_PUBLIC, kind=Kind.BATCH)


_HEADERS = {
    "no alg": {4: _PUBLIC.kid, 16: "lp-batch"},
    "no kid": {1: -19, 16: "lp-batch"},
    "no typ": {1: -19, 4: _PUBLIC.kid},
    "one too many": {1: -19, 2: [], 4: _PUBLIC.kid, 16: "lp-batch"},
    "a short kid": {1: -19, 4: _PUBLIC.kid[:7], 16: "lp-batch"},
    "a kid of text": {1: -19, 4: "12345678", 16: "lp-batch"},
    "a number as typ": {1: -19, 4: _PUBLIC.kid, 16: 60},
    "a boolean as alg": {1: True, 4: _PUBLIC.kid, 16: "lp-batch"},
    "text as alg": {1: "EdDSA", 4: _PUBLIC.kid, 16: "lp-batch"},
    "another order": {4: _PUBLIC.kid, 1: -19, 16: "lp-batch"},
    "a float as key": {1.0: -19, 4: _PUBLIC.kid, 16: "lp-batch"},
    "an array": [-19, _PUBLIC.kid, "lp-batch"],
    "a long typ": {1: -19, 4: _PUBLIC.kid, 16: "x" * 80},
}


@pytest.mark.parametrize("header", _HEADERS.values(), ids=_HEADERS.keys())
def test_verify_of_another_header_says_not_an_envelope_although_the_signature_holds(header: object) -> None:
    with pytest.raises(NotAnEnvelope):
        cose.verify(_signed(cbor2.dumps(header)), key=_PUBLIC, kind=Kind.BATCH)


@pytest.mark.parametrize(
    "protected",
    [
        b"",
        b"\xa0",
        bytes.fromhex("a3013812") + b"\x04\x48" + _PUBLIC.kid + b"\x10\x68lp-batch",
        bytes.fromhex("bf0132") + b"\x04\x48" + _PUBLIC.kid + b"\x10\x68lp-batch\xff",
        bytes.fromhex("a4013201320448") + _PUBLIC.kid + b"\x10\x68lp-batch",
        bytes.fromhex("a3013204") + b"\x48" + _PUBLIC.kid + b"\x10\x62\xff\xff",
    ],
    ids=["nothing", "an empty map", "a long integer", "indefinite length", "a key twice", "typ not UTF-8"],
)
def test_verify_of_a_badly_encoded_header_says_not_an_envelope(protected: bytes) -> None:
    with pytest.raises(NotAnEnvelope):
        cose.verify(_signed(protected), key=_PUBLIC, kind=Kind.BATCH)


def test_verify_of_another_structure_says_not_an_envelope() -> None:
    protected, _, payload, signature = _parts(_sealed())
    whole = [protected, {}, payload, signature]
    others = [
        _reassembled(whole, tag=98),
        _reassembled(whole)[1:],
        cbor2.dumps(cbor2.CBORTag(55799, cbor2.CBORTag(18, whole))),
        _reassembled([protected, {4: _PUBLIC.kid}, payload, signature]),
        _reassembled([protected, {}, None, signature]),
        _reassembled([protected, {}, payload]),
        _reassembled([*whole, b""]),
        _reassembled([protected, {}, payload, bytes(63)]),
        _reassembled([protected, {}, payload, bytes(65)]),
        _reassembled([protected, {}, "payload", signature]),
    ]
    for data in others:
        with pytest.raises(NotAnEnvelope):
            cose.verify(data, key=_PUBLIC, kind=Kind.BATCH)


def test_verify_of_a_length_written_longer_than_needed_says_not_an_envelope() -> None:
    data = _sealed()
    at = data.index(b"\x47payload")
    with pytest.raises(NotAnEnvelope):
        cose.verify(data[:at] + b"\x58\x07payload" + data[at + 8 :], key=_PUBLIC, kind=Kind.BATCH)


def test_verify_of_a_length_beyond_the_end_says_not_an_envelope() -> None:
    for length in ("5affffffff", "5bffffffffffffffff", "5f"):
        with pytest.raises(NotAnEnvelope):
            cose.verify(b"\xd2\x84" + bytes.fromhex(length) + bytes(300), key=_PUBLIC, kind=Kind.BATCH)


def test_sign_and_verify_beyond_the_cap_refuse() -> None:
    with pytest.raises(NotAnEnvelope, match="longer"):
        cose.sign(bytes(cose.MAX_ENVELOPE_BYTES), kind=Kind.BATCH, signer=_KEY)
    with pytest.raises(NotAnEnvelope, match="longer"):
        cose.peek(bytes(cose.MAX_ENVELOPE_BYTES + 1))


def test_verify_of_esp256_takes_the_signature_of_a_hardware_key() -> None:
    data = cose.sign(b"payload", kind=Kind.GAP, signer=wire.P256_KEY)
    assert cose.peek(data).alg == -9
    assert cose.verify(data, key=wire.P256_KEY.public, kind=Kind.GAP) == b"payload"


def test_verify_of_esp256_refuses_the_mirrored_signature() -> None:
    mirrored = wire.P256Signer(wire.P256_KEY.scalar, low=False)
    data = cose.sign(b"payload", kind=Kind.GAP, signer=mirrored)
    with pytest.raises(BadSignature):
        cose.verify(data, key=mirrored.public, kind=Kind.GAP)


@pytest.mark.parametrize("signature", [bytes(64), b"\xff" * 64, bytes(63) + b"\x01"], ids=["zero", "ones", "r zero"])
@pytest.mark.parametrize("key", [_PUBLIC, wire.P256_KEY.public], ids=["Ed25519", "P-256"])
def test_verify_of_a_made_up_signature_says_bad_signature(key: VerifyKey, signature: bytes) -> None:
    protected = cbor2.dumps({1: key.alg, 4: key.kid, 16: "lp-batch"})
    with pytest.raises(BadSignature):
        cose.verify(_reassembled([protected, {}, b"payload", signature]), key=key, kind=Kind.BATCH)


def test_refusals_name_no_content() -> None:
    for data in (_sealed()[:-1], _sealed(b"7 people"), b"7 people"):
        with pytest.raises(Untrusted) as caught:
            cose.verify(data, key=wire.OTHER_KEY.public, kind=Kind.BATCH)
        assert "people" not in str(caught.value)


def test_envelope_hash_is_sha256_of_all_its_bytes() -> None:
    assert cose.envelope_hash(_sealed()) == hashlib.sha256(_sealed()).digest()


def test_our_signed_structure_is_that_of_the_cose_working_groups_ed25519_example() -> None:
    example = json.loads(_FOREIGN.read_text())
    key = example["input"]["sign0"]["key"]
    protected, unprotected, payload, signature = _parts(bytes.fromhex(example["output"]["cbor"]))
    assert isinstance(protected, bytes)
    assert isinstance(payload, bytes)
    assert isinstance(signature, bytes)
    assert payload == example["input"]["plaintext"].encode()
    assert unprotected == {4: b"11"}
    assert cbor2.loads(protected) == {1: -8, 3: 0}, "EdDSA, as before RFC 9864: allowed in this test only"
    signed = cose.to_be_signed(protected, payload)
    private = keyfile._signing(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key["d_hex"])))
    assert private.public.der.endswith(bytes.fromhex(key["x_hex"]))
    assert private.public.verify(signature, signed)
    assert private.sign(signed) == signature
    assert not private.public.verify(signature, signed + b"\x00")


def test_the_working_groups_example_is_not_an_envelope_of_ours() -> None:
    example = json.loads(_FOREIGN.read_text())
    with pytest.raises(NotAnEnvelope):
        cose.peek(bytes.fromhex(example["output"]["cbor"]))
