"""Rules about the buffer, the budget and the clock, and about what is declared and never used.

In: tables and the plans made from others. Out: problems. Never: an estimate above what is certain.
"""

import zoneinfo
from collections.abc import Sequence
from typing import Final

from agent.config.check_bus import Buses
from agent.config.check_sensor import Sensors
from agent.config.check_stream import Streams
from agent.config.plans import StreamPlan
from agent.tomlfile import Duration, Severity, Size, Table, did_you_mean, listing, nearest, quoted
from agent.uplink.cost import WireCost
from drivers.model import Delivery, Model

TIME_CHANNEL: Final = "utc"
"""A sensor that sends a channel of this name by itself can be the clock's source."""
_TOPIC_BYTES: Final = 40
_ENVELOPE_BYTES: Final = 150
"""Least bytes around the values of a batch: signature, hashes, time axis."""
_COLUMN_BYTES: Final = 5
_DAYS: Final = 28
_MINUTES_A_DAY: Final = 1440


def check_buffer(buffer: Table) -> None:
    """Report what is wrong with `[buffer]`."""
    largest, floor = buffer.get("max_bytes", Size), buffer.get("free_floor", Size)
    if largest is not None and floor is not None and floor > largest:
        buffer.problem(
            "free_floor",
            "odd-sizes",
            "more is kept free than the store may ever take",
            expected=f"less than max_bytes, {largest.written()}",
            found=quoted(floor.written()),
            hint="the two may be swapped",
            severity=Severity.WARNING,
        )


def check_clock(clock: Table, sensors: Sensors) -> None:
    """Report what is wrong with `[clock]`."""
    _check_timezone(clock)
    _check_rtc(clock)
    name = clock.text("gnss")
    from_gnss = clock.text("source") == "gnss"
    if from_gnss and "gnss" not in clock.written:
        clock.problem(
            "source",
            "missing-gnss",
            'source = "gnss" needs the name of the receiver',
            expected="gnss = the name of a GNSS sensor",
            found="nothing",
        )
    elif "source" in clock.written and "source" not in clock.values:
        return
    elif name is not None and not from_gnss:
        clock.problem(
            "gnss",
            "no-effect",
            'this has no effect without source = "gnss"',
            expected='source = "gnss", or no gnss here',
            found=f"source = {quoted(clock.text('source') or 'kernel')}",
        )
    elif name is not None:
        _check_receiver(clock, name, sensors)


def _check_timezone(clock: Table) -> None:
    timezone = clock.text("timezone")
    if timezone is not None and not _is_timezone(timezone):
        clock.problem(
            "timezone",
            "unknown-timezone",
            f"there is no time zone {quoted(timezone)}",
            expected='an area and a city, such as "America/New_York"',
            found=quoted(timezone),
            hint=_meant_timezone(timezone),
        )


def _check_rtc(clock: Table) -> None:
    source = clock.text("source")
    if clock.text("rtc") is not None and source in {"gnss", "system"}:
        clock.problem(
            "rtc",
            "no-effect",
            f"this has no effect with source = {quoted(source)}",
            expected='source = "kernel", or no rtc here',
            found=f"source = {quoted(source)}",
        )


def _check_receiver(clock: Table, name: str, sensors: Sensors) -> None:
    fitting = [sensor for sensor, model in sensors.models.items() if _tells_the_time(model)]
    if name in fitting or (name in sensors.declared and name not in sensors.models):
        return
    known = name in sensors.declared
    clock.problem(
        "gnss",
        "unknown-sensor",
        f"sensor {quoted(name)} does not tell the time" if known else f"there is no sensor {quoted(name)}",
        expected=f"a GNSS sensor: {listing(fitting)}",
        found=quoted(name),
        hint=did_you_mean(name, fitting),
    )


def _tells_the_time(model: Model) -> bool:
    """Return whether a sensor may set the unit's clock: it sends the time itself, as a receiver does.

    A clock chip that is asked only repeats what it was once set to, to the second; it would pass for synchronised.
    """
    return model.delivery is Delivery.PUSHED and model.channel(TIME_CHANNEL) is not None


def _meant_timezone(wrong: str) -> str | None:
    names = zoneinfo.available_timezones()
    if not names:
        return "this machine knows no time zones but UTC: apt install tzdata"
    by_city = {name.rpartition("/")[2]: name for name in sorted(names)}
    city = nearest(wrong.rpartition("/")[2].replace(" ", "_"), by_city)
    return did_you_mean(wrong, names) or (None if city is None else f'did you mean "{by_city[city]}"?')


def _is_timezone(name: str) -> bool:
    if name == "UTC":
        return True
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return False
    return True


def check_budget(budget: Table, plans: Sequence[StreamPlan], *, tls: bool, status: Duration) -> None:
    """Report caps that cannot even hold what is certainly sent."""
    if not plans:
        return
    cost = WireCost(tls=tls)
    sizes = [_least_bytes(plan, cost) for plan in plans]
    per_minute = [60_000 / (plan.policy.batch_rows * plan.spec.window_ms) for plan in plans]
    messages = sum(per_minute) + 60_000 / status
    allowed = budget.get("messages_per_minute", int)
    if allowed is not None and allowed < messages:
        _too_small(budget, "messages_per_minute", found=str(allowed), least=f"{messages:.3g} a minute")
    a_day = sum(size * rate for size, rate in zip(sizes, per_minute, strict=True)) * _MINUTES_A_DAY
    needs = {"bytes_per_minute": a_day / _MINUTES_A_DAY, "daily": a_day, "monthly": a_day * _DAYS}
    for key, need in needs.items():
        cap = budget.get(key, Size)
        least = max(need, float(max(sizes)))
        if cap is not None and cap < least:
            _too_small(budget, key, found=quoted(cap.written()), least=f"about {_rounded(least)}")


def _too_small(budget: Table, key: str, *, found: str, least: str) -> None:
    budget.problem(
        key,
        "budget-too-small",
        "the streams of this file need more than this, so data would wait until it is dropped",
        expected=f"at least {least}",
        found=found,
        hint="or make longer batches or windows",
    )


def _least_bytes(plan: StreamPlan, cost: WireCost) -> int:
    """Return what one batch costs on the wire when each value takes one byte."""
    values = plan.policy.columns * (plan.policy.batch_rows + _COLUMN_BYTES)
    return cost.publish(_TOPIC_BYTES, _ENVELOPE_BYTES + values)


def _rounded(size: float) -> str:
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:.3g}{unit}"
    return f"{size:.0f}B"


def check_unused(root: Table, buses: Buses, sensors: Sensors, streams: Streams) -> None:
    """Warn about sensors and buses that nothing uses, unless what uses them could not be understood."""
    if not streams.broken:
        clock = root.table("clock").text("gnss")
        for name, table in root.tables("sensor").items():
            if name not in streams.sensors_named and name != clock:
                _unused(table, f"no stream uses sensor {quoted(name)}, so nothing of it leaves")
    if sensors.buses_named <= buses.declared and len(sensors.declared) == len(root.tables("sensor")):
        for name, table in root.tables("bus").items():
            if name not in sensors.buses_named | buses.parents:
                _unused(table, f"no sensor is on bus {quoted(name)}")


def _unused(table: Table, message: str) -> None:
    table.problem(
        None, "unused", message, hint="remove the section, or put # before its lines", severity=Severity.WARNING
    )
