"""Rules about quiet hours: when a sensor is not sampled.

In: a `[sensor.X]` table. Out: minutes of the local day, and problems. Never: a calendar; whoever polls knows what
time it is, and takes an unset clock for quiet.
"""

from typing import Final

from agent.config.plans import SensorPlan
from agent.tomlfile import Table, quoted

MINUTES: Final = 24 * 60

Hours = tuple[int, int]


def check_quiet_hours(table: Table) -> tuple[Hours, ...]:
    """Return the quiet hours of a sensor: start and end in minutes of the day, the end not included."""
    written: tuple[str, ...] = table.get("quiet_hours", tuple) or ()
    found: list[Hours] = []
    for index, text in enumerate(written):
        hours = _read(text)
        message, expected = _wrong(hours, found)
        if message is None:
            found.append(hours)
        else:
            table.problem(("quiet_hours", index), "bad-hours", message, expected=expected, found=quoted(text))
    if sum(map(_length, found)) >= MINUTES:
        table.problem(
            "quiet_hours",
            "always-quiet",
            "these hours are the whole day, so the sensor would never be sampled",
            expected="hours that leave some of the day",
            hint="to switch a sensor off, remove its section and what is made from it",
        )
        return ()
    return tuple(found)


def check_clock_sensor(table: Table, plan: SensorPlan) -> None:
    """Report quiet hours of the sensor that sets the clock: while the clock is unset they never end."""
    if plan.quiet_hours:
        table.problem(
            "quiet_hours",
            "quiet-clock",
            f"sensor {quoted(plan.name)} sets the clock, so it cannot be quiet",
            expected='no quiet_hours here, or another source than "gnss" in [clock]',
            hint="quiet hours count as active while the clock is not set, and this sensor is what sets it",
        )


def _read(text: str) -> Hours:
    start, _, end = text.partition("-")
    return _minutes(start), _minutes(end)


def _minutes(text: str) -> int:
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)


def _length(hours: Hours) -> int:
    return (hours[1] - hours[0]) % MINUTES


def _wrong(hours: Hours, before: list[Hours]) -> tuple[str, str] | tuple[None, None]:
    """Return why these hours cannot stand beside those before them, and what could; None twice when they can."""
    if hours[0] == hours[1]:
        return "these hours end when they begin", "a start and another end"
    if any(_overlap(hours, other) for other in before):
        return "these hours overlap others of this sensor", "hours that have nothing in common"
    return None, None


def _overlap(one: Hours, other: Hours) -> bool:
    """Return whether two spans share a minute: then one of them holds the start of the other."""
    return _holds(one, other[0]) or _holds(other, one[0])


def _holds(hours: Hours, minute: int) -> bool:
    return (minute - hours[0]) % MINUTES < _length(hours)
