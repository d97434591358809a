"""Keys: files and texts in, something that signs or verifies out; the home of cryptography.

Ed25519 keys are read and written here byte by byte: their PKCS #8 and SubjectPublicKeyInfo forms (RFC 8410) are a
fixed prefix and 32 bytes, and the library's general reader would cost the agent 3 MB of memory.
"""

import base64
import binascii
import contextlib
import hashlib
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from agent.errors import KeyFileError
from agent.wire.cose import ED25519, ESP256, KID_BYTES, SIGNATURE_BYTES

MODE: Final = 0o400
_MAX_FILE_BYTES: Final = 16_384
_PRIVATE: Final = "PRIVATE KEY"
_PUBLIC: Final = "PUBLIC KEY"
_ED25519_PRIVATE_DER: Final = bytes.fromhex("302e020100300506032b657004220420")
_ED25519_PUBLIC_DER: Final = bytes.fromhex("302a300506032b6570032100")
_P256_PUBLIC_DER: Final = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_HALF: Final = 32


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """A public key; its type fixes the algorithm.

    Attributes:
        alg: COSE number of the algorithm.
        thumbprint: SHA-256 of the COSE_Key with its required fields (RFC 9679).
        der: SubjectPublicKeyInfo.
        check: says whether a signature of 64 bytes over a message holds.
    """

    alg: int
    thumbprint: bytes
    der: bytes = field(repr=False)
    check: Callable[[bytes, bytes], bool] = field(repr=False, compare=False)

    @property
    def kid(self) -> bytes:
        """First 8 bytes of the thumbprint."""
        return self.thumbprint[:KID_BYTES]

    @property
    def line(self) -> str:
        """The key in one line of text: base64 of its SubjectPublicKeyInfo, as inside PEM."""
        return base64.b64encode(self.der).decode()

    @property
    def pem(self) -> str:
        """The key in PEM."""
        return _pem(self.der, _PUBLIC)

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Return whether the signature over `message` holds."""
        return len(signature) == SIGNATURE_BYTES and self.check(signature, message)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private Ed25519 key. It has no text form but the file it came from.

    Attributes:
        public: the other half.
    """

    public: VerifyKey
    _key: Ed25519PrivateKey = field(repr=False, compare=False)

    @property
    def alg(self) -> int:
        """COSE number of the algorithm."""
        return self.public.alg

    @property
    def kid(self) -> bytes:
        """First 8 bytes of the thumbprint."""
        return self.public.kid

    @property
    def thumbprint(self) -> bytes:
        """SHA-256 of the public COSE_Key (RFC 9679)."""
        return self.public.thumbprint

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of a signature over `message`."""
        return self._key.sign(message)


def generate(path: Path) -> SigningKey:
    """Make a new Ed25519 key in a file of mode 0400 that did not exist; it is there whole or not at all.

    Raises:
        KeyFileError: the file exists, or cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    text = _pem(_ED25519_PRIVATE_DER + key.private_bytes_raw(), _PRIVATE)
    try:
        _write_new(path, text.encode())
    except FileExistsError as error:
        raise KeyFileError(
            f"{path}: there is a file already. A unit's key is its identity: "
            "move it away first if you mean to replace it"
        ) from error
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be written: {error.strerror}") from error
    return _signing(key)


def load_private(path: Path, *, group_may_read: bool = False) -> SigningKey:
    """Return the Ed25519 key in a PEM file that nobody else can read.

    Args:
        path: the file.
        group_may_read: accept the group's read bit; it stands for the access list of a systemd credential.

    Raises:
        KeyFileError: missing, readable by others, or not a key.
    """
    allowed = 0o440 if group_may_read else MODE
    remedy = "check LoadCredential= of the service" if group_may_read else f"make one with `lamppost keygen {path}`"
    data = _read(path, remedy, forbidden=0o077 & ~allowed)
    der = _der(data, _PRIVATE)
    if der is None or len(der) != len(_ED25519_PRIVATE_DER) + _HALF or not der.startswith(_ED25519_PRIVATE_DER):
        raise KeyFileError(
            f"{path}: not a key that can sign: expected an Ed25519 private key in PEM without a password, "
            "as `lamppost keygen` writes it"
        )
    return _signing(Ed25519PrivateKey.from_private_bytes(der[len(_ED25519_PRIVATE_DER) :]))


