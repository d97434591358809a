"""TLS with the broker verified, always.

In: files. Out: an SSL context. Never: a context that accepts any certificate.
"""

import ssl
from pathlib import Path

from agent.errors import UplinkError
from agent.uplink.settings import TlsSettings


class _ClosingSocket(ssl.SSLSocket):
    """Closes itself when the handshake fails: the MQTT library forgets it open."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - the library's signature
        try:
            super().do_handshake(block)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except OSError:
            self.close()
            raise


class ContextMaker:
    """Makes the context anew when one of its files has changed: certificates are renewed while the agent runs."""

    def __init__(self, settings: TlsSettings) -> None:
        self._settings = settings
        self._made: tuple[object, ssl.SSLContext] | None = None

    def context(self) -> ssl.SSLContext:
        """Return the context for the files as they are now; reads files.

        Raises:
            UplinkError: a file is missing or not what it should be.
        """
        state = self._state()
        if self._made is None or self._made[0] != state:
            self._made = (state, make_context(self._settings))
        return self._made[1]

    def _state(self) -> object:
        key = self._settings.client_key
        paths = (self._settings.ca_file, self._settings.client_certificate, key.path() if key else None)
        return tuple(_fingerprint(path) for path in paths if path is not None)


def make_context(settings: TlsSettings) -> ssl.SSLContext:
    """Return a client context: TLS 1.2 or later, chain and host name verified.

    Raises:
        UplinkError: a file is missing or not what it should be.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # this protocol verifies chain and host name
    context.sslsocket_class = _ClosingSocket
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.ca_file is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    else:
        _load_authorities(context, settings.ca_file)
    if settings.client_certificate is not None:
        _load_own(context, settings)
    return context


def _load_authorities(context: ssl.SSLContext, path: Path) -> None:
    try:
        context.load_verify_locations(cafile=path)
    except ssl.SSLError as error:
        raise UplinkError(f"{path}: expected certificates in PEM format, found something else") from error
    except OSError as error:
        raise UplinkError(f"{path}: cannot read the certificates of the authority: {error.strerror}") from error


def _load_own(context: ssl.SSLContext, settings: TlsSettings) -> None:
    certificate = settings.client_certificate
    key = settings.client_key.private_path() if settings.client_key else None
    if certificate is None:
        return
    try:
        # An encrypted key would make OpenSSL ask on the terminal; no password is the answer.
        context.load_cert_chain(certificate, key, password="")
    except ssl.SSLError as error:
        raise UplinkError(
            f"{certificate}: expected a certificate chain and its unencrypted key in PEM format"
            f"{f' (key: {key})' if key else ''}; found something else, or a key of another certificate"
        ) from error
    except OSError as error:
        raise UplinkError(f"{certificate}: cannot read the unit's certificate or key: {error.strerror}") from error


def _fingerprint(path: Path) -> tuple[str, int, int, int] | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return (str(path), state.st_mtime_ns, state.st_size, state.st_ino)
