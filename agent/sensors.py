"""The sensors of a unit: buses and pollers, made from the plans of the configuration.

In: plans. Out: buses that are not open yet, and a poller for each sensor. Never: a bus opened inside a driver.
"""

import asyncio
from collections.abc import Mapping
from functools import partial

from agent.clock import Clock
from agent.config.plans import BusKind, BusPlan, SensorPlan, Settings
from agent.poller import Poller, Sink
from agent.steadiness import Steadiness
from drivers.bus.api import Bus, I2cDevice
from drivers.bus.framing import LineFormat
from drivers.bus.linux_i2c import LinuxI2c
from drivers.bus.linux_serial import LinuxSerial
from drivers.bus.linux_sysfs import LinuxSysfs
from drivers.bus.mux import Hop, MuxBus, MuxTree, Way
from drivers.bus.nodes import Node
from drivers.bus.places import I2C, SERIAL, nodes_at
from drivers.modbus.device import ModbusDevice
from drivers.modbus.line import ModbusLine
from drivers.model import Driver, I2cModel, ModbusModel, SerialModel, SysfsModel
from drivers.reading import Clock as DriverClock

AnyBus = LinuxI2c | LinuxSerial | LinuxSysfs | ModbusLine | MuxBus


def open_buses(settings: Settings, *, clock: DriverClock) -> dict[str, AnyBus]:
    """Return the buses that the sensors are on, by name. Each opens its node when a poller asks for it.

    Args:
        settings: of the unit.
        clock: for the gaps and deadlines of lines that several sensors share.
    """
    return make_buses(settings.buses, clock=clock)


def make_buses(plans: Mapping[str, BusPlan], *, clock: DriverClock) -> dict[str, AnyBus]:
    """Return a bus for each plan, by name; every bus that one of them is behind is among the plans."""
    roots = {root_of(plans, name) for name, plan in plans.items() if plan.channel is not None}
    trees = {name: _tree(plans[name]) for name in roots}
    buses: dict[str, AnyBus] = {}
    for name, plan in plans.items():
        tree = trees.get(root_of(plans, name))
        buses[name] = _bus(plan, clock) if tree is None else tree.bus(_way(plans, name))
    return buses


def root_of(plans: Mapping[str, BusPlan], name: str) -> str:
    """Return the bus whose device node a bus ends in: itself, unless it is behind multiplexers."""
    channel = plans[name].channel
    return name if channel is None else root_of(plans, channel.bus)


def nodes_of(settings: Settings) -> dict[str, str]:
    """Return for each sensor the bus whose device node it is on: that is what hangs, and what is opened anew."""
    return {plan.name: root_of(settings.buses, plan.bus) for plan in settings.sensors}


class Simulation:
    """Whether a simulated adapter or a pseudo-terminal is, or ever was, behind any bus. Derived, never configured.

    Attributes:
        found: the answer of the last look.
    """

    def __init__(self, buses: Mapping[str, AnyBus]) -> None:
        self._buses = buses
        self.found = False
        self.look()

    def look(self) -> bool:
        """Look at every bus, opened yet or not, and return the answer."""
        if not self.found:
            nodes = (Node.at(path) for bus in self._buses.values() for path in _nodes(bus))
            opened = any(bus.simulated for bus in self._buses.values())
            self.found = opened or any(node.simulated for node in nodes if node is not None)
        return self.found


def _nodes(bus: AnyBus) -> list[str]:
    """Return the device nodes that a bus has, or would have if it was opened now."""
    if isinstance(bus, LinuxSysfs):
        return [bus.path]
    return nodes_at(bus.path, SERIAL if isinstance(bus, LinuxSerial | ModbusLine) else I2C)


def make_driver(plan: SensorPlan, *, bus: AnyBus, clock: DriverClock) -> Driver:
    """Return a new driver for a sensor on its bus."""
    match plan.model:
        case I2cModel() as model if isinstance(bus, LinuxI2c | MuxBus) and plan.address is not None:
            return model.create(I2cDevice(bus, plan.address), clock, plan.options)
        case SerialModel() as model if isinstance(bus, LinuxSerial):
            return model.create(bus, clock, plan.options)
        case ModbusModel() as model if isinstance(bus, ModbusLine) and plan.slave is not None:
            return model.create(ModbusDevice(bus, plan.slave, model.response_s), clock, plan.options)
        case SysfsModel() as model if isinstance(bus, LinuxSysfs):
            return model.create(bus, clock, plan.options)
    raise AssertionError(f"sensor {plan.name}: the checker lets no model stand on a bus of another kind")


def make_pollers(settings: Settings, *, buses: Mapping[str, AnyBus], clock: Clock, sink: Sink) -> list[Poller]:
    """Return a poller for each sensor, in the order of the file."""
    return [
        Poller(
            plan.name,
            bus=buses[plan.bus],
            driver=partial(make_driver, plan, bus=buses[plan.bus], clock=clock),
            delivery=plan.model.delivery,
            quiet=plan.model.quiet,
            interval_s=plan.interval_s,
            timeout_s=plan.timeout_s,
            start=plan.start,
            clock=clock,
            sink=sink,
            owns_bus=_alone(settings, plan.bus),
            steadiness=Steadiness(plan.model.channels, after_s=plan.stuck_after_s),
        )
        for plan in settings.sensors
    ]


async def close_buses(buses: Mapping[str, Bus]) -> None:
    """Close every bus, all at once: one that hangs must not keep the others."""
    await asyncio.gather(*(bus.close() for bus in buses.values()))


def _bus(plan: BusPlan, clock: DriverClock) -> AnyBus:
    if plan.kind is BusKind.SYSFS:
        return LinuxSysfs(plan.path)
    if plan.baudrate is None:
        return LinuxI2c(plan.path)
    line = LinuxSerial(plan.path, plan.baudrate, parity=plan.parity, stop_bits=plan.stop_bits)
    if plan.kind is BusKind.SERIAL:
        return line
    form = LineFormat(plan.baudrate, plan.parity, plan.stop_bits)
    return ModbusLine(line, clock, form=form, turnaround_s=plan.turnaround_s, abandoned=line.abandoned)


def _tree(plan: BusPlan) -> MuxTree:
    adapter = LinuxI2c(plan.path)
    return MuxTree(adapter, abandoned=adapter.abandoned)


def _way(plans: Mapping[str, BusPlan], name: str) -> Way:
    """Return the hops from the adapter to a bus."""
    channel = plans[name].channel
    return () if channel is None else (*_way(plans, channel.bus), Hop(channel.address, channel.number))


def _alone(settings: Settings, bus: str) -> bool:
    """Return whether a bus is a line with one sensor, so that nobody misses it while that one is paused."""
    lines = settings.buses[bus].kind in {BusKind.SERIAL, BusKind.MODBUS, BusKind.SYSFS}
    return lines and sum(plan.bus == bus for plan in settings.sensors) == 1