def load_public(source: Path | str) -> VerifyKey:
    """Return the public key in a PEM file (a `Path`), or in text: PEM, or its base64 in one line.

    Raises:
        KeyFileError: missing, or not an Ed25519 or P-256 public key.
    """
    where = f"{source}: " if isinstance(source, Path) else ""
    data = _read(source, "copy the public key there", forbidden=0) if isinstance(source, Path) else source.encode()
    der = _der(data, _PUBLIC)
    if der is not None and len(der) == len(_ED25519_PUBLIC_DER) + _HALF and der.startswith(_ED25519_PUBLIC_DER):
        return _ed25519(der[-_HALF:])
    if der is not None and len(der) == len(_P256_PUBLIC_DER) + 2 * _HALF and der.startswith(_P256_PUBLIC_DER):
        key = _p256(der[-2 * _HALF : -_HALF], der[-_HALF:])
        if key is not None:
            return key
    raise KeyFileError(f"{where}not a key to verify with: expected an Ed25519 or P-256 public key in PEM")


def _signing(key: Ed25519PrivateKey) -> SigningKey:
    return SigningKey(_ed25519(key.public_key().public_bytes_raw()), key)


def _ed25519(raw: bytes) -> VerifyKey:
    key = Ed25519PublicKey.from_public_bytes(raw)

    def check(signature: bytes, message: bytes) -> bool:
        try:
            key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    # {1 (kty): 1 (OKP), -1 (crv): 6 (Ed25519), -2 (x): 32 bytes}
    thumbprint = hashlib.sha256(b"\xa3\x01\x01\x20\x06\x21\x58\x20" + raw).digest()
    return VerifyKey(ED25519, thumbprint, _ED25519_PUBLIC_DER + raw, check)


def _p256(x: bytes, y: bytes) -> VerifyKey | None:
    """Return the key at a point of P-256, None if the point is not on the curve."""
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - units never need them: they cost memory
    from cryptography.hazmat.primitives.asymmetric import ec, utils  # noqa: PLC0415 - the same

    try:
        point = ec.EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), ec.SECP256R1())
        key = point.public_key()
    except ValueError:
        return None

    def check(signature: bytes, message: bytes) -> bool:
        r, s = (int.from_bytes(half, "big") for half in (signature[:_HALF], signature[_HALF:]))
        if s > _P256_ORDER // 2:  # its mirror image n - s holds too: only one of them may make an envelope
            return False
        try:
            key.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True

    # {1 (kty): 2 (EC2), -1 (crv): 1 (P-256), -2 (x): 32 bytes, -3 (y): 32 bytes}
    cose_key = b"\xa4\x01\x02\x20\x01\x21\x58\x20" + x + b"\x22\x58\x20" + y
    return VerifyKey(ESP256, hashlib.sha256(cose_key).digest(), _P256_PUBLIC_DER + x + y, check)


def _pem(der: bytes, label: str) -> str:
    body = base64.b64encode(der).decode()
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def _der(data: bytes, label: str) -> bytes | None:
    """Return what the only PEM block in `data` holds, or what base64 alone holds; None if it is neither."""
    text = data.decode("ascii", "replace").strip()
    block = re.fullmatch(f"-----BEGIN {label}-----(.*)-----END {label}-----", text, re.DOTALL)
    body = block[1] if block else text
    try:
        return base64.b64decode("".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _read(path: Path, remedy: str, *, forbidden: int) -> bytes:
    """Return what a plain file holds, if its mode has none of the `forbidden` bits."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise KeyFileError(f"{path}: expected a file")
            if mode & forbidden:
                raise KeyFileError(
                    f"{path}: others can read this key (mode {stat.S_IMODE(mode):04o}). "
                    f"Make it yours alone: chmod 0400 {path}"
                )
            return file.read(_MAX_FILE_BYTES)
    except FileNotFoundError as error:
        raise KeyFileError(f"{path}: there is no key; {remedy}") from error
    except IsADirectoryError as error:
        raise KeyFileError(f"{path}: expected a file, found a folder") from error
    except OSError as error:
        raise KeyFileError(f"{path}: the key cannot be read: {error.strerror}") from error


def _write_new(path: Path, data: bytes) -> None:
    """Write a new file, durably, through a name of its own in the same directory."""
    draft = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
