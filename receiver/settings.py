"""The receiver's two TOML files: its own configuration and the device registry.

In: paths. Out: settings and devices, or every mistake at its place. Never: a guess where the file is silent.
"""

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from agent.errors import KeyFileError
from agent.tomlfile.document import Unusable, read
from agent.tomlfile.problem import Report
from agent.tomlfile.quantities import Duration
from agent.tomlfile.table import Table
from agent.tomlfile.walk import check
from agent.wire import keyfile
from agent.wire.cose import ED25519, ESP256
from agent.wire.keytext import KEY_TEXT
from receiver.errors import RegistryError
from receiver.subscriber import BrokerSettings
from receiver.trusted import Device

_PATIENCE = Duration(3_600_000)
_CREDENTIAL = "credential:"
_ALGORITHMS = {"Ed25519": ED25519, "ESP256": ESP256}
_FOREVER_MS = 2**53
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

Text = Annotated[str, Meta(min_length=1, extra={"is": "some text in quotes"})]
File = Annotated[str, Meta(min_length=1, extra={"is": 'a path, or "credential:NAME" for a systemd credential'})]
TopicRoot = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_.-]{1,64}(/[A-Za-z0-9_.-]{1,64})*$",
        extra={"is": "the first levels of every topic: letters, digits, _ . -, levels separated by /"},
    ),
]
UnitId = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,62}$", extra={"is": "lower-case letters, digits and -"})]


class ReceiverSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[receiver]``."""

    key: File
    devices: File
    store: File
    patience: Duration = _PATIENCE


class BrokerSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[broker]``."""

    host: Text
    port: Annotated[int, Meta(ge=1, le=65535, extra={"is": "a TCP port, 1 to 65535"})] = 8883
    tls: bool = True
    ca: File | None = None
    client_cert: File | None = None
    client_key: File | None = None
    username: Text | None = None
    password_file: File | None = None
    client_id: Text = "lamppost-receiver"
    topic_root: TopicRoot = "lamppost"
    mqtt5: bool = True


class ReceiverFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The receiver's configuration."""

    receiver: ReceiverSection
    broker: BrokerSection


class BrokerFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As much of the receiver's configuration as somebody needs who sends a message."""

    broker: BrokerSection
    receiver: ReceiverSection | None = None


class DeviceSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[unit.NAME]``."""

    key: Text
    alg: Annotated[str, Meta(pattern="^(Ed25519|ESP256)$", extra={"is": '"Ed25519" or "ESP256"'})]
    valid_from: dt.datetime
    valid_until: dt.datetime | None = None
    simulated: bool = False


class RegistryFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The device registry."""

    unit: dict[UnitId, DeviceSection]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the receiver runs with.

    Attributes:
        key: path of the receiver's private key.
        key_lent: it is a systemd credential, whose access list shows as the group's bits.
        store: path of its store.
        patience_ms: an undeclared hole is asked for this long.
        devices: unit id to device.
        broker: how to reach the broker.
    """

    key: Path
    key_lent: bool
    store: Path
    patience_ms: int
    devices: Mapping[str, Device]
    broker: BrokerSettings


def load(path: Path) -> Settings:
    """Return what a configuration and its registry say; relative paths count from the file they stand in.

    Raises:
        RegistryError: with every mistake, each at its place.
    """
    table = _checked(path, ReceiverFile)
    own, broker = table.table("receiver"), table.table("broker")
    _check_broker(broker)
    near = path.parent
    devices, wrong = _devices(near, own)
    if table.report.errors() or wrong:
        raise RegistryError("\n".join(filter(None, (table.report.text(), wrong))))
    return Settings(
        key=_path(near, own.values["key"]),
        key_lent=own.values["key"].startswith(_CREDENTIAL),
        store=_path(near, own.values["store"]),
        patience_ms=int(own.values.get("patience", _PATIENCE)),
        devices=devices,
        broker=_broker(near, broker.values),
    )


def load_broker(path: Path) -> BrokerSettings:
    """Return how a configuration says that the broker is reached; it needs no section but `[broker]`.

    Raises:
        RegistryError: with every mistake, each at its place.
    """
    table = _checked(path, BrokerFile)
    broker = table.table("broker")
    _check_broker(broker)
    _raise_if_wrong(table)
    return _broker(path.parent, broker.values)


def _devices(near: Path, own: Table) -> tuple[dict[str, Device], str]:
    """Return the devices of the registry that is named, and what is wrong with it."""
    name = own.text("devices")
    if name is None:
        return {}, ""
    try:
        return load_registry(_path(near, name)), ""
    except RegistryError as error:
        return {}, str(error)


def _check_broker(broker: Table) -> None:
    if not broker.values.get("tls", True) and broker.text("host") not in _LOOPBACK:
        broker.problem(
            "tls",
            "tls-off",
            "TLS can be switched off for a broker on this machine only",
            expected="true, or a host of localhost",
            found=f"false with host {broker.text('host')}",
        )
    for one, other in (
        ("client_cert", "client_key"),
        ("client_key", "client_cert"),
        ("password_file", "username"),
    ):
        if one in broker.values and other not in broker.written:
            broker.problem(one, "alone", f"{one} is of no use alone", expected=f"{other} beside it")


def load_registry(path: Path) -> dict[str, Device]:
    """Return the devices of a registry file.

    Raises:
        RegistryError: with every mistake, each at its place.
    """
    table = _checked(path, RegistryFile)
    devices = {name: _device(path.parent, entry) for name, entry in table.tables("unit").items()}
    seen: dict[bytes, str] = {}
    for name, device in devices.items():
        if device is not None and (other := seen.setdefault(device.key.kid, name)) != name:
            table.tables("unit")[name].problem(
                "key", "same-key", f"units {other} and {name} have the same key", expected="one key per unit"
            )
    _raise_if_wrong(table)
    return {name: device for name, device in devices.items() if device is not None}


def _device(near: Path, entry: Table) -> Device | None:
    values = entry.values
    if not {"key", "alg", "valid_from"} <= values.keys():
        return None
    if "valid_until" in values and _ms(values["valid_until"]) <= _ms(values["valid_from"]):
        entry.problem(
            "valid_until", "never-valid", "the key would never be valid", expected="a time after valid_from"
        )
    try:
        key = keyfile.load_public(_key_text(near, values["key"]))
    except KeyFileError as error:
        entry.problem("key", "bad-key", str(error), expected="the unit's public key, or a path to it")
        return None
    if key.alg != _ALGORITHMS[values["alg"]]:
        names = {number: name for name, number in _ALGORITHMS.items()}
        entry.problem("alg", "wrong-alg", "the key is of another kind", expected=names[key.alg], found=values["alg"])
        return None
    return Device(
        unit=entry.name,
        key=key,
        valid_from_ms=_ms(values["valid_from"]),
        valid_until_ms=_ms(values["valid_until"]) if "valid_until" in values else _FOREVER_MS,
        simulated=bool(values.get("simulated", False)),
    )


def _key_text(near: Path, value: str) -> str | Path:
    return value if KEY_TEXT.match(value) else _path(near, value)


def _broker(near: Path, values: Mapping[str, Any]) -> BrokerSettings:
    def file(key: str) -> Path | None:
        return _path(near, values[key]) if key in values else None

    password = file("password_file")
    tls = bool(values.get("tls", True))
    return BrokerSettings(
        host=values["host"],
        port=values.get("port", 8883 if tls else 1883),
        tls=tls,
        ca_file=file("ca"),
        client_cert=file("client_cert"),
        client_key=file("client_key"),
        username=values.get("username"),
        password=None if password is None else _secret(password),
        client_id=values.get("client_id", "lamppost-receiver"),
        topic_root=values.get("topic_root", "lamppost"),
        mqtt5=values.get("mqtt5", True),
    )


def _secret(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise RegistryError(f"{path}: cannot read the broker password: {error.strerror}") from error


def _path(near: Path, value: str) -> Path:
    if not value.startswith(_CREDENTIAL):
        return near / value
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if folder is None:
        raise RegistryError(
            f"{value}: there are no systemd credentials here; start by systemd or name a file instead"
        )
    return Path(folder) / value.removeprefix(_CREDENTIAL)


def _ms(moment: dt.datetime) -> int:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)
    return int(aware.timestamp() * 1000)


def _checked(path: Path, kind: type[Any]) -> Table:
    try:
        return check(read(path), kind, report=Report())
    except Unusable as error:
        raise RegistryError(str(error)) from error


def _raise_if_wrong(table: Table) -> None:
    if table.report.errors():
        raise RegistryError(table.report.text())
