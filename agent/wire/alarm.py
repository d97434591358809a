"""The layout of an alarm: that a channel is beyond its declared threshold, is back, or cannot be told any more."""

from agent.quality import Quality
from agent.wire import chain, fields
from agent.wire.batch import NULL_CODES
from agent.wire.cbor import dumps, loads
from agent.wire.errors import MalformedPayload
from agent.wire.messages import HASH_BYTES, Alarm, AlarmState
from agent.wire.stamp import BOOT_ID_BYTES, read_stamp, stamp_map

_CONTENT = range(5, 14)
_STATES = tuple(AlarmState)
_QUALITIES = tuple(Quality)


def alarm_map(alarm: Alarm) -> dict[int, object]:
    """Return the fields of an alarm, checked: read back, it is the same."""
    layout = chain.place_map(alarm, "alarm") | _content_map(alarm)
    read_alarm(layout)
    return layout


def read_alarm(value: object) -> Alarm:
    """Return the alarm that a payload claims."""
    layout = fields.keyed(value, "alarm", required=(*chain.KEYS, *_CONTENT))
    place = chain.read_place(layout, "alarm")
    start_ms, step_ms, boot_id = _read_window(layout[7])
    alarm = Alarm(
        **place._asdict(),
        name=fields.name(layout[5], "alarm name"),
        state=_STATES[fields.uint(layout[6], "alarm state", most=len(_STATES) - 1)],
        start_ms=start_ms,
        step_ms=step_ms,
        boot_id=boot_id,
        value=None if layout[8] is None else fields.integer(layout[8], "alarm value"),
        quality=_QUALITIES[fields.uint(layout[9], "alarm quality", most=len(_QUALITIES) - 1)],
        number=fields.uint(layout[10], "alarm number", least=1),
        declaration=fields.octets(layout[11], "alarm declaration", HASH_BYTES),
        clock=read_stamp(layout[12]),
        simulated=fields.boolean(layout[13], "alarm simulated"),
    )
    _check(alarm)
    return alarm


def encode_content(alarm: Alarm) -> bytes:
    """Return everything of an alarm but its place, for the outbox, which knows that."""
    return dumps(_content_map(alarm))


def placed(content: bytes, place: chain.Place) -> Alarm:
    """Return the alarm in bytes from `encode_content`, at a place in its stream's chain.

    Raises:
        MalformedPayload: they are none.
    """
    layout = fields.keyed(loads(content), "alarm content", required=_CONTENT)
    place_map = {0: fields.VERSION, 1: place.epoch, 2: place.stream, 3: place.seq, 4: place.prev}
    return read_alarm(place_map | layout)


def _content_map(alarm: Alarm) -> dict[int, object]:
    window: dict[int, object] = {0: alarm.start_ms, 1: alarm.step_ms}
    if alarm.boot_id is not None:
        window[3] = alarm.boot_id
    return {
        5: alarm.name,
        6: int(alarm.state),
        7: window,
        8: alarm.value,
        9: int(alarm.quality),
        10: alarm.number,
        11: alarm.declaration,
        12: stamp_map(alarm.clock),
        13: alarm.simulated,
    }


def _read_window(value: object) -> tuple[int, int, bytes | None]:
    """Return start, length and boot of a window; the keys are those of a batch's time axis."""
    layout = fields.keyed(value, "alarm window", required=(0, 1), optional=(3,))
    start_ms = fields.uint(layout[0], "alarm start")
    step_ms = fields.uint(layout[1], "alarm step", least=1)
    fields.bounded(start_ms + step_ms, "alarm end")
    return (
        start_ms,
        step_ms,
        fields.optional(layout, 3, lambda boot: fields.octets(boot, "alarm boot", BOOT_ID_BYTES)),
    )


def _check(alarm: Alarm) -> None:
    chain.check_data(alarm.stream, "alarm")
    if (alarm.value is None) is not (alarm.state is AlarmState.UNKNOWN):
        raise MalformedPayload("alarm value: expected null exactly where the state is unknown")
    if alarm.value is None and alarm.quality is Quality.OK:
        raise MalformedPayload("alarm quality: a null needs a code that says why")
    if alarm.value is not None and alarm.quality in NULL_CODES:
        raise MalformedPayload("alarm quality: a value that was to be kept back")
