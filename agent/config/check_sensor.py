"""Rules about sensors: the model, its bus, its timing. Where on the bus it is, is in `check_place`.

In: the file's `[sensor.*]` tables, the buses, the catalogue of models. Out: plans, models by sensor, and problems.
Never: touches hardware.
"""

from dataclasses import dataclass, field
from datetime import date

from agent.config.catalogue import Catalogue
from agent.config.check_bus import Buses
from agent.config.check_place import check_place
from agent.config.check_quiet import check_quiet_hours
from agent.config.declared import DeclaredModels
from agent.config.foreign import load_named
from agent.config.options import check_options
from agent.config.plans import KERNEL, SensorPlan
from agent.poller import StartPolicy
from agent.steadiness import may_be_watched
from agent.tomlfile import Duration, Severity, Table, did_you_mean, listing, quoted
from drivers.model import Delivery, Model, SysfsModel

DEFAULT_START = StartPolicy.RETRY


@dataclass(slots=True)
class Sensors:
    """The sensors of a file.

    Attributes:
        declared: every name that has a section, right or wrong.
        models: of those whose channels are known: the model is, and so are the options they follow from.
        plans: of those that are complete.
        buses_named: what their `bus` keys say, right or wrong.
        at: which sensor has an address or a slave number of a bus; None stands for a whole serial line.
    """

    declared: frozenset[str]
    models: dict[str, Model] = field(default_factory=dict)
    plans: dict[str, SensorPlan] = field(default_factory=dict)
    buses_named: set[str] = field(default_factory=set)
    at: dict[tuple[str, int | None], str] = field(default_factory=dict)


def check_sensors(root: Table, buses: Buses, catalogue: Catalogue) -> Sensors:
    """Return the sensors, after reporting what is wrong with them."""
    sensors = Sensors(root.table("sensor").written)
    declared = DeclaredModels(catalogue.folders)
    for name, table in root.tables("sensor").items():
        bus = _check_bus(table, buses)
        if bus is not None:
            sensors.buses_named.add(bus)
        model = _check_model(table, catalogue, declared)
        if "bus" not in table.written:
            bus = _usual_bus(table, model, buses)
        if model is None:
            continue
        place = check_place(table, model, bus=bus, buses=buses, at=sensors.at)
        interval_s, timeout_s = _check_timing(table, model)
        options = check_options(table, model)
        if options is not None:
            model = model.fitted(options)
        if options is not None or model.channels_of is None:
            sensors.models[name] = model
        quiet_hours = check_quiet_hours(table)
        calibrated = table.get("calibrated", date)
        if bus is not None and options is not None:
            sensors.plans[name] = SensorPlan(
                name=name,
                model=model,
                bus=bus,
                address=place.address,
                slave=place.slave,
                options=options,
                interval_s=interval_s,
                timeout_s=timeout_s,
                start=StartPolicy(table.text("start") or DEFAULT_START),
                calibrated=None if calibrated is None else calibrated.isoformat(),
                quiet_hours=quiet_hours,
                stuck_after_s=_check_stuck(table, model),
            )
    return sensors


def _check_stuck(table: Table, model: Model) -> float | None:
    """Return seconds without a change after which a value is suspicious, None where the file does not say."""
    written = table.get("stuck_after", Duration)
    if written is None:
        return None
    if not any(may_be_watched(channel) for channel in model.channels):
        table.problem(
            "stuck_after",
            "no-effect",
            f"a {model.name} measures nothing that could be stuck: what is counted or identified may rest",
            expected="no stuck_after here",
            hint="remove this line",
            severity=Severity.WARNING,
        )
    return written.seconds


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


def _usual_bus(table: Table, model: Model | None, buses: Buses) -> str | None:
    """Return the bus of a sensor that names none: the kernel's for a bridge, a mistake for all others."""
    if isinstance(model, SysfsModel):
        buses.plans.setdefault(KERNEL.name, KERNEL)
        return KERNEL.name
    table.problem(
        None,
        "missing-key",
        f'[sensor.{table.name}] lacks the key "bus"',
        expected=f"one of the [bus.NAME] sections: {listing(buses.declared)}",
        found="nothing",
    )
    return None


def _check_model(table: Table, catalogue: Catalogue, declared: DeclaredModels) -> Model | None:
    name = table.text("model")
    if name is None:
        return None
    if name in catalogue.names:
        _warn_hidden(table, name, declared)
        return load_named(table, name, catalogue)
    if declared.has(name):
        return declared.model(name, table.report)
    known = [*catalogue.names, *declared.names]
    table.problem(
        "model",
        "unknown-model",
        f"there is no sensor model {quoted(name)}",
        expected=f"one of {listing(known)}",
        found=quoted(name),
        hint=did_you_mean(name, known),
    )
    return None


def _warn_hidden(table: Table, name: str, declared: DeclaredModels) -> None:
    if declared.has(name):
        table.problem(
            "model",
            "hidden-device",
            f"a model that is installed is called {quoted(name)}, so the device file of that name is not read",
            expected="another name for the file",
            hint="rename the file, and name it here",
            severity=Severity.WARNING,
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
