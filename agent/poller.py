"""Keeps one sensor going: opens it, samples it, and starts afresh when it fails, for ever.

In: a driver factory and its bus. Out: readings and states, to a sink. Never: two polls at the same time, a measured
value in a log line, a swallowed mistake: what is not a `DriverError` ends the task.

A sensor is `ok` after a reading (a quiet one once it is open: its first reading would tell of a visitor). While it is
not it is closed and opened from scratch again and again, after 1 s, 2 s and so on up to 60 s, each shortened by up to
a quarter so that the sensors of a bus that vanished do not all return at once. A sensor that somebody pauses is
`paused` at once: what is going on with it is cut short, it is closed, and it is opened from scratch when it is to go
on.

How it is sampled while it is open is in `agent.sampling`, the other states are in `agent.condition`.
"""

import asyncio
import math
import random
from collections.abc import Callable
from typing import Protocol

from agent.clock import Clock
from agent.condition import Condition
from agent.interruption import Interruption
from agent.sampling import Sampling
from agent.states import SensorState, StartPolicy
from agent.steadiness import Steadiness
from agent.trips import Trips
from drivers.bus.api import Bus
from drivers.errors import DriverError
from drivers.model import Delivery, Driver
from drivers.reading import Reading

__all__ = ["Poller", "SensorState", "Sink", "StartPolicy"]

_BACKOFF_FIRST_S = 1.0
_BACKOFF_LAST_S = 60.0
_JITTER = 0.25


class Sink(Protocol):
    """Takes what the poller finds out. Both methods return at once."""

    def on_reading(self, sensor: str, reading: Reading) -> None:
        """Take a reading."""
        ...

    def on_state(self, sensor: str, state: SensorState) -> None:
        """Take a state; called when it changes."""
        ...


