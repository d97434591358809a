"""Failures in words."""

import errno
import socket
import ssl

import pytest

from agent.errors import UplinkError
from agent.uplink.problems import ClosedEarly, Refused, Trouble, diagnose, reason


def _certificate(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = code
    error.verify_message = "as OpenSSL puts it"
    return error


def _alert(name: str) -> ssl.SSLError:
    error = ssl.SSLError(1, "alert")
    error.reason = name
    return error


CASES = [
    (socket.gaierror(-2, "Name or service not known"), Trouble.NAME),
    (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), Trouble.REFUSED),
    (ConnectionResetError(errno.ECONNRESET, "reset"), Trouble.CLOSED),
    (TimeoutError(), Trouble.SILENT),
    (OSError(errno.ENETUNREACH, "unreachable"), Trouble.UNREACHABLE),
    (OSError(errno.EHOSTUNREACH, "no route"), Trouble.UNREACHABLE),
    (OSError(errno.EIO, "input/output"), Trouble.CLOSED),
    (_certificate(9), Trouble.CERTIFICATE_EARLY),
    (_certificate(10), Trouble.CERTIFICATE_EXPIRED),
    (_certificate(62), Trouble.CERTIFICATE_NAME),
    (_certificate(64), Trouble.CERTIFICATE_NAME),
    (_certificate(18), Trouble.CERTIFICATE_UNKNOWN),
    (_certificate(20), Trouble.CERTIFICATE_UNKNOWN),
    (_alert("WRONG_VERSION_NUMBER"), Trouble.NOT_TLS),
    (_alert("TLSV13_ALERT_CERTIFICATE_REQUIRED"), Trouble.CLIENT_CERTIFICATE),
    (_alert("TLSV1_ALERT_UNKNOWN_CA"), Trouble.CLIENT_CERTIFICATE),
    (_alert("SOMETHING_ELSE"), Trouble.TLS),
    (ssl.SSLEOFError(8, "EOF"), Trouble.CLOSED),
    (Refused(0x84), Trouble.VERSION),
    (Refused(0x86), Trouble.CREDENTIALS),
    (Refused(0x87), Trouble.CREDENTIALS),
    (Refused(0x8E), Trouble.TAKEN_OVER),
    (Refused(0x88), Trouble.BROKER),
    (ClosedEarly(None), Trouble.CLOSED),
    (ClosedEarly(TimeoutError()), Trouble.SILENT),
    (ClosedEarly(_alert("TLSV13_ALERT_CERTIFICATE_REQUIRED")), Trouble.CLIENT_CERTIFICATE),
    (UplinkError("password: chmod 0400"), Trouble.LOCAL),
]


@pytest.mark.parametrize(("error", "trouble"), CASES, ids=[f"{type(e).__name__}-{t}" for e, t in CASES])
def test_problem_of_a_failure_has_its_kind_and_names_the_broker(error: Exception, trouble: Trouble) -> None:
    problem = diagnose(error, where="broker.example:8883", tls=True)
    assert problem.trouble is trouble
    assert "broker.example:8883" in str(problem) or trouble is Trouble.LOCAL
    assert len(str(problem)) < 250


def test_problem_that_is_one_already_stays_the_same() -> None:
    problem = diagnose(TimeoutError(), where="x:1", tls=False)
    assert diagnose(problem, where="y:2", tls=True) is problem


@pytest.mark.parametrize(
    "error", [socket.gaierror(-2, "x"), ConnectionRefusedError(), OSError(errno.ENETUNREACH, "x")]
)
def test_problem_before_tls_is_marked_so_that_no_handshake_is_charged(error: OSError) -> None:
    assert diagnose(error, where="x:1", tls=True).before_tls


def test_reason_of_an_unknown_code_shows_the_number() -> None:
    assert reason(0x87) == "not authorised (0x87)"
    assert reason(0xEE) == "unknown reason (0xEE)"
