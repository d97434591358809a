import hashlib
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import KeyFileError
from agent.wire import keyfile
from tests.support import wire

_PEM = serialization.Encoding.PEM
_PKCS8 = serialization.PrivateFormat.PKCS8
_SPKI = serialization.PublicFormat.SubjectPublicKeyInfo


def _written(path: Path, data: bytes, mode: int = 0o400) -> Path:
    path.write_bytes(data)
    path.chmod(mode)
    return path


def _private_pem(
    key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, password: bytes | None = None
) -> bytes:
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(_PEM, _PKCS8, encryption)


def test_generate_writes_a_file_that_only_its_owner_reads_and_that_loads_again(tmp_path: Path) -> None:
    path = tmp_path / "unit.key"
    key = keyfile.generate(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert list(tmp_path.iterdir()) == [path]
    again = keyfile.load_private(path)
    assert again.public == key.public
    assert again.public.verify(key.sign(b"x"), b"x")


def test_generate_writes_pem_that_the_general_reader_takes(tmp_path: Path) -> None:
    key = keyfile.generate(tmp_path / "unit.key")
    loaded = serialization.load_pem_private_key((tmp_path / "unit.key").read_bytes(), None)
    assert isinstance(loaded, ed25519.Ed25519PrivateKey)
    assert loaded.sign(b"x") == key.sign(b"x")
    assert key.public.pem.encode() == loaded.public_key().public_bytes(_PEM, _SPKI)


def test_generate_never_overwrites_a_key(tmp_path: Path) -> None:
    path = tmp_path / "unit.key"
    first = keyfile.generate(path)
    with pytest.raises(KeyFileError, match=r"unit\.key: there is a file already"):
        keyfile.generate(path)
    assert keyfile.load_private(path).public == first.public
    assert list(tmp_path.iterdir()) == [path]


def test_generate_where_nothing_can_be_written_names_the_path(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match=r"missing/unit\.key: cannot be written"):
        keyfile.generate(tmp_path / "missing" / "unit.key")


def test_load_private_takes_a_key_made_elsewhere(tmp_path: Path) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    loaded = keyfile.load_private(_written(tmp_path / "unit.key", _private_pem(key)))
    assert loaded.sign(b"x") == key.sign(b"x")


def test_load_private_of_nothing_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match=r"unit\.key: there is no key; make one with `lamppost keygen /"):
        keyfile.load_private(tmp_path / "unit.key")


@pytest.mark.parametrize("mode", [0o440, 0o404, 0o444, 0o420, 0o644, 0o600 | 0o001])
def test_load_private_of_a_file_open_to_others_says_chmod(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "unit.key"
    keyfile.generate(path)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match=rf"mode {mode:04o}.*chmod 0400"):
        keyfile.load_private(path)


@pytest.mark.parametrize("mode", [0o400, 0o600])
def test_load_private_of_a_file_of_its_owner_takes_it(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "unit.key"
    key = keyfile.generate(path)
    path.chmod(mode)
    assert keyfile.load_private(path).public == key.public


def test_load_private_lets_the_group_read_only_where_that_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "unit.key"
    key = keyfile.generate(path)
    path.chmod(0o440)
    assert keyfile.load_private(path, group_may_read=True).public == key.public
    for mode in (0o460, 0o444):
        path.chmod(mode)
        with pytest.raises(KeyFileError, match="others can read"):
            keyfile.load_private(path, group_may_read=True)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 100,
        b"\xff\xfe",
        b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n",
        wire.UNIT_KEY.public.pem.encode(),
        _private_pem(ec.generate_private_key(ec.SECP256R1())),
        _private_pem(ed25519.Ed25519PrivateKey.generate(), b"password"),
        _private_pem(ed25519.Ed25519PrivateKey.generate())[:60],
        _private_pem(ed25519.Ed25519PrivateKey.generate()) * 2,
    ],
    ids=["empty", "zeros", "binary", "empty PEM", "no base64", "public", "P-256", "password", "cut", "two keys"],
)
def test_load_private_of_anything_but_an_ed25519_key_says_what_was_expected(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(KeyFileError, match=r"unit\.key: not a key that can sign: expected an Ed25519 private key"):
        keyfile.load_private(_written(tmp_path / "unit.key", data))


def test_load_private_of_what_is_no_file_refuses_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "unit.key", 0o400)
    with pytest.raises(KeyFileError, match="expected a file"):
        keyfile.load_private(tmp_path / "unit.key")
    with pytest.raises(KeyFileError, match=r"expected a file|cannot be read"):
        keyfile.load_private(tmp_path)


