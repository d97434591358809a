"""What a released channel is, in words that somebody who reads a table can use.

In: declared channels. Out: titles and sentences. Never: a fact that the declaration does not state.
"""

from decimal import Decimal
from typing import Final

from agent.quality import Quality
from agent.wire.declared import DeclaredAlarm, DeclaredChannel, DeclaredStream

RULES: Final = {
    "mean": "Arithmetic mean of the samples in the window.",
    "min": "Smallest sample in the window.",
    "max": "Largest sample in the window.",
    "sum": "Sum of the samples in the window.",
    "count": "Number of samples in the window.",
    "last": "Last sample in the window.",
    "median": "Median of the samples in the window.",
    "p90": "The 90th percentile of the samples in the window.",
    "stdev": "Standard deviation of the samples in the window.",
    "circular_mean": "Mean direction of the samples in the window.",
    "count_distinct": "Number of different identifiers seen in the window. No identifier leaves the unit.",
    "dwell": "Median of the seconds between the first and the last sighting of an identifier within the window. "
    "No identifier leaves the unit.",
    "histogram": "Number in this class of a histogram over the window.",
    "grid": "Position, moved to the middle of a cell of a fixed grid.",
}
QUALITIES: Final = {
    Quality.OK: "the value is as described",
    Quality.SUPPRESSED: "null, because too few people or vehicles contributed",
    Quality.WITHHELD: "null, because the unit could not be sure that the value may leave",
    Quality.NO_DATA: "null, because nothing was sampled",
    Quality.SENSOR_FAILING: "null, because the sensor did not work",
    Quality.OUT_OF_RANGE: "null, because the value was outside its range",
    Quality.SATURATED: "the value is the end of its range; the true one lies beyond",
    Quality.PARTIAL: "the window was not observed from end to end; null where people or vehicles are counted",
    Quality.THINNED: "windows were merged while the unit was offline; null where that has no exact answer",
    Quality.BUDGET_SPENT: "null, because the day's privacy budget was spent",
}


def scaled(value: int, exponent: int) -> Decimal:
    """Return a value of the declaration in the channel's unit, exactly."""
    return Decimal(value).scaleb(exponent)


def plain(value: Decimal) -> str:
    """Return a number without an exponent."""
    return f"{value:f}"


def title(channel: DeclaredChannel) -> str:
    """Return a title for a column's head."""
    rule = channel.rule.replace("_", " ")
    return f"{channel.name.replace('_', ' ')} ({rule}{', ' + channel.unit if channel.unit else ''})"


def describe(channel: DeclaredChannel, stream: DeclaredStream) -> str:
    """Return everything that the declaration says about a channel, in sentences."""
    step, low, high = (
        plain(scaled(value, channel.exponent)) for value in (channel.resolution, channel.minimum, channel.maximum)
    )
    parts = [
        RULES.get(channel.rule, f"Aggregated by rule {channel.rule}."),
        _class(channel),
        f"From {channel.source} ({channel.model}).",
        _units(channel),
        f"Rounded to multiples of {step}, from {low} to {high}.",
        "" if channel.accuracy == "unverified" else f"Accuracy: {channel.accuracy}.",
        f"Last calibrated on {channel.calibrated}." if channel.calibrated else "",
        _privacy(channel, stream),
        f"Not observed from {_hours(channel)} by the local clock." if channel.quiet else "",
    ]
    return " ".join(part for part in parts if part)


def describe_quality(channel: DeclaredChannel) -> str:
    """Return what the codes beside a channel mean."""
    return f"What to know about {channel.name}: " + "; ".join(
        f"{quality.name.lower()}: {meaning}" for quality, meaning in QUALITIES.items()
    )


def alarms(stream: DeclaredStream) -> list[str]:
    """Return what is told at once of a stream, one sentence for each alarm."""
    return [_alarm(alarm, stream.channels[alarm.channel]) for alarm in stream.alarms]


def finest_ms(stream: DeclaredStream) -> int:
    """Return the shortest window that rows of a stream may have."""
    return min([stream.window_ms, *(alarm.fast[0] for alarm in stream.alarms if alarm.fast is not None)])


def _alarm(alarm: DeclaredAlarm, channel: DeclaredChannel) -> str:
    threshold, clear = (
        f"{plain(scaled(level, channel.exponent))} {channel.unit}".rstrip()
        for level in (alarm.threshold, alarm.clear)
    )
    title = f" ({alarm.title})" if alarm.title else ""
    held = f" for {_seconds(alarm.hold_ms)} s" if alarm.hold_ms else ""
    faster = ""
    if alarm.fast is not None:
        window_ms, for_ms = alarm.fast
        faster = f"; there is a row for each {_seconds(window_ms)} s then, for {_seconds(for_ms)} s"
    side = "above" if alarm.above else "below"
    return (
        f"Alarm {alarm.name}{title}: told at once when {channel.name} is {side} {threshold}{held}, over at {clear}"
        f"{faster}."
    )


def _seconds(length_ms: int) -> str:
    return plain((Decimal(length_ms) / 1000).normalize())


def _hours(channel: DeclaredChannel) -> str:
    return ", ".join(f"{_clock(start)} to {_clock(end)}" for start, end in channel.quiet)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _class(channel: DeclaredChannel) -> str:
    if channel.grid_m is not None:
        return f"Cells are {channel.grid_m} m wide or more."
    if channel.bins is not None:
        low, high = channel.bins
        return f"The class begins at {low}, which it includes, and ends at {high}, in the sensor's own steps."
    return ""


def _units(channel: DeclaredChannel) -> str:
    if not channel.unit:
        return "Without a unit."
    return f"Unit: {channel.unit} (SenML){', ' + channel.ucum + ' (UCUM)' if channel.ucum else ''}."


def _privacy(channel: DeclaredChannel, stream: DeclaredStream) -> str:
    if channel.sensitivity != "count" or stream.suppress_below is None:
        return ""
    noise = stream.noise
    if noise is None:
        return f"Null when fewer than {stream.suppress_below} contributed, nobody included."
    epsilon = "/".join(map(str, noise.epsilon)) if noise.epsilon[1] != 1 else str(noise.epsilon[0])
    return (
        f"Discrete Laplace noise is added, epsilon {epsilon} for each window, sensitivity {noise.sensitivity}; "
        f"then null when below {stream.suppress_below}."
    )
