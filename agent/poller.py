"""Keeps one sensor going: opens it, samples it, and starts afresh when it fails, for ever.

In: a driver factory and its bus. Out: readings and states, to a sink. Never: two polls at the same time, a measured
value in a log line, a swallowed mistake: what is not a `DriverError` ends the task.

States: a sensor is `absent` while it cannot be found (no bus, no acknowledge, another chip) and never has been since
the start; `ok` after a reading (a quiet one once it is open: its first reading would tell of a visitor);
`failing` after anything else. While it is not `ok` it is closed and opened from scratch again and again, after 1 s,
2 s and so on up to 60 s, each shortened by up to a quarter so that the sensors of a bus that vanished do not all
return at once. A sensor that somebody pauses is `paused` at once, and until it has worked or failed again: what is
going on with it is cut short, it is closed, and it is opened from scratch when it is to go on.

Polled sensors are sampled on a grid that begins with the first sample after opening. A sample that is not back by the
next tick makes that tick, and any other it covers, be skipped and counted. "No new sample yet" is no failure until it
has lasted three intervals. Pushed sensors are sampled without a pause; the timeout is how long they may be silent.
"""

import asyncio
import logging
import math
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol, TypeVar

from agent.clock import Clock
from agent.deadline import Deadline, DeadlinePassed
from agent.interruption import Interruption
from agent.states import SensorState, StartPolicy
from agent.steadiness import Steadiness
from agent.trips import Trips
from drivers.bus.api import Bus
from drivers.errors import BusGone, BusTimeout, DriverError, NoAcknowledge, NotReady, WrongChip
from drivers.model import Delivery, Driver
from drivers.reading import Reading

__all__ = ["Poller", "SensorState", "Sink", "StartPolicy"]

_log = logging.getLogger(__name__)

_NS_PER_S = 1_000_000_000
_BACKOFF_FIRST_S = 1.0
_BACKOFF_LAST_S = 60.0
_JITTER = 0.25
_OPEN_S = 15.0
"""Opening may take longer than a sample: resets, self-tests."""
_CLOSE_S = 5.0
_MARGIN_S = 5.0
_NOT_READY_INTERVALS = 3
_NOT_READY_PAUSE_S = 0.1
_TURNS_BEFORE_YIELD = 64

