"""`lamppost once FILE`: read every sensor once, show what was read and what would leave. Publishes nothing.

Identifiers, places and counts of people are shown as "read, not shown", never themselves.
Exit codes: 0 every sensor answered and every stream may release; 1 something did not; 2 the command line is wrong.
"""

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from agent import assembly
from agent.cli.main import DEFAULT_FILE, FAILED, OK
from agent.clock import Clock
from agent.config import Settings, load
from agent.config.plans import SensorPlan
from agent.privacy.released import Released
from agent.process import keep_memory_private
from agent.selftest import findings
from agent.sensors import AnyBus, close_buses, make_driver, open_buses
from drivers.errors import DriverError, NotReady
from drivers.model import Driver
from drivers.reading import Channel, Reading, Sensitivity

_OPEN_S: Final = 15.0
_SAMPLE_S: Final = 20.0
_TRIES: Final = 5
_PAUSE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Taken:
    """What one sensor gave: a reading, or what was wrong."""

    plan: SensorPlan
    reading: Reading | None
    problem: str = ""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("file", type=Path, nargs="?", default=DEFAULT_FILE, help="default: %(default)s")
    parser.epilog = "Stop the running agent first: a serial line can be opened by one process only."


def run(options: argparse.Namespace) -> int:
    """Read every sensor once and print what was read and what would leave."""
    keep_memory_private()
    settings = load(options.file)
    clock, _ = assembly.make_clock(settings)
    taken = asyncio.run(take(settings, clock))
    rows, suspended = would_leave(settings, clock=clock, taken=taken)
    from agent.cli.once_page import render  # noqa: PLC0415  rich is slow to import

    render(settings, read=[line for one in taken for line in describe(one)], rows=rows, suspended=suspended)
    return FAILED if suspended or any(one.reading is None for one in taken) else OK


def would_leave(settings: Settings, *, clock: Clock, taken: Sequence[Taken]) -> tuple[list[Released], dict[str, str]]:
    """Return the rows that would leave if one window held these readings only, and which streams are suspended."""
    filters, suspended = assembly.make_filters(settings, tested=findings(settings))
    rows: list[Released] = []
    for name, stream in filters.items():
        stream.begin(0, boot_id=clock.boot_id)
        for one in taken:
            stream.sensor_state(one.plan.name, one.reading is not None)
            if one.reading is not None:
                stream.observe(one.plan.name, one.reading, 0)
        step = next(plan.spec.window_ms for plan in settings.streams if plan.name == name)
        rows += stream.advance(step)
    return rows, suspended


def describe(taken: Taken) -> list[tuple[str, str, str]]:
    """Return sensor, channel and what may be shown of it, for each channel."""
    if taken.reading is None:
        return [(taken.plan.name, "", f"✗ {taken.problem}")]
    return [(taken.plan.name, channel.name, _shown(channel, taken.reading)) for channel in taken.plan.model.channels]


def _shown(channel: Channel, reading: Reading) -> str:
    value = reading.values.get(channel.name)
    if value is None:
        return "not available"
    if channel.sensitivity is not Sensitivity.MEASUREMENT:
        return f"read, not shown: {channel.sensitivity}"
    if channel.group is not None or not isinstance(value, int):
        return "read, not shown: derived from people or vehicles"
    return f"{Decimal(value).scaleb(channel.exponent):f} {channel.unit}"


async def take(settings: Settings, clock: Clock) -> list[Taken]:
    """Return what each sensor gave; sensors of different buses are read at the same time."""
    buses = open_buses(settings, clock=clock)
    try:
        by_bus: dict[str, list[SensorPlan]] = {}
        for plan in settings.sensors:
            by_bus.setdefault(plan.bus, []).append(plan)
        groups = await asyncio.gather(*(_take_bus(buses[name], plans, clock) for name, plans in by_bus.items()))
    finally:
        await close_buses(buses)
    found = {taken.plan.name: taken for group in groups for taken in group}
    return [found[plan.name] for plan in settings.sensors]


async def _take_bus(bus: AnyBus, plans: list[SensorPlan], clock: Clock) -> list[Taken]:
    return [await _take_one(bus, plan, clock) for plan in plans]


async def _take_one(bus: AnyBus, plan: SensorPlan, clock: Clock) -> Taken:
    driver = make_driver(plan, bus=bus, clock=clock)
    try:
        async with asyncio.timeout(_OPEN_S):
            await bus.open()
            await driver.open()
        return await _sample(driver, plan, clock)
    except TimeoutError:
        return Taken(plan, None, f"could not be opened within {_OPEN_S:g} s; check power and wiring")
    except DriverError as error:
        return Taken(plan, None, str(error))
    finally:
        await driver.close()


async def _sample(driver: Driver, plan: SensorPlan, clock: Clock) -> Taken:
    """Return the first sample."""
    wait_s = min(plan.timeout_s, _SAMPLE_S)
    for _ in range(_TRIES):
        try:
            async with asyncio.timeout(wait_s):
                return Taken(plan, await driver.sample())
        except NotReady:
            await clock.sleep(_PAUSE_S)
        except TimeoutError:
            if wait_s < plan.timeout_s:
                return Taken(plan, None, f"nothing came within {wait_s:g} s; it may be silent for longer: try again")
            return Taken(plan, None, f"no sample within {wait_s:g} s; check power and wiring")
    return Taken(plan, None, f"had no new sample, asked {_TRIES} times")
