"""The layouts of a declared stream and of a declared channel."""

from agent.wire import fields
from agent.wire.declared import DeclaredChannel, DeclaredNoise, DeclaredStream
from agent.wire.declared_alarm import alarm_map, check_alarms, read_alarms
from agent.wire.errors import MalformedPayload
from agent.wire.messages import MAX_COLUMNS, MAX_ROWS

MAX_KEYWORDS = 32
MAX_PROPERTY_BYTES = 1024
MAX_QUIET = 16
MINUTES_A_DAY = 1440
ACCESS = ("public", "restricted public", "non-public")
SENSITIVITIES = frozenset({"measurement", "count", "identifier", "location"})
UNVERIFIED = "unverified"
"""The accuracy of which nobody has a statement by the maker."""


def stream_map(stream: DeclaredStream) -> dict[int, object]:
    """Return the fields of a declared stream, unchecked: `agent.wire.declaration` reads them back."""
    layout: dict[int, object] = {
        0: stream.name,
        1: stream.title,
        2: stream.description,
        3: stream.licence,
        4: stream.contact,
        5: stream.access,
        6: stream.purpose,
        7: stream.window_ms,
        8: stream.batch_rows,
        9: [_channel_map(channel) for channel in stream.channels],
    }
    return layout | fields.without_defaults(
        {
            10: (list(stream.keywords), []),
            11: (stream.rights, ""),
            12: (stream.retention_ms, 0),
            13: (stream.delay_ms, 0),
            14: (stream.suppress_below, None),
            15: (None if stream.noise is None else _noise_list(stream.noise), None),
            16: (list(stream.dtpr), []),
            17: ([alarm_map(alarm) for alarm in stream.alarms], []),
        }
    )


def read_stream(value: object) -> DeclaredStream:
    """Return the stream that a declaration claims."""
    layout = fields.keyed(value, "declared stream", required=range(10), optional=range(10, 18))
    channels = fields.array(layout[9], "declared channels", least=1, most=MAX_COLUMNS)
    stream = DeclaredStream(
        name=fields.stream(layout[0], "declared stream name"),
        title=fields.text(layout[1], "declared title"),
        description=fields.text(layout[2], "declared description"),
        licence=fields.text(layout[3], "declared licence"),
        contact=fields.text(layout[4], "declared stream contact"),
        access=_access(layout[5]),
        purpose=fields.text(layout[6], "declared purpose"),
        window_ms=fields.uint(layout[7], "declared window", least=1),
        batch_rows=fields.uint(layout[8], "declared batch rows", least=1, most=MAX_ROWS),
        channels=tuple(_read_channel(channel) for channel in channels),
        keywords=fields.given(layout, 10, _read_keywords, ()),
        rights=fields.given(layout, 11, lambda text: fields.text(text, "declared rights"), ""),
        retention_ms=fields.given(layout, 12, lambda ms: fields.uint(ms, "declared retention"), 0),
        delay_ms=fields.given(layout, 13, lambda ms: fields.uint(ms, "declared delay"), 0),
        suppress_below=fields.optional(layout, 14, lambda k: fields.uint(k, "declared suppression", least=1)),
        noise=fields.optional(layout, 15, _read_noise),
        dtpr=fields.given(layout, 16, lambda codes: fields.codes(codes, "declared DTPR codes"), ()),
        alarms=fields.given(layout, 17, read_alarms, ()),
    )
    fields.distinct((channel.name for channel in stream.channels), "declared channels")
    check_alarms(stream)
    return stream


def _access(value: object) -> str:
    if value not in ACCESS:
        raise MalformedPayload(f"declared access: expected one of {', '.join(ACCESS)}")
    return fields.text(value, "declared access")


def _read_keywords(value: object) -> tuple[str, ...]:
    keywords = fields.array(value, "declared keywords", most=MAX_KEYWORDS)
    return tuple(fields.text(keyword, "declared keyword") for keyword in keywords)