Result = TypeVar("Result")


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
        state: None until the first attempt has ended.
        problem: why the state is not `ok`, in words without a measured value; None when it is.
        progress_mono_ns: when the poller last got on with anything.
        readings: how many were handed to the sink.
        failures: how many attempts ended in an error.
        skipped: how many ticks were.
        trips: how many frames were stopped because they held what looks like somebody's identifier, by kind.
        suspicion: why readings that come are suspicious, in words without a value; None when they are not.
        suspected_mono_ns: since when there is a suspicion; None when there is none.
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
        self.state: SensorState | None = None
        self.problem: str | None = None
        self.suspicion: str | None = None
        self.suspected_mono_ns: int | None = None
        self.readings = self.failures = self.skipped = 0
        self.trips = Trips()
        self.progress_mono_ns = clock.mono_ns()
        self._bus = bus
        self._make_driver = driver
        self._delivery = delivery
        self._quiet = quiet
        self._interval_ns = int(interval_s * _NS_PER_S)
        self._timeout_s = timeout_s
        self._start = start
        self._clock = clock
        self._sink = sink
        self._jitter = jitter
        self._owns_bus = owns_bus
        self._steadiness = steadiness
        self._deadline = Deadline(clock)
        self._interruption = Interruption()
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._resting = False
        self._pause_s = _BACKOFF_FIRST_S
        self._was_open = self._was_ok = False
        self._given_up = False
        self._error: type[DriverError] | None = None

    @property
    def deadline_s(self) -> float:
        """Seconds without progress after which the poller must be stuck; infinite for a sensor that is left alone.

        One that is paused is left alone once it is closed.
        """
        if self._given_up or self._resting:
            return math.inf
        longest_wait_s = max(self._interval_ns / _NS_PER_S, _BACKOFF_LAST_S)
        return longest_wait_s + max(self._timeout_s, _OPEN_S) + _CLOSE_S + _MARGIN_S

    def pause(self, reason: str) -> None:
        """Take no sample until `resume`: what is going on is cut short and the sensor is closed.

        Called by another task than the poller's own. Called again it changes the reason. A sensor that was given up
        at the start stays as it is.

        Args:
            reason: why, in words for the status.
        """
        if self._given_up:
            return
        self.problem = reason
        if self._wanted.is_set():
            self._wanted.clear()
            self.progress_mono_ns = self._clock.mono_ns()
            self._interruption.interrupt()
            _log.info("sensor %s: paused: %s", self.sensor, reason)
            self._enter(SensorState.PAUSED)

    def resume(self) -> None:
        """Open the sensor from scratch and go on; harmless when it is not paused."""
        if not self._wanted.is_set():
            self.problem = "it is being opened again after a pause"
            self.progress_mono_ns = self._clock.mono_ns()
            self._resting = False
            self._pause_s = _BACKOFF_FIRST_S
            self._wanted.set()

    def leave_out(self, reason: str) -> None:
        """Take note that the sensor is left alone from now on, after `run` has ended with a mistake; and why."""
        self._given_up = True
        self.problem = reason
        self._enter(SensorState.FAILING)

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
            self._deadline.close()

    async def _rest(self) -> None:
        """Return when the sensor is wanted; until then it is closed, and so is a bus that nobody else is on."""
        if self._wanted.is_set():
            return
        if self._owns_bus:
            await self._limited_close(self._bus.close())
        self._resting = not self._wanted.is_set()
        await self._wanted.wait()

    async def _keep_trying(self, *, required: bool) -> None:
        """Open the sensor and sample it until it fails, and again, until it is not wanted or given up."""
        while self._wanted.is_set():
            first = not self._was_open and not self.failures
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
        self.progress_mono_ns = self._clock.mono_ns()
        driver = self._make_driver()
        self.trips.follow(driver)
        opened = False
        try:
            await self._limited(self._open(driver), seconds=_OPEN_S, what="opening it")
            opened = self._was_open = True
            if self._quiet:
                self._recovered()
            await (self._poll(driver) if self._delivery is Delivery.POLLED else self._listen(driver))
        except DriverError as error:
            if not self._interruption.pending:
                if required and not opened:
                    raise
                self._failed(error, opened=opened)
        finally:
            with self._interruption.held():
                await self._limited_close(driver.close())
        return opened

    async def _open(self, driver: Driver) -> None:
        await self._bus.open()
        await driver.open()

    async def _limited_close(self, closing: Awaitable[None]) -> None:
        with suppress(DriverError, DeadlinePassed):  # nothing can be done about it; opening starts from scratch
            await self._deadline.limit(closing, seconds=_CLOSE_S)

    async def _poll(self, driver: Driver) -> None:
        tick_ns = ready_ns = self._clock.mono_ns()
        while True:
            try:
                await self._sample(driver)
                ready_ns = self._clock.mono_ns()
            except NotReady:
                if self._clock.mono_ns() - ready_ns > _NOT_READY_INTERVALS * self._interval_ns:
                    raise
            now_ns = self._clock.mono_ns()
            ticks = max(1, -((tick_ns - now_ns) // self._interval_ns))
            self.skipped += ticks - 1
            tick_ns += ticks * self._interval_ns
            await self._clock.sleep((tick_ns - now_ns) / _NS_PER_S)

    async def _listen(self, driver: Driver) -> None:
        turns = 0
        while True:
            try:
                await self._sample(driver)
            except NotReady:
                await self._clock.sleep(_NOT_READY_PAUSE_S)
            turns += 1
            if turns % _TURNS_BEFORE_YIELD == 0:  # a driver with a full buffer must not keep the loop from the others
                await asyncio.sleep(0)

    async def _sample(self, driver: Driver) -> None:
        self.progress_mono_ns = self._clock.mono_ns()
        reading = await self._limited(driver.sample(), seconds=self._timeout_s, what="a sample")
        if self._interruption.pending:  # the driver has finished its sample all the same
            raise asyncio.CancelledError
        self.readings += 1
        self._pause_s = _BACKOFF_FIRST_S
        if self.state is not SensorState.OK:
            self._recovered()
        if self._steadiness is not None and self._steadiness.look(reading):
            self._suspect(self._steadiness.problem)
        self._sink.on_reading(self.sensor, reading)

    def _suspect(self, suspicion: str | None) -> None:
        self.suspicion = suspicion
        if suspicion is None:
            self.suspected_mono_ns = None
            _log.info("sensor %s: no longer suspicious", self.sensor)
        else:
            self.suspected_mono_ns = self.suspected_mono_ns or self._clock.mono_ns()
            _log.warning("sensor %s: suspicious: %s", self.sensor, suspicion)

    async def _limited(self, work: Awaitable[Result], *, seconds: float, what: str) -> Result:
        try:
            return await self._deadline.limit(work, seconds=seconds)
        except DeadlinePassed:
            problem = f"{what} took longer than {seconds:g} s: check power, wiring and model"
            raise BusTimeout(problem, bus=self._bus.path) from None

    def _recovered(self) -> None:
        self._was_ok = True
        self.problem = None
        self._error = None
        self._enter(SensorState.OK)
        _log.info("sensor %s: ok", self.sensor)

    def _failed(self, error: DriverError, *, opened: bool) -> None:
        self.failures += 1
        missing = not opened and not self._was_ok and isinstance(error, NoAcknowledge | BusGone | WrongChip)
        state = SensorState.ABSENT if missing else SensorState.FAILING
        self.problem = str(error)
        if state is not self.state or type(error) is not self._error:
            _log.warning("sensor %s: %s: %s", self.sensor, state, error)
        self._error = type(error)
        self._enter(state)

    def _enter(self, state: SensorState) -> None:
        if state is not self.state:
            self.state = state
            self._sink.on_state(self.sensor, state)
