"""What the service runs with, after the checker has found nothing wrong.

In: nothing. Out: the value types of a checked configuration. Never: text that still has to be understood.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from agent.budget import BudgetSettings
from agent.buffer.records import Limits, StreamPolicy
from agent.poller import StartPolicy
from agent.privacy.spec import StreamSpec
from agent.uplink.settings import Delivery, Secret, TlsSettings
from agent.wire.declared import DeclaredAlarm
from agent.wire.orders import Role
from drivers.bus.framing import Parity
from drivers.model import Model


class BusKind(StrEnum):
    """What a bus is."""

    I2C = "i2c"
    SERIAL = "serial"
    MODBUS = "modbus"
    MUX = "i2c-mux"
    SYSFS = "sysfs"


class MqttVersion(StrEnum):
    """Which MQTT is spoken."""

    AUTO = "auto"
    V5 = "5"
    V311 = "3.1.1"


class ClockSource(StrEnum):
    """Where wall time comes from."""

    KERNEL = "kernel"
    GNSS = "gnss"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitSettings:
    """Who and where the unit is.

    Attributes:
        id, site, publisher, office, contact: as configured.
        key: a path or ``credential:NAME``, as `agent.keys.load` takes it.
        location: latitude and longitude of the middle of its grid cell in 1e-5 degrees, and the grid's edge in
            metres. Where it stands exactly is forgotten once the file is checked.
        installed: day of installation, ``YYYY-MM-DD``.
        hardware, firmware, legal_basis: in words, empty when they are not told.
        dtpr: codes of Digital Trust for Places and Routines that hold for the whole unit.
        notice_url: page about the unit that the printed notice points to.
    """

    id: str
    site: str
    publisher: str
    office: str
    contact: str
    key: str
    location: tuple[int, int, int] | None = None
    installed: str | None = None
    hardware: str = ""
    firmware: str = ""
    legal_basis: str = ""
    dtpr: tuple[str, ...] = ()
    notice_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BusPlan:
    """One bus.

    Attributes:
        name, kind: as configured.
        path: the device node; empty for a channel of a multiplexer.
        baudrate: bits a second, None for I2C.
        parity, stop_bits: of a serial or Modbus line.
        turnaround_s: seconds of quiet on a Modbus line besides the gap of its specification.
        channel: where a channel of a multiplexer is, None for all other buses.
    """

    name: str
    kind: BusKind
    path: str
    baudrate: int | None = None
    parity: Parity = Parity.NONE
    stop_bits: int = 1
    turnaround_s: float = 0.0
    channel: "MuxPlan | None" = None


KERNEL: Final = BusPlan(name="/sys", kind=BusKind.SYSFS, path="/sys")
"""The bus of a bridged sensor that names none; no bus of a file can have that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MuxPlan:
    """One channel of a multiplexer: the bus that the multiplexer is on, its address there, and which channel."""

    bus: str
    address: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorPlan:
    """One sensor.

    Attributes:
        name: as configured.
        model: the driver's description; `model.create` builds the driver.
        bus: name of its bus.
        address: 7-bit address, None on a serial line.
        slave: number on a Modbus line, None on any other bus.
        options: an instance of `model.options`.
        interval_s: seconds between two samples; without meaning for pushed sensors.
        timeout_s: a sample that takes longer has failed.
        start: what it means when it does not answer at the start.
        calibrated: day of its last calibration, ``YYYY-MM-DD``, None when unknown.
        stuck_after_s: seconds without a change after which a channel is suspicious, 0 for never; None for the
            default of `agent.steadiness`.
        quiet_hours: when it is not sampled: minutes of the local day, start included, end not; a start after its end
            crosses midnight.
    """

    name: str
    model: Model
    bus: str
    address: int | None
    options: object
    interval_s: float
    timeout_s: float
    start: StartPolicy
    calibrated: str | None = None
    quiet_hours: tuple[tuple[int, int], ...] = ()
    slave: int | None = None
    stuck_after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamText:
    """What a stream is, in words; goes into the declaration."""

    title: str
    description: str
    keywords: tuple[str, ...]
    purpose: str
    licence: str
    access: str
    contact: str
    rights: str = ""
    dtpr: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPlan:
    """One stream.

    Attributes:
        spec: what it releases.
        policy: how the outbox treats it.
        text: what it is.
        properties: URI of what each released channel observes, by its name; those without one are left out.
        alarms: what is told at once, as it is declared.
    """

    spec: StreamSpec
    policy: StreamPolicy
    text: StreamText
    properties: Mapping[str, str] = field(default_factory=dict)
    alarms: tuple[DeclaredAlarm, ...] = ()

    @property
    def name(self) -> str:
        """The stream's identifier."""
        return self.spec.name


@dataclass(frozen=True, slots=True, kw_only=True)
class UplinkPlan:
    """The broker.

    Attributes:
        host, port: where it is.
        tls: None for plain TCP, for a broker on the same machine only.
        username, password: None for none.
        topic_root: first levels of every topic.
        delivery: what makes data delivered.
        receiver_keys: public keys of the receiver as `agent.wire.keyfile.load_public` takes them: files, or text.
        keepalive_s: silence after which the connection is tested.
        in_flight: publishes without a PUBACK at one time.
        status_s: seconds between two status messages.
        mqtt: which version is spoken.
    """

    host: str
    port: int
    tls: TlsSettings | None
    username: str | None
    password: Secret | None
    topic_root: str
    delivery: Delivery
    receiver_keys: tuple[Path | str, ...]
    keepalive_s: int
    in_flight: int
    status_s: float
    mqtt: MqttVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSettings:
    """Where wall time comes from.

    Attributes:
        source: what synchronises it.
        gnss: name of a sensor whose model has a channel `utc`.
        timezone: IANA name.
        rtc: name below /sys/class/rtc of a clock with a battery that the system keeps set; None for none.
    """

    source: ClockSource
    gnss: str | None
    timezone: str
    rtc: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlPlan:
    """Who may order something; `keys` are files or texts, as `agent.control.keys.load` takes them, with roles."""

    keys: tuple[tuple[Path | str, Role], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that a configuration file says.

    Attributes:
        unit: who and where.
        buses: by name; buses without a sensor are left out.
        sensors: in the order of the file.
        streams: in the order of the file.
        uplink: the broker.
        directory: folder of the store.
        limits: bounds of the store.
        budget: what may be sent.
        clock: where wall time comes from.
        control: who may order something.
    """

    unit: UnitSettings
    buses: Mapping[str, BusPlan]
    sensors: tuple[SensorPlan, ...]
    streams: tuple[StreamPlan, ...]
    uplink: UplinkPlan
    directory: Path
    limits: Limits
    budget: BudgetSettings = field(default_factory=BudgetSettings)
    clock: ClockSettings
    control: ControlPlan = field(default_factory=ControlPlan)
