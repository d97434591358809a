"""TLS with the broker verified, always.

In: files. Out: an SSL context; from when until when the broker's certificate is valid, once it was verified. Never: a
context that accepts any certificate.
"""

import math
import select
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agent.errors import UplinkError
from agent.uplink.kernel import received_bytes
from agent.uplink.settings import TlsSettings

Certified = Callable[[int, int], None]
"""Takes the first and the last second, since 1970, at which a certificate is valid; called on any thread."""
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class _Context(ssl.SSLContext):
    """Knows whom to tell of a certificate that was verified, and of how much the handshake has brought."""

    certified: Certified | None = None
    flown: Callable[[int], None] | None = None


class _ClosingSocket(ssl.SSLSocket):
    """Closes itself when the handshake fails: the MQTT library forgets it open. Counts what the handshake brings."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - the library's signature
        try:
            received = self._shake_hands()
        except OSError:
            self.close()
            raise
        if not isinstance(self.context, _Context):
            return
        if self.context.flown is not None:
            self.context.flown(received)
        if self.context.certified is not None:
            shown = self.getpeercert() or {}
            self.context.certified(certificate_time_s(shown["notBefore"]), certificate_time_s(shown["notAfter"]))

    def _shake_hands(self) -> int:
        """Go through the handshake step by step, and return how many bytes had come before its last one.

        The socket's timeout is that of all steps together: a broker may not keep this thread by a byte now and then.

        What a broker of TLS 1.3 sends right after it, tickets for later sessions, is no part of the handshake. A
        broker that is quick enough leaves only one step; then the tickets cannot be told apart.
        """
        timeout_s = self.gettimeout()
        end_s = math.inf if timeout_s is None else time.monotonic() + timeout_s
        self.settimeout(0)
        ready = select.poll()
        try:
            while True:
                received = received_bytes(self)
                try:
                    super().do_handshake()
                except ssl.SSLWantReadError:
                    ready.register(self, select.POLLIN)
                except ssl.SSLWantWriteError:
                    ready.register(self, select.POLLOUT)
                else:
                    return received or received_bytes(self)
                left_s = end_s - time.monotonic()
                if left_s <= 0 or not ready.poll(None if math.isinf(left_s) else left_s * 1000):
                    raise TimeoutError("the handshake timed out")
        finally:
            self.settimeout(timeout_s)


class ContextMaker:
    """Makes the context anew when one of its files has changed: certificates are renewed while the agent runs.

    Attributes:
        flight_bytes: the least that the broker has sent in a handshake with this context.
    """

    def __init__(self, settings: TlsSettings, certified: Certified | None = None) -> None:
        self.flight_bytes = 0
        self._settings = settings
        self._certified = certified
        self._made: tuple[object, ssl.SSLContext] | None = None

    def context(self) -> ssl.SSLContext:
        """Return the context for the files as they are now; reads files.

        Raises:
            UplinkError: a file is missing or not what it should be.
        """
        state = self._state()
        if self._made is None or self._made[0] != state:
            self.flight_bytes = 0
            self._made = (state, make_context(self._settings, self._certified, self._flown))
        return self._made[1]

    def _flown(self, received: int) -> None:
        self.flight_bytes = min(received, self.flight_bytes or received)

    def _state(self) -> object:
        key = self._settings.client_key
        paths = (self._settings.ca_file, self._settings.client_certificate, key.path() if key else None)
        return tuple(_fingerprint(path) for path in paths if path is not None)


def make_context(
    settings: TlsSettings, certified: Certified | None = None, flown: Callable[[int], None] | None = None
) -> ssl.SSLContext:
    """Return a client context: TLS 1.2 or later, chain and host name verified.

    Raises:
        UplinkError: a file is missing or not what it should be.
    """
    context = _Context(ssl.PROTOCOL_TLS_CLIENT)  # this protocol verifies chain and host name
    context.certified, context.flown = certified, flown
    context.sslsocket_class = _ClosingSocket
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.ca_file is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    else:
        _load_authorities(context, settings.ca_file)
    if settings.client_certificate is not None:
        _load_own(context, settings)
    return context


def certificate_time_s(shown: object) -> int:
    """Return a time that a certificate shows (``Nov 26 09:00:00 2026 GMT``) as seconds since 1970.

    `ssl.cert_time_to_seconds` does the same, by a module that knows all languages' months: memory for nothing.
    """
    month, day, clock, year, _ = str(shown).split()
    hour, minute, second = map(int, clock.split(":"))
    when = datetime(int(year), _MONTHS.index(month) + 1, int(day), hour, minute, second, tzinfo=UTC)
    return int(when.timestamp())


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
