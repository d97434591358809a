"""What our driver makes of a sensor that is really there, whatever it shows: nobody knows that but the sensor.

In: a sensor of a BUSFILE. Out: what it gave, or `Unfit` with what is wrong. Never: a measured value in a text; a
sensor that is left open.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from agent.sensors import make_buses, make_driver
from agent.steadiness import RESTLESS, may_be_watched
from drivers.errors import DriverError, NotReady
from drivers.model import Delivery, Driver
from drivers.reading import Channel, Clock, Reading
from tests.hil.busfile import Listed
from tests.support.serial_sensors import RealClock

SAMPLES: Final = 5
PATIENCE_S: Final = 60.0
"""So long a sensor may take for its samples, and for a value that moves, once it is warm."""
_LONGEST_WARM_UP_S: Final = 300.0
_OPEN_S: Final = 15.0
"""As `agent.poller` has it: opening may take longer than a sample."""
_PAUSE_S: Final = 0.1
_NS: Final = 1_000_000_000


class Unfit(Exception):
    """A sensor is not what is listed, or not well."""


@dataclass(slots=True, kw_only=True)
class _Watch:
    """What has been seen of one sensor, and what has to be."""

    channels: Iterable[Channel]
    at_least: int
    moving: bool
    readings: list[Reading] = field(default_factory=list)

    def take(self, reading: Reading) -> None:
        """Take a reading.

        Raises:
            Unfit: something in it cannot be.
        """
        for channel in self.channels:
            value = reading.values.get(channel.name)
            if isinstance(value, int) and not channel.minimum <= value <= channel.maximum:
                raise Unfit(f"{channel.name} is outside what the model can measure: check wiring, model and options")
        self.readings.append(reading)

    def wanting(self) -> str:
        """Return what is not as it should be yet, in words; empty when nothing is."""
        if len(self.readings) < self.at_least:
            return f"gave {len(self.readings)} readings where {self.at_least} were expected: check power and wiring"
        if not self.moving:
            return ""
        if all(value is None for reading in self.readings for value in reading.values.values()):
            return "answers, and has no value for any channel: check what it is connected to"
        if self._still():
            return "not one value has moved: it may be stuck. Warm it with a finger or breathe on it, and try again"
        return ""

    def _still(self) -> bool:
        """Return whether nothing has moved, not even a tick, of a sensor that measures what never rests."""
        shown = [(dict(reading.values), dict(reading.raw)) for reading in self.readings]
        restless = any(channel.unit in RESTLESS and may_be_watched(channel) for channel in self.channels)
        return restless and all(one == shown[0] for one in shown)


async def examine(
    listed: Listed, *, clock: Clock | None = None, samples: int = SAMPLES, patience_s: float = PATIENCE_S
) -> int:
    """Open a sensor, sample it, close it, open and sample it once more; return how many readings there were.

    A model for which silence is normal, because its readings tell of people or vehicles, is opened and closed only.

    Args:
        listed: which.
        clock: for drivers and pauses; the kernel's unless given.
        samples: so many at least.
        patience_s: so long it may take.

    Raises:
        Unfit: it cannot be opened, is late, shows what cannot be, shows nothing, or nothing that moves.
    """
    time, count = clock or RealClock(), 0
    for at_least, moving in ((samples, True), (1, False)):
        async with _opened(listed, time) as driver:
            if not listed.plan.model.quiet:
                seen = _Watch(channels=listed.plan.model.channels, at_least=at_least, moving=moving)
                await _fill(seen, driver, listed, clock=time, patience_s=patience_s)
                count += len(seen.readings)
    return count


async def shown_by_ours(listed: Listed, names: Iterable[str], *, clock: Clock | None = None) -> dict[str, int]:
    """Return the values that our driver, with the model's default options, reads of some channels.

    Raises:
        Unfit: it cannot be opened, is late, or has no value for one of them.
    """
    plan, time = listed.plan, clock or RealClock()
    options = plan.model.options()
    usual = replace(listed, plan=replace(plan, options=options, model=plan.model.fitted(options)))
    until_ns = time.mono_ns() + round(_span_s(usual, PATIENCE_S) * _NS)
    async with _opened(usual, time) as driver:
        while True:
            values = _whole((await _sample(driver, usual, time)).values)
            missing = [name for name in names if name not in values]
            if not missing:
                return {name: values[name] for name in names}
            if time.mono_ns() >= until_ns:
                raise Unfit(f"our driver has no value for {', '.join(missing)}")
            await time.sleep(plan.model.fastest_s)


async def _fill(seen: _Watch, driver: Driver, listed: Listed, *, clock: Clock, patience_s: float) -> None:
    """Sample until nothing is wanting.

    Raises:
        Unfit: it is late.
    """
    model = listed.plan.model
    until_ns = clock.mono_ns() + round(_span_s(listed, patience_s) * _NS)
    while wanting := seen.wanting():
        if clock.mono_ns() >= until_ns:
            raise Unfit(wanting)
        if seen.readings and model.delivery is Delivery.POLLED:
            await clock.sleep(model.fastest_s)
        seen.take(await _sample(driver, listed, clock))


def _span_s(listed: Listed, patience_s: float) -> float:
    return min(listed.plan.model.warm_up_s, _LONGEST_WARM_UP_S) + patience_s


@asynccontextmanager
async def _opened(listed: Listed, clock: Clock) -> AsyncIterator[Driver]:
    """Yield an open driver on a bus of its own; close both."""
    bus = make_buses(listed.buses, clock=clock)[listed.plan.bus]
    driver = make_driver(listed.plan, bus=bus, clock=clock)
    try:
        async with asyncio.timeout(_OPEN_S):
            await bus.open()
            await driver.open()
        yield driver
    except TimeoutError:
        raise Unfit(f"could not be opened within {_OPEN_S:g} s: check power and wiring") from None
    except DriverError as error:
        raise Unfit(str(error)) from error
    finally:
        await driver.close()
        await bus.close()


async def _sample(driver: Driver, listed: Listed, clock: Clock) -> Reading:
    """Return a reading; "nothing new yet" is asked again, for as long as a sample may take."""
    until_ns = clock.mono_ns() + round(listed.plan.timeout_s * _NS)
    try:
        async with asyncio.timeout(listed.plan.timeout_s):
            while True:
                try:
                    return await driver.sample()
                except NotReady:
                    if clock.mono_ns() >= until_ns:
                        raise
                    await clock.sleep(_PAUSE_S)
    except TimeoutError:
        raise Unfit(f"no sample within {listed.plan.timeout_s:g} s: check power, wiring and model") from None


def _whole(values: Mapping[str, object]) -> dict[str, int]:
    return {name: value for name, value in values.items() if isinstance(value, int)}
