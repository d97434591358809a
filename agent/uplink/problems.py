"""Why the broker cannot be used, in words a technician can act on.

In: the exception or reason code of a failed try. Out: a problem with its remedy. Never: a password, an identifier
or anything measured in a text.
"""

import errno
import socket
import ssl
from enum import StrEnum
from typing import Final

from agent.errors import UplinkError


class Trouble(StrEnum):
    """Kinds of problems; a change of kind is a change of state."""

    NAME = "name"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    SILENT = "silent"
    CLOSED = "closed"
    NOT_TLS = "not-tls"
    CERTIFICATE_EARLY = "certificate-early"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_NAME = "certificate-name"
    CERTIFICATE_UNKNOWN = "certificate-unknown"
    CLIENT_CERTIFICATE = "client-certificate"
    TLS = "tls"
    CREDENTIALS = "credentials"
    VERSION = "version"
    TAKEN_OVER = "taken-over"
    BROKER = "broker"
    SUBSCRIPTION = "subscription"
    BUDGET = "budget"
    LOCAL = "local"


class Unusable(UplinkError):
    """The broker cannot be used now.

    Attributes:
        trouble: the kind.
        before_tls: nothing but the first packets of TCP can have been sent.
    """

    def __init__(self, trouble: Trouble, text: str, *, before_tls: bool = False) -> None:
        super().__init__(text)
        self.trouble = trouble
        self.before_tls = before_tls


class Refused(UplinkError):
    """The broker answered CONNECT with a reason code, or ended the session with one."""

    def __init__(self, code: int) -> None:
        super().__init__(f"reason code 0x{code:02x}")
        self.code = code


class ClosedEarly(UplinkError):
    """The broker did not answer CONNECT: it hung up, or was silent; carries what the socket said, if anything."""

    def __init__(self, cause: BaseException | None) -> None:
        super().__init__("closed before CONNACK")
        self.cause = cause


NO_SUBSCRIBERS: Final = 0x10
FAILURE: Final = 0x80
UNSUPPORTED_VERSION: Final = 0x84
_TAKEN_OVER: Final = 0x8E

# X509_V_ERR_* of OpenSSL's include/openssl/x509_vfy.h
_NOT_YET_VALID: Final = 9
_EXPIRED: Final = 10
_NAME_MISMATCH: Final = frozenset({62, 64})

REASONS: Final = {
    0x80: "unspecified error",
    0x81: "malformed packet",
    0x82: "protocol error",
    0x83: "implementation specific error",
    0x84: "unsupported protocol version",
    0x85: "client identifier not valid",
    0x86: "bad user name or password",
    0x87: "not authorised",
    0x88: "server unavailable",
    0x89: "server busy",
    0x8A: "banned",
    0x8B: "server shutting down",
    0x8C: "bad authentication method",
    0x8D: "keep alive timeout",
    0x8E: "session taken over",
    0x8F: "topic filter not valid",
    0x90: "topic name not valid",
    0x91: "packet identifier in use",
    0x93: "receive maximum exceeded",
    0x95: "packet too large",
    0x96: "message rate too high",
    0x97: "quota exceeded",
    0x98: "administrative action",
    0x99: "payload format not valid",
    0x9A: "retained messages not supported",
    0x9B: "QoS not supported",
    0x9C: "use another server",
    0x9D: "server moved",
    0x9E: "shared subscriptions not supported",
    0x9F: "connection rate exceeded",
}
"""MQTT 5 (OASIS), section 2.4, reason codes from 0x80."""


def reason(code: int) -> str:
    """Return a reason code with its name."""
    return f"{REASONS.get(code, 'unknown reason')} (0x{code:02X})"


def diagnose(error: BaseException, *, where: str, tls: bool) -> Unusable:
    """Return what `error`, raised while connecting to `where`, means and what to do."""
    if isinstance(error, Unusable):
        return error
    if isinstance(error, Refused):
        return refused(error.code, where=where)
    if isinstance(error, ClosedEarly):
        return _closed_early(error, where=where, tls=tls)
    if isinstance(error, ssl.SSLError):
        return _tls(error, where)
    if isinstance(error, OSError):
        return _network(error, where)
    return Unusable(Trouble.LOCAL, str(error))


