"""The TLS context: it always verifies."""

import contextlib
import itertools
import select
import socket
import ssl
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent.errors import UplinkError
from agent.uplink import tls
from agent.uplink.kernel import received_bytes
from agent.uplink.settings import Secret, TlsSettings
from agent.uplink.tls import ContextMaker, certificate_time_s, make_context
from tests.support.certificates import DAY, NOW, Authority


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


@pytest.mark.parametrize(
    "shown",
    ["Jan  1 00:00:00 1970 GMT", "Nov 26 09:08:07 2026 GMT", "Jan 19 03:14:08 2038 GMT", "Dec 31 23:59:59 9999 GMT"],
)
def test_time_that_a_certificate_shows_is_read_as_the_standard_library_does(shown: str) -> None:
    assert certificate_time_s(shown) == ssl.cert_time_to_seconds(shown)


def _handshake(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    """Shake hands over a pair of sockets."""
    ours, theirs = socket.socketpair()

    def serve() -> None:
        with contextlib.suppress(ssl.SSLError, OSError), server.wrap_socket(theirs, server_side=True):
            pass

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with client.wrap_socket(ours, server_hostname="localhost", do_handshake_on_connect=False) as wrapped:
            wrapped.do_handshake()
    finally:
        ours.close()
        thread.join()


def test_certificate_is_told_of_once_it_was_verified_and_never_before(tmp_path: Path) -> None:
    authority, stranger = Authority(tmp_path), Authority(tmp_path, "stranger")
    told: list[tuple[int, int]] = []

    def certified(first_s: int, last_s: int) -> None:
        told.append((first_s, last_s))

    context = ContextMaker(TlsSettings(ca_file=authority.certificate), certified).context()
    for issuer in (stranger, authority):
        pair = issuer.issue("broker")
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(pair.certificate, pair.key)
        with contextlib.suppress(ssl.SSLCertVerificationError):
            _handshake(context, server)
        assert len(told) == (issuer is authority)
    assert told == [(int((NOW - DAY).timestamp()), int((NOW + DAY).timestamp()))]


class _Waiting:
    """A poll object that tells when the client waits for the server."""

    def __init__(self, waits: threading.Event) -> None:
        self._poll = select.poll()
        self._waits = waits

    def register(self, sock: socket.socket, events: int) -> None:
        self._poll.register(sock, events)

    def poll(self, timeout_ms: float | None) -> list[tuple[int, int]]:
        self._waits.set()
        return self._poll.poll(timeout_ms)


def test_flight_of_a_handshake_is_without_the_tickets_that_a_broker_sends_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, waits = Authority(tmp_path), threading.Event()
    monkeypatch.setattr(tls, "select", SimpleNamespace(poll=lambda: _Waiting(waits), POLLIN=select.POLLIN))
    pair = authority.issue("localhost")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pair.certificate, pair.key)
    maker = ContextMaker(TlsSettings(ca_file=authority.certificate))
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            accepted = listener.accept()[0]
            waits.wait()
            with server.wrap_socket(accepted, server_side=True) as connection:
                connection.sendall(b"!")

        thread = threading.Thread(target=serve)
        thread.start()
        with (
            socket.create_connection(listener.getsockname()) as sock,
            maker.context().wrap_socket(sock, server_hostname="localhost") as connection,
        ):
            assert connection.recv(1) == b"!"
            carried = received_bytes(connection)
        thread.join()
    assert 500 < maker.flight_bytes < carried - 200, "two tickets, of more than a hundred bytes each"


def test_handshake_whose_bytes_come_one_by_one_ends_at_its_timeout_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each byte of a record of TLS comes a second after the one before: each wait for itself is short enough."""
    ours, theirs = socket.socketpair()
    seconds, record = itertools.count(), iter(b"\x16\x03\x03\x3f\xff" + b"\x02\x00\x3f\xfb" + bytes(100))

    class Dripping:
        def register(self, sock: socket.socket, events: int) -> None:
            pass

        def poll(self, _timeout_ms: float) -> list[int]:
            next(seconds)
            theirs.send(bytes([next(record)]))
            return [1]

    monkeypatch.setattr(tls, "select", SimpleNamespace(poll=Dripping, POLLIN=select.POLLIN))
    monkeypatch.setattr(tls, "time", SimpleNamespace(monotonic=lambda: float(next(seconds))))
    ours.settimeout(10)
    with (
        contextlib.closing(theirs),
        make_context(TlsSettings()).wrap_socket(
            ours, server_hostname="localhost", do_handshake_on_connect=False
        ) as client,
        pytest.raises(TimeoutError, match="handshake"),
    ):
        client.do_handshake()
    assert next(seconds) <= 10 + 4
