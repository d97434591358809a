"""What the unit says about itself: the signed status for the city, the status file for the people at the pole.

In: states and counters of every stage. Out: a signed status, and plain values for JSON. Never: anything measured.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from agent.buffer.records import OutboxStats
from agent.clock import NS_PER_MS, Clock
from agent.control.desk import Desk
from agent.declaration import software
from agent.flash import Flash
from agent.forecast import Forecast
from agent.poller import Poller, SensorState
from agent.publisher import Publisher
from agent.reception import Reception
from agent.sealer import Sealer
from agent.sensors import Simulation
from agent.windows import Windows
from agent.wire.messages import Presence, Status, Suspected
from agent.wire.orders import Order

if TYPE_CHECKING:
    from agent.alarming import Alarming

_NS_PER_S = 1_000_000_000
_DAY_NS = 86_400 * _NS_PER_S
_WEEK_NS = 7 * _DAY_NS
_ON_ORDER = {Order.HOLD: "held on order", Order.SUSPEND: "suspended on order"}
_SESSION_BITS = 32
"""Connections of one process; above them stands the number of the process, so that sessions grow across restarts."""


@dataclass(slots=True, kw_only=True)
class Reporter:
    """Collects what the stages know.

    Attributes:
        unit: the unit's id.
        opened: how often the store was opened, which is how often this unit's agent was started.
        suspended: streams that release nothing because their self-test failed, with the reason.
        desk: knows which streams are held or suspended on order.
        simulation: whether a simulated bus is behind a sensor.
        forecast: knows what was spent of the data budget.
        flash: counts what is written.
        stats: the outbox's counters, as last asked for.
        publisher: set once it is made; it needs `status` first.
        pollers: set once they are made.
        supervision: set once it is made: what was restarted and left out.
        alarming: set once it is made, where there are alarms.
    """

    unit: str
    opened: int
    clock: Clock
    windows: Windows
    sealer: Sealer
    reception: Reception
    suspended: Mapping[str, str]
    desk: Desk
    simulation: Simulation
    forecast: Forecast | None = None
    flash: Flash | None = None
    stats: OutboxStats | None = None
    publisher: Publisher | None = None
    pollers: list[Poller] = field(default_factory=list)
    supervision: Callable[[], Mapping[str, object]] = dict
    alarming: "Alarming | None" = None

    def status(self, *, online: bool, session: int) -> bytes:
        """Return the signed status, or (not online) the last will; `session` counts this process's connections."""
        now = self.clock.instant()
        return self.sealer.status(
            Status(
                unit=self.unit,
                presence=Presence.ONLINE if online else Presence.OFFLINE,
                session=(self.opened << _SESSION_BITS) + session,
                software=software(),
                boot_id=self.clock.boot_id,
                uptime_ms=now.mono_ns // NS_PER_MS,
                utc_ms=now.utc_ns // NS_PER_MS if now.dated else None,
                clock=self.windows.timeline.stamp().quality,
                sensors={name: state.value for name, state in self.windows.states.items()},
                suspended=self._silent(),
                alarms={} if self.alarming is None else self.alarming.raised(),
                rows_waiting=0 if self.stats is None else self.stats.rows_waiting + self.stats.sealed_rows_waiting,
                simulated=self.simulation.found,
                suspected=self._suspected(now.mono_ns),
            )
        )

    def suspected(self) -> frozenset[str]:
        """Return the sensors of which the city is to know that they may be stuck: those that work, as it seems."""
        return frozenset(self._suspected(self.clock.mono_ns()))

    def _suspected(self, now_ns: int) -> dict[str, Suspected]:
        """Return them with for how long."""
        states = self.windows.states
        return {
            poller.sensor: _for_how_long(now_ns - poller.condition.suspected_mono_ns)
            for poller in self.pollers
            if poller.condition.suspected_mono_ns is not None and states.get(poller.sensor) is SensorState.OK
        }

    def _ordered(self) -> dict[str, str]:
        return self.desk.reasons(list(self.windows.names))

    def _silent(self) -> dict[str, str]:
        """Return the streams of which nothing leaves, with a reason that says no more than the city knows."""
        states = self.desk.states(list(self.windows.names))
        found = {
            stream: "control state lost" if self.desk.lost else _ON_ORDER[order]
            for stream, order in states.items()
            if order in _ON_ORDER
        }
        return found | dict.fromkeys(self.suspended, "privacy self-test failed")

    def snapshot(self) -> Mapping[str, object]:
        """Return everything for `lamppost status`."""
        now = self.clock.instant()
        stamp = self.windows.timeline.stamp()
        return {
            "unit": self.unit,
            "software": software(),
            "uptime_s": now.mono_ns // _NS_PER_S,
            "written_utc_ms": now.utc_ns // NS_PER_MS,
            "clock": {"quality": stamp.quality.name.lower(), "error_ms": stamp.error_ms},
            "simulated": self.simulation.found,
            "readings": self.windows.readings,
            "sensors": {poller.sensor: _sensor(poller) for poller in self.pollers},
            "streams": self.windows.counters(),
            "suspended": dict(self.suspended),
            "supervision": self.supervision(),
            "alarms": {} if self.alarming is None else self.alarming.snapshot(),
            "control": {"lost": self.desk.lost, "version": self.desk.version, "ordered": self._ordered()},
            "outbox": None if self.stats is None else asdict(self.stats),
            "uplink": None if self.publisher is None else asdict(self.publisher.state()),
            "budget": None if self.forecast is None else self.forecast.look(),
            "flash": None if self.flash is None else self.flash.state(),
            "receipts": {str(outcome): count for outcome, count in self.reception.outcomes.items()}
            | {"refused": self.reception.refused},
        }


def _for_how_long(elapsed_ns: int) -> Suspected:
    if elapsed_ns >= _WEEK_NS:
        return Suspected.WEEKS
    return Suspected.DAYS if elapsed_ns >= _DAY_NS else Suspected.HOURS


def _sensor(poller: Poller) -> dict[str, Any]:
    return {
        "state": None if poller.condition.state is None else poller.condition.state.value,
        "readings": poller.readings,
        "failures": poller.condition.failures,
        "skipped": poller.skipped,
        "trips": poller.trips.counts,
        "problem": poller.condition.problem,
        "suspicion": poller.condition.suspicion,
    }