def _noise_list(noise: DeclaredNoise) -> list[object]:
    return [*noise.epsilon, *noise.daily, noise.sensitivity]


def _read_noise(value: object) -> DeclaredNoise:
    items = fields.array(value, "declared noise", least=5, most=5)
    epsilon, epsilon_parts, daily, daily_parts, sensitivity = (
        fields.uint(item, "declared noise", least=1) for item in items
    )
    return DeclaredNoise(epsilon=(epsilon, epsilon_parts), daily=(daily, daily_parts), sensitivity=sensitivity)


def _channel_map(channel: DeclaredChannel) -> dict[int, object]:
    layout: dict[int, object] = {
        0: channel.name,
        1: channel.unit,
        2: channel.exponent,
        3: channel.resolution,
        4: channel.minimum,
        5: channel.maximum,
        6: channel.rule,
        7: channel.sensitivity,
        8: channel.source,
        9: channel.model,
    }
    return layout | fields.without_defaults(
        {
            10: (channel.ucum, ""),
            11: (channel.property, ""),
            12: (channel.accuracy, UNVERIFIED),
            13: (channel.calibrated, None),
            14: (channel.grid_m, None),
            15: (None if channel.bins is None else list(channel.bins), None),
            16: ([list(hours) for hours in channel.quiet], []),
        }
    )


def _read_channel(value: object) -> DeclaredChannel:
    layout = fields.keyed(value, "declared channel", required=range(10), optional=range(10, 17))
    sensitivity = fields.token(layout[7], "declared sensitivity")
    if sensitivity not in SENSITIVITIES:
        raise MalformedPayload("declared sensitivity: expected measurement, count, identifier or location")
    return DeclaredChannel(
        name=fields.name(layout[0], "declared channel name"),
        unit=fields.text(layout[1], "declared unit of measure"),
        exponent=fields.uint(layout[2], "declared exponent", least=-fields.EXPONENT_MAX, most=fields.EXPONENT_MAX),
        resolution=fields.uint(layout[3], "declared resolution", least=1),
        minimum=fields.integer(layout[4], "declared minimum"),
        maximum=fields.integer(layout[5], "declared maximum"),
        rule=fields.token(layout[6], "declared rule"),
        sensitivity=sensitivity,
        source=fields.text(layout[8], "declared source"),
        model=fields.text(layout[9], "declared model"),
        ucum=fields.given(layout, 10, lambda code: fields.code(code, "declared UCUM unit"), ""),
        property=fields.given(layout, 11, _read_property, ""),
        accuracy=fields.given(layout, 12, lambda text: fields.text(text, "declared accuracy"), UNVERIFIED),
        calibrated=fields.optional(layout, 13, lambda day: fields.date(day, "declared calibration")),
        grid_m=fields.optional(layout, 14, lambda edge: fields.uint(edge, "declared grid", least=1)),
        bins=fields.optional(layout, 15, _read_bins),
        quiet=fields.given(layout, 16, _read_quiet, ()),
    )


def _read_quiet(value: object) -> tuple[tuple[int, int], ...]:
    items = fields.array(value, "declared quiet hours", least=1, most=MAX_QUIET)
    pairs = [fields.array(item, "declared quiet hours", least=2, most=2) for item in items]
    return tuple(
        (
            fields.uint(start, "declared quiet hours", most=MINUTES_A_DAY - 1),
            fields.uint(end, "declared quiet hours", most=MINUTES_A_DAY),
        )
        for start, end in pairs
    )


def _read_property(value: object) -> str:
    return fields.uri(value, "declared property", most=MAX_PROPERTY_BYTES)


def _read_bins(value: object) -> tuple[int, int]:
    items = fields.array(value, "declared bin", least=2, most=2)
    low, high = (fields.integer(item, "declared bin") for item in items)
    if low >= high:
        raise MalformedPayload("declared bin: expected its lower edge below its upper edge")
    return low, high
