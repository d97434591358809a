"""A stream's rules in words that somebody understands who has never heard of them.

In: plans of a checked configuration. Out: sentences and parts of sentences. Never: a measured value, a decision.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from agent.buffer.records import Overflow
from agent.config.check_overflow import merges
from agent.config.plans import StreamPlan
from agent.privacy.spec import Noise, ReleasedChannel, Rule
from agent.wire.declared import DeclaredAlarm

_SPANS: Final = ((86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1000, "second"))
_UNITS: Final[Mapping[str, str]] = {
    "Cel": "°C",
    "%RH": "% relative humidity",
    "ug/m3": "µg/m³",
    "Pa": "pascal",
    "lat": "degrees",
    "lon": "degrees",
    "m/s": "m/s",
    "s": "seconds",
    "count": "",
    "/": "",
}
RULES: Final[Mapping[Rule, str]] = {
    Rule.MEAN: "the average of {every}",
    Rule.MIN: "the lowest value of {every}",
    Rule.MAX: "the highest value of {every}",
    Rule.SUM: "the total of {every}",
    Rule.COUNT: "how many samples were taken in {every}",
    Rule.LAST: "the last value of {every}",
    Rule.COUNT_DISTINCT: "how many different ones there were in {every}; only that number",
    Rule.GRID: "the middle of a square, {grid} wide, in which it lies",
    Rule.MEDIAN: "the middle value of {every}: half of the samples were lower, half higher",
    Rule.P90: "the value of {every} that nine of ten samples did not exceed",
    Rule.STDEV: "how much the samples of {every} varied",
    Rule.CIRCULAR_MEAN: "the average direction of {every}",
    Rule.DWELL: "how long they stayed in {every}: half stayed shorter, half longer",
    Rule.HISTOGRAM: "how many samples of {every} were from {low} to below {high}",
}
"""What leaves of a channel, by its rule."""
_ACCESS: Final[Mapping[str, str]] = {
    "public": "Everybody.",
    "restricted public": "Whoever meets its conditions.",
    "non-public": "Not published.",
}
_LICENCES: Final[Mapping[str, str]] = {
    "https://creativecommons.org/publicdomain/zero/1.0/": "CC0 1.0, public domain",
    "https://creativecommons.org/licenses/by/4.0/": "CC BY 4.0",
    "https://creativecommons.org/licenses/by-sa/4.0/": "CC BY-SA 4.0",
    "https://opendatacommons.org/licenses/odbl/1-0/": "ODbL 1.0",
    "https://opendatacommons.org/licenses/pddl/1-0/": "PDDL 1.0, public domain",
}


def span(milliseconds: int) -> str:
    """Return a time as people say it: "10 minutes", "1 hour", "0.5 seconds"."""
    size, name = next(((size, name) for size, name in _SPANS if milliseconds % size == 0), (1000, "second"))
    number = Decimal(milliseconds) / size
    return f"{number.normalize():f} {name}{'' if number == 1 else 's'}"


def every(milliseconds: int) -> str:
    """Return a window or a cadence as people say it: "every minute", "every 15 minutes"."""
    return f"every {span(milliseconds).removeprefix('1 ')}"


def distance(metres: int) -> str:
    """Return a distance as people say it."""
    return f"{metres / 1000:g} km" if metres >= 1000 else f"{metres} metres"  # noqa: PLR2004 - metres of a kilometre


def amount(value: int, exponent: int, unit: str) -> str:
    """Return a scaled integer with its unit."""
    return f"{_plain(value, exponent)} {_UNITS.get(unit, unit)}".rstrip()


def _plain(value: int, exponent: int) -> str:
    """Return a scaled integer without zeros that say nothing."""
    return f"{Decimal(value).scaleb(exponent).normalize():f}"


def summary(channel: ReleasedChannel, window_ms: int) -> str:
    """Return what leaves of a channel and at which resolution, without a full stop."""
    rule = RULES[channel.rule].format(
        every=every(window_ms), grid="" if channel.grid_m is None else distance(channel.grid_m), **_bins(channel)
    )
    if channel.rule is Rule.GRID:
        return rule
    return f"{rule}, in steps of {amount(channel.resolution, channel.exponent, channel.unit)}"


def leaves(channel: ReleasedChannel, window_ms: int) -> str:
    """Return what leaves of a channel, its resolution and its range, as one sentence."""
    short = summary(channel, window_ms)
    told = f"{short[0].upper()}{short[1:]}"
    low, high = (_plain(bound, channel.exponent) for bound in (channel.minimum, channel.maximum))
    if channel.rule is Rule.GRID:
        return f"{told}."
    if channel.counts:
        return f"{told}; higher numbers are told as {high}."
    return f"{told}; from {low} to {high}, values beyond are withheld."


def _bins(channel: ReleasedChannel) -> dict[str, str]:
    low, high = channel.bins or (0, 0)
    source = channel.source
    return {
        "low": _plain(low, source.exponent),
        "high": amount(high, source.exponent, source.unit),
    }


def cadence(plan: StreamPlan) -> str:
    """Return how often a stream measures and sends."""
    window_ms, rows = plan.spec.window_ms, plan.policy.batch_rows
    sent = "sent at its end" if rows == 1 else f"sent {every(window_ms * rows)}, {rows} at a time"
    late = f", and no earlier than {span(plan.policy.delay_ms)} later" if plan.policy.delay_ms else ""
    people = any(channel.group is not None for channel in plan.spec.channels)
    always = ", whether or not anybody was there" if people else ""
    return f"One row for {every(window_ms)}, {sent}{late}{always}."


def outage(plan: StreamPlan) -> str:
    """Return what a long outage costs, for a stream that is thinned; nothing for one that is not."""
    if plan.policy.overflow is not Overflow.THIN:
        return ""
    empty = [channel.name for channel in plan.spec.channels if not merges(channel)]
    left_out = f" There {', '.join(empty)} cannot be told and stays empty." if empty else ""
    return (
        "When the network is away for so long that the device's memory is full, older rows are merged, two into one "
        "for a time twice as long, again and again, up to a day: detail is lost, and no time is left out. Such rows "
        f"are marked as thinned, and how many were merged is told and signed.{left_out}"
    )


def alarm(rule: DeclaredAlarm, channel: ReleasedChannel) -> str:
    """Return when an alarm is raised, when it ends, and what changes meanwhile."""
    threshold, clear = (amount(level, channel.exponent, channel.unit) for level in (rule.threshold, rule.clear))
    side, end = ("above", "or less") if rule.above else ("below", "or more")
    held = f" for {span(rule.hold_ms)}" if rule.hold_ms else ""
    title = f" “{rule.title}”" if rule.title else ""
    fast = rule.fast
    faster = "" if fast is None else f" Then there is one row for {every(fast[0])}, for {span(fast[1])}."
    return (
        f"Alarm {rule.name}{title}: told at once when {channel.name} is {side} {threshold}{held}; over when it is "
        f"{clear} {end}. What is compared is what leaves.{faster}"
    )


def suppression(k: int, *, noisy: bool) -> str:
    """Return what suppression does; with noise, the noisy number decides."""
    counted = "would be told, the random number included" if noisy else "were counted"
    return (
        f"When fewer than {k} people, vehicles or devices {counted}, nothing is told about that time: not the "
        "number, and nothing that was measured of them."
    )


def noise(rule: Noise) -> str:
    """Return what differential privacy does, with its numbers."""
    epsilon, daily = (_fraction(value) for value in (rule.epsilon, rule.daily))
    return (
        "A random number is added to each count before it leaves, so that one event more or less hardly shows "
        f"(differential privacy: epsilon {epsilon} for each row, {daily} a day, sensitivity {rule.sensitivity}). "
        "This hides single events, not somebody who comes by many times."
    )


def _fraction(value: tuple[int, int]) -> str:
    return str(value[0]) if value[1] == 1 else f"{value[0]}/{value[1]}"


def quiet(hours: tuple[tuple[int, int], ...], timezone: str) -> str:
    """Return when a sensor is not sampled."""
    spans = (f"{_clock(start)} to {_clock(end)}" for start, end in hours)
    return f"never from {' and from '.join(spans)} ({timezone})"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def notes(plan: StreamPlan) -> list[tuple[str, str]]:
    """Return what holds for a whole stream in as few words as a notice has room for, each with what it is about."""
    spec, text = plan.spec, plan.text
    told = [("When", cadence(plan))]
    if spec.noise is not None:
        told.append(("Noise", _short_noise(spec.noise)))
    if spec.suppress_below is not None:
        told.append(("Small numbers", f"Fewer than {spec.suppress_below} are not told, nor is anything about them."))
    told.append(("Who may have it", f"{access(text.access, text.rights)} {licence(text.licence)}."))
    return told


def _short_noise(rule: Noise) -> str:
    return (
        "A random number is added to each count, so that one event more or less hardly shows (differential privacy, "
        f"epsilon {_fraction(rule.epsilon)} a row, {_fraction(rule.daily)} a day)."
    )


def access(level: str, rights: str) -> str:
    """Return who may have the data."""
    reason = rights if not rights or rights.endswith((".", "!", "?")) else f"{rights}."
    return f"{_ACCESS[level]} {reason}".rstrip()


def licence(url: str) -> str:
    """Return the name of a licence that people know by a name, else its address."""
    return _LICENCES.get(url, url)


def retention(seconds: float) -> str:
    """Return how long the unit keeps what it has sent."""
    if seconds == 0:
        return "The device deletes what it sent as soon as the city has confirmed that it arrived."
    kept = span(round(seconds * 1000))
    return f"The device deletes what it sent {kept} after the city has confirmed that it arrived."


def size(octets: float) -> str:
    """Return a number of bytes with two digits that count."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 1000)):
        if octets >= factor:
            return f"{Decimal(f'{octets / factor:.2g}'):f} {unit}"
    return f"{octets:.0f} bytes"
