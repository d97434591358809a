import asyncio
import dataclasses
import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.clock import SystemClock
from agent.config import Settings, load
from agent.config.catalogue import Catalogue, installed
from agent.discipline import SystemDiscipline
from agent.poller import SensorState, StartPolicy
from agent.sensors import Simulation, close_buses, make_driver, make_pollers, nodes_of, open_buses
from drivers.bme280.driver import Bme280
from drivers.bus.framing import LineFormat, Parity
from drivers.bus.linux_i2c import LinuxI2c
from drivers.bus.linux_serial import LinuxSerial
from drivers.bus.mux import Hop, MuxBus
from drivers.mac_scanner.driver import MacScanner
from drivers.modbus.line import ModbusLine
from drivers.reading import Reading
from drivers.sim.line import SimulatedLine
from tests.support.agent_process import FOOTFALL, WEATHER, Site
from tests.support.modbus_meter import MODEL as METER
from tests.support.modbus_meter import Meter

CLOCK = SystemClock(SystemDiscipline())


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A unit with an I2C adapter and a serial line, neither plugged in."""
    site = Site(tmp_path, parts=(WEATHER, FOOTFALL), start="required")
    yield site
    site.adapter.close()


@pytest.fixture
def settings(site: Site) -> Settings:
    """What its file says."""
    return load(site.config)


async def test_buses_are_of_the_configured_kind_and_not_open_yet(settings: Settings, site: Site) -> None:
    buses = open_buses(settings, clock=CLOCK)
    assert isinstance(buses["pole"], LinuxI2c)
    assert isinstance(buses["scanner"], LinuxSerial)
    assert buses["pole"].path == str(site.folder / "i2c-1")
    await close_buses(buses)


SHARED = """
[bus.pole]
kind = "i2c"
path = "{folder}/i2c-1"
[bus.outer]
kind = "i2c-mux"
bus = "pole"
address = 0x70
channel = 3
[bus.inner]
kind = "i2c-mux"
bus = "outer"
address = 0x71
channel = 5
[bus.meters]
kind = "modbus"
path = "{folder}/tty-modbus"
baudrate = 9600
parity = "odd"
turnaround = "5ms"
[sensor.weather]
model = "bme280"
bus = "inner"
address = 0x76
interval = "1s"
[sensor.mains]
model = "meter"
bus = "meters"
slave = 1
[sensor.solar]
model = "meter"
bus = "meters"
slave = 17
"""


@pytest.fixture
def shared(site: Site) -> Settings:
    """What the file of a unit with a Modbus line and two multiplexers says."""
    site.parts = (SHARED, WEATHER[WEATHER.index("[stream.weather]") :])
    site.write()
    models = installed()
    catalogue = Catalogue((*models.names, "meter"), lambda name: METER if name == "meter" else models.load(name))
    return load(site.config, catalogue=catalogue)


async def test_buses_behind_multiplexers_share_the_adapter_of_the_bus_that_they_end_in(shared: Settings) -> None:
    buses = open_buses(shared, clock=CLOCK)
    root, inner = buses["pole"], buses["inner"]
    assert isinstance(root, MuxBus)
    assert isinstance(inner, MuxBus)
    assert inner._way == (Hop(0x70, 3), Hop(0x71, 5))
    assert inner._tree is root._tree
    assert isinstance(root._tree.adapter, LinuxI2c)
    assert root.abandoned is root._tree.adapter.abandoned
    assert nodes_of(shared) == {"weather": "pole", "mains": "meters", "solar": "meters"}


async def test_sensors_of_a_modbus_line_share_it_and_have_their_own_numbers(shared: Settings) -> None:
    buses = open_buses(shared, clock=CLOCK)
    line = buses["meters"]
    assert isinstance(line, ModbusLine)
    assert line._form == LineFormat(9600, Parity.ODD, 1)
    made = [make_driver(plan, bus=line, clock=CLOCK) for plan in shared.sensors if plan.bus == "meters"]
    assert all(isinstance(driver, Meter) for driver in made)
    assert [driver._device.slave for driver in made if isinstance(driver, Meter)] == [1, 17]
    assert [driver._device.response_s for driver in made if isinstance(driver, Meter)] == [0.2, 0.2]


def test_line_that_several_sensors_share_is_not_closed_when_one_of_them_is_paused(shared: Settings) -> None:
    pollers = make_pollers(shared, buses=open_buses(shared, clock=CLOCK), clock=CLOCK, sink=_Sink())
    assert [poller._owns_bus for poller in pollers] == [False, False, False]
    alone = dataclasses.replace(shared, sensors=shared.sensors[:2])
    pollers = make_pollers(alone, buses=open_buses(alone, clock=CLOCK), clock=CLOCK, sink=_Sink())
    assert [poller._owns_bus for poller in pollers] == [False, True]


async def test_drivers_are_those_of_the_configured_models(settings: Settings) -> None:
    buses = open_buses(settings, clock=CLOCK)
    made = {plan.name: make_driver(plan, bus=buses[plan.bus], clock=CLOCK) for plan in settings.sensors}
    assert isinstance(made["weather"], Bme280)
    assert isinstance(made["scanner"], MacScanner)


async def test_pollers_keep_what_the_file_says_of_their_sensors(settings: Settings) -> None:
    pollers = make_pollers(settings, buses=open_buses(settings, clock=CLOCK), clock=CLOCK, sink=_Sink())
    assert [poller.sensor for poller in pollers] == ["weather", "scanner"]
    assert [poller._start for poller in pollers] == [StartPolicy.REQUIRED, StartPolicy.RETRY]
    assert pollers[0]._sampling._interval_ns == 1_000_000_000
    assert pollers[0]._sampling._timeout_s == settings.sensors[0].timeout_s
    assert [poller._owns_bus for poller in pollers] == [False, True], "only a serial line has one sensor"


async def test_poller_reads_the_chip_at_its_address(site: Site, settings: Settings) -> None:
    site.plug()
    buses, sink = open_buses(settings, clock=CLOCK), _Sink()
    poller = make_pollers(settings, buses=buses, clock=CLOCK, sink=sink)[0]
    polling = asyncio.create_task(poller.run())
    async with asyncio.timeout(20):
        await sink.read.wait()
    polling.cancel()
    await asyncio.wait([polling])
    await close_buses(buses)
    assert poller.condition.state is SensorState.OK


async def test_paused_serial_sensor_leaves_its_line_closed_and_resuming_opens_it(
    site: Site, settings: Settings
) -> None:
    with SimulatedLine(site.folder / "tty-scanner"):
        buses, sink = open_buses(settings, clock=CLOCK), _Sink()
        poller = make_pollers(settings, buses=buses, clock=CLOCK, sink=sink)[1]
        polling = asyncio.create_task(poller.run())
        line = buses["scanner"]
        assert isinstance(line, LinuxSerial)
        async with asyncio.timeout(20):
            await sink.until(SensorState.OK)
            poller.pause("quiet hours")
            while not math.isinf(poller.deadline_s):  # noqa: ASYNC110 - nobody tells when it has come to rest
                await asyncio.sleep(0.01)
            assert line._port is None
            poller.resume()
            await sink.until(SensorState.OK)
        assert line._port is not None
        polling.cancel()
        await asyncio.wait([polling])
        await close_buses(buses)


def test_simulation_of_buses_that_are_not_there_is_not_assumed(settings: Settings) -> None:
    assert Simulation(open_buses(settings, clock=CLOCK)).found is False


def test_simulation_is_found_where_an_adapter_is_plugged_in_later(site: Site, settings: Settings) -> None:
    simulation = Simulation(open_buses(settings, clock=CLOCK))
    site.plug()
    assert simulation.look() is True


def test_simulation_once_found_stays_found(site: Site, settings: Settings) -> None:
    simulation = Simulation(open_buses(settings, clock=CLOCK))
    with SimulatedLine(site.folder / "tty-scanner"):
        assert simulation.look() is True
    assert simulation.look() is True
    assert simulation.found is True


async def test_closing_buses_does_not_wait_for_one_after_the_other(settings: Settings) -> None:
    buses = open_buses(settings, clock=CLOCK)
    together = asyncio.Barrier(len(buses))
    for bus in buses.values():
        bus.close = together.wait  # type: ignore[method-assign,assignment]  # a bus that closes when all others do
    async with asyncio.timeout(5):
        await close_buses(buses)


class _Sink:
    """Notes that a reading came."""

    def __init__(self) -> None:
        self.read = asyncio.Event()
        self.states: asyncio.Queue[SensorState] = asyncio.Queue()

    def on_reading(self, sensor: str, reading: Reading) -> None:
        assert (sensor, set(reading.values)) == ("weather", {"temperature", "humidity", "pressure"})
        self.read.set()

    def on_state(self, sensor: str, state: SensorState) -> None:
        del sensor
        self.states.put_nowait(state)

    async def until(self, state: SensorState) -> None:
        """Return when a sensor has entered a state."""
        while await self.states.get() is not state:
            pass
