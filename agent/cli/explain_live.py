"""One look at the sensors for `lamppost explain --live`: under the rules of `lamppost once`, nothing is published.

In: settings and a clock. Out: what may be shown of each channel, how old it is, and what would leave. Never: an
identifier, a place, or anything derived from people or vehicles; a file, a network.
"""

from dataclasses import replace
from zoneinfo import ZoneInfo

from agent.cli.explain_facts import Now
from agent.cli.once import Taken, describe, take, would_leave
from agent.cli.once_page import leaving
from agent.clock import NS_PER_MS, Clock
from agent.config import Settings
from agent.config.plans import SensorPlan
from agent.quiet import QuietHours


async def look(settings: Settings, clock: Clock) -> Now:
    """Read every sensor once that is not quiet now, and return what may be shown of it."""
    quiet = [plan for plan in settings.sensors if _is_quiet(plan, settings, clock)]
    awake = tuple(plan for plan in settings.sensors if plan not in quiet)
    taken = await take(replace(settings, sensors=awake), clock)
    rows, suspended = would_leave(settings, clock=clock, taken=taken)
    read_at_ns = clock.mono_ns()
    notes = [_note(one, read_at_ns) for one in taken]
    return Now(
        read={(sensor, channel): text for one in taken for sensor, channel, text in describe(one) if channel},
        leave={(row.stream, name): text for row in rows for name, text in leaving(settings, row).items()},
        notes=(*notes, *(f"{plan.name}: quiet hours, so it was not read" for plan in quiet)),
        suspended=suspended,
        silent=tuple(one.plan.name for one in taken if one.reading is None),
    )


def _is_quiet(plan: SensorPlan, settings: Settings, clock: Clock) -> bool:
    hours = QuietHours(plan.quiet_hours, zone=ZoneInfo(settings.clock.timezone))
    return hours.look(clock.instant()).active


def _note(one: Taken, now_ns: int) -> str:
    if one.reading is None:
        return f"✗ {one.plan.name}: {one.problem}"
    available = sum(value is not None for value in one.reading.values.values())
    age_s = (now_ns - one.reading.mono_ns) / (1000 * NS_PER_MS)
    return f"{one.plan.name}: {available} of {len(one.plan.model.channels)} channels, {age_s:.1f} s old"
