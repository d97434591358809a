"""The layout of a declared alarm, and what makes one that is none."""

from typing import Final

from agent.wire import fields
from agent.wire.declared import DeclaredAlarm, DeclaredStream
from agent.wire.errors import MalformedPayload
from agent.wire.messages import MAX_COLUMNS

MAX_ALARMS: Final = 64
"""Of one stream."""


def alarm_map(alarm: DeclaredAlarm) -> dict[int, object]:
    """Return the fields of a declared alarm, unchecked: `agent.wire.declaration` reads them back."""
    layout: dict[int, object] = {
        0: alarm.name,
        1: alarm.channel,
        2: int(alarm.above),
        3: alarm.threshold,
        4: alarm.clear,
    }
    return layout | fields.without_defaults(
        {
            5: (alarm.hold_ms, 0),
            6: (alarm.title, ""),
            7: (None if alarm.fast is None else list(alarm.fast), None),
        }
    )


def read_alarms(value: object) -> tuple[DeclaredAlarm, ...]:
    """Return the alarms that a declared stream claims, without its channels in mind."""
    items = fields.array(value, "declared alarms", most=MAX_ALARMS)
    alarms = tuple(_read_alarm(item) for item in items)
    fields.distinct((alarm.name for alarm in alarms), "declared alarms")
    return alarms


def check_alarms(stream: DeclaredStream) -> None:
    """Refuse alarms that their stream cannot have: none is ever about people, and no cadence is slower or askew."""
    for alarm in stream.alarms:
        if alarm.channel >= len(stream.channels):
            raise MalformedPayload("declared alarm: its stream has no such channel")
        if stream.channels[alarm.channel].sensitivity != "measurement":
            raise MalformedPayload("declared alarm: expected a channel of class measurement")
        if stream.delay_ms:
            raise MalformedPayload("declared alarm: a stream whose rows are delayed has none")
        if alarm.fast is not None:
            _check_fast(stream, alarm.fast[0])


def _check_fast(stream: DeclaredStream, window_ms: int) -> None:
    if window_ms >= stream.window_ms or stream.window_ms % window_ms:
        raise MalformedPayload("declared alarm: expected a faster window that divides the stream's")
    if any(channel.sensitivity != "measurement" for channel in stream.channels):
        raise MalformedPayload("declared alarm: a stream about people or places has one cadence")


def _read_alarm(value: object) -> DeclaredAlarm:
    layout = fields.keyed(value, "declared alarm", required=range(5), optional=range(5, 8))
    alarm = DeclaredAlarm(
        name=fields.name(layout[0], "declared alarm name"),
        channel=fields.uint(layout[1], "declared alarm channel", most=MAX_COLUMNS - 1),
        above=bool(fields.uint(layout[2], "declared alarm side", most=1)),
        threshold=fields.integer(layout[3], "declared alarm threshold"),
        clear=fields.integer(layout[4], "declared alarm end"),
        hold_ms=fields.given(layout, 5, lambda ms: fields.uint(ms, "declared alarm hold"), 0),
        title=fields.given(layout, 6, lambda text: fields.text(text, "declared alarm title"), ""),
        fast=fields.optional(layout, 7, _read_fast),
    )
    beyond = alarm.clear > alarm.threshold if alarm.above else alarm.clear < alarm.threshold
    if beyond:
        raise MalformedPayload("declared alarm: it ends beyond its threshold")
    return alarm


def _read_fast(value: object) -> tuple[int, int]:
    window_ms, for_ms = fields.array(value, "declared alarm cadence", least=2, most=2)
    return (
        fields.uint(window_ms, "declared alarm window", least=1),
        fields.uint(for_ms, "declared alarm duration", least=1),
    )
