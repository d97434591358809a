"""From a configuration without mistakes to what the service runs with.

In: the typed file and the plans made while it was checked. Out: `Settings`. Never: a mistake; they were all found.
"""

from dataclasses import replace
from pathlib import Path
from typing import Final

from agent.budget import BudgetSettings
from agent.buffer.records import Limits
from agent.config.check_bus import Buses
from agent.config.check_sensor import Sensors
from agent.config.check_stream import Streams
from agent.config.model import Configuration
from agent.config.model_delivery import Budget, Buffer, Tls, Uplink
from agent.config.model_unit import Control, Unit
from agent.config.plans import (
    BusKind,
    BusPlan,
    ClockSettings,
    ClockSource,
    ControlPlan,
    MqttVersion,
    SensorPlan,
    Settings,
    StreamPlan,
    UnitSettings,
    UplinkPlan,
)
from agent.errors import ConfigurationError
from agent.tomlfile import Size
from agent.uplink.settings import Delivery, Secret, TlsSettings
from agent.wire.keytext import KEY_TEXT
from agent.wire.orders import Role
from drivers.model import SerialModel, SysfsModel

CREDENTIAL: Final = "credential:"
_OF: Final = ":"
"""Between a bus and the sensor that has it for itself; no name has one."""
_TLS_PORT: Final = 8883
_PLAIN_PORT: Final = 1883
_DELIVERY: Final = {"receipts": Delivery.RECEIPT, "broker": Delivery.BROKER}


def resolve(
    configuration: Configuration,
    *,
    location: tuple[int, int, int] | None,
    buses: Buses,
    sensors: Sensors,
    streams: Streams,
    folder: Path,
) -> Settings:
    """Return the settings; relative paths count from `folder`.

    Raises:
        ConfigurationError: a stream lacks something without which it may not start.
    """
    for plan in streams.plans:
        require_complete(plan)
    placed, plans = resolve_sensors(buses, sensors)
    return Settings(
        unit=_unit(configuration.unit, location=location, folder=folder),
        buses=placed,
        sensors=plans,
        streams=tuple(streams.plans),
        uplink=_uplink(configuration.uplink, folder),
        directory=folder / configuration.buffer.directory,
        limits=_limits(configuration.buffer),
        budget=_budget(configuration.budget, configuration.clock.timezone),
        clock=ClockSettings(
            source=ClockSource(configuration.clock.source),
            gnss=configuration.clock.gnss,
            timezone=configuration.clock.timezone,
            rtc=configuration.clock.rtc,
        ),
        control=_control(configuration.control, folder),
    )


def resolve_sensors(buses: Buses, sensors: Sensors) -> tuple[dict[str, BusPlan], tuple[SensorPlan, ...]]:
    """Return the sensors, and by name the buses that they need."""
    plans = tuple(map(_with_its_own_tree, sensors.plans.values()))
    return _buses(buses, plans), plans


def require_complete(plan: StreamPlan) -> None:
    """Refuse a stream that does not say what it is, whose it is, how often it comes and in which units.

    The checker asks for each of these where it stands in the file; here they are asked for again, for settings that
    came another way.

    Raises:
        ConfigurationError: naming what is missing.
    """
    told: dict[str, object] = {
        "title": plan.text.title.strip(),
        "description": plan.text.description.strip(),
        "contact": plan.text.contact.strip(),
        "licence": plan.text.licence.strip(),
        "access": plan.text.access.strip(),
        "window": plan.spec.window_ms > 0,
        "batch": plan.policy.batch_rows > 0,
        "channel": plan.spec.channels,
        "unit": all(channel.unit.strip() for channel in plan.spec.channels),
    }
    missing = [key for key, value in told.items() if not value]
    if missing:
        raise ConfigurationError(
            f"stream {plan.name}: expected a title, a description, a contact, a licence, an access level, a window, "
            f"a batch and a unit of each channel; found none for {', '.join(missing)}. Add what is missing"
        )


