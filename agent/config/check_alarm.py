"""Rules about alarms: which channel, which thresholds, which faster cadence.

In: a `[stream.X.alarm.Y]` table and what the stream releases. Out: alarms as they are declared, and problems. Never:
an alarm on what is derived from people or vehicles.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from agent.config.check_sensor import Sensors
from agent.privacy.spec import ReleasedChannel, StreamSpec
from agent.tomlfile import Duration, Table, did_you_mean, listing, quoted
from agent.wire.declared import DeclaredAlarm
from agent.wire.declared_alarm import MAX_ALARMS
from drivers.model import Delivery
from drivers.reading import Sensitivity

_SIDES: Final = ("above", "below")


@dataclass(frozen=True, slots=True)
class _Levels:
    """Threshold and end of an alarm, in units of its channel."""

    above: bool
    threshold: int
    clear: int


def tells_of_nobody(channel: ReleasedChannel) -> bool:
    """Return whether a channel may have an alarm: a measurement that is derived from no people and no vehicles."""
    return channel.sensitivity is Sensitivity.MEASUREMENT and channel.group is None


def check_alarms(stream: Table, spec: StreamSpec, sensors: Sensors, *, complete: bool) -> tuple[DeclaredAlarm, ...]:
    """Return the alarms of a stream that are right, after reporting what is wrong with the others.

    Args:
        stream: the stream's table.
        spec: what it releases.
        sensors: for how often they are sampled.
        complete: every channel of it was understood.
    """
    tables = stream.tables("alarm")
    if not tables:
        return ()
    if len(tables) > MAX_ALARMS:
        stream.problem(
            "alarm",
            "too-many-alarms",
            "a stream cannot have that many alarms",
            expected=f"{MAX_ALARMS} at most",
            found=str(len(tables)),
        )
    _check_delay(stream)
    found = [_check_alarm(table, stream, spec, sensors=sensors, complete=complete) for table in tables.values()]
    alarms = tuple(alarm for alarm in found if alarm is not None)
    _check_one_cadence(tables, alarms)
    return alarms


def _check_delay(stream: Table) -> None:
    delay = stream.get("delay", Duration)
    if delay:
        stream.problem(
            "delay",
            "alarm-delay",
            "an alarm tells at once what this stream may tell only later",
            expected="no delay in a stream with alarms",
            found=quoted(delay.written()),
            hint="put the channels that need alarms into a stream of their own",
        )


def _check_alarm(
    table: Table, stream: Table, spec: StreamSpec, *, sensors: Sensors, complete: bool
) -> DeclaredAlarm | None:
    index = _check_channel(table, spec.channels, complete=complete)
    side = _check_side(table)
    fast_fits = _check_fast(table, stream, spec, sensors)
    if index is None or side is None or not fast_fits:
        return None
    levels = _check_levels(table, spec.channels[index], side)
    if levels is None:
        return None
    fast = table.table("fast") if "fast" in table.values else None
    window, duration = (None, None) if fast is None else (fast.get("window", Duration), fast.get("for", Duration))
    return DeclaredAlarm(
        name=table.name,
        channel=index,
        above=levels.above,
        threshold=levels.threshold,
        clear=levels.clear,
        hold_ms=int(table.get("hold", Duration) or 0),
        title=table.text("title") or "",
        fast=None if window is None or duration is None else (int(window), int(duration)),
    )


def _check_channel(table: Table, channels: Sequence[ReleasedChannel], *, complete: bool) -> int | None:
    """Return the column of the alarm's channel."""
    name = table.text("channel")
    names = [channel.name for channel in channels]
    if name is None or (name not in names and not complete):
        return None
    if name not in names:
        table.problem(
            "channel",
            "unknown-channel",
            f"this stream releases no channel {quoted(name)}",
            expected=f"one of {listing(names)}",
            found=quoted(name),
            hint=did_you_mean(name, names),
        )
        return None
    index = names.index(name)
    if tells_of_nobody(channels[index]):
        return index
    found = channels[index]
    group = "" if found.group is None else ", derived from people, vehicles or their devices"
    table.problem(
        "channel",
        "privacy-alarm",
        f"{quoted(name)} cannot have an alarm: the moment at which it comes would tell of somebody",
        expected="a channel of class measurement that is derived from nobody",
        found=f"class {found.sensitivity.value}{group}",
    )
    return None


