"""The composer: makes the stages and joins them. `agent.unit` starts and stops them.

In: checked settings, what the self-tests found, and a key. Out: a unit that is ready to run: its store is open.
Never: a stage's own work.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from agent import assembly
from agent.boots import Boots
from agent.buffer.outbox import Outbox
from agent.clock import Clock
from agent.config.plans import Settings
from agent.control import keys as control_keys
from agent.control.desk import Desk
from agent.forecast import Forecast
from agent.given import Given
from agent.health import Health, StatusFile
from agent.kept import Kept, open_kept
from agent.publisher import Publisher
from agent.reception import Reception
from agent.reporting import Reporter
from agent.restarts import Restarts
from agent.sensors import AnyBus, Simulation, nodes_of, open_buses
from agent.supervision import Supervisor
from agent.surroundings import Surroundings
from agent.windows import Windows
from agent.wire.keyfile import SigningKey
from agent.wire.orders import Order

if TYPE_CHECKING:
    from agent.alarming import Alarming
    from agent.privacy.ledgers import Ledgers

STALL_S: Final = 30.0
"""A task that does not get on for this long has stalled, and the watchdog is not fed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """The parts of a unit, made and joined, not running yet."""

    settings: Settings
    key: SigningKey
    clock: Clock
    buses: Mapping[str, AnyBus]
    given: Given
    boots: Boots
    ledgers: "Ledgers | None"
    windows: Windows
    desk: Desk
    outbox: Outbox
    reception: Reception
    publisher: Publisher
    health: Health
    supervisor: Supervisor
    reporter: Reporter
    alarming: "Alarming | None" = None

    async def close(self) -> None:
        """Let the store and the control state of a unit go that did not run."""
        await self.outbox.close()
        self.desk.close()


async def build(settings: Settings, *, tested: Mapping[str, str], key: SigningKey, around: Surroundings) -> Stages:
    """Return the stages of a unit: its store is open, nothing is polled yet.

    Args:
        settings: what the configuration says.
        tested: what the self-test of each stream found (`agent.selftest`); only those that passed may release.
        key: the unit's.
        around: what the process gives.

    Raises:
        LamppostError: a stage cannot start; the text says which file or key, and what to do.
    """
    keys = control_keys.load(settings.control.keys)
    desk = Desk.open(settings.directory, unit=settings.unit.id, keys=keys)
    try:
        kept = await open_kept(settings, key=key, around=around)
    except BaseException:
        desk.close()
        raise
    try:
        stages = _join(settings, key=key, around=around, kept=kept, desk=desk, tested=tested)
        if not any(plan.alarms for plan in settings.streams):
            return stages
        return replace(stages, alarming=await _alarming(settings, stages))
    except BaseException:
        await kept.outbox.close()
        desk.close()
        raise


def _join(
    settings: Settings,
    *,
    tested: Mapping[str, str],
    key: SigningKey,
    around: Surroundings,
    kept: Kept,
    desk: Desk,
) -> Stages:
    """Make the other stages, and return them all."""
    buses = open_buses(settings, clock=around.clock)
    filters, suspended = assembly.make_filters(settings, tested=tested, ledgers=kept.ledgers)
    windows = Windows(
        tuple(plan.spec for plan in settings.streams),
        filters=filters,
        clock=around.clock,
        given=kept.given,
        boots=kept.boots,
        suspended=_suspended(desk, settings),
        watch=None if around.gnss is None else assembly.gnss_watcher(around.gnss, sensor=settings.clock.gnss),
    )
    reception = Reception(kept.receipts, outbox=kept.outbox)
    reporter = Reporter(
        unit=settings.unit.id,
        opened=kept.outbox.session,
        clock=around.clock,
        windows=windows,
        sealer=kept.sealer,
        reception=reception,
        suspended=suspended,
        desk=desk,
        simulation=Simulation(buses),
        forecast=Forecast(kept.budget, clock=around.clock),
        flash=kept.flash,
    )
    supervisor = Supervisor(
        buses,
        bus_of=nodes_of(settings),
        restarts=Restarts(settings.directory, clock=around.clock),
        clock=around.clock,
    )
    reporter.supervision = supervisor.state
    health = _health(around, reporter)
    reporter.publisher = Publisher(
        assembly.uplink_settings(settings),
        queue=kept.outbox,
        budget=kept.budget,
        clock=around.clock,
        topic_of=assembly.TopicOf(settings),
        certified=around.certified,
        on_message=reception.take,
        status=reporter.status,
        beat=health.register("publisher", deadline_s=STALL_S),
        last_step=supervisor.uplink_stuck,
    )
    return Stages(
        settings=settings,
        key=key,
        clock=around.clock,
        buses=buses,
        given=kept.given,
        boots=kept.boots,
        ledgers=kept.ledgers,
        windows=windows,
        desk=desk,
        outbox=kept.outbox,
        reception=reception,
        publisher=reporter.publisher,
        health=health,
        supervisor=supervisor,
        reporter=reporter,
    )


async def _alarming(settings: Settings, stages: Stages) -> "Alarming":
    from agent import alarming  # noqa: PLC0415 - few units have alarms

    saved = await stages.outbox.load_counters(alarming.NAME)
    simulation = stages.reporter.simulation
    found = alarming.Alarming(settings.streams, saved, orders=stages.desk.states, simulated=lambda: simulation.found)
    stages.reporter.alarming = found
    stages.windows.pace(found.fast(), afresh=True)
    return found


def _suspended(desk: Desk, settings: Settings) -> frozenset[str]:
    """Return the streams that the city has suspended: they begin without a window."""
    states = desk.states([plan.name for plan in settings.streams])
    return frozenset(stream for stream, order in states.items() if order is Order.SUSPEND)


def _health(around: Surroundings, reporter: Reporter) -> Health:
    file = None if around.runtime is None else StatusFile(around.runtime / "status.json", keep=around.keep_status)
    return Health.from_environment(
        around.environment,
        clock=around.clock,
        status=file,
        snapshot=reporter.snapshot,
        period_s=around.status_every_s,
    )
