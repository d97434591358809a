"""What the checker says of the time of a Modbus line holds for its pollers: who loses a sample, and who does not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from agent.config.catalogue import Catalogue
from agent.config.check import Outcome, check
from agent.config.declared import shipped
from agent.poller import Poller, SensorState
from agent.sensors import make_pollers
from agent.tomlfile import parse
from drivers.bus.framing import LineFormat
from drivers.errors import BusTimeout
from drivers.modbus.line import ModbusLine
from drivers.reading import Reading
from drivers.sim.modbus import SimulatedSlave, SimulatedSlaves, Trouble
from tests.support.buses import ManualClock
from tests.support.config_files import edited
from tests.support.fake_models import MODELS

FORM = LineFormat(2400)
FAST, SLOW = 1, 2
LONG_S = 60.0
LINE = """
[bus.meters]
kind = "modbus"
path = "/dev/serial/by-id/c"
baudrate = 2400
parity = "none"
stop_bits = 1

[sensor.fast]
model = "eastron_sdm120"
bus = "meters"
slave = 1
KEYS

[sensor.slow]
model = "eastron_sdm120"
bus = "meters"
slave = 2
"""
CHANNEL = '[stream.weather.channel.NAME]\nfrom = "NAME.voltage"\nrule = "mean"\nunit = "V"\n\n'


class PatientLine:
    """A line with slaves on which every byte takes its time, and waiting lets others go on."""

    path = "/dev/ttyPatient"
    simulated = True

    def __init__(self, slaves: SimulatedSlaves, clock: ManualClock) -> None:
        self._slaves = slaves
        self._clock = clock
        self._coming: list[tuple[int, bytes]] = []

    async def open(self) -> None:
        """Nothing is there to open."""

    async def close(self) -> None:
        """Nothing is there to close."""

    async def write(self, data: bytes) -> None:
        for answer in self._slaves.command(data):
            wire_s = (len(data) + len(answer.data)) * FORM.byte_s
            self._coming.append((self._clock.mono_ns() + round(wire_s * 1e9), answer.data))

    async def read(self, *, at_least: int = 1, timeout_s: float) -> bytes:
        del at_least  # an answer comes whole
        until_ns = self._clock.mono_ns() + round(timeout_s * 1e9)
        due = [entry for entry in self._coming if entry[0] <= until_ns]
        at_ns = due[0][0] if due else until_ns
        await self._clock.sleep((at_ns - self._clock.mono_ns()) / 1e9)
        if not due:
            raise BusTimeout("silence", bus=self.path)
        self._coming.remove(due[0])
        return due[0][1]

    async def discard_input(self) -> None:
        self._coming = []


class Nobody:
    """A sink that is not interested."""

    def on_reading(self, sensor: str, reading: Reading) -> None:
        """Take a reading."""

    def on_state(self, sensor: str, state: SensorState) -> None:
        """Take a state."""


def outcome(keys: str) -> Outcome:
    channels = CHANNEL.replace("NAME", "fast") + CHANNEL.replace("NAME", "slow")
    text = edited(
        ("[sensor.air]", f"{LINE.replace('KEYS', keys)}\n[sensor.air]"),
        ("[stream.place]", f"{channels}[stream.place]"),
    )
    catalogue = Catalogue(tuple(MODELS), MODELS.__getitem__, (shipped(),))
    return check(parse(text.encode(), name="unit.toml"), catalogue, folder=Path("/etc/lamppost"))


@asynccontextmanager
async def polled(keys: str) -> AsyncIterator[tuple[ManualClock, Poller, SimulatedSlave]]:
    """The poller of the fast one on a line where both are well, and the slow one, which is due a little before it."""
    settings = outcome(keys).settings
    assert settings is not None
    clock = ManualClock()
    slaves = {number: SimulatedSlave(input=dict.fromkeys(range(0x200), 0)) for number in (FAST, SLOW)}
    line = ModbusLine(PatientLine(SimulatedSlaves(slaves), clock), clock, form=FORM)
    sensors = tuple(plan for plan in settings.sensors if plan.bus == "meters")
    fast, slow = make_pollers(replace(settings, sensors=sensors), buses={"meters": line}, clock=clock, sink=Nobody())
    tasks = [asyncio.create_task(slow.run())]
    await clock.settle()
    tasks.append(asyncio.create_task(fast.run()))
    yield clock, fast, slaves[SLOW]
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


def named(keys: str, key: str) -> str:
    """What the checker says should stand at a key in place of what does."""
    (problem,) = outcome(keys).report.ordered()
    assert (problem.code, problem.key) == ("line-wait", f"sensor.fast.{key}")
    return (problem.expected or "").removesuffix(" or more")


@pytest.mark.parametrize("key", ["interval", "timeout"])
async def test_sensor_with_the_time_that_the_checker_names_loses_nothing_to_a_neighbour_that_dies(key: str) -> None:
    keys = named(f'{key} = "1s"', key)
    assert outcome(keys).report.ordered() == []
    async with polled(keys) as (clock, fast, slow):
        await clock.advance(LONG_S)
        slow.order(Trouble.DEAD)
        await clock.advance(LONG_S)
        assert fast.readings > 2
        assert (fast.skipped, fast.condition.failures, fast.condition.state) == (0, 0, SensorState.OK)


async def test_sensor_with_a_shorter_interval_loses_a_sample_only_when_its_neighbour_dies() -> None:
    async with polled('interval = "1s"') as (clock, fast, slow):
        await clock.advance(LONG_S)
        assert (fast.skipped, fast.condition.failures) == (0, 0)
        slow.order(Trouble.DEAD)
        await clock.advance(LONG_S)
        assert fast.skipped > 0
        assert fast.condition.failures == 0


async def test_sensor_with_a_shorter_timeout_is_taken_for_failing_when_its_neighbour_dies() -> None:
    async with polled('timeout = "1s"') as (clock, fast, slow):
        await clock.advance(LONG_S)
        assert fast.condition.failures == 0
        slow.order(Trouble.DEAD)
        await clock.advance(LONG_S)
        assert fast.condition.failures > 0