def refused(code: int, *, where: str) -> Unusable:
    """Return what a reason code of CONNACK or DISCONNECT means."""
    if code in {0x86, 0x87, 0x8C}:
        text = (
            f"{where}: the broker refused the unit: {reason(code)}. Check user name, password, and the unit's entry"
        )
        return Unusable(Trouble.CREDENTIALS, text)
    if code == UNSUPPORTED_VERSION:
        return Unusable(Trouble.VERSION, f"{where}: the broker does not speak this version of MQTT")
    if code == _TAKEN_OVER:
        text = f"{where}: another client uses this unit's id; expected one only. Check for a copied configuration"
        return Unusable(Trouble.TAKEN_OVER, text)
    return Unusable(Trouble.BROKER, f"{where}: the broker ended the session: {reason(code)}. See the broker's log")


def _network(error: OSError, where: str) -> Unusable:
    if isinstance(error, socket.gaierror):
        text = f"{where}: the broker's name cannot be looked up. Check its spelling and that the unit has a network"
        return Unusable(Trouble.NAME, text, before_tls=True)
    if isinstance(error, ConnectionRefusedError):
        text = f"{where}: nothing listens there. Check the port, and that the broker is running"
        return Unusable(Trouble.REFUSED, text, before_tls=True)
    if isinstance(error, (ConnectionResetError, BrokenPipeError)):
        return Unusable(Trouble.CLOSED, f"{where}: the connection was cut. Retrying; check the network if it lasts")
    if isinstance(error, TimeoutError):
        return Unusable(
            Trouble.SILENT, f"{where}: no answer. Check the address, the signal, and firewalls on the way"
        )
    if error.errno in {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL}:
        text = f"{where}: the unit has no way to that network. Check the modem or cable"
        return Unusable(Trouble.UNREACHABLE, text, before_tls=True)
    return Unusable(Trouble.CLOSED, f"{where}: the connection failed: {error.strerror or type(error).__name__}")


def _tls(error: ssl.SSLError, where: str) -> Unusable:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _certificate(error, where)
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        text = f"{where}: the broker cut the TLS connection. Check its log, and whether it wants a client_certificate"
        return Unusable(Trouble.CLOSED, text)
    why = (error.reason or "").upper()
    if "WRONG_VERSION_NUMBER" in why or "HTTP_REQUEST" in why:
        text = f"{where}: the broker does not speak TLS on this port. Check the port (usually 8883 for TLS)"
        return Unusable(Trouble.NOT_TLS, text)
    if "ALERT" in why and ("CERTIFICATE" in why or "UNKNOWN_CA" in why or "HANDSHAKE_FAILURE" in why):
        text = (
            f"{where}: the broker wants a certificate of the unit, or refused the one shown. Check client_certificate"
        )
        return Unusable(Trouble.CLIENT_CERTIFICATE, text)
    return Unusable(Trouble.TLS, f"{where}: TLS failed: {error.reason or 'no reason given'}. See the broker's log")


def _certificate(error: ssl.SSLCertVerificationError, where: str) -> Unusable:
    code = error.verify_code
    if code == _NOT_YET_VALID:
        text = (
            f"{where}: the broker's certificate is not yet valid by this unit's clock, which may be unset or slow. "
            "Retrying; if it lasts, check the clock source"
        )
        return Unusable(Trouble.CERTIFICATE_EARLY, text)
    if code == _EXPIRED:
        text = f"{where}: the broker's certificate has expired by this unit's clock. Renew it, or check the clock"
        return Unusable(Trouble.CERTIFICATE_EXPIRED, text)
    if code in _NAME_MISMATCH:
        text = f"{where}: the broker's certificate is for another name than this. Check `host`, or the broker"
        return Unusable(Trouble.CERTIFICATE_NAME, text)
    text = (
        f"{where}: the broker's certificate is not from an authority this unit trusts ({error.verify_message}). "
        "Check ca_file; if it is right, somebody may be in between"
    )
    return Unusable(Trouble.CERTIFICATE_UNKNOWN, text)


def _closed_early(error: ClosedEarly, *, where: str, tls: bool) -> Unusable:
    if isinstance(error.cause, ssl.SSLError):
        return _tls(error.cause, where)
    if isinstance(error.cause, TimeoutError):
        text = f"{where}: something takes the connection but does not answer as a broker. Check the port"
        return Unusable(Trouble.SILENT, text)
    hint = "" if tls else ", and whether the port expects TLS"
    text = f"{where}: the broker closed the connection without an answer. Check the broker's log{hint}"
    return Unusable(Trouble.CLOSED, text)
