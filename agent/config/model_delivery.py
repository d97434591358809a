"""The tables of the way to the city: `[uplink]` with its TLS, `[buffer]` and `[budget]`.

In: nothing. Out: structs, whose docstrings explain each key. Never: rules over several keys; the checkers have those.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from agent.config.model_values import File, SecretFile
from agent.tomlfile.quantities import Duration, Size

DEFAULT_STATUS = Duration(300_000)


class Tls(Struct, frozen=True, kw_only=True):
    """How the broker is verified and the unit shows itself.

    Attributes:
        ca: Certificates to trust; the system's when left out.
        client_cert: The unit's certificate, for brokers that ask for one.
        client_key: Its private key.
    """

    ca: File | None = None
    client_cert: File | None = None
    client_key: SecretFile | None = None


class Uplink(Struct, frozen=True, kw_only=True):
    """The city's broker.

    Attributes:
        host: Its name.
        port: Its TCP port; 8883 when left out, 1883 without TLS.
        tls: How it is verified. `false` is for a broker on this very machine only.
        username: Account at the broker.
        password_file: The file that holds the password and nothing else.
        topic_root: First part of every topic; the same on every unit of the city.
        delivery: What makes data delivered: "receipts" (the receiver's signed receipt) or "broker" (the broker's
            acknowledgement, for a broker without a Lamppost receiver; needs mqtt = "5").
        receiver_keys: Public keys of the receiver, as files or as text.
        keepalive: Silence after which the connection is tested.
        in_flight: Messages that may wait for the broker's acknowledgement at one time.
        status_interval: Time between two status messages.
        mqtt: Version of the protocol: "auto" (5, else 3.1.1), "5" or "3.1.1".
    """

    host: Annotated[str, Meta(min_length=1, max_length=253, extra={"is": "the name of the broker's machine"})]
    port: Annotated[int, Meta(ge=1, le=65535)] | None = None
    tls: Tls | bool = True
    username: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    password_file: SecretFile | None = None
    topic_root: Annotated[
        str,
        Meta(
            pattern="^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}(/[A-Za-z0-9_][A-Za-z0-9._-]{0,63})*$",
            max_length=200,
            extra={"is": "letters, digits, _ . and -, in levels separated by /", "code": "bad-topic"},
        ),
    ] = "lamppost"
    delivery: Literal["receipts", "broker"] = "receipts"
    receiver_keys: tuple[
        Annotated[str, Meta(min_length=1, extra={"is": "a public key: its file, or its PEM text"})], ...
    ] = ()
    keepalive: Annotated[Duration, Meta(extra={"minimum": 5000, "maximum": 3_600_000})] = Duration(60_000)
    in_flight: Annotated[int, Meta(ge=1, le=64)] = 16
    status_interval: Annotated[Duration, Meta(extra={"minimum": 10_000, "maximum": 86_400_000})] = DEFAULT_STATUS
    mqtt: Literal["auto", "5", "3.1.1"] = "auto"


class Buffer(Struct, frozen=True, kw_only=True):
    """Where data waits for the network.

    Attributes:
        directory: The folder of the store.
        max_bytes: The store never grows past this.
        free_floor: The disk keeps at least this much free.
        loss_window: A power cut may lose this much of the newest data, in exchange for fewer writes to the flash.
        retain: Delivered data is kept this long; "0s" deletes it on delivery.
        log_bytes: The record of what was disclosed never grows past this; its oldest entries go first.
        log_days: Entries of that record are kept this many days.
        flash_daily: More bytes than this written in a day are reported: cards wear out; no bound when left out.
    """

    directory: File = "/var/lib/lamppost"
    max_bytes: Annotated[Size, Meta(extra={"minimum": 1_000_000, "maximum": 10**12})] = Size(256_000_000)
    free_floor: Annotated[Size, Meta(extra={"maximum": 10**12})] = Size(64_000_000)
    loss_window: Annotated[Duration, Meta(extra={"maximum": 600_000})] = Duration(5000)
    retain: Annotated[Duration, Meta(extra={"maximum": 31_622_400_000})] = Duration(0)
    log_bytes: Annotated[Size, Meta(extra={"minimum": 100_000, "maximum": 10**12})] = Size(16_000_000)
    log_days: Annotated[int, Meta(ge=1, le=3660)] = 400
    flash_daily: Annotated[Size, Meta(extra={"minimum": 1_000_000})] | None = None


class Budget(Struct, frozen=True, kw_only=True):
    """What may be sent. A cap that is left out is no cap.

    Attributes:
        messages_per_minute: Messages in a minute, sustained.
        bytes_per_minute: Bytes in a minute, sustained.
        daily: Bytes in a day on the wire, all overhead included.
        monthly: Bytes in a billing month on the wire, all overhead included.
        billing_day: Day of the month on which the contract's month begins.
    """

    messages_per_minute: Annotated[int, Meta(ge=1, le=60_000)] | None = None
    bytes_per_minute: Annotated[Size, Meta(extra={"minimum": 1})] | None = None
    daily: Annotated[Size, Meta(extra={"minimum": 1})] | None = None
    monthly: Annotated[Size, Meta(extra={"minimum": 1})] | None = None
    billing_day: Annotated[int, Meta(ge=1, le=28)] = 1
