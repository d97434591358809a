"""Rules about streams: what they are, when they leave, and whether they may.

In: the file's `[stream.*]` tables and the sensors. Out: plans for the service, and problems, those of
`agent.privacy.legality` among them. Never: an exception from a privacy rule.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from agent.buffer.records import Overflow, StreamPolicy
from agent.config.check_alarm import check_alarms
from agent.config.check_channel import check_channel
from agent.config.check_noise import check_noise
from agent.config.check_overflow import check_overflow
from agent.config.check_sensor import Sensors
from agent.config.check_text import check_text, observed_property
from agent.config.plans import StreamPlan, StreamText
from agent.privacy import legality
from agent.privacy.problem import Problem as PrivacyProblem
from agent.privacy.spec import ReleasedChannel, Rule, StreamSpec
from agent.privacy.spread import MOST_SAMPLES
from agent.tomlfile import Duration, Table, quoted
from agent.wire.declaration import MAX_STREAMS
from agent.wire.messages import MAX_COLUMNS, MAX_ROWS
from drivers.model import Delivery

_DAY_MS: Final = 86_400_000
_ANY_WINDOW_MS: Final = 60_000
_LARGEST_BATCH_VALUES: Final = 16_384
"""Rows times columns of a batch, so that an envelope stays below the brokers' usual limits."""


@dataclass(slots=True)
class Streams:
    """The streams of a file.

    Attributes:
        plans: those that are right.
        sensors_named: sensors that channels come from, right or wrong.
        broken: some channel could not be resolved, so nothing can be said about what is unused.
    """

    plans: list[StreamPlan] = field(default_factory=list)
    sensors_named: set[str] = field(default_factory=set)
    broken: bool = False


@dataclass(slots=True)
class _Draft:
    """A stream as far as it is understood."""

    table: Table
    spec: StreamSpec
    complete: bool
    properties: dict[str, str]
    tables: dict[str, Table]
    """The table of each released channel, by its name: a histogram's bins have one together."""


def check_streams(root: Table, sensors: Sensors, *, contact: str | None) -> Streams:
    """Return the streams, after reporting what is wrong with them; `contact` is the unit's."""
    streams = Streams()
    drafts = [_draft(table, sensors, streams) for table in root.tables("stream").values()]
    for draft in drafts:
        check_text(draft.table)
        batch_rows = _check_times(draft)
        _check_pace(draft, sensors)
        check_overflow(draft.table, draft.spec, complete=draft.complete)
        _report(draft, legality.problems(draft.spec))
        alarms = check_alarms(draft.table, draft.spec, sensors, complete=draft.complete)
        plan = _plan(draft, batch_rows, contact)
        if plan is not None:
            streams.plans.append(replace(plan, alarms=alarms))
    by_name = {draft.spec.name: draft for draft in drafts}
    for problem in legality.conflicts([draft.spec for draft in drafts]):
        _report(by_name[problem.stream], [problem])
    _check_number(root)
    return streams


def _check_number(root: Table) -> None:
    number = len(root.table("stream").written)
    if "stream" in root.values and number == 0:
        root.problem("stream", "no-stream", "there is no stream, so nothing would leave", expected="[stream.NAME]")
    if number > MAX_STREAMS:
        root.problem(
            "stream",
            "too-many-streams",
            "a unit cannot have that many streams",
            expected=f"{MAX_STREAMS} at most",
            found=str(number),
        )


def _draft(table: Table, sensors: Sensors, streams: Streams) -> _Draft:
    channels: list[ReleasedChannel] = []
    properties: dict[str, str] = {}
    tables: dict[str, Table] = {}
    understood = 0
    written = table.table("channel").written
    for entry in table.tables("channel").values():
        source = entry.text("from")
        streams.sensors_named |= set() if source is None else {source.partition(".")[0]}
        made = check_channel(entry, sensors)
        for channel in made:
            tables[channel.name] = entry
            properties |= observed_property(entry, channel)
        channels += made
        understood += bool(made)
    complete = understood == len(written) and "channel" in table.values
    streams.broken = streams.broken or not complete
    columns = max(len(written), len(channels))
    if columns > MAX_COLUMNS:
        table.problem(
            "channel",
            "too-many-channels",
            "a stream cannot have that many channels",
            expected=f"{MAX_COLUMNS} at most, each bin of a histogram counted",
            found=str(columns),
        )
    window = table.get("window", Duration)
    suppress_below = table.get("suppress_below", int)
    if suppress_below is None and "suppress_below" in table.written:
        suppress_below = legality.DEFAULT_K  # it was reported; the other rules go on with a legal one
    noise = check_noise(table, channels, complete=complete)
    if suppress_below is None and noise is None and "noise" in table.written:
        suppress_below = legality.SMALLEST_K  # likewise: with the noise that was meant none is needed
    spec = StreamSpec(
        name=table.name,
        window_ms=_ANY_WINDOW_MS if window is None else int(window),
        channels=tuple(channels),
        suppress_below=suppress_below,
        noise=noise,
    )
    return _Draft(table, spec, complete, properties, tables)


