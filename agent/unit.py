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
from typing import Final

from agent.errors import SensorError, StoreError
from agent.housekeeping import Housekeeping
from agent.obedience import Obedience, Reach
from agent.pausing import Quieter
from agent.poller import Poller
from agent.sensors import close_buses, make_pollers
from agent.service import STALL_S, Stages
from agent.storing import Storing
from agent.tasks import cancel, until
from agent.windows import Closed
from drivers.errors import DriverError

_LOG = logging.getLogger(__name__)
_FAREWELL_S: Final = 6.0
_RECEIPT_LOOK_S: Final = 0.05


class Unit:
    """A unit at work. The source (sensors, windows) stops before the sink (publisher, health)."""

    def __init__(self, stages: Stages) -> None:
        self._s = stages
        self._storing = Storing(stages)
        self._housekeeping = Housekeeping(stages)
        self._source: list[asyncio.Task[None]] = []
        self._sink: list[asyncio.Task[None]] = []
        self._known = frozenset(plan.name for plan in stages.settings.streams)
        self._quieter: Quieter | None = None
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
        await self._storing.declare()
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
            asyncio.create_task(self._housekeeping.run(), name="housekeeping"),
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
            await self._storing.store(lambda: self._s.windows.set_suspended(streams))
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

        await self._storing.store(close)

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
            await self._storing.store(self._s.windows.tick)

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
        await self._storing.store(self._s.windows.stop)
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
