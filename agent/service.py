"""The composer: makes the stages and joins them. `agent.unit` starts and stops them.

In: checked settings, what the self-tests found, and a key. Out: a unit that is ready to run: its store is open.
Never: a stage's own work.
"""

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent import assembly
from agent.boots import FORGET, Boots
from agent.boots import NAME as BOOTS
from agent.budget import Budget
from agent.buffer.outbox import Outbox
from agent.clock import Clock
from agent.config.plans import Settings
from agent.control import keys as control_keys
from agent.control.desk import Desk
from agent.discipline import GnssDiscipline
from agent.flash import NAME as FLASH
from agent.flash import Flash, Written
from agent.forecast import Forecast
from agent.given import NAME as GIVEN
from agent.given import Given
from agent.health import PERIOD_S, Health, StatusFile
from agent.privacy.filter import StreamFilter
from agent.privacy.payment import NAME as LEDGERS
from agent.publisher import Publisher
from agent.receipts import ReceiptVerifier
from agent.reception import COUNTERS, Reception
from agent.reporting import Reporter
from agent.restarts import Restarts
from agent.sealer import Sealer
from agent.sensors import AnyBus, Simulation, nodes_of, open_buses
from agent.supervision import Supervisor
from agent.uplink.session import BUDGET_NAME
from agent.windows import Windows
from agent.wire.keyfile import SigningKey
from agent.wire.orders import Order

if TYPE_CHECKING:
    from agent.alarming import Alarming
    from agent.privacy.ledgers import Ledgers

_LOG = logging.getLogger(__name__)
STALL_S: Final = 30.0
"""A task that does not get on for this long has stalled, and the watchdog is not fed."""

