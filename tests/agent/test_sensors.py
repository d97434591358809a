import asyncio
import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.clock import SystemClock
from agent.config import Settings, load
from agent.discipline import SystemDiscipline
from agent.poller import SensorState, StartPolicy
from agent.sensors import Simulation, close_buses, make_driver, make_pollers, open_buses
from drivers.bme280.driver import Bme280
from drivers.bus.linux_i2c import LinuxI2c
from drivers.bus.linux_serial import LinuxSerial
from drivers.mac_scanner.driver import MacScanner
from drivers.reading import Reading
from drivers.sim.line import SimulatedLine
from tests.support.agent_process import FOOTFALL, WEATHER, Site

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
    buses = open_buses(settings)
    assert isinstance(buses["pole"], LinuxI2c)
    assert isinstance(buses["scanner"], LinuxSerial)
    assert buses["pole"].path == str(site.folder / "i2c-1")
    await close_buses(buses)


async def test_drivers_are_those_of_the_configured_models(settings: Settings) -> None:
    buses = open_buses(settings)
    made = {plan.name: make_driver(plan, bus=buses[plan.bus], clock=CLOCK) for plan in settings.sensors}
    assert isinstance(made["weather"], Bme280)
    assert isinstance(made["scanner"], MacScanner)


async def test_pollers_keep_what_the_file_says_of_their_sensors(settings: Settings) -> None:
    pollers = make_pollers(settings, buses=open_buses(settings), clock=CLOCK, sink=_Sink())
    assert [poller.sensor for poller in pollers] == ["weather", "scanner"]
    assert [poller._start for poller in pollers] == [StartPolicy.REQUIRED, StartPolicy.RETRY]
    assert pollers[0]._interval_ns == 1_000_000_000
    assert pollers[0]._timeout_s == settings.sensors[0].timeout_s
    assert [poller._owns_bus for poller in pollers] == [False, True], "only a serial line has one sensor"


async def test_poller_reads_the_chip_at_its_address(site: Site, settings: Settings) -> None:
    site.plug()
    buses, sink = open_buses(settings), _Sink()
    poller = make_pollers(settings, buses=buses, clock=CLOCK, sink=sink)[0]
    polling = asyncio.create_task(poller.run())
    async with asyncio.timeout(20):
        await sink.read.wait()
    polling.cancel()
    await asyncio.wait([polling])
    await close_buses(buses)
    assert poller.state is SensorState.OK


async def test_paused_serial_sensor_leaves_its_line_closed_and_resuming_opens_it(
    site: Site, settings: Settings
) -> None:
    with SimulatedLine(site.folder / "tty-scanner"):
        buses, sink = open_buses(settings), _Sink()
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
    assert Simulation(open_buses(settings)).found is False


def test_simulation_is_found_where_an_adapter_is_plugged_in_later(site: Site, settings: Settings) -> None:
    simulation = Simulation(open_buses(settings))
    site.plug()
    assert simulation.look() is True


def test_simulation_once_found_stays_found(site: Site, settings: Settings) -> None:
    simulation = Simulation(open_buses(settings))
    with SimulatedLine(site.folder / "tty-scanner"):
        assert simulation.look() is True
    assert simulation.look() is True
    assert simulation.found is True


async def test_closing_buses_does_not_wait_for_one_after_the_other(settings: Settings) -> None:
    buses = open_buses(settings)
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
