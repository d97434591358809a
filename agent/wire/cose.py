"""Envelopes: a payload and a signer in, a tagged COSE_Sign1 out; and back only through the key it must be signed by.

Nothing of an envelope is interpreted before its signature holds, but for the header that says which key to try.
"""

import hashlib
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

import cbor2

from agent.wire.errors import BadSignature, NotAnEnvelope, UnknownKey, WrongAlgorithm, WrongType
from agent.wire.messages import Kind

ED25519: Final = -19
"""RFC 9864."""
ESP256: Final = -9
"""RFC 9864: ECDSA on P-256 with SHA-256."""
KID_BYTES: Final = 8
SIGNATURE_BYTES: Final = 64
MAX_ENVELOPE_BYTES: Final = (1 << 20) + 256

_ALG, _KID, _TYP = 1, 4, 16
_TAGGED_ARRAY_OF_4: Final = b"\xd2\x84"
_EMPTY_MAP: Final = b"\xa0"
_EMPTY_BYTES: Final = b"\x40"
_CONTEXT: Final = b"\x84\x6aSignature1"
_MAX_PROTECTED_BYTES: Final = 64
_BYTE_STRING: Final = 2
_ONE_BYTE, _FOUR_BYTES = 24, 26


class Signer(Protocol):
    """Something that holds a private key."""

    @property
    def kid(self) -> bytes:
        """First 8 bytes of the key's thumbprint."""
        ...

    @property
    def alg(self) -> int:
        """COSE number of the algorithm."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of a signature over `message`."""
        ...


class Verifier(Protocol):
    """A public key together with the only algorithm it is used with."""

    @property
    def kid(self) -> bytes:
        """First 8 bytes of the key's thumbprint."""
        ...

    @property
    def alg(self) -> int:
        """COSE number of the algorithm."""
        ...

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Return whether the signature over `message` holds."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What an envelope claims about itself before anything is verified: good for finding the key, nothing else."""

    kid: bytes
    kind: Kind
    alg: int


class _Parts(NamedTuple):
    protected: bytes
    payload: bytes
    signature: bytes
    alg: int
    kid: bytes
    typ: str


def sign(payload: bytes, *, kind: Kind, signer: Signer) -> bytes:
    """Return the envelope around `payload`."""
    protected = _protected(signer.alg, signer.kid, kind.value)
    return _join(protected, payload, signer.sign(to_be_signed(protected, payload)))


def peek(data: bytes) -> Envelope:
    """Return what an envelope claims about itself, unverified.

    Raises:
        NotAnEnvelope: it is not a COSE_Sign1 of our form.
        WrongType: it is of a kind that does not exist.
    """
    parts = _parse(data)
    try:
        kind = Kind(parts.typ)
    except ValueError as error:
        raise WrongType("an envelope of a kind that does not exist") from error
    return Envelope(kid=parts.kid, kind=kind, alg=parts.alg)


def verify(data: bytes, *, key: Verifier, kind: Kind) -> bytes:
    """Return the payload of an envelope of the given kind, signed by `key`.

    Raises:
        NotAnEnvelope: it is not a COSE_Sign1 of our form.
        UnknownKey: it names another key.
        WrongAlgorithm: it claims another algorithm than the one the key is registered for.
        WrongType: it is of another kind.
        BadSignature: the signature does not hold.
    """
    parts = _parse(data)
    if parts.kid != key.kid:
        raise UnknownKey("names another key than the one expected")
    if parts.alg != key.alg:
        raise WrongAlgorithm(f"claims another algorithm than its key's: expected {key.alg}")
    if parts.typ != kind.value:
        raise WrongType(f"an envelope of another kind: expected {kind.value}")
    if not key.verify(parts.signature, to_be_signed(parts.protected, parts.payload)):
        raise BadSignature("the signature does not hold")
    return parts.payload


def payload_of(data: bytes) -> bytes:
    """Return the payload of an envelope that this very unit has made and kept: nothing is verified.

    Raises:
        NotAnEnvelope: it is not a COSE_Sign1 of our form.
    """
    return _parse(data).payload


