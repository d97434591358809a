import cbor2
import pytest
from hypothesis import given

from agent.quality import Quality
from agent.wire import alarm as layout
from agent.wire import payload
from agent.wire.chain import Place
from agent.wire.declared import DeclarationContent
from agent.wire.errors import MalformedPayload
from agent.wire.messages import Alarm, AlarmState, ClockQuality, ClockStamp, Kind
from tests.support import wire, wire_strategies

_PLACE = Place(bytes(8), "corner-air", 4, bytes([0x44]) * 32)
_CASES: dict[str, dict[int, object]] = {
    "seq beyond 63 bits": {3: 1 << 63},
    "seq 0 with prev": {3: 0},
    "a reserved stream": {2: "_log"},
    "a stream of another that is reserved": {2: "_other"},
    "name empty": {5: ""},
    "name that is no text": {5: b"heat"},
    "state negative": {6: -1},
    "state 3": {6: 3},
    "state that is a boolean": {6: True},
    "window of a batch": {7: {0: 0, 1: 1, 2: 1}},
    "window that is an array": {7: [0, 1]},
    "window of no length": {7: {0: 0, 1: 0}},
    "window beyond 63 bits": {7: {0: (1 << 63) - 1, 1: 1}},
    "boot of 15 bytes": {7: {0: 0, 1: 1, 3: bytes(15)}},
    "value beyond 63 bits": {8: 1 << 63},
    "value below 63 bits": {8: -(1 << 63) - 1},
    "value that is text": {8: "41.1"},
    "raised without a value": {8: None, 9: 4},
    "unknown with a value": {6: 2},
    "unknown without a reason": {6: 2, 8: None, 9: 0},
    "quality 10": {9: 10},
    "value that was kept back": {9: 9},
    "number 0": {10: 0},
    "declaration of 31 bytes": {11: bytes(31)},
    "clock 3": {12: {0: 3}},
    "simulated 0": {13: 0},
    "an unknown key": {14: 0},
}


@pytest.mark.parametrize("changes", _CASES.values(), ids=_CASES.keys())
def test_decode_of_a_bad_field_refuses_it(changes: dict[int, object]) -> None:
    fields = cbor2.loads(payload.encode(wire.alarm()))
    with pytest.raises(MalformedPayload):
        payload.decode(Kind.ALARM, cbor2.dumps(fields | changes))


@pytest.mark.parametrize("key", range(14))
def test_decode_without_a_field_refuses_it(key: int) -> None:
    fields = cbor2.loads(payload.encode(wire.alarm()))
    del fields[key]
    with pytest.raises(MalformedPayload, match="missing"):
        payload.decode(Kind.ALARM, cbor2.dumps(fields))


@pytest.mark.parametrize(
    "changes",
    [
        {"stream": "_ack"},
        {"value": None},
        {"number": 0},
        {"state": AlarmState.UNKNOWN},
        {"quality": Quality.WITHHELD},
    ],
    ids=str,
)
def test_encode_of_what_no_receiver_takes_refuses_it(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedPayload):
        payload.encode(wire.alarm(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"seq": 0, "prev": None},
        {"state": AlarmState.UNKNOWN, "value": None, "quality": Quality.NO_DATA},
        {"state": AlarmState.CLEARED, "value": -(1 << 63), "quality": Quality.SATURATED},
        {"boot_id": bytes(16), "clock": ClockStamp(quality=ClockQuality.UNSET)},
        {"number": (1 << 63) - 1, "start_ms": (1 << 63) - 2, "step_ms": 1},
    ],
    ids=str,
)
def test_alarm_survives(changes: dict[str, object]) -> None:
    alarm = wire.alarm(**changes)
    assert payload.decode(Kind.ALARM, payload.encode(alarm)) == alarm


@given(wire_strategies.alarms())
def test_content_put_into_a_place_is_the_alarm_there(alarm: Alarm) -> None:
    place = Place(alarm.epoch, alarm.stream, alarm.seq, alarm.prev)
    assert layout.placed(layout.encode_content(alarm), place) == alarm


@pytest.mark.parametrize(
    "content", [b"", b"\xa0", payload.encode(wire.alarm())], ids=["empty", "no fields", "placed"]
)
def test_content_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(MalformedPayload):
        layout.placed(content, _PLACE)


def _declared(**changes: object) -> DeclarationContent:
    return wire.content(streams=(wire.stream(alarms=(wire.declared_alarm(**changes),)),))


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "too hot"},
        {"channel": 2},
        {"channel": -1},
        {"clear": 4001},
        {"above": False},
        {"hold_ms": -1},
        {"fast": (60_000, 1)},
        {"fast": (7_000, 1)},
        {"fast": (0, 1)},
        {"fast": (10_000, 0)},
    ],
    ids=str,
)
def test_declared_alarm_that_is_none_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedPayload):
        payload.content_bytes(_declared(**changes))


@pytest.mark.parametrize(
    "changes",
    [{}, {"clear": 4000}, {"above": False, "clear": 4000}, {"hold_ms": 0, "title": "", "fast": None}, {"channel": 1}],
    ids=str,
)
def test_declared_alarm_survives(changes: dict[str, object]) -> None:
    content = _declared(**changes)
    assert payload.decode_content(payload.content_bytes(content)) == content


@pytest.mark.parametrize("sensitivity", ["count", "identifier", "location"])
def test_declared_alarm_on_what_tells_of_somebody_is_refused(sensitivity: str) -> None:
    channels = (wire.channel("temperature"), wire.channel("other", sensitivity=sensitivity))
    own = wire.stream(channels=channels, alarms=(wire.declared_alarm(channel=1, fast=None),))
    with pytest.raises(MalformedPayload, match="class measurement"):
        payload.content_bytes(wire.content(streams=(own,)))
    beside = wire.stream(channels=channels, alarms=(wire.declared_alarm(),))
    with pytest.raises(MalformedPayload, match="one cadence"):
        payload.content_bytes(wire.content(streams=(beside,)))


def test_declared_alarm_twice_or_in_a_delayed_stream_is_refused() -> None:
    twice = wire.stream(alarms=(wire.declared_alarm(), wire.declared_alarm()))
    with pytest.raises(MalformedPayload, match="twice"):
        payload.content_bytes(wire.content(streams=(twice,)))
    delayed = wire.stream(delay_ms=1, alarms=(wire.declared_alarm(),))
    with pytest.raises(MalformedPayload, match="delayed"):
        payload.content_bytes(wire.content(streams=(delayed,)))
