"""Rules about sensors: the model, its bus, its address, its timing.

In: the file's `[sensor.*]` tables, the buses, the catalogue of models. Out: plans, models by sensor, and problems.
Never: touches hardware.
"""

from dataclasses import dataclass, field
from datetime import date

from agent.config.catalogue import Catalogue
from agent.config.check_bus import Buses
from agent.config.check_quiet import check_quiet_hours
from agent.config.options import check_options
from agent.config.plans import BusKind, SensorPlan
from agent.poller import StartPolicy
from agent.tomlfile import Duration, Severity, Table, did_you_mean, listing, quoted
from drivers.model import Delivery, I2cModel, Model, SerialModel

DEFAULT_START = StartPolicy.RETRY


@dataclass(slots=True)
class Sensors:
    """The sensors of a file.

    Attributes:
        declared: every name that has a section, right or wrong.
        models: of those whose model is known.
        plans: of those that are complete.
        buses_named: what their `bus` keys say, right or wrong.
        at: which sensor has an address of a bus; address None stands for a whole serial line.
    """

    declared: frozenset[str]
    models: dict[str, Model] = field(default_factory=dict)
    plans: dict[str, SensorPlan] = field(default_factory=dict)
    buses_named: set[str] = field(default_factory=set)
    at: dict[tuple[str, int | None], str] = field(default_factory=dict)


def check_sensors(root: Table, buses: Buses, catalogue: Catalogue) -> Sensors:
    """Return the sensors, after reporting what is wrong with them."""
    sensors = Sensors(root.table("sensor").written)
    for name, table in root.tables("sensor").items():
        bus = _check_bus(table, buses)
        if bus is not None:
            sensors.buses_named.add(bus)
        model = _check_model(table, catalogue)
        if model is None:
            continue
        sensors.models[name] = model
        _check_fit(table, model, bus=bus, buses=buses)
        address = _check_address(table, model)
        _check_place(table, sensors, bus=bus, address=address, model=model)
        interval_s, timeout_s = _check_timing(table, model)
        options = check_options(table, model)
        quiet_hours = check_quiet_hours(table)
        calibrated = table.get("calibrated", date)
        if bus is not None and options is not None:
            sensors.plans[name] = SensorPlan(
                name=name,
                model=model,
                bus=bus,
                address=address,
                options=options,
                interval_s=interval_s,
                timeout_s=timeout_s,
                start=StartPolicy(table.text("start") or DEFAULT_START),
                calibrated=None if calibrated is None else calibrated.isoformat(),
                quiet_hours=quiet_hours,
            )
    return sensors


def _check_bus(table: Table, buses: Buses) -> str | None:
    bus = table.text("bus")
    if bus is not None and bus not in buses.declared:
        table.problem(
            "bus",
            "unknown-bus",
            f"there is no bus {quoted(bus)}",
            expected=f"one of the [bus.NAME] sections: {listing(buses.declared)}",
            found=quoted(bus),
            hint=did_you_mean(bus, buses.declared),
        )
    return bus


def _check_model(table: Table, catalogue: Catalogue) -> Model | None:
    name = table.text("model")
    if name is None:
        return None
    if name not in catalogue.names:
        table.problem(
            "model",
            "unknown-model",
            f"there is no sensor model {quoted(name)}",
            expected=f"one of {listing(catalogue.names)}",
            found=quoted(name),
            hint=did_you_mean(name, catalogue.names),
        )
        return None
    return catalogue.load(name)


def _check_fit(table: Table, model: Model, *, bus: str | None, buses: Buses) -> None:
    plan = buses.plans.get(bus or "")
    wanted = BusKind.I2C if isinstance(model, I2cModel) else BusKind.SERIAL
    if plan is None or plan.kind is wanted:
        return
    fitting = [name for name, other in buses.plans.items() if other.kind is wanted]
    table.problem(
        "bus",
        "wrong-bus-kind",
        f"a {model.name} needs a bus of kind {quoted(wanted.value)}",
        expected=f"one of {listing(fitting)}",
        found=f"{quoted(plan.name)}, of kind {quoted(plan.kind.value)}",
    )


def _check_address(table: Table, model: Model) -> int | None:
    address = table.get("address", int)
    if isinstance(model, SerialModel):
        if "address" in table.values:
            table.problem(
                "address",
                "no-effect",
                f"a {model.name} is on a serial line and has no address",
                expected="no address here",
                hint="remove this line",
            )
        return None
    possible = " or ".join(f"0x{entry:02x}" for entry in model.addresses)
    if address is not None and address not in model.addresses:
        table.problem(
            "address",
            "bad-address",
            f"a {model.name} cannot have this address",
            expected=possible,
            found=f"0x{address:02x}",
        )
        return None
    if "address" in table.written:
        return address
    if len(model.addresses) == 1:
        return model.addresses[0]
    _miss_address(table, possible)
    return None


def _miss_address(table: Table, possible: str) -> None:
    table.problem(
        None,
        "missing-address",
        f"sensor {quoted(table.name)} lacks its address",
        expected=f"address = {possible}",
        found="nothing",
        hint="the chip's address pin decides; i2cdetect -y 1 shows who answers",
    )


def _check_place(table: Table, sensors: Sensors, *, bus: str | None, address: int | None, model: Model) -> None:
    if bus is None or (address is None and isinstance(model, I2cModel)):
        return
    owner = sensors.at.setdefault((bus, address), table.name)
    if owner == table.name:
        return
    if address is None:
        table.problem(
            "bus",
            "shared-line",
            f"sensor {quoted(owner)} already has the serial line {quoted(bus)}",
            expected="a serial line for each sensor",
            found=quoted(bus),
        )
        return
    table.problem(
        "address" if "address" in table.written else "bus",
        "duplicate-address",
        f"sensor {quoted(owner)} already has address 0x{address:02x} on bus {quoted(bus)}",
        expected="another address, or another bus",
        found=f"0x{address:02x}",
    )


def _check_timing(table: Table, model: Model) -> tuple[float, float]:
    """Return interval and timeout in seconds."""
    interval, timeout = table.get("interval", Duration), table.get("timeout", Duration)
    interval_s = model.interval_s if interval is None else interval.seconds
    timeout_s = model.timeout_s if timeout is None else timeout.seconds
    if model.delivery is Delivery.PUSHED:
        if interval is not None:
            _warn_pushed(table, model)
        return model.interval_s, timeout_s
    if interval is not None and interval_s < model.fastest_s:
        table.problem(
            "interval",
            "too-fast",
            f"a {model.name} has nothing new that soon",
            expected=f"{model.fastest_s:g} s or more",
            found=quoted(interval.written()),
        )
    elif timeout is not None and timeout_s > max(interval_s, model.timeout_s):
        table.problem(
            "timeout",
            "timeout-too-long",
            "the timeout is longer than the interval",
            expected=f"{max(interval_s, model.timeout_s):g} s or less",
            found=quoted(timeout.written()),
            hint="a sample that is still waited for makes the next one late",
        )
    return interval_s, timeout_s


def _warn_pushed(table: Table, model: Model) -> None:
    table.problem(
        "interval",
        "no-effect",
        f"a {model.name} decides itself when it sends, so this interval has no effect",
        expected="no interval here",
        hint="remove this line",
        severity=Severity.WARNING,
    )
