"""The composer: puts the stages together, starts them from the sink and stops them from the source.

In: checked settings and a key. Out: a running unit. Never: a stage's own work.

Start: store, sealer and publisher first, filters with their self-tests, then the sensors. Stop: sensors, then
the windows as they stand, then a short time for the network, then the store.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agent import assembly, declaration
from agent.budget import Budget
from agent.buffer.outbox import Outbox
from agent.clock import Clock
from agent.config.plans import Settings
from agent.discipline import GnssDiscipline
from agent.health import Health, StatusFile
from agent.privacy.canary import self_test
from agent.privacy.filter import StreamFilter
from agent.privacy.released import Released
from agent.privacy.spec import StreamSpec
from agent.publisher import Publisher
from agent.receipts import ReceiptVerifier
from agent.reception import COUNTERS, Reception
from agent.reporting import Reporter
from agent.sealer import Sealer
from agent.sensors import AnyBus, Simulation, close_buses, make_pollers, open_buses
from agent.uplink.session import BUDGET_NAME
from agent.windows import Windows
from agent.wire import payload
from agent.wire.keyfile import SigningKey

_LOG = logging.getLogger(__name__)
_FAREWELL_S: Final = 3.0
_STALL_S: Final = 30.0
_HOUSEKEEPING_S: Final = 5.0
_NS_PER_S: Final = 1_000_000_000

StoredRows = Callable[[Sequence[tuple[str, int, int]]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the process gives to the unit.

    Attributes:
        clock: time.
        gnss: the clock's discipline when a GNSS receiver is its source, else None.
        environment: environment variables, for systemd.
        runtime: folder of the status file, None for no status file.
        on_stored: told of each row after it was committed: stream, number, window start.
    """

    clock: Clock
    gnss: GnssDiscipline | None = None
    environment: Mapping[str, str]
    runtime: Path | None = None
    on_stored: StoredRows | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """The parts of a unit, made and joined, not running yet."""

    settings: Settings
    key: SigningKey
    clock: Clock
    buses: Mapping[str, AnyBus]
    windows: Windows
    outbox: Outbox
    publisher: Publisher
    health: Health
    reporter: Reporter


async def build(settings: Settings, *, key: SigningKey, around: Surroundings) -> Stages:
    """Return the stages of a unit: its store is open, its filters are tested, nothing is polled yet.

    Raises:
        LamppostError: a stage cannot start; the text says which file or key, and what to do.
    """
    buses = open_buses(settings)
    filters, suspended = tested_filters(settings)
    windows = Windows(
        tuple(plan.spec for plan in settings.streams),
        filters=filters,
        clock=around.clock,
        watch=None if around.gnss is None else assembly.gnss_watcher(around.gnss, sensor=settings.clock.gnss),
    )
    sealer = Sealer(
        key, unit=settings.unit.id, formats=assembly.stream_formats(settings), mapping=windows.timeline.mapping
    )
    outbox = await Outbox.open(
        assembly.store_path(settings),
        unit=settings.unit.id,
        limits=settings.limits,
        streams=assembly.stream_policies(settings),
        maker=sealer,
        clock=around.clock,
        on_stored=around.on_stored,
    )
    receipts = ReceiptVerifier(assembly.receiver_keys(settings), unit=settings.unit.id)
    receipts.restore(await outbox.load_counters(COUNTERS))
    reception = Reception(receipts, outbox=outbox)
    reporter = Reporter(
        unit=settings.unit.id,
        clock=around.clock,
        windows=windows,
        sealer=sealer,
        reception=reception,
        suspended=suspended,
        simulation=Simulation(buses),
    )
    health = Health.from_environment(
        around.environment,
        clock=around.clock,
        status=None if around.runtime is None else StatusFile(around.runtime / "status.json"),
        snapshot=reporter.snapshot,
    )
    reporter.publisher = Publisher(
        assembly.uplink_settings(settings),
        queue=outbox,
        budget=Budget(settings.budget, clock=around.clock, saved=await outbox.load_counters(BUDGET_NAME)),
        clock=around.clock,
        topic_of=assembly.TopicOf(settings),
        on_message=reception.take,
        status=reporter.status,
        beat=health.register("publisher", deadline_s=_STALL_S),
    )
    return Stages(
        settings=settings,
        key=key,
        clock=around.clock,
        buses=buses,
        windows=windows,
        outbox=outbox,
        publisher=reporter.publisher,
        health=health,
        reporter=reporter,
    )


