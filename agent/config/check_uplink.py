"""Rules about the broker.

In: the file's `[uplink]`. Out: problems. Never: a connection.
"""

import ipaddress
import re
from typing import Final

from agent.errors import KeyFileError
from agent.tomlfile import Severity, Table, quoted
from agent.wire.keytext import KEY_TEXT

_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?\.?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
_PLAIN_PORT: Final = 1883
"""How a public key begins that is given as text: PEM, or the base64 inside it."""


def check_uplink(uplink: Table) -> None:
    """Report what is wrong with `[uplink]`."""
    host = uplink.text("host")
    if host is not None:
        _check_host(uplink, host)
    _check_tls(uplink, host)
    _check_account(uplink)
    _check_delivery(uplink)
    for index, key in enumerate(uplink.get("receiver_keys", tuple) or ()):
        check_key(uplink, ("receiver_keys", index), key)


def is_loopback(host: str) -> bool:
    """Return whether this is the machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.rstrip(".").lower() == "localhost"


def _check_host(uplink: Table, host: str) -> None:
    if _HOST.fullmatch(host):
        return
    bare = re.sub(r"^[a-z0-9]+://", "", host.strip()).partition("/")[0].partition(":")[0]
    uplink.problem(
        "host",
        "bad-host",
        f"{quoted(host)} is not the name of a machine",
        expected='only the name or address, such as "mqtt.city.example"; the port has a key of its own',
        found=quoted(host),
        hint=f'did you mean "{bare}"?' if _HOST.fullmatch(bare) else None,
    )


def _check_tls(uplink: Table, host: str | None) -> None:
    tls = uplink.values.get("tls", True)
    if tls is False:
        if host is not None and not is_loopback(host):
            uplink.problem(
                "tls",
                "tls-off",
                "without TLS everybody on the way can read and change what is sent",
                expected='a section [uplink.tls]; false is for the host "localhost" only',
                found=f"false, with host {quoted(host)}",
                hint="remove this line: TLS is on by itself",
            )
        return
    if uplink.get("port", int) == _PLAIN_PORT:
        uplink.problem(
            "port",
            "plain-port",
            f"brokers use port {_PLAIN_PORT} without TLS, and TLS is on here",
            expected="usually 8883",
            found=str(_PLAIN_PORT),
            severity=Severity.WARNING,
        )
    if isinstance(tls, Table):
        _check_certificate(tls)


def _check_certificate(tls: Table) -> None:
    for one, other in (("client_cert", "client_key"), ("client_key", "client_cert")):
        if one in tls.written and other not in tls.written:
            tls.problem(
                one,
                "half-certificate",
                f"a client certificate needs {quoted(other)} too",
                expected="both client_cert and client_key, or neither",
                found=f"only {one}",
            )


def _check_account(uplink: Table) -> None:
    if "password_file" in uplink.written and "username" not in uplink.written:
        uplink.problem(
            "password_file",
            "missing-username",
            "a password needs a username",
            expected="username = ...",
            found="nothing",
        )


def _check_delivery(uplink: Table) -> None:
    broker = uplink.text("delivery") == "broker"
    if broker and uplink.values.get("mqtt", "auto") != "5":
        uplink.problem(
            "mqtt" if "mqtt" in uplink.values else "delivery",
            "broker-needs-mqtt-5",
            'delivery = "broker" needs MQTT 5: only there a broker says that it refused a message',
            expected='mqtt = "5"',
            found=quoted(uplink.values.get("mqtt", "auto")),
        )
    if broker and uplink.values.get("receiver_keys"):
        uplink.problem(
            "receiver_keys",
            "no-effect",
            'with delivery = "broker" nobody sends receipts, so these keys have no effect',
            expected="no receiver_keys here",
            severity=Severity.WARNING,
        )
    wrong = "receiver_keys" in uplink.written and "receiver_keys" not in uplink.values
    unclear = "delivery" in uplink.written and "delivery" not in uplink.values
    if not (broker or unclear or wrong or uplink.values.get("receiver_keys")):
        uplink.problem(
            "receiver_keys" if "receiver_keys" in uplink.written else None,
            "missing-receiver-keys",
            "[uplink] lacks the receiver's public key, without which no receipt is believed",
            expected='receiver_keys = ["receiver.pub"]',
            found="nothing" if "receiver_keys" not in uplink.written else "an empty list",
            hint="the city's backend has it: lamppost-receiver prints it at its start",
        )


def check_key(table: Table, place: str | tuple[str, int], key: str) -> None:
    """Report what is wrong with a public key that is given as text."""
    if not KEY_TEXT.match(key):
        return
    from agent.wire import keyfile  # noqa: PLC0415 - most files name key files, and need no cryptography here

    try:
        keyfile.load_public(key)
    except KeyFileError:
        private = "PRIVATE KEY" in key
        table.problem(
            place,
            "bad-key",
            "this is a private key; it must stay where it was made" if private else "this is not a public key",
            expected="the text of a public key, or the path of its file",
            found="a private key" if private else "a damaged text",
        )