def _check_times(draft: _Draft) -> int | None:
    """Return the rows of a batch, None when they are unknown."""
    table = draft.table
    window, batch = table.get("window", Duration), table.get("batch", Duration)
    if window is not None and _DAY_MS % window:
        table.problem(
            "window",
            "bad-window",
            "a day cannot be divided into such windows without a rest",
            expected="a window such as 10s, 1min, 5min, 15min or 1h",
            found=quoted(window.written()),
        )
    return None if window is None or batch is None else _check_batch(draft, window, batch)


def _check_batch(draft: _Draft, window: Duration, batch: Duration) -> int | None:
    table = draft.table
    if batch % window or batch < window:
        down = Duration(max(1, batch // window) * window)
        table.problem(
            "batch",
            "bad-batch",
            "a batch must be a whole number of windows",
            expected=f"a multiple of {window.written()}",
            found=quoted(batch.written()),
            hint=f'did you mean "{down.written()}"?',
        )
        return None
    rows, most = batch // window, _most_rows(max(len(table.table("channel").written), len(draft.spec.channels)))
    if rows > most:
        table.problem(
            "batch",
            "bad-batch",
            "this batch has too many windows",
            expected=f"at most {most} windows of its channels: {Duration(most * window).written()}",
            found=f"{rows} windows",
        )
        return None
    return rows


def _most_rows(columns: int) -> int:
    """Return how many rows of so many columns a batch may have."""
    return min(MAX_ROWS, _LARGEST_BATCH_VALUES // max(1, columns))


def _check_pace(draft: _Draft, sensors: Sensors) -> None:
    """Find windows in which a polled sensor takes no sample."""
    window = draft.table.get("window", Duration)
    if window is None:
        return
    polled = {
        channel.sensor: plan.interval_s
        for channel in draft.spec.channels
        if (plan := sensors.plans.get(channel.sensor)) and plan.model.delivery is Delivery.POLLED
    }
    _check_memory(draft, polled, window)
    slow = max(polled, key=polled.__getitem__, default=None)
    if slow is None or polled[slow] <= window.seconds:
        return
    draft.table.problem(
        "window",
        "window-too-short",
        f"sensor {quoted(slow)} is not sampled in every window",
        expected=f"{polled[slow]:g} s or more, or a shorter interval of that sensor",
        found=quoted(window.written()),
    )


def _check_memory(draft: _Draft, polled: Mapping[str, float], window: Duration) -> None:
    """Find windows with more samples than a quantile can keep."""
    for channel in draft.spec.channels:
        interval_s = polled.get(channel.sensor)
        if (
            channel.rule not in {Rule.MEDIAN, Rule.P90}
            or not interval_s
            or window.seconds <= MOST_SAMPLES * interval_s
        ):
            continue
        draft.table.problem(
            "window",
            "window-too-long",
            f"a window has more samples than {quoted(channel.rule.value)} of {quoted(channel.name)} can keep",
            expected=f"{MOST_SAMPLES} samples at most: {MOST_SAMPLES * interval_s:g} s, or a longer interval",
            found=quoted(window.written()),
        )


def _report(draft: _Draft, problems: Iterable[PrivacyProblem]) -> None:
    """Report each problem at its key, and once where it is the same in all bins of a histogram."""
    reported = set()
    for problem in problems:
        if problem.key == "channel" and not draft.complete:
            continue  # what is missing may be the channel that could not be understood
        table = draft.table if problem.channel is None else draft.tables[problem.channel]
        told = (table.path, problem.key, problem.what)
        if told in reported:
            continue
        reported.add(told)
        key = problem.key if problem.key in table.written and problem.key != "channel" else None
        table.problem(key, f"privacy-{problem.key.replace('_', '-')}", problem.what, expected=problem.why)


def _plan(draft: _Draft, batch_rows: int | None, contact: str | None) -> StreamPlan | None:
    table = draft.table
    texts = [table.text(key) for key in ("title", "description", "purpose", "licence", "access")]
    overflow, contact = table.text("overflow"), table.text("contact") or contact
    if not draft.complete or not draft.spec.channels or batch_rows is None or overflow is None or contact is None:
        return None
    title, description, purpose, licence, access = texts
    if title is None or description is None or purpose is None or licence is None or access is None:
        return None
    columns = len(draft.spec.channels)
    policy = StreamPolicy(
        overflow=Overflow(overflow),
        batch_rows=batch_rows,
        backlog_rows=_most_rows(columns),
        columns=columns,
        delay_ms=int(table.get("delay", Duration) or 0),
    )
    text = StreamText(
        title=title,
        description=description,
        keywords=table.get("keywords", tuple) or (),
        purpose=purpose,
        licence=licence,
        access=access,
        contact=contact,
        rights=table.text("rights") or "",
        dtpr=table.get("dtpr", tuple) or (),
    )
    return StreamPlan(spec=draft.spec, policy=policy, text=text, properties=draft.properties)
