"""How the unit reaches its broker, and the secrets that takes.

In: the configuration's `[uplink]`. Out: values, and secrets read at each connection so that they can be changed.
Never: a secret in a text.
"""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from agent.errors import UplinkError
from agent.uplink.backoff import BackoffSettings
from agent.uplink.cost import WireCost

_LARGEST_SECRET: Final = 65_536


class Delivery(StrEnum):
    """What makes an envelope delivered."""

    RECEIPT = "receipt"
    """The receiver's signed receipt."""
    BROKER = "broker"
    """A successful PUBACK, for brokers without a receiver of ours; needs MQTT 5."""


class Mqtt(StrEnum):
    """Which version of the protocol is spoken."""

    AUTO = "auto"
    """5, and 3.1.1 with a broker that refuses 5; only 5 in broker mode."""
    V5 = "5"
    V311 = "3.1.1"


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret is: exactly one of a file and a systemd credential.

    Attributes:
        file: readable by the owner only.
        credential: name under $CREDENTIALS_DIRECTORY, which systemd makes for the service (LoadCredential=).
    """

    file: Path | None = None
    credential: str | None = None

    def path(self, environment: Mapping[str, str] = os.environ) -> Path:
        """Return where the secret is.

        Raises:
            UplinkError: a credential is named, but systemd gave none.
        """
        if self.file is not None:
            return self.file
        directory = environment.get("CREDENTIALS_DIRECTORY")
        if directory is None or self.credential is None:
            raise UplinkError(
                f"the credential {self.credential!r} is not there: expected systemd to provide it. "
                "Add LoadCredential= to the service, or name a file instead"
            )
        return Path(directory) / self.credential

    def read(self, environment: Mapping[str, str] = os.environ) -> str:
        """Return the secret without its last line break.

        Raises:
            UplinkError: it is missing, readable by others, or not a short text.
        """
        path = self.private_path(environment)
        try:
            with path.open("rb") as file:
                content = file.read(_LARGEST_SECRET + 1)
        except OSError as error:
            raise UplinkError(f"{path}: cannot read the secret: {error.strerror}") from error
        return _one_line(path, content)

    def private_path(self, environment: Mapping[str, str] = os.environ) -> Path:
        """Return where the secret is, once it is sure that only its owner can read it.

        Raises:
            UplinkError: it is missing or readable by others.
        """
        path = self.path(environment)
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
        except OSError as error:
            raise UplinkError(f"{path}: cannot read the secret: {error.strerror}") from error
        if self.file is not None and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise UplinkError(
                f"{path}: others can read this secret (mode {mode:04o}); expected 0400: chmod 0400 {path}"
            )
        return path


def _one_line(path: Path, content: bytes) -> str:
    if len(content) > _LARGEST_SECRET:
        raise UplinkError(f"{path}: too long for a secret; expected one line of text")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise UplinkError(f"{path}: not a text; expected one line in UTF-8") from None
    return text.removesuffix("\n").removesuffix("\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """How the broker is verified. There is no way to switch verification off.

    Attributes:
        ca_file: certificates to trust; None for the system's.
        client_certificate: the unit's own chain, for brokers that ask for one.
        client_key: its key.
    """

    ca_file: Path | None = None
    client_certificate: Path | None = None
    client_key: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Deadlines of the uplink.

    Attributes:
        connect_s: name look-up, TCP connection and TLS handshake, together.
        greet_s: the broker's answer to CONNECT; afterwards the other version of MQTT is tried.
        tcp_s: one TCP connection or handshake step; short, so that a new try soon follows a lost packet.
        ack_s: a publish is acknowledged, and a ping answered, within this; otherwise the connection is dead.
        grace_s: nothing is sent so long after the subscription: retained receipts and orders come first; at most 1 s.
        receipt_s: an envelope without a receipt is sent again after this, doubling up to `receipt_max_s`.
        unheard_s: an envelope that nobody had subscribed to is sent again after this, doubling up to `receipt_max_s`.
        refusal_s: a stream whose envelope was refused waits this long, doubling up to `refusal_max_s`.
        status_s: the unit's status is published this often.
        seal_s: batches are sealed at most this often.
        goodbye_s: what a shutdown may take.
        retry_v5_s: after MQTT 5 was refused, it is tried again after this.
        restart_s: a new process is asked for help when no TCP connection was made for so long.
        beat_s: longest wait without a sign of life to the watchdog.
    """

    connect_s: float = 15.0
    greet_s: float = 8.0
    tcp_s: float = 4.0
    ack_s: float = 30.0
    grace_s: float = 0.5
    receipt_s: float = 60.0
    receipt_max_s: float = 3600.0
    unheard_s: float = 5.0
    refusal_s: float = 5.0
    refusal_max_s: float = 300.0
    status_s: float = 300.0
    seal_s: float = 0.25
    goodbye_s: float = 1.0
    retry_v5_s: float = 86_400.0
    restart_s: float = 3600.0
    beat_s: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UplinkSettings:
    """Everything about the broker.

    Attributes:
        host, port: where it is.
        client_id: the unit's id towards the broker; two clients with one id throw each other out.
        tls: None for plain TCP, for a broker on the same machine only.
        username, password: None for none.
        delivery: what makes an envelope delivered.
        mqtt: version of the protocol.
        retained_streams: streams whose last envelope the broker keeps for those who subscribe later.
        keepalive_s: silence after which a ping is sent.
        in_flight: publishes without a PUBACK at one time.
        ahead: envelopes without a receipt at one time.
        status_topic: the unit's retained status, and its last will.
        subscriptions: topic filters of receipts and control documents.
        largest_message: bytes of the largest incoming message.
        timing: deadlines.
        backoff: how soon to try again.
    """

    host: str
    port: int
    client_id: str
    status_topic: str
    subscriptions: tuple[str, ...]
    tls: TlsSettings | None = field(default_factory=TlsSettings)
    username: str | None = None
    password: Secret | None = None
    delivery: Delivery = Delivery.RECEIPT
    mqtt: Mqtt = Mqtt.AUTO
    retained_streams: frozenset[str] = frozenset({"_declaration"})
    keepalive_s: int = 60
    in_flight: int = 16
    ahead: int = 64
    largest_message: int = 262_144
    timing: Timing = field(default_factory=Timing)
    backoff: BackoffSettings = field(default_factory=BackoffSettings)

    @property
    def where(self) -> str:
        """The broker's address for texts."""
        return f"{self.host}:{self.port}"

    @property
    def cost(self) -> WireCost:
        """What messages cost on this uplink."""
        return WireCost(tls=self.tls is not None, client_certificate=bool(self.tls and self.tls.client_certificate))