def tested_filters(settings: Settings) -> tuple[dict[str, StreamFilter], dict[str, str]]:
    """Return the filters of the streams whose self-test passed, and why the other streams are suspended."""
    filters: dict[str, StreamFilter] = {}
    suspended: dict[str, str] = {}
    for plan in settings.streams:

        def make(spec: StreamSpec = plan.spec) -> StreamFilter:
            return StreamFilter(spec, random_bytes=os.urandom)

        report = self_test(plan.spec, make)
        if report.passed:
            filters[plan.name] = make()
        else:
            suspended[plan.name] = report.reason
            _LOG.error("stream %s is suspended: its privacy self-test failed: %s", plan.name, report.reason)
    return filters, suspended


class Unit:
    """A unit at work."""

    def __init__(self, stages: Stages) -> None:
        self._s = stages
        self._declared: tuple[bool, bytes] | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then drain each stage into the next.

        Raises:
            Exception: a stage failed in a way that is not its own to handle; systemd starts the service again.
        """
        stages = self._s
        await self._declaration()
        publishing = asyncio.create_task(stages.publisher.run(), name="publisher")
        health = asyncio.create_task(stages.health.run(), name="health")
        stages.health.ready("running; the store is open")
        pollers = make_pollers(stages.settings, buses=stages.buses, clock=stages.clock, sink=stages.windows)
        stages.reporter.pollers = pollers
        sensing = [asyncio.create_task(poller.run(), name=f"sensor {poller.sensor}") for poller in pollers]
        working = [asyncio.create_task(self._release(), name="windows"), asyncio.create_task(self._housekeep())]
        stopping = asyncio.create_task(stop.wait(), name="stop")
        try:
            await _until(stopping, [publishing, health, *working, *sensing])
        finally:
            stages.health.stopping()
            await _cancel([stopping, *working, *sensing])
            try:
                await self._drain()
            finally:
                await _cancel([publishing, health])
                await self._close()

    async def _release(self) -> None:
        """Close windows on time and store their rows, for ever."""
        beat = self._s.health.register("windows", deadline_s=_STALL_S)
        while True:
            beat()
            await self._s.clock.sleep(min(self._s.windows.next_tick_s(), _STALL_S / 2))
            await self._store(self._s.windows.tick())

    async def _store(self, rows: list[Released]) -> None:
        """Hand rows to the outbox, which commits them within its loss window, and wake the publisher."""
        if rows:
            stamp = payload.encode_clock(self._s.windows.timeline.stamp())
            stored = self._s.outbox.append(rows, declaration=await self._declaration(), clock=stamp)
            stored.add_done_callback(self._stored)

    def _stored(self, outcome: asyncio.Future[None]) -> None:
        """Wake the publisher: rows were committed, and with them what they completed was sealed."""
        if not outcome.cancelled():
            outcome.exception()  # the outbox itself reports what it could not store
            self._s.publisher.notify()

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
        """Refresh what the status says, and notice sensors that hang, for ever."""
        beat = self._s.health.register("sensors", deadline_s=_STALL_S)
        while True:
            self._s.reporter.stats = await self._s.outbox.stats()
            now_ns = self._s.clock.mono_ns()
            hung = [
                poller.sensor
                for poller in self._s.reporter.pollers
                if now_ns - poller.progress_mono_ns > poller.deadline_s * _NS_PER_S
            ]
            if not hung:
                beat()
            self._s.health.describe(f"hung: {', '.join(hung)}" if hung else self._summary())
            await self._s.clock.sleep(_HOUSEKEEPING_S)

    def _summary(self) -> str:
        states = [state.value for state in self._s.windows.states.values()]
        uplink = "connected" if self._s.publisher.state().connected else "not connected"
        return f"{states.count('ok')} of {len(self._s.reporter.pollers)} sensors ok; {uplink}"

    async def _drain(self) -> None:
        """Store the windows as they stand, and give the network a short time."""
        await self._store(self._s.windows.stop())
        await self._s.outbox.flush()
        if self._s.publisher.state().connected:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_FAREWELL_S):
                    await self._s.outbox.seal(partial=True)
                    await self._s.publisher.drained()

    async def _close(self) -> None:
        await close_buses(self._s.buses)
        await self._s.outbox.close()
        self._s.health.close()


async def _until(stopping: asyncio.Task[Any], tasks: Collection[asyncio.Task[Any]]) -> None:
    """Return when `stopping` is done; raise what ended any other task before that."""
    pending = {stopping, *tasks}
    while not stopping.done():
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


async def _cancel(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait for them; what they fail with while ending was raised by `_until` or is logged here."""
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            _LOG.error("ended with %s", type(result).__name__)
