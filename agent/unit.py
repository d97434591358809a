"""A unit at work: starts the stages from the sink and stops them from the source.

In: joined stages. Out: READY, and after a stop an empty pipe. Never: a reading, a wait for the network beyond its
deadline.

Start: the store is open already; the city's standing orders before anything is sent or sampled; publisher and
watchdog, then windows and sensors. Stop: sensors, then the windows as they stand, then a short time for the network,
then the store.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final

from agent import declaration
from agent.boots import NAME as BOOTS
from agent.disclosure import DailyHead
from agent.errors import SensorError, StoreError
from agent.given import NAME as GIVEN
from agent.obedience import Obedience, Reach
from agent.pausing import Quieter
from agent.poller import Poller
from agent.privacy.payment import NAME as LEDGERS
from agent.sensors import close_buses, make_pollers
from agent.service import STALL_S, Stages
from agent.tasks import cancel, until
from agent.windows import Closed
from agent.wire import payload
from drivers.errors import DriverError

_LOG = logging.getLogger(__name__)
_NS_PER_S: Final = 1_000_000_000
_FAREWELL_S: Final = 6.0
_RECEIPT_LOOK_S: Final = 0.05
_HOUSEKEEPING_S: Final = 5.0
_ANNOUNCE_NS: Final = 60 * _NS_PER_S
_GIVEN_NS: Final = 60 * _NS_PER_S
"""What was given out since is not known after a crash: only a clock that is then set back by less finds it again."""


class Unit:
    """A unit at work. The source (sensors, windows) stops before the sink (publisher, health)."""

    def __init__(self, stages: Stages) -> None:
        self._s = stages
        self._source: list[asyncio.Task[None]] = []
        self._sink: list[asyncio.Task[None]] = []
        self._declared: tuple[bool, bytes] | None = None
        self._announced: tuple[object, int] = (({}, frozenset()), 0)
        self._given_due_ns = 0
        self._sealed_along = 0
        self._known = frozenset(plan.name for plan in stages.settings.streams)
        self._quieter: Quieter | None = None
        self._head = DailyHead(
            stages.settings.unit.id,
            clock=stages.clock,
            log_head=stages.outbox.log_head,
            tell=stages.outbox.tell,
        )
        self._control = Obedience(stages.desk, outbox=stages.outbox, clock=stages.clock, reach=self._reach())
        stages.reception.on_control = self._control.take

    def _reach(self) -> Reach:
        publisher = self._s.publisher
        return Reach(
            streams=lambda: self._known,
            suspend=self._suspend,
            last_seq=publisher.last_seq,
            wake=publisher.look,
            simulated=lambda: self._s.reporter.simulation.found,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then drain each stage into the next.

        Raises:
            SensorError: a required sensor cannot be used.
            Exception: a stage failed in a way that is not its own to handle; systemd starts the service again.
        """
        try:
            await self._start()
            await until(stop, [*self._sink, *self._source])
        finally:
            await self._stop()

    async def _start(self) -> None:
        stages = self._s
        self._known |= frozenset(await stages.outbox.streams())
        await self._declaration()
        pollers = make_pollers(stages.settings, buses=stages.buses, clock=stages.clock, sink=stages.windows)
        stages.reporter.pollers = pollers
        specs = [plan.spec for plan in stages.settings.streams]
        self._quieter = quieter = Quieter(
            pollers, sensors=stages.settings.sensors, streams=specs, clock=stages.settings.clock
        )
        await self._control.begin()
        await self._quiet(quieter)
        self._sink = [
            asyncio.create_task(stages.publisher.run(), name="publisher"),
            asyncio.create_task(stages.health.run(), name="health"),
            asyncio.create_task(self._obey(), name="control"),
        ]
        stages.health.ready("running; the store is open")
        self._source = [
            asyncio.create_task(self._release(), name="windows"),
            asyncio.create_task(self._housekeep(), name="housekeeping"),
            asyncio.create_task(self._stay_quiet(quieter), name="quiet hours"),
            *(asyncio.create_task(self._sense(poller), name=f"sensor {poller.sensor}") for poller in pollers),
        ]

    async def _stop(self) -> None:
        self._s.health.stopping()
        await cancel(self._source)
        try:
            await self._drain()
        finally:
            await cancel(self._sink)
            await self._close()

    async def _obey(self) -> None:
        """Obey the city, for ever."""
        await self._control.run(self._s.health.register("control", deadline_s=STALL_S))

    async def _suspend(self, streams: frozenset[str]) -> None:
        """Suspend these streams and no others: what they had observed is stored, their sensors are closed."""
        if streams != self._s.windows.suspended:
            await self._store(lambda: self._s.windows.set_suspended(streams))
            self._s.publisher.announce()
        if self._quieter is not None:
            await self._quiet(self._quieter)

    async def _quiet(self, quieter: Quieter) -> None:
        """Pause and resume sensors by the time that the windows go by.

        A sensor that is let go because the clock was set is in no window from before that: those close first.
        """

        def close() -> Closed:
            windows = self._s.windows
            closed = windows.tick()
            quieter.update(windows.timeline.now, suspended=windows.suspended)
            return closed

        await self._store(close)

    async def _stay_quiet(self, quieter: Quieter) -> None:
        """Pause and resume sensors as their quiet hours begin and end, for ever."""
        beat = self._s.health.register("quiet hours", deadline_s=STALL_S)
        while True:
            beat()
            await self._s.clock.sleep(min(quieter.next_change_s, STALL_S / 2))
            await self._quiet(quieter)

    async def _release(self) -> None:
        """Close windows on time and store their rows, for ever."""
        beat = self._s.health.register("windows", deadline_s=STALL_S)
        while True:
            beat()
            await self._s.clock.sleep(min(self._s.windows.next_tick_s(), STALL_S / 2))
            await self._store(self._s.windows.tick)

    async def _store(self, close: Callable[[], Closed]) -> None:
        """Hand the rows of the windows that `close` closes to the outbox, which commits them within its loss window.

        Cancellation is safe: nothing is waited for between closing the windows and handing over their rows.
        """
        declared = await self._declaration()
        closed = close()
        if closed.rows:
            self._append(closed, declared)
        if self._s.boots.is_due:
            await self._s.outbox.save_counters(BOOTS, self._s.boots.export())

    def _append(self, closed: Closed, declared: bytes) -> None:
        """Hand over rows with what is to be committed with them: which windows they are, what they have cost."""
        now_ns = self._s.clock.mono_ns()
        counters = {} if self._s.ledgers is None else {LEDGERS: self._s.ledgers.export()}
        if closed.early or now_ns >= self._given_due_ns:
            self._given_due_ns = now_ns + _GIVEN_NS
            counters[GIVEN] = self._s.given.export()
        if self._s.reporter.flash is not None:
            counters |= self._s.reporter.flash.counters(early=closed.early)
        alarms = self._alarms(closed, declared)
        if self._s.alarming is not None:
            counters |= self._s.alarming.counters(early=closed.early)
        clock = payload.encode_clock(closed.clock)
        stored = self._s.outbox.append(
            closed.rows, declaration=declared, clock=clock, counters=counters, alarms=alarms
        )
        stored.add_done_callback(self._told if alarms else self._stored)

    def _alarms(self, closed: Closed, declared: bytes) -> list[tuple[str, bytes]]:
        """Return what these rows have crossed, and have streams keep the cadence that follows from it."""
        if self._s.alarming is None:
            return []
        alarms = self._s.alarming.look(closed, declaration=declared)
        self._s.windows.pace(self._s.alarming.fast())
        return alarms

    def _stored(self, outcome: asyncio.Future[None]) -> None:
        """Wake the publisher if there is something to seal now that rows were committed."""
        if not outcome.cancelled():
            outcome.exception()  # the outbox itself reports what it could not store
            if self._s.outbox.seal_due:
                self._s.publisher.notify()
            if self._s.outbox.sealed_along != self._sealed_along:
                self._sealed_along = self._s.outbox.sealed_along
                self._s.publisher.look()

    def _told(self, outcome: asyncio.Future[None]) -> None:
        """Wake the publisher, and have the status told, now that alarms were sealed."""
        self._stored(outcome)
        self._s.publisher.look()
        self._s.publisher.announce()

    async def _declaration(self) -> bytes:
        """Return the hash of the declaration that rows of now are made under, after putting it into the outbox."""
        simulated = self._s.reporter.simulation.look()
        if self._declared is None or self._declared[0] != simulated:
            self._s.reporter.sealer.simulated = simulated
            content = declaration.content(self._s.settings, thumbprint=self._s.key.thumbprint, simulated=simulated)
            encoded = payload.content_bytes(content)
            await self._s.outbox.declare(encoded)
            self._declared = simulated, payload.declaration_hash(encoded)
        return self._declared[1]

    async def _housekeep(self) -> None:
        """Refresh what the status says, and see to what hangs, for ever.

        Raises:
            RestartNeeded: something hangs that only a new process can mend.
        """
        beat = self._s.health.register("sensors", deadline_s=STALL_S)
        while True:
            self._s.reporter.stats = stats = await self._s.outbox.stats()
            if self._s.reporter.flash is not None:
                self._s.reporter.flash.look(stats)
            beat()
            hung = self._s.supervisor.look(self._s.reporter.pollers)
            with contextlib.suppress(StoreError):
                if await self._head.look():
                    self._s.publisher.look()
            self._s.health.describe(f"hung: {', '.join(hung)}" if hung else self._summary())
            self._announce()
            await self._s.clock.sleep(min(_HOUSEKEEPING_S, self._s.health.period_s))

    def _announce(self) -> None:
        """Have the city told when a sensor's state or a suspicion has changed, but not of every flutter."""
        (told, due_ns), now_ns = self._announced, self._s.clock.mono_ns()
        known = dict(self._s.windows.states), self._s.reporter.suspected()
        if known != told and now_ns >= due_ns:
            self._announced = known, now_ns + _ANNOUNCE_NS
            self._s.publisher.announce()

    def _summary(self) -> str:
        states = [state.value for state in self._s.windows.states.values()]
        uplink = "connected" if self._s.publisher.state().connected else "not connected"
        return f"{states.count('ok')} of {len(self._s.reporter.pollers)} sensors ok; {uplink}"

    async def _sense(self, poller: Poller) -> None:
        """Keep one sensor going; one whose driver fails again after every restart is left out.

        Raises:
            SensorError: it is required and cannot be used.
            Exception: its driver has a fault; systemd starts the service again.
        """
        try:
            await poller.run()
        except DriverError as error:
            raise SensorError(
                f'sensor {poller.sensor} is required (start = "required") and cannot be used: {error}'
            ) from error
        except Exception as error:
            reason = self._s.supervisor.failed(poller.sensor)
            if reason is None:
                raise
            _LOG.error("sensor %s is left out after %s: %s", poller.sensor, type(error).__name__, reason)
            poller.leave_out(reason)

    async def _drain(self) -> None:
        """Store the windows as they stand, and give the network a short time."""
        await self._store(self._s.windows.stop)
        await self._s.outbox.flush()
        if self._s.publisher.state().connected:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_FAREWELL_S):
                    await self._s.outbox.seal(partial=True)
                    await self._s.publisher.drained()
                    while (await self._s.outbox.stats()).envelopes_leaving:  # a receipt now saves a resend later
                        await self._s.clock.sleep(_RECEIPT_LOOK_S)

    async def _close(self) -> None:
        await close_buses(self._s.buses)
        with contextlib.suppress(StoreError):
            self._s.reporter.stats = await self._s.outbox.stats()
        self._s.health.write_status()
        await self._s.outbox.close()
        await self._control.close()
        self._s.health.close()
