"""The sensors of a unit: buses and pollers, made from the plans of the configuration.

In: plans. Out: buses that are not open yet, and a poller for each sensor. Never: a bus opened inside a driver.
"""

import asyncio
from collections.abc import Mapping
from functools import partial

from agent.clock import Clock
from agent.config.plans import BusPlan, SensorPlan, Settings
from agent.poller import Poller, Sink
from drivers.bus.api import Bus, I2cDevice
from drivers.bus.linux_i2c import LinuxI2c
from drivers.bus.linux_serial import LinuxSerial
from drivers.bus.nodes import Node
from drivers.model import Driver, I2cModel, SerialModel

AnyBus = LinuxI2c | LinuxSerial


def open_buses(settings: Settings) -> dict[str, AnyBus]:
    """Return the buses that the sensors are on, by name. Each opens its node when a poller asks for it."""
    return {name: _bus(plan) for name, plan in settings.buses.items()}


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
            nodes = (Node.at(bus.path) for bus in self._buses.values())
            opened = any(bus.simulated for bus in self._buses.values())
            self.found = opened or any(node.simulated for node in nodes if node is not None)
        return self.found


def make_driver(plan: SensorPlan, *, bus: AnyBus, clock: Clock) -> Driver:
    """Return a new driver for a sensor on its bus."""
    match plan.model:
        case I2cModel() as model if isinstance(bus, LinuxI2c) and plan.address is not None:
            return model.create(I2cDevice(bus, plan.address), clock, plan.options)
        case SerialModel() as model if isinstance(bus, LinuxSerial):
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
            owns_bus=isinstance(buses[plan.bus], LinuxSerial),
        )
        for plan in settings.sensors
    ]


async def close_buses(buses: Mapping[str, Bus]) -> None:
    """Close every bus, all at once: one that hangs must not keep the others."""
    await asyncio.gather(*(bus.close() for bus in buses.values()))


def _bus(plan: BusPlan) -> AnyBus:
    return LinuxI2c(plan.path) if plan.baudrate is None else LinuxSerial(plan.path, plan.baudrate)
