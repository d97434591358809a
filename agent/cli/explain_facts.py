"""Before and after: what each stream's sensors sample, and what becomes of every bit of it.

In: settings. Out: per stream and channel, what leaves or why nothing does, in words. Never: a measured value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from agent.cli import explain_words as words
from agent.config.check_rest import TIME_CHANNEL
from agent.config.plans import SensorPlan, Settings, StreamPlan
from agent.privacy.spec import ReleasedChannel, Rule
from drivers.model import Delivery
from drivers.reading import Channel, Sensitivity


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One channel of a sensor: before and after.

    Attributes:
        sensor: the sensor's name.
        source: the channel.
        what: what is sampled.
        pace: how often.
        after: the released channels that it leaves as; none when nothing of it leaves.
        sentences: what they are, one sentence for each.
        dropped: what does not leave and why, one sentence.
    """

    sensor: str
    source: Channel
    what: str
    pace: str
    after: tuple[ReleasedChannel, ...]
    sentences: tuple[str, ...]
    dropped: str

    def joined(self, other: "Line") -> "Line":
        """Return one line for two channels of one sensor that share their fate."""
        return replace(self, what=f"{self.what}; {other.what}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One stream.

    Attributes:
        plan: the stream.
        lines: every channel of its sensors.
        sentences: what holds for all of it: cadence, noise, suppression, access.
        quiet: when its sensors are not sampled, in words; empty when they always are.
    """

    plan: StreamPlan
    lines: tuple[Line, ...]
    sentences: tuple[str, ...]
    quiet: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """What there was in one look.

    Attributes:
        read: what may be shown of a channel, by sensor and channel.
        leave: what would leave, by stream and released channel.
        notes: a sentence about each sensor: how old its reading is, or what is wrong.
        suspended: streams that release nothing, with the reason.
        silent: sensors that gave no reading.
    """

    read: Mapping[tuple[str, str], str]
    leave: Mapping[tuple[str, str], str]
    notes: tuple[str, ...]
    suspended: Mapping[str, str] = field(default_factory=dict)
    silent: tuple[str, ...] = ()

    @property
    def trouble(self) -> bool:
        """Whether a sensor did not answer or a stream may not release."""
        return bool(self.suspended or self.silent)


def stories(settings: Settings) -> tuple[Story, ...]:
    """Return what happens in each stream, in the order of the file."""
    told = _told(settings.streams)
    return tuple(_story(plan, settings, told) for plan in settings.streams)


def untold(settings: Settings) -> tuple[tuple[SensorPlan, Channel], ...]:
    """Return the channels that are sampled and leave in no stream, in the order of the file."""
    told = _told(settings.streams)
    return tuple(
        (sensor, channel)
        for sensor in settings.sensors
        for channel in sensor.model.channels
        if (sensor.name, channel.name) not in told
    )


def _told(streams: Sequence[StreamPlan]) -> dict[tuple[str, str], list[str]]:
    """Return the titles of the streams in which a channel leaves, by sensor and channel."""
    told: dict[tuple[str, str], list[str]] = {}
    for plan in streams:
        for key in dict.fromkeys((channel.sensor, channel.source.name) for channel in plan.spec.channels):
            told.setdefault(key, []).append(plan.text.title)
    return told


def _story(plan: StreamPlan, settings: Settings, told: Mapping[tuple[str, str], list[str]]) -> Story:
    used = {channel.sensor for channel in plan.spec.channels}
    lines = [
        _line(plan, sensor, channel, elsewhere=told.get((sensor.name, channel.name), []), settings=settings)
        for sensor in settings.sensors
        if sensor.name in used
        for channel in sensor.model.channels
    ]
    quiet = dict.fromkeys(
        words.quiet(sensor.quiet_hours, settings.clock.timezone)
        for sensor in settings.sensors
        if sensor.name in used and sensor.quiet_hours
    )
    return Story(plan=plan, lines=tuple(lines), sentences=tuple(sentences(plan, settings)), quiet=tuple(quiet))


def sentences(plan: StreamPlan, settings: Settings) -> list[str]:
    """Return what holds for a whole stream."""
    spec, text = plan.spec, plan.text
    told = [sentence for sentence in (words.cadence(plan), words.outage(plan)) if sentence]
    if spec.noise is not None:
        told.append(words.noise(spec.noise))
    if spec.suppress_below is not None:
        told.append(words.suppression(spec.suppress_below, noisy=spec.noise is not None))
    told += [words.alarm(alarm, spec.channels[alarm.channel]) for alarm in plan.alarms]
    rights = f"Who may have it: {words.access(text.access, text.rights)} Licence: {words.licence(text.licence)}."
    told.append(rights)
    if text.contact != settings.unit.contact:
        told.append(f"Questions about it go to {text.contact}.")
    return told


def _line(
    plan: StreamPlan, sensor: SensorPlan, source: Channel, *, elsewhere: Sequence[str], settings: Settings
) -> Line:
    clock = settings.clock.gnss == sensor.name and source.name == TIME_CHANNEL
    after = [
        channel
        for channel in plan.spec.channels
        if (channel.sensor, channel.source.name) == (sensor.name, source.name)
    ]
    return Line(
        sensor=sensor.name,
        source=source,
        what=source.title,
        pace=pace(sensor, settings.clock.timezone),
        after=tuple(after),
        sentences=tuple(words.leaves(channel, plan.spec.window_ms) for channel in after),
        dropped=_withheld(after, source) if after else _unused(source, elsewhere, clock=clock),
    )


def pace(sensor: SensorPlan, timezone: str) -> str:
    """Return how often a sensor is sampled."""
    if sensor.model.delivery is Delivery.PUSHED:
        often = "whenever the sensor reports"
    else:
        often = words.every(round(sensor.interval_s * 1000))
    return f"{often}, {words.quiet(sensor.quiet_hours, timezone)}" if sensor.quiet_hours else often


def _withheld(after: Sequence[ReleasedChannel], source: Channel) -> str:
    """Return what of a channel does not leave although something made from it does."""
    if source.sensitivity is Sensitivity.IDENTIFIER:
        return (
            "The identifiers themselves never leave and are never stored: each is replaced in memory by a random "
            "word, which is forgotten when the time it is counted in is over."
        )
    if source.sensitivity is Sensitivity.LOCATION:
        return "The exact position never leaves and is never stored."
    if any(channel.rule is Rule.LAST for channel in after):
        return "All samples but the last one are dropped."
    return "The single samples are dropped once they are summed up."


def _unused(source: Channel, elsewhere: Sequence[str], *, clock: bool) -> str:
    """Return why nothing of a channel leaves in this stream; one that sets the clock is used all the same."""
    if elsewhere:
        titles = " and ".join(f"“{title}”" for title in elsewhere)
        return f"Not part of this stream; it leaves in {titles}."
    if source.sensitivity is Sensitivity.IDENTIFIER:
        return "It tells one device or person from another: nothing of it leaves."
    if source.sensitivity is Sensitivity.LOCATION:
        return "It tells an exact position: nothing of it leaves."
    if source.group is not None or source.sensitivity is Sensitivity.COUNT:
        return "It tells about people, vehicles or their devices: nothing of it leaves."
    if clock:
        return "It sets the device's clock and leaves nowhere."
    return "Not needed for this purpose: dropped as soon as it was read."