def _check_side(table: Table) -> str | None:
    written = [side for side in _SIDES if side in table.written]
    if len(written) == 1:
        return written[0] if written[0] in table.values else None
    table.problem(
        written[1] if written else None,
        "alarm-side",
        "an alarm has one threshold, on one side",
        expected="either above or below",
        found="both" if written else "neither",
        hint="two sides are two alarms" if written else None,
    )
    return None


def _check_levels(table: Table, channel: ReleasedChannel, side: str) -> _Levels | None:
    threshold, clear = (_scaled(table, key, channel) for key in (side, "clear"))
    if threshold is None or clear is None:
        return None
    above = side == "above"
    if not (clear < threshold if above else clear > threshold):
        table.problem(
            "clear",
            "no-hysteresis",
            "the alarm would be raised and cleared at every flutter of the value",
            expected=f"{'less' if above else 'more'} than {side}, by what the value flutters",
            found=_written(clear, channel),
        )
        return None
    if not (threshold < channel.maximum if above else threshold > channel.minimum):
        table.problem(
            side,
            "unreachable",
            f"no value of {quoted(channel.name)} that is released is {side} this",
            expected=f"inside {_written(channel.minimum, channel)} to {_written(channel.maximum, channel)}",
            found=_written(threshold, channel),
        )
        return None
    return _Levels(above, threshold, clear)


def _scaled(table: Table, key: str, channel: ReleasedChannel) -> int | None:
    """Return a level in units of the channel."""
    value = table.values.get(key)
    if not isinstance(value, Decimal):
        return None
    scaled = value.scaleb(-channel.exponent)
    if scaled % 1 == 0 and channel.minimum <= scaled <= channel.maximum:
        return int(scaled)
    if scaled % 1:
        message, expected = "a level is finer than the channel's resolution", f"multiples of {_written(1, channel)}"
    else:
        low, high = _written(channel.minimum, channel), _written(channel.maximum, channel)
        message, expected = f"no value of {quoted(channel.name)} out there is released", f"{low} to {high}"
    table.problem(key, "bad-level", message, expected=expected, found=f"{value:f}")
    return None


def _written(scaled: int, channel: ReleasedChannel) -> str:
    return f"{Decimal(scaled).scaleb(channel.exponent):f}"


def _check_fast(table: Table, stream: Table, spec: StreamSpec, sensors: Sensors) -> bool:
    """Return whether the faster cadence is one; True when there is none."""
    if "fast" not in table.written:
        return True
    fast = table.table("fast")
    window, usual, duration = fast.get("window", Duration), stream.get("window", Duration), fast.get("for", Duration)
    if window is None or usual is None or duration is None:
        return False
    slow = _slowest(spec, sensors)
    problem = None
    if not all(tells_of_nobody(channel) for channel in spec.channels):
        problem = ("window", "privacy-alarm", "a stream about people or places has one cadence", "no fast section")
    elif window >= usual or usual % window:
        problem = (
            "window",
            "bad-window",
            "the faster windows do not divide the usual ones",
            f"{usual.written()} parted",
        )
    elif slow > window.seconds:
        problem = ("window", "window-too-short", "a sensor is not sampled in every window", f"{slow:g} s or more")
    elif duration < usual:
        problem = ("for", "bad-duration", "this is shorter than one usual window", f"{usual.written()} or more")
    if problem is not None:
        key, code, message, expected = problem
        found = window if key == "window" else duration
        fast.problem(key, code, message, expected=expected, found=quoted(found.written()))
    return problem is None


def _slowest(spec: StreamSpec, sensors: Sensors) -> float:
    """Return the longest interval, in seconds, at which a polled sensor of the stream is sampled."""
    plans = [sensors.plans.get(channel.sensor) for channel in spec.channels]
    return max(
        (plan.interval_s for plan in plans if plan is not None and plan.model.delivery is Delivery.POLLED),
        default=0.0,
    )


def _check_one_cadence(tables: dict[str, Table], alarms: Sequence[DeclaredAlarm]) -> None:
    """Have one faster window in a stream: a grid begins and ends where the usual one does, and two need not meet."""
    windows = {alarm.name: alarm.fast[0] for alarm in alarms if alarm.fast is not None}
    first = next(iter(windows.values()), None)
    for name, window in windows.items():
        if window != first:
            tables[name].table("fast").problem(
                "window",
                "bad-window",
                "the alarms of a stream have one faster window between them",
                expected=f"{Duration(first or 1).written()}, as above",
                found=quoted(Duration(window).written()),
            )
            return
