"""The whole plan: traffic, budget, outages, flash, and whether it holds.

In: settings and assumptions. Out: one value with everything. Never: prints.

A plan holds if a month without outages fits into the month's cap, a day into the day's, and what a minute brings into
the rates; live data may use 95 per cent of a cap (`agent.caps.SHARES`), so it is that part which counts. What is
left beside it is what a backlog may drain with.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from agent.buffer.records import Lane
from agent.caps import SHARES
from agent.config.plans import Settings
from agent.planning.flash import Card, Writes, writes_a_day
from agent.planning.outages import DAY_S, Fate, bytes_a_day, capacity_bytes, days_of_buffer, outage
from agent.planning.traffic import DAYS, Prices, Traffic, batch_s, traffic

OUTAGE_DAYS: Final = (1.0, 7.0, 30.0)
_MINUTE_S: Final = 60
_PERCENT: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What the configuration does not say.

    Attributes:
        outage_days: the outages that are looked at.
        connections_a_day: how often a connection is made.
        changes_a_day: how often each alarm is raised or cleared.
        card: the medium.
    """

    outage_days: tuple[float, ...] = OUTAGE_DAYS
    connections_a_day: float = 1.0
    changes_a_day: float = 2.0
    card: Card = field(default_factory=Card)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """One bound of the budget.

    Attributes:
        name: its key in the configuration.
        cap: what may be sent.
        usable: the part of it that live data may use up to.
        needed: what is sent.
    """

    name: str
    cap: int
    usable: int
    needed: int

    @property
    def holds(self) -> bool:
        """Whether it is enough."""
        return self.needed <= self.usable

    @property
    def margin(self) -> float:
        """What is left, as a part of what may be used; negative where it is not enough."""
        return 1 - self.needed / self.usable


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """One outage.

    Attributes:
        days: how long it is.
        fates: what it does to each stream.
        backlog_bytes: what is sent afterwards, on the wire.
        drain_days: how long that takes beside live data, 0 where no cap slows it, None where it never ends.
    """

    days: float
    fates: tuple[Fate, ...]
    backlog_bytes: int
    drain_days: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything.

    Attributes:
        unit: the unit's id.
        assumptions: what was assumed.
        traffic: a month.
        caps: the bounds of the budget.
        capacity_bytes: room for rows in the buffer.
        waiting_bytes_a_day: what a day's rows take in it.
        days_of_buffer: how long an outage may be before anything is lost or merged.
        outages: longer ones.
        writes: what a day writes to the card.
        flash_budget_bytes: what it may, None for no bound.
    """

    unit: str
    assumptions: Assumptions
    traffic: Traffic
    caps: tuple[Cap, ...]
    capacity_bytes: int
    waiting_bytes_a_day: int
    days_of_buffer: float
    outages: tuple[Outage, ...]
    writes: Writes
    flash_budget_bytes: int | None = None

    @property
    def holds(self) -> bool:
        """Whether every bound of the budget is enough, that of the flash included."""
        flash = self.flash_budget_bytes
        return all(cap.holds for cap in self.caps) and (flash is None or self.writes.bytes <= flash)

    @property
    def card_years(self) -> float:
        """How long the card lasts."""
        return self.assumptions.card.years(self.writes.bytes)


def make(settings: Settings, assumptions: Assumptions | None = None) -> Plan:
    """Return the plan of a configuration."""
    assumed = assumptions or Assumptions()
    month = traffic(settings, connections_a_day=assumed.connections_a_day, changes_a_day=assumed.changes_a_day)
    return Plan(
        unit=settings.unit.id,
        assumptions=assumed,
        traffic=month,
        caps=caps(settings, month),
        capacity_bytes=round(capacity_bytes(settings)),
        waiting_bytes_a_day=round(sum(bytes_a_day(plan) for plan in settings.streams)),
        days_of_buffer=days_of_buffer(settings),
        outages=tuple(_outage(settings, month, days) for days in assumed.outage_days),
        writes=writes_a_day(settings),
        flash_budget_bytes=settings.limits.flash_bytes_per_day,
    )


def caps(settings: Settings, month: Traffic) -> tuple[Cap, ...]:
    """Return the bounds that the configuration has, each with what it takes."""
    budget, day = settings.budget, month.month_bytes / DAYS
    messages = sum(_MINUTE_S / batch_s(plan) for plan in settings.streams) + _MINUTE_S / settings.uplink.status_s
    needed: Mapping[str, tuple[int | None, float]] = {
        "monthly": (budget.month_bytes, month.month_bytes),
        "daily": (budget.day_bytes, day),
        "bytes_per_minute": (budget.bytes_per_minute, day * _MINUTE_S / DAY_S),
        "messages_per_minute": (budget.messages_per_minute, messages),
    }
    return tuple(
        Cap(name=name, cap=cap, usable=_usable(name, cap, Lane.LIVE), needed=math.ceil(need))
        for name, (cap, need) in needed.items()
        if cap is not None
    )


def _usable(name: str, cap: int, lane: Lane) -> int:
    """Return up to what a lane may use a bound: rates have no shares."""
    return cap if name.endswith("per_minute") else max(1, cap * SHARES[lane] // _PERCENT)


def _outage(settings: Settings, month: Traffic, days: float) -> Outage:
    fates = outage(settings, days=days)
    prices = Prices(settings)
    plans = {plan.name: plan for plan in settings.streams}
    backlog = sum(
        prices.backlog(
            plans[fate.stream], (fate.rows - fate.lost) * plans[fate.stream].spec.window_ms // fate.window_ms
        )
        for fate in fates
    )
    return Outage(days=days, fates=fates, backlog_bytes=backlog, drain_days=_drain_days(settings, month, backlog))


def _drain_days(settings: Settings, month: Traffic, backlog: int) -> float | None:
    """Return how many days a backlog takes with what the bounds leave beside live data.

    A month's cap is spread over the month: what it leaves may be used in one day, but only once.
    """
    budget, day = settings.budget, month.month_bytes / DAYS
    paces = []
    if budget.day_bytes is not None:
        paces.append(_usable("daily", budget.day_bytes, Lane.BACKLOG) - day)
    if budget.month_bytes is not None:
        paces.append(_usable("monthly", budget.month_bytes, Lane.BACKLOG) / DAYS - day)
    if budget.bytes_per_minute is not None:
        paces.append(budget.bytes_per_minute * DAY_S / _MINUTE_S - day)
    if not paces:
        return 0.0
    return backlog / min(paces) if min(paces) > 0 else None