class Poller:
    """Keeps one sensor going.

    Attributes:
        sensor: name, as configured.
        condition: how it is.
        readings: how many were handed to the sink.
        trips: how many frames were stopped because they held what looks like somebody's identifier, by kind.
    """

    def __init__(  # noqa: PLR0913 - one for each key of a sensor's configuration, and the seams
        self,
        sensor: str,
        *,
        bus: Bus,
        driver: Callable[[], Driver],
        delivery: Delivery,
        interval_s: float,
        timeout_s: float,
        quiet: bool = False,
        start: StartPolicy = StartPolicy.RETRY,
        clock: Clock,
        sink: Sink,
        jitter: Callable[[], float] = random.random,
        owns_bus: bool = False,
        steadiness: Steadiness | None = None,
    ) -> None:
        """Describe the sensor; nothing is opened yet.

        Args:
            sensor: name, as configured.
            bus: opened here, not closed: other sensors may be on it, and it closes itself when it is gone.
            driver: makes the driver anew for each opening.
            delivery: polled or pushed.
            interval_s: seconds between two samples of a polled sensor.
            timeout_s: a sample that takes longer has failed.
            quiet: silence is normal: it is `ok` as soon as it is open, so that the state does not tell of a visitor.
            start: what a failure to open at the start means.
            clock: for the grid, timeouts and pauses.
            sink: gets readings and states.
            jitter: returns 0 to 1, which shortens a pause.
            owns_bus: no other sensor is on the bus, so it is closed while the sensor is paused: a serial line.
            steadiness: sees whether the sensor is stuck on one value; None where nobody asks.
        """
        self.sensor = sensor
        self.condition = Condition(sensor, clock=clock, tell=sink.on_state)
        self.readings = 0
        self.trips = Trips()
        self._make_driver = driver
        self._quiet = quiet
        self._start = start
        self._clock = clock
        self._sink = sink
        self._jitter = jitter
        self._owns_bus = owns_bus
        self._steadiness = steadiness
        self._sampling = Sampling(
            bus, delivery=delivery, interval_s=interval_s, timeout_s=timeout_s, clock=clock, take=self._take
        )
        self._interruption = Interruption()
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._resting = False
        self._pause_s = _BACKOFF_FIRST_S
        self._was_open = False
        self._given_up = False

    @property
    def progress_mono_ns(self) -> int:
        """When the poller last got on with anything."""
        return self._sampling.progress_mono_ns

    @property
    def skipped(self) -> int:
        """How many ticks were skipped."""
        return self._sampling.skipped

    @property
    def deadline_s(self) -> float:
        """Seconds without progress after which the poller must be stuck; infinite for a sensor that is left alone.

        One that is paused is left alone once it is closed.
        """
        if self._given_up or self._resting:
            return math.inf
        return self._sampling.deadline_s(pause_s=_BACKOFF_LAST_S)

    def pause(self, reason: str) -> None:
        """Take no sample until `resume`: what is going on is cut short and the sensor is closed.

        Called by another task than the poller's own. Called again it changes the reason. A sensor that was given up
        at the start stays as it is.

        Args:
            reason: why, in words for the status.
        """
        if self._given_up:
            return
        if not self._wanted.is_set():
            self.condition.problem = reason
            return
        self._wanted.clear()
        self._sampling.progressed()
        self._interruption.interrupt()
        self.condition.paused(reason)

    def resume(self) -> None:
        """Open the sensor from scratch and go on; harmless when it is not paused."""
        if not self._wanted.is_set():
            self.condition.problem = "it is being opened again after a pause"
            self._sampling.progressed()
            self._resting = False
            self._pause_s = _BACKOFF_FIRST_S
            self._wanted.set()

    def leave_out(self, reason: str) -> None:
        """Take note that the sensor is left alone from now on, after `run` has ended with a mistake; and why."""
        self._given_up = True
        self.condition.left_out(reason)

    async def run(self) -> None:
        """Keep the sensor going until cancelled; returns only when `start` is IGNORE and it could not be opened.

        Cancellation closes the driver first; a reading that is being taken is lost.

        Raises:
            DriverError: `start` is REQUIRED and the sensor could not be opened.
        """
        required = self._start is StartPolicy.REQUIRED and self._wanted.is_set()
        try:
            while not self._given_up:
                await self._rest()
                await self._interruption.guard(self._keep_trying(required=required))
                required = False
        finally:
            self._sampling.end()

    async def _rest(self) -> None:
        """Return when the sensor is wanted; until then it is closed, and so is a bus that nobody else is on."""
        if self._wanted.is_set():
            return
        if self._owns_bus:
            await self._sampling.release_bus()
        self._resting = not self._wanted.is_set()
        await self._wanted.wait()

    async def _keep_trying(self, *, required: bool) -> None:
        """Open the sensor and sample it until it fails, and again, until it is not wanted or given up."""
        while self._wanted.is_set():
            first = not self._was_open and not self.condition.failures
            opened = await self._attempt(required=required)
            required = False
            if self._interruption.pending or not self._wanted.is_set():
                return
            self._given_up = first and not opened and self._start is StartPolicy.IGNORE
            if self._given_up:
                return
            pause_s, self._pause_s = self._pause_s, min(self._pause_s * 2, _BACKOFF_LAST_S)
            await self._clock.sleep(pause_s * (1 - _JITTER * self._jitter()))

    async def _attempt(self, *, required: bool = False) -> bool:
        """Open the sensor and sample it until it fails; return whether it opened."""
        self._sampling.progressed()
        driver = self._make_driver()
        self.trips.follow(driver)
        opened = False
        try:
            await self._sampling.open(driver)
            opened = self._was_open = True
            if self._quiet:
                self.condition.works()
            await self._sampling.run(driver)
        except DriverError as error:
            if not self._interruption.pending:
                if required and not opened:
                    raise
                self.condition.failed(error, opened=opened)
        finally:
            with self._interruption.held():
                await self._sampling.close(driver)
        return opened

    def _take(self, reading: Reading) -> None:
        if self._interruption.pending:  # the driver has finished its sample all the same
            raise asyncio.CancelledError
        self.readings += 1
        self._pause_s = _BACKOFF_FIRST_S
        if self.condition.state is not SensorState.OK:
            self.condition.works()
        if self._steadiness is not None and self._steadiness.look(reading):
            self.condition.suspect(self._steadiness.problem)
        self._sink.on_reading(self.sensor, reading)