@given(st.binary(max_size=120))
def test_load_public_of_any_text_gives_a_key_or_says_what_was_expected(data: bytes) -> None:
    for text in (data.decode("latin-1"), keyfile._pem(data, "PUBLIC KEY"), keyfile._pem(data, "PRIVATE KEY")):
        with pytest.raises(KeyFileError, match="expected an Ed25519 or P-256 public key"):
            keyfile.load_public(text)


@pytest.mark.parametrize("key", [wire.UNIT_KEY.public, wire.P256_KEY.public], ids=["Ed25519", "P-256"])
def test_load_public_takes_a_file_and_both_text_forms(tmp_path: Path, key: keyfile.VerifyKey) -> None:
    path = _written(tmp_path / "unit.pub", key.pem.encode(), 0o644)
    for source in (path, key.pem, key.line, f"  {key.line}\n"):
        loaded = keyfile.load_public(source)
        assert loaded == key
        assert loaded.kid == key.thumbprint[:8]
    assert serialization.load_pem_public_key(key.pem.encode()).public_bytes(_PEM, _SPKI) == key.pem.encode()


def test_load_public_of_a_file_names_it(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match=r"unit\.pub: not a key to verify with"):
        keyfile.load_public(_written(tmp_path / "unit.pub", b"nothing"))
    with pytest.raises(KeyFileError, match=r"other\.pub: there is no key; copy the public key there"):
        keyfile.load_public(tmp_path / "other.pub")


def test_load_public_of_a_point_beside_the_curve_refuses_it() -> None:
    der = bytearray(wire.P256_KEY.public.der)
    der[-1] ^= 1
    with pytest.raises(KeyFileError):
        keyfile.load_public(keyfile._pem(bytes(der), "PUBLIC KEY"))


def test_load_public_of_rsa_refuses_it() -> None:
    key = rsa.generate_private_key(65_537, 2048).public_key()
    with pytest.raises(KeyFileError):
        keyfile.load_public(key.public_bytes(_PEM, _SPKI).decode())


def test_thumbprint_of_the_p256_key_in_rfc_9679_is_the_one_printed_there() -> None:
    x = bytes.fromhex("65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d")
    y = bytes.fromhex("1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c")
    key = keyfile._p256(x, y)
    assert key is not None
    assert key.thumbprint.hex() == "496bd8afadf307e5b08c64b0421bf9dc01528a344a43bda88fadd1669da253ec"


def test_thumbprint_of_an_ed25519_key_hashes_its_required_fields() -> None:
    raw = wire.UNIT_KEY.public.der[-32:]
    cose_key = bytes.fromhex("a3 0101 2006 215820") + raw
    assert wire.UNIT_KEY.thumbprint == hashlib.sha256(cose_key).digest()


def test_a_signing_key_shows_nothing_secret() -> None:
    assert bytes(range(32)).hex() not in repr(wire.UNIT_KEY)
    assert "Private" not in repr(wire.UNIT_KEY)


def test_import_of_the_wire_format_leaves_out_what_only_costs_memory() -> None:
    script = (
        "import sys; from agent.wire import cose, keyfile, payload, topics, units;"
        "print(*{'cryptography.hazmat.primitives.serialization', 'cryptography.hazmat.primitives.asymmetric.ec',"
        "'fractions', 'json', 'asyncio', 'logging'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == []
