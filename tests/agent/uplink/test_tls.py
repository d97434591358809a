"""The TLS context: it always verifies."""

import ssl
from pathlib import Path

import pytest

from agent.errors import UplinkError
from agent.uplink.settings import Secret, TlsSettings
from agent.uplink.tls import ContextMaker, make_context
from tests.support.certificates import Authority


def test_context_always_verifies_chain_and_name(tmp_path: Path) -> None:
    for settings in (TlsSettings(), TlsSettings(ca_file=Authority(tmp_path).certificate)):
        context = make_context(settings)
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_context_is_made_anew_only_when_a_file_changed(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    maker = ContextMaker(TlsSettings(ca_file=authority.certificate))
    first = maker.context()
    assert maker.context() is first
    authority.certificate.write_bytes(Authority(tmp_path, "renewed").certificate.read_bytes() + b"\n")
    assert maker.context() is not first


@pytest.mark.parametrize("content", [b"", b"not a certificate", None], ids=["empty", "text", "missing"])
def test_context_with_a_bad_ca_file_names_it(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UplinkError, match=r"ca\.pem"):
        make_context(TlsSettings(ca_file=path))


def test_context_with_the_key_of_another_certificate_says_so(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    one, other = authority.issue("one"), authority.issue("other")
    settings = TlsSettings(client_certificate=one.certificate, client_key=Secret(file=other.key))
    with pytest.raises(UplinkError, match="another certificate"):
        make_context(settings)


def test_context_with_a_client_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    pair = Authority(tmp_path).issue("unit-a")
    pair.key.chmod(0o644)
    settings = TlsSettings(client_certificate=pair.certificate, client_key=Secret(file=pair.key))
    with pytest.raises(UplinkError, match="chmod 0400"):
        make_context(settings)