StoredRows = Callable[[Sequence[tuple[str, int, int]]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the process gives to the unit.

    Attributes:
        clock: time.
        remember: told what is known of the time from before this process.
        certified: told from when until when the broker's certificate is valid, once it was verified.
        gnss: the clock's discipline when a GNSS receiver is its source, else None.
        environment: environment variables, for systemd.
        runtime: folder of the status file, None for no status file.
        status_every_s: how often the status file is written.
        keep_status: leave the status file behind, with how it ended.
        on_stored: told of each row after it was committed: stream, number, window start.
        written: how many bytes this process has written to disks, None where that is not known.
    """

    clock: Clock
    remember: Callable[[Boots], None] = lambda _boots: None
    certified: Callable[[int, int], None] | None = None
    gnss: GnssDiscipline | None = None
    environment: Mapping[str, str]
    runtime: Path | None = None
    status_every_s: float = PERIOD_S
    keep_status: bool = False
    on_stored: StoredRows | None = None
    written: Written = lambda: None


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
        store = await _open_store(settings, key=key, around=around)
    except BaseException:
        desk.close()
        raise
    try:
        stages = _join(settings, key=key, around=around, store=store, desk=desk, tested=tested)
        if not any(plan.alarms for plan in settings.streams):
            return stages
        return replace(stages, alarming=await _alarming(settings, stages))
    except BaseException:
        await store.outbox.close()
        desk.close()
        raise


async def _open_store(settings: Settings, *, key: SigningKey, around: Surroundings) -> "_Store":
    receipts = ReceiptVerifier(assembly.receiver_keys(settings), unit=settings.unit.id)
    sealer = Sealer(key, unit=settings.unit.id, formats=assembly.stream_formats(settings))
    outbox = await Outbox.open(
        assembly.store_path(settings),
        unit=settings.unit.id,
        limits=settings.limits,
        streams=assembly.stream_policies(settings),
        maker=sealer,
        clock=around.clock,
        destination=f"{settings.uplink.host}:{settings.uplink.port}",
        on_stored=around.on_stored,
    )
    try:
        receipts.restore(await outbox.load_counters(COUNTERS))
        given = Given(around.clock.boot_id, await outbox.load_counters(GIVEN))
        boots = Boots(around.clock.boot_id, await outbox.load_counters(BOOTS))
        forgotten = _is_told_to_forget(settings)
        if forgotten:
            boots.forget()
            await outbox.save_counters(BOOTS, boots.export())
            await outbox.flush()
            _has_forgotten(settings)
        around.remember(boots)
        sealer.boots = boots
        budget = Budget(settings.budget, clock=around.clock, saved=await outbox.load_counters(BUDGET_NAME))
        flash = Flash(
            around.written,
            today=budget.today,
            clock=around.clock,
            limit=settings.limits.flash_bytes_per_day,
            saved=await outbox.load_counters(FLASH),
        )
        ledgers = _ledgers(settings, None if forgotten else await outbox.load_counters(LEDGERS))
        return _Store(outbox, sealer, receipts, given, boots, budget, flash, ledgers)
    except BaseException:
        await outbox.close()
        raise


def _is_told_to_forget(settings: Settings) -> bool:
    """Tell whether a person has said that the last known time is to be forgotten (`lamppost clock --forget`).

    The budgets of noise go with it: their last day may be one that has not come yet. So nothing is granted today.
    """
    return (settings.directory / FORGET).exists()


def _has_forgotten(settings: Settings) -> None:
    (settings.directory / FORGET).unlink(missing_ok=True)
    _LOG.warning("the last known time is forgotten, as was asked for: the clock is believed as it is now")


@dataclass(frozen=True, slots=True)
class _Store:
    """The open outbox, and what works with it or was kept in it."""

    outbox: Outbox
    sealer: Sealer
    receipts: ReceiptVerifier
    given: Given
    boots: Boots
    budget: Budget
    flash: Flash
    ledgers: "Ledgers | None"


def _join(
    settings: Settings,
    *,
    tested: Mapping[str, str],
    key: SigningKey,
    around: Surroundings,
    store: _Store,
    desk: Desk,
) -> Stages:
    """Make the other stages, and return them all."""
    buses = open_buses(settings, clock=around.clock)
    filters, suspended = make_filters(settings, tested=tested, ledgers=store.ledgers)
    windows = Windows(
        tuple(plan.spec for plan in settings.streams),
        filters=filters,
        clock=around.clock,
        given=store.given,
        boots=store.boots,
        suspended=_suspended(desk, settings),
        watch=None if around.gnss is None else assembly.gnss_watcher(around.gnss, sensor=settings.clock.gnss),
    )
    reception = Reception(store.receipts, outbox=store.outbox)
    reporter = Reporter(
        unit=settings.unit.id,
        opened=store.outbox.session,
        clock=around.clock,
        windows=windows,
        sealer=store.sealer,
        reception=reception,
        suspended=suspended,
        desk=desk,
        simulation=Simulation(buses),
        forecast=Forecast(store.budget, clock=around.clock),
        flash=store.flash,
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
        queue=store.outbox,
        budget=store.budget,
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
        given=store.given,
        boots=store.boots,
        ledgers=store.ledgers,
        windows=windows,
        desk=desk,
        outbox=store.outbox,
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


def _ledgers(settings: Settings, saved: bytes | None) -> "Ledgers | None":
    """Return the budget ledgers of the streams with noise, None when there are none."""
    specs = [plan.spec for plan in settings.streams]
    if all(spec.noise is None for spec in specs):
        return None
    from agent.privacy import ledgers  # noqa: PLC0415 - exact fractions are a megabyte that few units need

    return ledgers.Ledgers(ledgers.budgets_of(specs), saved)


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


def make_filters(
    settings: Settings, *, tested: Mapping[str, str], ledgers: "Ledgers | None" = None
) -> tuple[dict[str, StreamFilter], dict[str, str]]:
    """Return the filters of the streams whose self-test passed, and why the other streams are suspended.

    Args:
        settings: the streams.
        tested: what `agent.selftest.findings` found; a stream that is not there was not tested.
        ledgers: what pays for noise. Without, nothing does, and what needs it is suppressed: `lamppost once` may not
            spend, and may not show by being repeated what the noise hides.
    """
    filters: dict[str, StreamFilter] = {}
    suspended: dict[str, str] = {}
    ledgers = ledgers or _ledgers(settings, None)
    for plan in settings.streams:
        reason = tested.get(plan.name, "it was not made")
        if reason:
            suspended[plan.name] = reason
            _LOG.error("stream %s is suspended: its privacy self-test failed: %s", plan.name, reason)
        else:
            ledger = ledgers.of(plan.name) if ledgers and plan.spec.noise else None
            filters[plan.name] = StreamFilter(spec=plan.spec, random_bytes=os.urandom, ledger=ledger)
    return filters, suspended