def envelope_hash(data: bytes) -> bytes:
    """Return what chains and receipts cite: SHA-256 of all bytes of an envelope."""
    return hashlib.sha256(data).digest()


def to_be_signed(protected: bytes, payload: bytes) -> bytes:
    """Return the Sig_structure of RFC 9052 section 4.4 for a COSE_Sign1 with empty external_aad."""
    return _CONTEXT + _byte_string(protected) + _EMPTY_BYTES + _byte_string(payload)


def _protected(alg: int, kid: bytes, typ: str) -> bytes:
    return cbor2.dumps({_ALG: alg, _KID: kid, _TYP: typ})


def _join(protected: bytes, payload: bytes, signature: bytes) -> bytes:
    if len(signature) != SIGNATURE_BYTES:
        raise NotAnEnvelope(f"expected a signature of {SIGNATURE_BYTES} bytes")
    body = (_byte_string(protected), _EMPTY_MAP, _byte_string(payload), _byte_string(signature))
    data = _TAGGED_ARRAY_OF_4 + b"".join(body)
    if len(data) > MAX_ENVELOPE_BYTES:
        raise NotAnEnvelope(f"longer than {MAX_ENVELOPE_BYTES} bytes")
    return data


def _parse(data: bytes) -> _Parts:
    """Return the parts of an envelope: exactly the bytes that `_join` makes of them, or nothing."""
    if len(data) > MAX_ENVELOPE_BYTES:
        raise NotAnEnvelope(f"longer than {MAX_ENVELOPE_BYTES} bytes")
    if not data.startswith(_TAGGED_ARRAY_OF_4):
        raise NotAnEnvelope("does not begin as a tagged COSE_Sign1")
    protected, at = _take(data, len(_TAGGED_ARRAY_OF_4))
    payload, at = _take(data, at + len(_EMPTY_MAP))
    signature, _ = _take(data, at)
    if _join(protected, payload, signature) != data:
        raise NotAnEnvelope("not exactly a COSE_Sign1 with an empty unprotected header")
    return _Parts(protected, payload, signature, *_read_protected(protected))


def _read_protected(protected: bytes) -> tuple[int, bytes, str]:
    if len(protected) > _MAX_PROTECTED_BYTES:
        raise NotAnEnvelope("a protected header that is too long")
    try:
        header = cbor2.loads(protected, max_depth=1, allow_indefinite=False, allow_duplicate_keys=False)
    except (cbor2.CBORError, ValueError) as error:
        raise NotAnEnvelope("a protected header that is not CBOR") from error
    match header:
        case {1: int(alg), 4: bytes(kid), 16: str(typ)} if type(alg) is int and len(kid) == KID_BYTES:
            if _protected(alg, kid, typ) == protected:
                return alg, kid, typ
    raise NotAnEnvelope("a protected header that is not exactly alg, kid and typ")


def _byte_string(data: bytes) -> bytes:
    size = len(data)
    if size < _ONE_BYTE:
        return bytes((0x40 | size,)) + data
    width = 0 if size < 1 << 8 else 1 if size < 1 << 16 else 2
    return bytes((0x40 | _ONE_BYTE + width,)) + size.to_bytes(1 << width, "big") + data


def _take(data: bytes, at: int) -> tuple[bytes, int]:
    """Return the byte string that begins at `at`, and where it ends."""
    head = data[at] if at < len(data) else 0
    size = head & 0x1F
    at += 1
    if head >> 5 != _BYTE_STRING or size > _FOUR_BYTES:
        raise NotAnEnvelope("expected a byte string")
    if size >= _ONE_BYTE:
        width = 1 << (size - _ONE_BYTE)
        size = int.from_bytes(data[at : at + width], "big")
        at += width
    if at + size > len(data):
        raise NotAnEnvelope("ends before it is complete")
    return data[at : at + size], at + size