def _unit(unit: Unit, *, location: tuple[int, int, int] | None, folder: Path) -> UnitSettings:
    return UnitSettings(
        id=unit.id,
        site=unit.site,
        publisher=unit.publisher,
        office=unit.office,
        contact=unit.contact,
        key=unit.key if unit.key.startswith(CREDENTIAL) else str(folder / unit.key),
        location=location,
        installed=None if unit.installed is None else unit.installed.isoformat(),
        hardware=unit.hardware or "",
        firmware=unit.firmware or "",
        legal_basis=unit.legal_basis or "",
        dtpr=unit.dtpr,
        notice_url=unit.notice_url,
    )


def _buses(buses: Buses, sensors: tuple[SensorPlan, ...]) -> dict[str, BusPlan]:
    """Return the buses of the sensors, and those that the multiplexers among them are on."""
    found = {plan.bus: _bus(buses.plans[plan.bus.partition(_OF)[0]], plan) for plan in sensors}
    for bus in tuple(found.values()):
        found |= {above.name: above for above in buses.above(bus.name) if above.name not in found}
    return found


def _with_its_own_tree(plan: SensorPlan) -> SensorPlan:
    """Return the plan; a bridged sensor gets a bus of its own: one that hangs in the kernel delays no other."""
    return replace(plan, bus=f"{plan.bus}{_OF}{plan.name}") if isinstance(plan.model, SysfsModel) else plan


def _bus(bus: BusPlan, sensor: SensorPlan) -> BusPlan:
    """Return the bus with the speed of the sensor on it, where the file gives none."""
    if isinstance(sensor.model, SysfsModel):
        return replace(bus, name=sensor.bus)
    if bus.kind is BusKind.SERIAL and bus.baudrate is None and isinstance(sensor.model, SerialModel):
        return replace(bus, baudrate=sensor.model.baudrate)
    return bus


def _uplink(uplink: Uplink, folder: Path) -> UplinkPlan:
    tls = _tls(uplink, folder)
    return UplinkPlan(
        host=uplink.host,
        port=uplink.port or (_PLAIN_PORT if tls is None else _TLS_PORT),
        tls=tls,
        username=uplink.username,
        password=_secret(uplink.password_file, folder),
        topic_root=uplink.topic_root,
        delivery=_DELIVERY[uplink.delivery],
        receiver_keys=tuple(key if KEY_TEXT.match(key) else folder / key for key in uplink.receiver_keys),
        keepalive_s=-(-uplink.keepalive // 1000),
        in_flight=uplink.in_flight,
        status_s=uplink.status_interval.seconds,
        mqtt=MqttVersion(uplink.mqtt),
    )


def _control(control: Control, folder: Path) -> ControlPlan:
    return ControlPlan(
        keys=tuple(
            (entry.key if KEY_TEXT.match(entry.key) else folder / entry.key, Role(entry.role))
            for entry in control.keys
        )
    )


def _tls(uplink: Uplink, folder: Path) -> TlsSettings | None:
    given = Tls() if uplink.tls is True else uplink.tls
    if isinstance(given, bool):
        return None
    return TlsSettings(
        ca_file=None if given.ca is None else folder / given.ca,
        client_certificate=None if given.client_cert is None else folder / given.client_cert,
        client_key=_secret(given.client_key, folder),
    )


def _secret(text: str | None, folder: Path) -> Secret | None:
    if text is None:
        return None
    if text.startswith(CREDENTIAL):
        return Secret(credential=text.removeprefix(CREDENTIAL))
    return Secret(file=folder / text)


def _limits(buffer: Buffer) -> Limits:
    return Limits(
        max_bytes=int(buffer.max_bytes),
        free_floor_bytes=int(buffer.free_floor),
        loss_window_s=buffer.loss_window.seconds,
        retain_s=buffer.retain.seconds,
        log_bytes=int(buffer.log_bytes),
        log_days=buffer.log_days,
        flash_bytes_per_day=_bytes(buffer.flash_daily),
    )


def _budget(budget: Budget, timezone: str) -> BudgetSettings:
    return BudgetSettings(
        messages_per_minute=budget.messages_per_minute,
        bytes_per_minute=_bytes(budget.bytes_per_minute),
        day_bytes=_bytes(budget.daily),
        month_bytes=_bytes(budget.monthly),
        billing_day=budget.billing_day,
        timezone=timezone,
    )


def _bytes(size: Size | None) -> int | None:
    return None if size is None else int(size)
